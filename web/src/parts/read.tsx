// What was read, or that it is coming, or why it did not come.
import { Skeleton, SkeletonItem, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

import { useTexts } from "../text/text";
import { ProblemView } from "./problem";

const useStyles = makeStyles({
  lines: { display: "grid", rowGap: tokens.spacingVerticalM, maxWidth: "720px" },
});

interface Query<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

export function Read<T>({ query, children }: { query: Query<T>; children: (data: T) => ReactNode }): ReactNode {
  const { data, error, refetch } = query;
  if (data !== undefined) {
    return (
      <>
        {error !== null && <ProblemView error={error} again={() => void refetch()} />}
        {children(data)}
      </>
    );
  }
  if (error !== null) return <ProblemView error={error} again={() => void refetch()} />;
  return <Coming />;
}

export function Coming(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  return (
    <Skeleton aria-label={t("loading")} className={styles.lines}>
      <SkeletonItem size={24} />
      <SkeletonItem size={16} />
      <SkeletonItem size={16} />
      <SkeletonItem size={16} />
    </Skeleton>
  );
}
