// What stands where nothing is: why, and what would change that.
import { Text, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  empty: {
    display: "grid",
    justifyItems: "start",
    rowGap: tokens.spacingVerticalS,
    padding: `${tokens.spacingVerticalXXL} 0`,
    maxWidth: "640px",
  },
  text: { color: tokens.colorNeutralForeground2 },
});

export function Empty({ title, text, children }: { title: string; text: string; children?: ReactNode }): ReactNode {
  const styles = useStyles();
  return (
    <div className={styles.empty}>
      <Text weight="semibold" size={400}>
        {title}
      </Text>
      <Text className={styles.text}>{text}</Text>
      {children}
    </div>
  );
}
