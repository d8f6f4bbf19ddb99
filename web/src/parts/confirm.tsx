// Asks once more before something that cannot be taken back.
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import type { ReactNode } from "react";

import { useClosing } from "./closing";
import { useTexts } from "../text/text";

interface ConfirmProps {
  title: string;
  confirm: string;
  busy: boolean;
  /** Does it; the dialog stays where that fails. */
  go: () => Promise<unknown>;
  close: () => void;
  children: ReactNode;
}

export function Confirm({ title, confirm, busy, go, close, children }: ConfirmProps): ReactNode {
  const { t } = useTexts();
  const { open, finish } = useClosing(close);
  return (
    <Dialog open={open} modalType="alert" surfaceMotion={null} onOpenChange={(_, data) => !data.open && finish()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent>{children}</DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={busy} onClick={() => void go().then(() => finish(), () => undefined)}>
              {confirm}
            </Button>
            <Button onClick={() => finish()}>{t("cancel")}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
