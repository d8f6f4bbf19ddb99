// A reason and its fix, where an action stopped or waits.
import { Text, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

import type { Why } from "../api/words";
import { useTexts } from "../text/text";
import { useReason } from "./reason";
import { shown } from "./outside";

const useStyles = makeStyles({
  box: {
    display: "grid",
    rowGap: "2px",
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderLeft: `3px solid ${tokens.colorBrandStroke1}`,
    backgroundColor: tokens.colorNeutralBackground2,
    overflowWrap: "anywhere",
    maxWidth: "760px",
  },
  stopped: { borderLeftColor: tokens.colorStatusDangerBorder2 },
  quiet: { color: tokens.colorNeutralForeground2 },
});

export function ReasonView({ why, stopped }: { why: Why; stopped: boolean }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const reason = useReason()(why);
  return (
    <div className={mergeClasses(styles.box, stopped && styles.stopped)} data-reason={why.reason}>
      <Text weight="semibold">{shown(reason.title)}</Text>
      {reason.detail && (
        <Text lang="en" className={styles.quiet}>
          {shown(reason.detail)}
        </Text>
      )}
      <Text>
        {t("action.fix")} {reason.fix}
      </Text>
    </div>
  );
}
