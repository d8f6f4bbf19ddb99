// The bar at the top: where one is signed in, the search, and oneself.
import { makeStyles, tokens } from "@fluentui/react-components";
import { NavigationRegular } from "@fluentui/react-icons/svg/navigation";
import { PersonRegular } from "@fluentui/react-icons/svg/person";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";

import type { Schemas } from "../api/client";
import type { Connection } from "../live/stream";
import { useTexts } from "../text/text";

/** The bar is dark in light and in dark, as the original's. */
const INK = "#0b1f33";

const useStyles = makeStyles({
  bar: {
    display: "flex",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
    height: "44px",
    padding: `0 ${tokens.spacingHorizontalM} 0 6px`,
    backgroundColor: INK,
    color: "#ffffff",
  },
  button: {
    display: "inline-flex",
    alignItems: "center",
    columnGap: "8px",
    height: "32px",
    padding: "0 8px",
    border: "none",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: "transparent",
    color: "inherit",
    font: "inherit",
    fontSize: "20px",
    textDecorationLine: "none",
    cursor: "pointer",
    ":hover": { backgroundColor: "#1d3a57" },
    ":focus-visible": { outline: "2px solid #ffffff", outlineOffset: "-2px" },
  },
  product: { fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold, whiteSpace: "nowrap" },
  search: {
    flexGrow: 1,
    maxWidth: "460px",
    margin: "0 auto",
    display: "flex",
    alignItems: "center",
    columnGap: "8px",
    height: "30px",
    padding: "0 10px",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: "#1d3a57",
    color: "#dbe7f3",
    ":focus-within": { outline: "2px solid #8cc2f5" },
  },
  input: {
    flexGrow: 1,
    minWidth: 0,
    border: "none",
    outlineStyle: "none",
    backgroundColor: "transparent",
    color: "#ffffff",
    font: "inherit",
    fontSize: tokens.fontSizeBase300,
    "::placeholder": { color: "#c3d3e3" },
  },
  person: { fontSize: tokens.fontSizeBase200, textAlign: "right", lineHeight: "1.25" },
  tenant: { color: "#c3d3e3", display: "block" },
  live: { display: "inline-flex", alignItems: "center", columnGap: "6px", fontSize: tokens.fontSizeBase200 },
  dot: { width: "8px", height: "8px", borderRadius: "50%", border: "1px solid #ffffff" },
  on: { backgroundColor: "#6fd08c", border: "1px solid #6fd08c" },
});

interface BarProps {
  me: Schemas["Me"];
  connection: Connection;
  wide: boolean;
  toggle: () => void;
}

export function Bar({ me, connection, wide, toggle }: BarProps): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const navigate = useNavigate();
  const [search, setSearch] = useState("");
  const find = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ to: "/devices", search: search.trim() === "" ? {} : { search: search.trim() } });
  };
  return (
    <header className={styles.bar}>
      <button type="button" className={styles.button} aria-label={t("nav.toggle")} aria-expanded={wide} onClick={toggle}>
        <NavigationRegular aria-hidden />
      </button>
      <Link to="/" className={styles.button}>
        <span className={styles.product}>{t("product")}</span>
      </Link>
      <form role="search" className={styles.search} onSubmit={find}>
        <SearchRegular aria-hidden />
        <input
          className={styles.input}
          type="search"
          name="everywhere"
          autoComplete="off"
          aria-label={t("bar.search")}
          placeholder={t("bar.search")}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </form>
      <span className={styles.live} role="status">
        <span className={`${styles.dot} ${connection === "open" ? styles.on : ""}`} aria-hidden />
        {t(connection === "open" ? "live.open" : connection === "lost" ? "live.lost" : "live.connecting")}
      </span>
      <Link to="/account" className={styles.button} title={t("nav.account")}>
        <span className={styles.person}>
          {me.display_name}{" "}
          <span className={styles.tenant}>{me.tenant_name}</span>
        </span>
        <PersonRegular aria-hidden />
      </Link>
    </header>
  );
}
