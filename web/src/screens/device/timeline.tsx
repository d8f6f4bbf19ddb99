// A device's own timeline: every event of its actions, why something stopped, and what to do about it.
import { Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { InfoRegular } from "@fluentui/react-icons/svg/info";
import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { actions, deviceDetails, historyOf } from "../../api/queries";
import { isConcluded, type Device, type Site } from "../../api/words";
import { Empty } from "../../parts/empty";
import { Go } from "../../parts/go";
import { useKindName } from "../../parts/kind";
import { Moment } from "../../parts/moment";
import { Outside } from "../../parts/outside";
import { ProblemView } from "../../parts/problem";
import { Coming, Read } from "../../parts/read";
import { ReasonView } from "../../parts/reason-view";
import { StateIcon } from "../../parts/state";
import { useTexts } from "../../text/text";
import { timelineOf, type TimelineEvent } from "./events";

/** Actions that are read at once: each is one more request for what was said of it. */
const ACTIONS_AT_ONCE = 20;

const useStyles = makeStyles({
  events: { listStyleType: "none", margin: 0, padding: 0, display: "grid", maxWidth: "960px" },
  event: {
    display: "grid",
    gridTemplateColumns: "16px 190px minmax(0, 1fr)",
    columnGap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalS} 0`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  icon: { paddingTop: "2px" },
  fact: { fontSize: "16px", color: tokens.colorNeutralForeground3 },
  at: { color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums" },
  what: { display: "grid", rowGap: "4px", minWidth: 0 },
  first: { display: "flex", flexWrap: "wrap", columnGap: tokens.spacingHorizontalS },
  quiet: { color: tokens.colorNeutralForeground3 },
  older: { justifySelf: "start" },
});

export function Timeline({ device, site }: { device: Device; site: Site | undefined }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const read = useInfiniteQuery(actions({ device: device.id }, ACTIONS_AT_ONCE));
  const asked = read.data?.pages.flatMap((page) => page.items) ?? [];
  const histories = useQueries({ queries: asked.map((action) => historyOf(action.task_guid, device.id)) });
  const details = useQuery(deviceDetails(device.id));
  const failed = histories.find((history) => history.error !== null);
  const events = timelineOf({
    device,
    siteUp: site?.link.up ?? false,
    actions: asked.map((action, index) => ({ action, history: histories[index]?.data?.items })),
    olderActions: read.hasNextPage,
    details: details.data,
  });
  return (
    <Read query={read}>
      {() => (
        <>
          {asked.length === 0 ? (
            <Empty title={t("device.noActions")} text={t("timeline.none")} />
          ) : (
            <Text>{t("timeline.of", { count: asked.length })}</Text>
          )}
          {failed && <ProblemView error={failed.error} again={() => histories.forEach((history) => void history.refetch())} />}
          {histories.some((history) => history.isPending) && <Coming />}
          <ol className={styles.events} aria-label={t("device.view.timeline")}>
            {events.map((event) => (
              <li key={event.key} className={styles.event} data-event={event.type}>
                <Line event={event} />
              </li>
            ))}
          </ol>
          {read.hasNextPage && (
            <Button className={styles.older} disabledFocusable={read.isFetchingNextPage} onClick={() => void read.fetchNextPage()}>
              {t("timeline.older")}
            </Button>
          )}
          {details.error && (
            <>
              <Text>{t("timeline.withoutSite")}</Text>
              <ProblemView error={details.error} again={() => void details.refetch()} />
            </>
          )}
        </>
      )}
    </Read>
  );
}

function Line({ event }: { event: TimelineEvent }): ReactNode {
  const styles = useStyles();
  return (
    <>
      <span className={styles.icon}><Icon event={event} /></span>
      <span className={styles.at}>
        <Moment at={event.at} exact />
      </span>
      <div className={styles.what}>
        <What event={event} />
      </div>
    </>
  );
}

function Icon({ event }: { event: TimelineEvent }): ReactNode {
  const styles = useStyles();
  if (event.type === "fact") return <InfoRegular className={styles.fact} aria-hidden />;
  return <StateIcon state={event.type === "task" ? event.state : event.entry.event} />;
}

function What({ event }: { event: TimelineEvent }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const kind = useKindName();
  if (event.type === "fact") return <Text>{t(`timeline.${event.fact}`)}</Text>;
  if (event.type === "task") {
    return (
      <div className={styles.first}>
        <Text weight="semibold">{t(`state.${event.state}`)}</Text>
        <Go to="/actions/$taskGuid" params={{ taskGuid: event.taskGuid }}>
          {kind(event.kind)}
        </Go>
        <Text className={styles.quiet}>{t("timeline.task")}</Text>
      </div>
    );
  }
  const { action, entry, why } = event;
  return (
    <>
      <div className={styles.first}>
        <Text weight="semibold">{t(`state.${entry.event}`)}</Text>
        <Go to="/actions/$taskGuid" params={{ taskGuid: action.task_guid }}>
          {kind(action.kind, action.title)}
        </Go>
        <Text className={styles.quiet}>
          {t(`hop.${entry.hop}`)}
          {entry.late && ` · ${t("action.late")}`}
          {entry.rule && ` · ${t("action.rule")} ${entry.rule}`}
        </Text>
      </div>
      {entry.detail && <Outside text={entry.detail} whole />}
      {why && <ReasonView why={why} stopped={isConcluded(entry.event)} />}
    </>
  );
}
