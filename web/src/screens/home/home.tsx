// How the fleet is, and what needs somebody.
import { Text, makeStyles, tokens } from "@fluentui/react-components";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { actions, sites } from "../../api/queries";
import { outcome, type Site } from "../../api/words";
import { useFormats } from "../../format/time";
import { ActionRows } from "../../parts/action-rows";
import { Card } from "../../parts/card";
import { Empty } from "../../parts/empty";
import { Go } from "../../parts/go";
import { Moment } from "../../parts/moment";
import { useNow } from "../../parts/now";
import { Outside } from "../../parts/outside";
import { Page } from "../../parts/page";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";
import { OutcomeChart } from "./chart";
import { byHour } from "./outcomes";

/** The newest actions that the chart counts: one answer of the console. */
const COUNTED = 1_000;
const SHOWN = 6;

const useStyles = makeStyles({
  cards: { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(340px, 1fr))", gap: tokens.spacingHorizontalL },
  big: { fontSize: "40px", lineHeight: "44px", fontWeight: tokens.fontWeightSemibold },
  quiet: { color: tokens.colorNeutralForeground3 },
  sites: { display: "grid", rowGap: tokens.spacingVerticalS, padding: 0, margin: 0, listStyleType: "none" },
  site: { display: "grid", gridTemplateColumns: "minmax(0, 1fr) auto auto", columnGap: tokens.spacingHorizontalL, alignItems: "center" },
});

export function HomeScreen(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const now = useNow();
  const sitesRead = useQuery(sites);
  const actionsRead = useInfiniteQuery(actions({}, COUNTED));
  return (
    <Page title={t("nav.home")} name={t("nav.home")} trail={null}>
      <div className={styles.cards}>
        <Card title={t("home.online")}>
          <Read query={sitesRead}>{(sites) => <OnlineNow sites={attached(sites)} />}</Read>
        </Card>
        <Card title={t("home.chart")}>
          <Read query={actionsRead}>
            {(data) => <OutcomeChart hours={byHour(data.pages[0]?.items ?? [], now)} />}
          </Read>
        </Card>
        <Card title={t("home.connectors")}>
          <Read query={sitesRead}>
            {(sites) =>
              attached(sites).length === 0 ? (
                <Empty title={t("home.noSite")} text={t("home.noSiteText")}>
                  <Go to="/connectors">{t("connectors.attach")}</Go>
                </Empty>
              ) : (
                <ul className={styles.sites}>
                  {attached(sites).map((site) => (
                    <li key={site.id} className={styles.site}>
                      <Go to="/connectors">
                        <Outside text={site.name} />
                      </Go>
                      <Text>{t(site.link.up ? "link.up" : "link.away")}</Text>
                      <Text className={styles.quiet}>{site.link.since && <Moment at={site.link.since} />}</Text>
                    </li>
                  ))}
                </ul>
              )
            }
          </Read>
        </Card>
      </div>
      <Card title={t("home.attention")}>
        <Read query={actionsRead}>
          {(data) => {
            const failed = (data.pages[0]?.items ?? []).filter(needsSomebody).slice(0, SHOWN);
            return failed.length === 0 ? (
              <Text className={styles.quiet}>{t("home.nothing")}</Text>
            ) : (
              <ActionRows label={t("home.attention")} actions={failed} />
            );
          }}
        </Read>
      </Card>
      <Card title={t("home.latest")}>
        <Read query={actionsRead}>
          {(data) => {
            const latest = (data.pages[0]?.items ?? []).slice(0, SHOWN);
            return latest.length === 0 ? (
              <Empty title={t("actions.none")} text={t("actions.noneText")}>
                <Go to="/devices">{t("nav.devices")}</Go>
              </Empty>
            ) : (
              <ActionRows label={t("home.latest")} actions={latest} />
            );
          }}
        </Read>
      </Card>
    </Page>
  );
}

const attached = (sites: readonly Site[]) => sites.filter((site) => site.state === "attached");

function needsSomebody(action: { state: Parameters<typeof outcome>[0]; counts: Record<string, number> }): boolean {
  return outcome(action.state) === "failed" || ["failed", "refused", "not_supported"].some((state) => (action.counts[state] ?? 0) > 0);
}

function OnlineNow({ sites }: { sites: readonly Site[] }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const styles = useStyles();
  const known = sites.filter((site) => site.link.up);
  const online = known.reduce((sum, site) => sum + site.online, 0);
  const all = sites.reduce((sum, site) => sum + site.devices, 0);
  const hidden = all - known.reduce((sum, site) => sum + site.devices, 0);
  return (
    <>
      <span className={styles.big}>{formats.number(online)}</span>
      <Text>{t("home.onlineOf", { count: all })}</Text>
      {hidden > 0 && <Text className={styles.quiet}>{t("home.onlineUnknown", { count: hidden })}</Text>}
      <Go to="/devices" search={{ online: "yes" }}>
        {t("home.see")}
      </Go>
    </>
  );
}
