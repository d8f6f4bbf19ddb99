// What needs a native key is signed at the command line: the page prepares a line for it, which carries no proof.
import { Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { answered, api } from "../api/client";
import { ProblemView } from "../parts/problem";
import { Secret } from "../parts/secret";
import { useTexts } from "../text/text";
import { bodiesOf, type Offline, type Target } from "./ask";

const useStyles = makeStyles({
  box: { display: "grid", rowGap: tokens.spacingVerticalS, justifyItems: "start" },
});

interface DraftLineProps {
  kind: string;
  target: Target;
  offline: Offline;
}

export function DraftLine({ kind, target, offline }: DraftLineProps): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const draft = useMutation({
    mutationFn: async () => {
      const lines: string[] = [];
      for (const body of bodiesOf(target)) {
        const asked = { kind, target: body, offline };
        lines.push((await answered(api.POST("/api/v1/actions/draft", { body: asked }))).text);
      }
      return lines;
    },
  });
  return (
    <div className={styles.box}>
      {draft.error && <ProblemView error={draft.error} />}
      {draft.data ? (
        <>
          <Text>{t("ask.draftHow")}</Text>
          {draft.data.map((line) => (
            <Secret key={line} text={`tenon sign ${line}`} />
          ))}
        </>
      ) : (
        <Button appearance="transparent" size="small" disabled={draft.isPending} onClick={() => draft.mutate()}>
          {t("ask.draft")}
        </Button>
      )}
    </div>
  );
}
