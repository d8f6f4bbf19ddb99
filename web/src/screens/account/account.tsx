// Oneself: language and colours, password, tokens, and the way out.
import { Button, Field, Radio, RadioGroup, makeStyles, tokens } from "@fluentui/react-components";
import { SignOutRegular } from "@fluentui/react-icons/svg/sign-out";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { answered, api } from "../../api/client";
import { me } from "../../api/queries";
import { Card } from "../../parts/card";
import { Facts } from "../../parts/facts";
import { Outside } from "../../parts/outside";
import { Page } from "../../parts/page";
import { ProblemView } from "../../parts/problem";
import { THEMES, type ThemeChoice } from "../../shell/preferences";
import { useSettings } from "../../shell/settings";
import { LANGUAGES, useTexts, type Language } from "../../text/text";
import { Pairing } from "./pairing";
import { Password } from "./password";
import { Sessions } from "./sessions";
import { Tokens } from "./tokens";

/** Languages are named in themselves, so that whoever is in the wrong one finds the way back. */
const NAMES: Record<Language, string> = { en: "English", nl: "Nederlands" };

const useStyles = makeStyles({
  cards: { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(360px, 1fr))", gap: tokens.spacingHorizontalL },
});

export function AccountScreen(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const caller = useQuery(me).data;
  const { preferences, choose } = useSettings();
  const signOut = useMutation({
    mutationFn: async () => {
      const { retireKeys } = await import("../../sign/sign-in");
      await retireKeys().catch(() => undefined);
      await answered(api.DELETE("/api/v1/sessions/current"));
    },
    onSuccess: async () => {
      await navigate({ to: "/sign-in" });
      queries.clear();
    },
  });
  return (
    <Page
      title={t("nav.account")}
      name={t("nav.account")}
      commands={
        <Button appearance="subtle" icon={<SignOutRegular />} onClick={() => signOut.mutate()}>
          {t("account.signOut")}
        </Button>
      }
    >
      {signOut.error && <ProblemView error={signOut.error} />}
      {caller && (
        <Facts
          facts={[
            [t("roles.name"), <Outside key="name" text={caller.name} whole />],
            [t("roles.displayName"), <Outside key="shown" text={caller.display_name} whole />],
            [t("account.tenant"), <Outside key="tenant" text={caller.tenant_name} whole />],
            [t("roles.role"), t(`role.${caller.role}`)],
            [t("account.id"), caller.id],
          ]}
        />
      )}
      <div className={styles.cards}>
        <Card title={t("account.look")}>
          <Field label={t("account.language")}>
            <RadioGroup layout="horizontal" value={preferences.language} onChange={(_, data) => choose({ language: data.value as Language })}>
              {LANGUAGES.map((language) => (
                <Radio key={language} value={language} label={<span lang={language}>{NAMES[language]}</span>} />
              ))}
            </RadioGroup>
          </Field>
          <Field label={t("account.theme")}>
            <RadioGroup layout="horizontal" value={preferences.theme} onChange={(_, data) => choose({ theme: data.value as ThemeChoice })}>
              {THEMES.map((theme) => (
                <Radio key={theme} value={theme} label={t(`theme.${theme}`)} />
              ))}
            </RadioGroup>
          </Field>
        </Card>
        <Password />
      </div>
      <Pairing />
      <Sessions />
      <Tokens />
    </Page>
  );
}
