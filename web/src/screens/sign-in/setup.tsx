// The first administrator of a new console, with the code that its first start printed.
import { Button, Field, Input, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useState, type FormEvent, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import { Go } from "../../parts/go";
import { ProblemView } from "../../parts/problem";
import { useTexts } from "../../text/text";
import { Frame } from "./frame";

const useStyles = makeStyles({
  form: { display: "grid", rowGap: tokens.spacingVerticalM },
});

export function SetupScreen(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const router = useRouter();
  const queries = useQueryClient();
  const [code, setCode] = useState("");
  const [tenant, setTenant] = useState("");
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  useEffect(() => {
    document.title = `${t("setup.title")} - ${t("product")}`;
  }, [t]);
  const setUp = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/setup", { body: { code, tenant, user, password } })),
    onSuccess: () => {
      queries.clear();
      router.history.push("/sign-in");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setUp.mutate();
  };
  return (
    <Frame title={t("setup.title")}>
      <form className={styles.form} onSubmit={submit}>
        {setUp.error && <ProblemView error={setUp.error} />}
        <Field label={t("setup.code")} hint={t("setup.codeHint")} required>
          <Input name="code" autoComplete="one-time-code" value={code} onChange={(_, data) => setCode(data.value)} />
        </Field>
        <Field label={t("setup.tenant")} required>
          <Input name="tenant" value={tenant} onChange={(_, data) => setTenant(data.value)} />
        </Field>
        <Field label={t("signIn.user")} required>
          <Input name="user" autoComplete="username" value={user} onChange={(_, data) => setUser(data.value)} />
        </Field>
        <Field label={t("signIn.password")} hint={t("setup.passwordHint")} required>
          <Input
            name="password"
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={(_, data) => setPassword(data.value)}
          />
        </Field>
        <Button type="submit" appearance="primary" disabled={setUp.isPending}>
          {t("setup.do")}
        </Button>
      </form>
      <Go to="/sign-in">{t("setup.back")}</Go>
    </Frame>
  );
}
