// Signing in with a local account.
import { Button, Field, Input, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type FormEvent, type MouseEvent, type ReactNode } from "react";

import { answered, api, keepCsrf, type Schemas } from "../../api/client";
import { me, methods } from "../../api/queries";
import { Go } from "../../parts/go";
import { shown } from "../../parts/outside";
import { ProblemView } from "../../parts/problem";
import { useTexts } from "../../text/text";
import { Frame } from "./frame";
import { ownAddress } from "./then";

const useStyles = makeStyles({
  form: { display: "grid", rowGap: tokens.spacingVerticalM },
});

/** Goes to the provider with a key that its token will commit to. */
function goTo(event: MouseEvent, openid: Schemas["OpenIdMethod"], address: string): void {
  event.preventDefault();
  const go = (to: string) => globalThis.location.assign(to);
  // Without a key the person is signed in all the same; the sites say what is missing.
  void import("../../sign/sign-in").then(({ prepared }) => prepared(openid, address)).then(go, () => go(address));
}

export function SignInScreen(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const router = useRouter();
  const queries = useQueryClient();
  const { then, problem } = useSearch({ from: "/sign-in" });
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [tenant, setTenant] = useState("");
  const ways = useQuery(methods(tenant === "" ? undefined : tenant)).data;
  const openid = ways?.openid;
  useEffect(() => {
    document.title = `${t("signIn.title")} - ${t("product")}`;
  }, [t]);

  const signIn = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/sessions", { body: { user, password, tenant: tenant === "" ? null : tenant, cookie: true } }),
      ),
    onSuccess: (signedIn) => {
      keepCsrf(signedIn.me.csrf);
      queries.clear();
      queries.setQueryData(me.queryKey, signedIn.me);
      router.history.push(ownAddress(then));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  const provider = openid && `${openid.start}${openid.start.includes("?") ? "&" : "?"}return_to=${encodeURIComponent(ownAddress(then))}`;
  return (
    <Frame title={t("signIn.title")}>
      {problem !== undefined && (
        <Text role="alert">
          {t("signIn.failed")} ({shown(problem)})
        </Text>
      )}
      {ways?.needs_set_up && <Text>{t("signIn.newConsole")}</Text>}
      {openid && provider && (
        <>
          <Button as="a" href={provider} appearance="primary" onClick={(event) => goTo(event, openid, provider)}>
            {t("signIn.provider", { provider: shown(openid.issuer) })}
          </Button>
          {ways?.local && <Text>{t("signIn.or")}</Text>}
        </>
      )}
      {(ways?.local ?? true) && (
        <form className={styles.form} onSubmit={submit}>
          {signIn.error && <ProblemView error={signIn.error} />}
          <Field label={t("signIn.user")} required>
            <Input name="user" autoComplete="username" autoFocus value={user} onChange={(_, data) => setUser(data.value)} />
          </Field>
          <Field label={t("signIn.password")} required>
            <Input
              name="password"
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(_, data) => setPassword(data.value)}
            />
          </Field>
          {ways?.needs_tenant && (
            <Field label={t("signIn.tenant")} hint={t("signIn.tenantHint")}>
              <Input name="tenant" autoComplete="organization" value={tenant} onChange={(_, data) => setTenant(data.value)} />
            </Field>
          )}
          <Button
            type="submit"
            appearance={openid ? "secondary" : "primary"}
            disabledFocusable={signIn.isPending || user === "" || password === ""}
          >
            {t("signIn.do")}
          </Button>
        </form>
      )}
      {ways?.needs_set_up && <Go to="/setup">{t("signIn.setup")}</Go>}
    </Frame>
  );
}
