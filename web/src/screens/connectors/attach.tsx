// Attaches a site in three steps: what is needed, the code, and waiting for the site's first call.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Spinner,
  Text,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import { sites } from "../../api/queries";
import { useFormats } from "../../format/time";
import { shown } from "../../parts/outside";
import { ProblemView } from "../../parts/problem";
import { Secret } from "../../parts/secret";
import { useClosing } from "../../parts/closing";
import { useTexts } from "../../text/text";

const useStyles = makeStyles({ content: { display: "grid", rowGap: tokens.spacingVerticalM }, list: { margin: 0 } });

export function Attach({ close }: { close: () => void }): ReactNode {
  const { t } = useTexts();
  const { open, finish } = useClosing(close);
  const formats = useFormats();
  const styles = useStyles();
  const all = useQuery(sites).data ?? [];
  const [before] = useState(() => new Set(all.filter((site) => site.state === "attached").map((site) => site.id)));
  const code = useMutation({ mutationFn: () => answered(api.POST("/api/v1/attach-codes")) });
  const arrived = all.find((site) => site.state === "attached" && !before.has(site.id));
  const secure = location.protocol === "https:";
  const command = code.data && `tenon site attach --console ${location.origin} --code ${code.data.code}`;
  return (
    <Dialog open={open} modalType="alert" surfaceMotion={null} onOpenChange={(_, data) => !data.open && finish()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t("connectors.attach")}</DialogTitle>
          <DialogContent className={styles.content}>
            {code.error && <ProblemView error={code.error} />}
            {!command && (
              <>
                <Text>{t("attach.needs")}</Text>
                <ul className={styles.list}>
                  <li>{t("attach.needsSite")}</li>
                  <li>{t("attach.needsReach", { console: location.origin })}</li>
                  <li>{t(secure ? "attach.needsTls" : "attach.needsLoopback")}</li>
                </ul>
              </>
            )}
            {command && !arrived && (
              <>
                <Text>{t("attach.run", { until: formats.moment(code.data.expires) })}</Text>
                <Secret text={command} />
                <Spinner size="tiny" label={t("attach.waiting")} labelPosition="after" />
              </>
            )}
            {arrived && <Text role="status">{t("attach.done", { site: shown(arrived.name) })}</Text>}
          </DialogContent>
          <DialogActions>
            {!command && (
              <Button appearance="primary" disabled={code.isPending} onClick={() => code.mutate()}>
                {t("attach.code")}
              </Button>
            )}
            <Button onClick={() => finish()}>{t(arrived ? "done" : "cancel")}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
