// How far an action is with all its devices, and how many are in each state. A count leads to its devices.
import { ProgressBar, Text, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { STATES, type Action } from "../../api/words";
import { useFormats } from "../../format/time";
import { StateIcon } from "../../parts/state";
import { useTexts } from "../../text/text";

const useStyles = makeStyles({
  all: { display: "grid", rowGap: tokens.spacingVerticalM },
  counts: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS, margin: 0, padding: 0, listStyleType: "none" },
  count: {
    display: "inline-flex",
    alignItems: "center",
    columnGap: "8px",
    padding: "6px 12px",
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: "none",
    ":hover": { backgroundColor: tokens.colorSubtleBackgroundHover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  on: { border: `1px solid ${tokens.colorCompoundBrandStroke}`, backgroundColor: tokens.colorSubtleBackgroundSelected },
});

export function CountsOf({ action, state }: { action: Action; state: string | undefined }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const styles = useStyles();
  const there = STATES.filter((name) => (action.counts[name] ?? 0) > 0);
  return (
    <div className={styles.all}>
      <div>
        <Text>
          {t("action.endedOf", { count: action.total, ended: action.concluded })} ({formats.percent(action.concluded, action.total)})
        </Text>
        <ProgressBar value={action.concluded} max={Math.max(action.total, 1)} thickness="large" aria-label={t("action.ended")} />
      </div>
      <ul className={styles.counts}>
        {there.map((name) => (
          <li key={name}>
            <Link
              to="/actions/$taskGuid"
              params={{ taskGuid: action.task_guid }}
              search={name === state ? {} : { state: name }}
              className={mergeClasses(styles.count, name === state && styles.on)}
              data-count={name}
            >
              <StateIcon state={name} />
              {t(`state.${name}`)} <strong>{formats.number(action.counts[name] ?? 0)}</strong>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
