// The frame around every screen: bar, navigation, and whether the page is current.
import { makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";

import { me } from "../api/queries";
import { useLive } from "../live/live";
import { useTexts } from "../text/text";
import { Away } from "./away";
import { Bar } from "./bar";
import { Navigation } from "./navigation";

const useStyles = makeStyles({
  frame: {
    display: "grid",
    gridTemplateRows: "auto 1fr",
    height: "100vh",
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
  },
  under: { display: "grid", gridTemplateColumns: "auto minmax(0, 1fr)", minHeight: 0 },
  main: { overflow: "auto", minHeight: 0, outlineStyle: "none", display: "flex", flexDirection: "column" },
  screen: { flexGrow: 1, minHeight: 0 },
  skip: {
    position: "absolute",
    left: "8px",
    top: "-60px",
    zIndex: 10,
    padding: "8px 12px",
    color: tokens.colorNeutralForegroundOnBrand,
    backgroundColor: tokens.colorBrandBackground,
    ":focus": { top: "8px" },
  },
});

export function Shell(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const { data } = useQuery(me);
  const connection = useLive(data?.id ?? "nobody");
  const [wide, setWide] = useState(() => window.innerWidth >= 900);
  useEffect(() => {
    if (!data) return;
    // Whoever cannot be bound is told so by the sites when they ask for something.
    void import("../sign/sign-in").then(({ bindPending }) => bindPending(data)).catch(() => undefined);
  }, [data]);
  if (!data) return null;
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#main">
        {t("skip")}
      </a>
      <Bar me={data} connection={connection} wide={wide} toggle={() => setWide(!wide)} />
      <div className={styles.under}>
        <Navigation me={data} wide={wide} />
        <main id="main" className={styles.main} tabIndex={-1}>
          <Away connection={connection} />
          <div className={styles.screen}>
            <Outlet />
          </div>
        </main>
      </div>
    </div>
  );
}
