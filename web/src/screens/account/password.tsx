// A new password. All sessions end with the old one, this one too.
import { Button, Field, Input, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import { Card } from "../../parts/card";
import { ProblemView } from "../../parts/problem";
import { useTexts } from "../../text/text";

const useStyles = makeStyles({ form: { display: "grid", rowGap: tokens.spacingVerticalM, justifyItems: "start" } });

export function Password(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: () => answered(api.PUT("/api/v1/me/password", { body: { current, new: next } })),
    onSuccess: async () => {
      await navigate({ to: "/sign-in" });
      queries.clear();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Card title={t("account.password")}>
      <form className={styles.form} onSubmit={submit}>
        {change.error && <ProblemView error={change.error} />}
        <Field label={t("account.current")} required>
          <Input type="password" autoComplete="current-password" value={current} onChange={(_, data) => setCurrent(data.value)} />
        </Field>
        <Field label={t("account.new")} hint={t("setup.passwordHint")} required>
          <Input type="password" autoComplete="new-password" value={next} onChange={(_, data) => setNext(data.value)} />
        </Field>
        <Button type="submit" disabled={change.isPending || current === "" || next === ""}>
          {t("account.change")}
        </Button>
      </form>
    </Card>
  );
}
