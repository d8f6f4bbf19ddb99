// Makes a webhook. The secret of its signatures is shown once.
import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  Text,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import { ProblemView } from "../../parts/problem";
import { Secret } from "../../parts/secret";
import { useClosing } from "../../parts/closing";
import { shown } from "../../parts/outside";
import { useTexts } from "../../text/text";
import { EVENT_TYPES, isAddress } from "./letters";

const useStyles = makeStyles({
  content: { display: "grid", rowGap: tokens.spacingVerticalM },
  types: { display: "grid", border: "none", margin: 0, padding: 0 },
  legend: { padding: 0 },
});

export function CreateWebhook({ close }: { close: () => void }): ReactNode {
  const { t, word } = useTexts();
  const { open, finish } = useClosing(close);
  const styles = useStyles();
  const queries = useQueryClient();
  const [url, setUrl] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const create = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/webhooks", { body: { url, types: [...chosen] } })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isAddress(url)) create.mutate();
  };
  const choose = (type: string, on: boolean) =>
    setChosen((before) => (on ? [...before, type] : before.filter((other) => other !== type)));
  return (
    <Dialog open={open} modalType="alert" surfaceMotion={null} onOpenChange={(_, data) => !data.open && finish()}>
      <DialogSurface>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{t("webhooks.create")}</DialogTitle>
            <DialogContent className={styles.content}>
              {create.error && <ProblemView error={create.error} />}
              {create.data ? (
                <>
                  <Text role="status">{t("webhooks.made", { url: shown(create.data.webhook.url) })}</Text>
                  <Secret text={create.data.secret} />
                  <Text>{t("webhooks.verify")}</Text>
                </>
              ) : (
                <>
                  <Field label={t("webhooks.url")} hint={t("webhooks.urlHint")} required>
                    <Input name="url" type="url" value={url} onChange={(_, data) => setUrl(data.value.trim())} />
                  </Field>
                  <fieldset className={styles.types}>
                    <legend className={styles.legend}>{t("webhooks.choose")}</legend>
                    {EVENT_TYPES.map((type) => (
                      <Checkbox
                        key={type}
                        label={word("event", type) ?? type}
                        checked={chosen.includes(type)}
                        onChange={(_, data) => choose(type, data.checked === true)}
                      />
                    ))}
                  </fieldset>
                </>
              )}
            </DialogContent>
            <DialogActions>
              {!create.data && (
                <Button type="submit" appearance="primary" disabledFocusable={create.isPending || !isAddress(url)}>
                  {t("webhooks.create")}
                </Button>
              )}
              <Button onClick={() => finish()}>{t(create.data ? "done" : "cancel")}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
