// How a site is: what its own checks found, and what to do about it.
import { Text, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { siteHealth } from "../../api/queries";
import { useFormats } from "../../format/time";
import { Outside } from "../../parts/outside";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";

const useStyles = makeStyles({
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
  failed: { color: tokens.colorStatusDangerForeground3 },
  warning: { color: tokens.colorStatusWarningForeground3 },
});

export function Health({ site }: { site: string }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const styles = useStyles();
  const read = useQuery(siteHealth(site));
  return (
    <Read query={read}>
      {({ checks, as_of }) => {
        const wrong = checks.filter(({ outcome }) => outcome !== "good");
        if (checks.length === 0) return <Text>{t("health.none")}</Text>;
        if (wrong.length === 0) return <Text>{t("health.good", { count: checks.length, at: formats.moment(as_of) })}</Text>;
        return (
          <>
            <Text>{t("health.wrong", { count: wrong.length, at: formats.moment(as_of) })}</Text>
            <ul className={styles.list}>
              {wrong.map((check, index) => (
                <li key={index}>
                  <Text className={check.outcome === "failed" ? styles.failed : styles.warning}>
                    {t(check.outcome === "failed" ? "health.failed" : "health.warning")} <Outside text={check.name} whole />
                  </Text>
                  {": "}
                  <Outside text={check.found} whole />
                  {check.fix && (
                    <>
                      {" "}
                      <Text weight="semibold">{t("health.fix")}</Text> <Outside text={check.fix} whole />
                    </>
                  )}
                </li>
              ))}
            </ul>
          </>
        );
      }}
    </Read>
  );
}
