// How a state looks: a shape and a word, never a colour alone.
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CheckmarkCircleFilled } from "@fluentui/react-icons/svg/checkmark-circle";
import { ClockRegular } from "@fluentui/react-icons/svg/clock";
import { DismissCircleFilled } from "@fluentui/react-icons/svg/dismiss-circle";
import { SubtractCircleFilled } from "@fluentui/react-icons/svg/subtract-circle";
import { CircleFilled, CircleRegular } from "@fluentui/react-icons/svg/circle";
import { QuestionCircleRegular } from "@fluentui/react-icons/svg/question-circle";
import type { ReactNode } from "react";

import { outcome, type Outcome, type State } from "../api/words";
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

/** `up` is whether the site's connector is there: without it nobody knows who is online. */
export function OnlineLine({ online, up }: { online: boolean; up: boolean }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  if (!up) {
    return (
      <span className={styles.line}>
        <QuestionCircleRegular className={mergeClasses(styles.small, styles.stopped)} aria-hidden />
        {t("online.unknown")}
      </span>
    );
  }
  const Icon = online ? CircleFilled : CircleRegular;
  return (
    <span className={styles.line}>
      <Icon className={mergeClasses(styles.small, online ? styles.done : styles.stopped)} aria-hidden />
      {t(online ? "online.yes" : "online.no")}
    </span>
  );
}
