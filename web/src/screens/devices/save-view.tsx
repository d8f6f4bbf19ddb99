// Gives the present view a name.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
} from "@fluentui/react-components";
import { useState, type FormEvent, type ReactNode } from "react";

import { useTexts } from "../../text/text";

const LONGEST_NAME = 60;

export function SaveView({ save, close }: { save: (name: string) => void; close: () => void }): ReactNode {
  const { t } = useTexts();
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") save(name.trim());
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && close()}>
      <DialogSurface>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{t("views.save")}</DialogTitle>
            <DialogContent>
              <Field label={t("views.name")} hint={t("views.where")} required>
                <Input value={name} maxLength={LONGEST_NAME} onChange={(_, data) => setName(data.value)} />
              </Field>
            </DialogContent>
            <DialogActions>
              <Button type="submit" appearance="primary">
                {t("save")}
              </Button>
              <Button onClick={close}>{t("cancel")}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
