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

import { useClosing } from "../../parts/closing";
import { useTexts } from "../../text/text";

const LONGEST_NAME = 60;

export function SaveView({ save, close }: { save: (name: string) => void; close: () => void }): ReactNode {
  const { t } = useTexts();
  const { open, finish } = useClosing(close);
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") finish(() => save(name.trim()));
  };
  return (
    <Dialog open={open} surfaceMotion={null} onOpenChange={(_, data) => !data.open && finish()}>
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
              <Button onClick={() => finish()}>{t("cancel")}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
