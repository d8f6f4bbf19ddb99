// Names and values in columns, as the original's "Essentials".
import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  facts: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(380px, 1fr))",
    columnGap: "48px",
    rowGap: tokens.spacingVerticalSNudge,
    margin: 0,
    maxWidth: "1100px",
  },
  fact: { display: "grid", gridTemplateColumns: "170px minmax(0, 1fr)", columnGap: tokens.spacingHorizontalM },
  name: { color: tokens.colorNeutralForeground3 },
  value: { margin: 0, overflowWrap: "anywhere" },
});

export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }): ReactNode {
  const styles = useStyles();
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={styles.fact}>
          <dt className={styles.name}>{name}</dt>
          <dd className={styles.value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
