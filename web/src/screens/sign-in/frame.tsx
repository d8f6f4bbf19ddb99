// The one card of the screens before anybody is signed in.
import { Title2, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

import { useTexts } from "../../text/text";

const useStyles = makeStyles({
  title: { margin: 0 },
  page: {
    minHeight: "100vh",
    display: "grid",
    placeItems: "center",
    padding: "24px",
    boxSizing: "border-box",
    backgroundColor: tokens.colorNeutralBackground3,
  },
  card: {
    width: "100%",
    maxWidth: "420px",
    boxSizing: "border-box",
    display: "grid",
    rowGap: tokens.spacingVerticalL,
    padding: "40px",
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    borderRadius: tokens.borderRadiusLarge,
    boxShadow: tokens.shadow16,
  },
  product: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase300 },
});

export function Frame({ title, children }: { title: string; children: ReactNode }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div>
          <div className={styles.product}>{t("product")}</div>
          <Title2 as="h1" className={styles.title}>{title}</Title2>
        </div>
        {children}
      </div>
    </main>
  );
}
