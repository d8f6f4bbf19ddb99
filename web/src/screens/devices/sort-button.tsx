// The head of a column that the list can be sorted by.
import { makeStyles, tokens } from "@fluentui/react-components";
import { ArrowSortDownRegular } from "@fluentui/react-icons/svg/arrow-sort-down";
import { ArrowSortUpRegular } from "@fluentui/react-icons/svg/arrow-sort-up";
import type { ReactNode } from "react";

type Sorted = "ascending" | "descending" | "none";

const useStyles = makeStyles({
  button: {
    display: "inline-flex",
    alignItems: "center",
    columnGap: "4px",
    padding: "2px 0",
    border: "none",
    backgroundColor: "transparent",
    color: "inherit",
    font: "inherit",
    cursor: "pointer",
    ":hover": { textDecorationLine: "underline" },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
});

/** Returns how the list is sorted by a column; `undefined` where it cannot be. */
export function sortedBy(by: string | undefined, sort: string | undefined): Sorted | undefined {
  if (by === undefined) return undefined;
  const now = sort ?? "name";
  return now === by ? "ascending" : now === `-${by}` ? "descending" : "none";
}

interface SortButtonProps {
  text: string;
  sorted: Sorted | undefined;
  sort: () => void;
}

export function SortButton({ text, sorted, sort }: SortButtonProps): ReactNode {
  const styles = useStyles();
  return (
    <button type="button" className={styles.button} onClick={sort}>
      {text}
      {sorted === "ascending" && <ArrowSortUpRegular aria-hidden />}
      {sorted === "descending" && <ArrowSortDownRegular aria-hidden />}
    </button>
  );
}
