// This browser's own key at each site: paired with a code that the site's owner prints.
import { Button, Field, Input, Select, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import { me, sites } from "../../api/queries";
import { useFormats } from "../../format/time";
import { Card } from "../../parts/card";
import { shown } from "../../parts/outside";
import { ProblemView } from "../../parts/problem";
import { canSign, newKey } from "../../sign/key";
import { keep, keptKeys } from "../../sign/kept";
import { pairingText, readCode } from "../../sign/pairing";
import { useTexts } from "../../text/text";

const useStyles = makeStyles({
  form: { display: "grid", rowGap: tokens.spacingVerticalM, maxWidth: "480px" },
});

export function Pairing(): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const formats = useFormats();
  const queries = useQueryClient();
  const caller = useQuery(me).data;
  const all = useQuery(sites).data ?? [];
  const [chosen, setChosen] = useState("");
  const [code, setCode] = useState("");
  const keys = useQuery({ queryKey: ["own-keys"], queryFn: keptKeys, enabled: canSign() }).data ?? [];
  const site = chosen === "" ? (all[0]?.id ?? "") : chosen;

  const pair = useMutation({
    mutationFn: async () => {
      const read = readCode(code);
      const params = { path: { site } };
      const place = await answered(api.GET("/api/v1/sites/{site}/pair", { params }));
      const key = await newKey();
      const asked = await pairingText(read, key, place, new Date());
      const answer = await answered(api.POST("/api/v1/sites/{site}/pair", { params, body: { message: asked.message } }));
      const until = await asked.read(answer.message);
      const { user, tenant, console } = place;
      await keep({ kind: "known", key, user, tenant, console, sites: { [site]: until } });
    },
    onSuccess: () => {
      setCode("");
      void queries.invalidateQueries({ queryKey: ["own-keys"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    pair.mutate();
  };
  const named = (id: string) => shown(all.find((one) => one.id === id)?.name ?? id);
  const signing = keys.flatMap((one) =>
    one.kind === "known" && one.user === caller?.id ? Object.entries(one.sites) : [],
  );
  if (!canSign()) return null;
  return (
    <Card title={t("pairing.title")}>
      <Text>{t("pairing.what")}</Text>
      {signing.map(([id, until]) => (
        <Text key={id + until}>{t("pairing.signs", { site: named(id), until: formats.moment(until) })}</Text>
      ))}
      <form className={styles.form} onSubmit={submit}>
        {pair.error && <ProblemView error={pair.error} />}
        <Field label={t("pairing.site")}>
          <Select name="pairing-site" value={site} onChange={(_, data) => setChosen(data.value)}>
            {all.map((one) => (
              <option key={one.id} value={one.id}>
                {shown(one.name)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={t("pairing.code")} hint={t("pairing.hint")}>
          <Input name="pairing-code" autoComplete="off" value={code} onChange={(_, data) => setCode(data.value)} />
        </Field>
        <Button type="submit" disabledFocusable={pair.isPending || code === "" || site === ""}>
          {t("pairing.do")}
        </Button>
      </form>
    </Card>
  );
}
