// A list with any number of rows: only those in view are drawn, and the next ones are fetched as one comes near.
import { Spinner, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type CSSProperties, type ReactNode } from "react";

import { useTexts } from "../text/text";

const ROW_PX = 40;
const GAP_PX = 12;
/** How many rows before the end the next page is asked for. */
const AHEAD = 30;

const useStyles = makeStyles({
  frame: { overflow: "auto", flexGrow: 1, minHeight: 0, outlineStyle: "none", position: "relative" },
  short: { maxHeight: "60vh" },
  row: {
    display: "grid",
    alignItems: "center",
    height: `${ROW_PX}px`,
    columnGap: `${GAP_PX}px`,
    paddingLeft: tokens.spacingHorizontalS,
    paddingRight: tokens.spacingHorizontalS,
    boxSizing: "border-box",
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    width: "100%",
  },
  head: {
    position: "sticky",
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground1,
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    borderBottom: `1px solid ${tokens.colorNeutralStroke1}`,
  },
  body: { position: "relative" },
  item: { position: "absolute", top: 0, left: 0, ":hover": { backgroundColor: tokens.colorSubtleBackgroundHover } },
  chosen: { backgroundColor: tokens.colorSubtleBackgroundSelected },
  cell: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", minWidth: 0 },
  more: { padding: tokens.spacingVerticalM },
});

export interface Column<Row> {
  key: string;
  title: ReactNode;
  /** As in `grid-template-columns`. */
  width: string;
  cell: (row: Row) => ReactNode;
  sort?: "ascending" | "descending" | "none";
}

interface ListProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  id: (row: Row) => string;
  chosen?: (row: Row) => boolean;
  /** Asks for the next rows, where there are more. */
  more?: (() => void) | undefined;
  moreComing?: boolean;
  /** Whether the list stands among other things, rather than filling the screen. */
  short?: boolean;
}

export function List<Row>(props: ListProps<Row>): ReactNode {
  const { label, columns, rows, id, chosen, more, moreComing, short } = props;
  const { t } = useTexts();
  const styles = useStyles();
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: (index) => id(rows[index] as Row),
  });
  const drawn = virtual.getVirtualItems();
  const last = drawn.at(-1)?.index ?? -1;
  useEffect(() => {
    if (more && !moreComing && last >= rows.length - AHEAD) more();
  }, [last, more, moreComing, rows.length]);
  const grid: CSSProperties = { gridTemplateColumns: columns.map((column) => column.width).join(" ") };
  // Every row has the same columns, however long its texts are; a narrow window scrolls.
  const width = columns.reduce((sum, column) => sum + narrowest(column.width) + GAP_PX, GAP_PX);

  return (
    <div ref={frame} className={mergeClasses(styles.frame, short && styles.short)} tabIndex={0} role="group" aria-label={label}>
      <div role="table" style={{ minWidth: `${width}px` }} aria-label={label} aria-rowcount={more ? -1 : rows.length + 1}>
        <div role="rowgroup" className={styles.head}>
          <div role="row" aria-rowindex={1} className={styles.row} style={grid}>
            {columns.map((column) => (
              <div key={column.key} role="columnheader" aria-sort={column.sort} className={styles.cell}>
                {column.title}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className={styles.body} style={{ height: `${virtual.getTotalSize()}px` }}>
          {drawn.map((item) => {
            const row = rows[item.index] as Row;
            return (
              <div
                key={item.key}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={chosen?.(row)}
                className={mergeClasses(styles.row, styles.item, chosen?.(row) && styles.chosen)}
                style={{ ...grid, transform: `translateY(${item.start}px)` }}
              >
                {columns.map((column) => (
                  <div key={column.key} role="cell" className={styles.cell}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {moreComing && (
        <div className={styles.more}>
          <Spinner size="tiny" label={t("loadingMore")} labelPosition="after" />
        </div>
      )}
    </div>
  );
}

/** Returns the least that a column takes, in pixels. */
function narrowest(width: string): number {
  return Number(/(\d+)px/.exec(width)?.[1] ?? 0);
}
