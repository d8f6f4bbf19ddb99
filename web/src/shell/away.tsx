// Says at the top of every screen when what is shown may be old: the console is away, or a site is; and when a site releases nothing.
import { makeStyles, tokens } from "@fluentui/react-components";
import { WarningRegular } from "@fluentui/react-icons/svg/warning";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { sites } from "../api/queries";
import type { Connection } from "../live/stream";
import { shown } from "../parts/outside";
import { Go } from "../parts/go";
import { useFormats } from "../format/time";
import { useTexts } from "../text/text";

const useStyles = makeStyles({
  line: {
    display: "flex",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalS,
    padding: `6px ${tokens.spacingHorizontalXXL}`,
    backgroundColor: tokens.colorStatusWarningBackground1,
    color: tokens.colorNeutralForeground1,
    borderBottom: `1px solid ${tokens.colorStatusWarningBorder1}`,
    fontSize: tokens.fontSizeBase200,
  },
  link: { textDecorationLine: "underline" },
  icon: { flexShrink: 0, fontSize: "16px", color: tokens.colorStatusWarningForeground3 },
});

export function Away({ connection }: { connection: Connection }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const formats = useFormats();
  const { data } = useQuery(sites);
  const away = data?.filter((site) => site.state === "attached" && !site.link.up) ?? [];
  const halted = data?.filter((site) => site.state === "attached" && site.halted) ?? [];
  return (
    <div role="status">
      {connection === "lost" && (
        <div className={styles.line}>
          <WarningRegular className={styles.icon} aria-hidden />
          {t("away.console")}
        </div>
      )}
      {halted.map((site) => (
        <div key={site.id} className={styles.line} data-halted={site.id}>
          <WarningRegular className={styles.icon} aria-hidden />
          {t("away.halted", { site: shown(site.name) })}
        </div>
      ))}
      {away.map((site) => (
        <div key={site.id} className={styles.line} data-away={site.id}>
          <WarningRegular className={styles.icon} aria-hidden />
          <span>
            {site.link.since
              ? t("away.site", { site: shown(site.name), since: formats.moment(site.link.since) })
              : t("away.siteNever", { site: shown(site.name) })}{" "}
            <Go to="/connectors" className={styles.link}>
              {t("away.look")}
            </Go>
          </span>
        </div>
      ))}
    </div>
  );
}
