// A failure: what is wrong, and what to do about it.
import { Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { ErrorCircleRegular } from "@fluentui/react-icons/svg/error-circle";
import type { ReactNode } from "react";

import { ProblemError } from "../api/client";
import { useTexts } from "../text/text";

const useStyles = makeStyles({
  box: {
    display: "grid",
    gridTemplateColumns: "20px 1fr",
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorStatusDangerBackground1,
    border: `1px solid ${tokens.colorStatusDangerBorder1}`,
    color: tokens.colorNeutralForeground1,
    maxWidth: "860px",
    overflowWrap: "anywhere",
  },
  icon: { color: tokens.colorStatusDangerForeground1, fontSize: "20px" },
  text: { display: "grid", rowGap: tokens.spacingVerticalXS },
  again: { justifySelf: "start", marginTop: tokens.spacingVerticalS },
});

export function ProblemView({ error, again }: { error: unknown; again?: (() => void) | undefined }): ReactNode {
  const { t, word, language } = useTexts();
  const styles = useStyles();
  const known = error instanceof ProblemError;
  // What the console says is English; where the page has the same in the person's language, that comes first.
  const title = known ? (word("problem", error.word) ?? error.problem.title) : t("problem.page");
  const foreign = language === "en" ? undefined : "en";
  return (
    <div className={styles.box} role="alert">
      <ErrorCircleRegular className={styles.icon} aria-hidden />
      <div className={styles.text}>
        <Text weight="semibold">{title}</Text>
        {known && <Text lang={foreign}>{error.problem.detail}</Text>}
        {known && error.problem.permission && (
          <Text>{t("problem.permission", { permission: error.problem.permission })}</Text>
        )}
        {known && <Text lang={foreign}>{error.problem.fix}</Text>}
        {again && (
          <Button className={styles.again} size="small" onClick={again}>
            {t("tryAgain")}
          </Button>
        )}
      </div>
    </div>
  );
}
