// How a state looks: a shape and a word, never a colour alone.
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CheckmarkCircleFilled } from "@fluentui/react-icons/svg/checkmark-circle";
import { ClockRegular } from "@fluentui/react-icons/svg/clock";
import { DismissCircleFilled } from "@fluentui/react-icons/svg/dismiss-circle";
import { SubtractCircleFilled } from "@fluentui/react-icons/svg/subtract-circle";
import { CircleFilled, CircleRegular } from "@fluentui/react-icons/svg/circle";
import { QuestionCircleRegular } from "@fluentui/react-icons/svg/question-circle";
import type { ReactNode } from "react";

import { outcome, type Device, type Outcome, type Site, type State } from "../api/words";
import { useTexts } from "../text/text";

const useStyles = makeStyles({
  line: { display: "inline-flex", alignItems: "center", columnGap: "6px", whiteSpace: "nowrap" },
  icon: { flexShrink: 0, fontSize: "16px" },
  small: { flexShrink: 0, fontSize: "12px" },
  done: { color: tokens.colorStatusSuccessForeground1 },
  failed: { color: tokens.colorStatusDangerForeground1 },
  stopped: { color: tokens.colorNeutralForeground3 },
  open: { color: tokens.colorBrandForeground1 },
});

const ICONS = {
  done: CheckmarkCircleFilled,
  failed: DismissCircleFilled,
  stopped: SubtractCircleFilled,
  open: ClockRegular,
} satisfies Record<Outcome, unknown>;

export function StateIcon({ state }: { state: State }): ReactNode {
  const styles = useStyles();
  const how = outcome(state);
  const Icon = ICONS[how];
  return <Icon className={mergeClasses(styles.icon, styles[how])} aria-hidden />;
}

export function StateLine({ state, unknown }: { state: State; unknown?: boolean }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  if (unknown) {
    return (
      <span className={styles.line}>
        <QuestionCircleRegular className={mergeClasses(styles.icon, styles.stopped)} aria-hidden />
        {t("state.unknown")}
      </span>
    );
  }
  return (
    <span className={styles.line}>
      <StateIcon state={state} />
      {t(`state.${state}`)}
    </span>
  );
}

export type Online = "yes" | "no" | "unknown";

/** Returns whether a device is online. While its site's connector is away nobody knows. */
export function statusOf(device: Device, site: Site | undefined): Online {
  if (site && !site.link.up) return "unknown";
  switch (device.status) {
    case "unknown":
      return "unknown";
    case "online":
      return "yes";
    default:
      return device.online ? "yes" : "no";
  }
}

export function OnlineLine({ status }: { status: Online }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const Icon = { yes: CircleFilled, no: CircleRegular, unknown: QuestionCircleRegular }[status];
  return (
    <span className={styles.line}>
      <Icon className={mergeClasses(styles.small, status === "yes" ? styles.done : styles.stopped)} aria-hidden />
      {t(`online.${status}`)}
    </span>
  );
}
