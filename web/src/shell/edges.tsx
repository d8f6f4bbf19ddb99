// What stands in the place of a screen: while it comes, when it fails, and where there is none.
import { Spinner, Title2, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { Go } from "../parts/go";
import { ProblemView } from "../parts/problem";
import { useTexts } from "../text/text";

const useStyles = makeStyles({
  title: { margin: 0 },
  middle: { padding: "48px 24px", display: "grid", rowGap: tokens.spacingVerticalM, justifyItems: "start" },
});

export function Loading(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  return (
    <div className={styles.middle}>
      <Spinner label={t("loading")} size="small" />
    </div>
  );
}

export function Failed({ error, reset }: ErrorComponentProps): ReactNode {
  const router = useRouter();
  const styles = useStyles();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <div className={styles.middle}>
      <ProblemView error={error} again={again} />
    </div>
  );
}

export function NotFound(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  return (
    <main className={styles.middle}>
      <Title2 as="h1" className={styles.title}>{t("notFound.title")}</Title2>
      <Text>{t("notFound.text")}</Text>
      <Go to="/">{t("nav.home")}</Go>
    </main>
  );
}
