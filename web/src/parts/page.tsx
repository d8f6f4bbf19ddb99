// The head of every screen: where one is, its name, and what can be done here.
import { Text, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useEffect, useRef, type ReactNode } from "react";

import { useTexts } from "../text/text";
import { Go } from "./go";

const useStyles = makeStyles({
  page: { display: "flex", flexDirection: "column", minHeight: "100%", height: "100%" },
  head: {
    flexShrink: 0,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalXXL} ${tokens.spacingVerticalS}`,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  trail: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3, marginBottom: "2px" },
  title: {
    display: "block",
    margin: 0,
    fontSize: tokens.fontSizeBase600,
    lineHeight: tokens.lineHeightBase600,
    fontWeight: tokens.fontWeightSemibold,
    outlineStyle: "none",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    maxWidth: "100%",
  },
  under: { color: tokens.colorNeutralForeground3 },
  commands: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalXS,
    rowGap: tokens.spacingVerticalXS,
    padding: `2px ${tokens.spacingHorizontalL}`,
    minHeight: "40px",
    flexShrink: 0,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
    "& button": { fontWeight: tokens.fontWeightRegular, paddingLeft: "8px", paddingRight: "8px", minWidth: "auto" },
  },
  body: {
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalXXL} ${tokens.spacingVerticalXXL}`,
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalL,
    flexGrow: 1,
  },
  fill: { minHeight: 0, paddingBottom: 0, overflow: "hidden" },
});

interface PageProps {
  title: ReactNode;
  /** The document's title. */
  name: string;
  under?: ReactNode;
  /** The way from the start to here; `null` at the start itself. */
  trail?: readonly { to: "/" | "/devices" | "/actions"; text: string }[] | null;
  commands?: ReactNode;
  /** Whether the body scrolls by itself, as long lists do. */
  fill?: boolean;
  children: ReactNode;
}

export function Page({ title, name, under, trail, commands, fill, children }: PageProps): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${name} - ${t("product")}`;
  }, [name, t]);
  useEffect(() => {
    // Whoever listens to the page hears where they came to.
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        {trail !== null && (
          <nav className={styles.trail} aria-label={t("trail")}>
            <Go to="/">{t("nav.home")}</Go>
            {trail?.map((step) => (
              <span key={step.to}>
                {" › "}
                <Go to={step.to}>{step.text}</Go>
              </span>
            ))}
            {" ›"}
          </nav>
        )}
        <h1 ref={heading} tabIndex={-1} className={styles.title}>
          {title}
        </h1>
        {under && (
          <Text size={200} className={styles.under}>
            {under}
          </Text>
        )}
      </div>
      {commands && (
        <div className={styles.commands} role="toolbar" aria-label={t("commands")}>
          {commands}
        </div>
      )}
      <div className={mergeClasses(styles.body, fill && styles.fill)}>{children}</div>
    </div>
  );
}
