// Asks once more before something that cannot be taken back.
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import type { ReactNode } from "react";

import { useTexts } from "../text/text";

interface ConfirmProps {
  title: string;
  confirm: string;
  busy: boolean;
  go: () => void;
  close: () => void;
  children: ReactNode;
}

export function Confirm({ title, confirm, busy, go, close, children }: ConfirmProps): ReactNode {
  const { t } = useTexts();
  return (
    <Dialog open modalType="alert" onOpenChange={(_, data) => !data.open && close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent>{children}</DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={busy} onClick={go}>
              {confirm}
            </Button>
            <Button onClick={close}>{t("cancel")}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
