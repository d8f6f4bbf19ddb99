// The way of an action, hop by hop.
import { Text, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CheckmarkCircleFilled } from "@fluentui/react-icons/svg/checkmark-circle";
import { CircleRegular } from "@fluentui/react-icons/svg/circle";
import { ClockRegular } from "@fluentui/react-icons/svg/clock";
import { DismissCircleFilled } from "@fluentui/react-icons/svg/dismiss-circle";
import type { ReactNode } from "react";

import type { Action, HistoryEntry } from "../../api/words";
import { useFormats } from "../../format/time";
import { Outside } from "../../parts/outside";
import { ReasonView } from "../../parts/reason-view";
import { useTexts } from "../../text/text";
import { hopLines, type HopLine } from "./hops";
import { LOG_FILES, logLines, type Around } from "./lines";

/** With many devices each hop has many events; the first ones tell the way, the list of devices tells the rest. */
const EVENTS_SHOWN = 20;

const ICONS = { passed: CheckmarkCircleFilled, current: ClockRegular, stopped: DismissCircleFilled, ahead: CircleRegular };

const useStyles = makeStyles({
  hops: { listStyleType: "none", margin: 0, padding: 0, display: "grid" },
  hop: {
    display: "grid",
    gridTemplateColumns: "24px minmax(0, 1fr)",
    columnGap: tokens.spacingHorizontalM,
    position: "relative",
    paddingBottom: tokens.spacingVerticalL,
    ":not(:last-child)::before": {
      content: '""',
      position: "absolute",
      left: "11px",
      top: "26px",
      bottom: "2px",
      width: "2px",
      backgroundColor: tokens.colorNeutralStroke2,
    },
  },
  icon: { fontSize: "24px" },
  passed: { color: tokens.colorStatusSuccessForeground1 },
  current: { color: tokens.colorBrandForeground1 },
  stopped: { color: tokens.colorStatusDangerForeground1 },
  ahead: { color: tokens.colorNeutralForeground4 },
  what: { display: "grid", rowGap: "4px", minWidth: 0 },
  first: { display: "flex", flexWrap: "wrap", alignItems: "baseline", columnGap: tokens.spacingHorizontalM },
  quiet: { color: tokens.colorNeutralForeground3 },
  events: { listStyleType: "none", margin: 0, padding: 0, display: "grid", rowGap: "2px" },
  event: { display: "grid", gridTemplateColumns: "110px minmax(0, 1fr)", columnGap: tokens.spacingHorizontalM },
  line: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    overflowWrap: "anywhere",
    display: "block",
  },
});

interface TimelineProps {
  action: Action;
  history: readonly HistoryEntry[];
  around: Around;
  names: ReadonlyMap<string, string>;
}

export function Timeline({ action, history, around, names }: TimelineProps): ReactNode {
  const styles = useStyles();
  return (
    <ol className={styles.hops}>
      {hopLines(action, history).map((line) => (
        <HopItem key={line.hop} line={line} action={action} around={around} names={names} />
      ))}
    </ol>
  );
}

function HopItem({ line, action, around, names }: { line: HopLine } & Omit<TimelineProps, "history">): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const styles = useStyles();
  const Icon = ICONS[line.status];
  const many = names.size > 1;
  return (
    <li className={styles.hop} data-hop={line.hop} data-status={line.status}>
      <Icon className={mergeClasses(styles.icon, styles[line.status])} aria-hidden />
      <div className={styles.what}>
        <div className={styles.first}>
          <Text weight="semibold">{t(`hop.${line.hop}`)}</Text>
          <Text size={200} className={styles.quiet}>
            {t(`hopStatus.${line.status}`)}
          </Text>
          {line.took !== undefined && (
            <Text size={200} className={styles.quiet}>
              {t("action.took", { span: formats.span(line.took) })}
            </Text>
          )}
          {line.events.length > 0 && (
            <Text size={200} className={styles.quiet}>
              {LOG_FILES[line.hop]}
            </Text>
          )}
        </div>
        {line.why && <ReasonView why={line.why} stopped={line.status === "stopped"} />}
        {line.events.length > 0 && (
          <ul className={styles.events}>
            {line.events.slice(0, EVENTS_SHOWN).map((entry) => (
              <li key={entry.number} className={styles.event}>
                <time dateTime={entry.at} title={formats.moment(entry.at)} className={styles.quiet}>
                  {formats.clock(entry.at)}
                </time>
                <div>
                  {t(`state.${entry.event}`)}
                  {entry.late && ` (${t("action.late")})`}
                  {many && entry.device !== undefined && (
                    <>
                      {" "}
                      <Outside text={names.get(entry.device) ?? entry.device} />
                    </>
                  )}
                  {entry.detail && (
                    <>
                      {": "}
                      <Outside text={entry.detail} whole />
                    </>
                  )}
                  {entry.rule && ` · ${t("action.rule")} ${entry.rule}`}
                  {logLines(action, entry, around).map((text) => (
                    <code key={text} className={styles.line}>
                      {text}
                    </code>
                  ))}
                </div>
              </li>
            ))}
          </ul>
        )}
        {line.events.length > EVENTS_SHOWN && (
          <Text size={200} className={styles.quiet}>
            {t("action.moreEvents", { count: line.events.length - EVENTS_SHOWN })}
          </Text>
        )}
      </div>
    </li>
  );
}
