// Before the click: what the action does, to how many devices, and when. Nothing is sent until it is confirmed.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Radio,
  RadioGroup,
  Text,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";

import { me, sites } from "../api/queries";
import { useFormats } from "../format/time";
import { useKindName } from "../parts/kind";
import { Outside } from "../parts/outside";
import { ProblemView } from "../parts/problem";
import { useClosing } from "../parts/closing";
import { useTexts } from "../text/text";
import { askFor, newClick, type Offline, type Target } from "./ask";
import { DELIVER_WITHIN_MS, FINISH_WITHIN_MS, forecastOf } from "./forecast";
import { DraftLine } from "./draft-line";
import { SitesWord } from "./sites-word";

const useStyles = makeStyles({
  content: { display: "grid", rowGap: tokens.spacingVerticalM },
  numbers: { display: "flex", flexWrap: "wrap", columnGap: "32px", rowGap: "8px", margin: 0 },
  number: { display: "grid" },
  big: { margin: 0, fontSize: tokens.fontSizeBase600, fontWeight: tokens.fontWeightSemibold },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface AskDialogProps {
  kind: string;
  target: Target;
  close: () => void;
}

export function AskDialog({ kind, target, close }: AskDialogProps): ReactNode {
  const { t, word } = useTexts();
  const { open, finish } = useClosing(close);
  const formats = useFormats();
  const kindName = useKindName();
  const styles = useStyles();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [offline, setOffline] = useState<Offline>("queue");
  const [opened] = useState(() => Date.now());
  const [click] = useState(newClick);
  const caller = useQuery(me).data;
  const known = useQuery(sites).data;
  const byId = useMemo(() => new Map((known ?? []).map((site) => [site.id, site])), [known]);
  const forecast = target.type === "devices" ? forecastOf(target.devices, byId) : undefined;
  const name = kindName(kind);
  const count = target.type === "devices" ? target.devices.length : target.count;

  const ask = useMutation({
    mutationFn: () => askFor(caller?.id ?? "", kind, target, offline, click),
    onSuccess: (asked) => {
      void queries.invalidateQueries({ queryKey: ["actions"] });
      const [first] = asked;
      finish(() => {
        if (asked.length === 1 && first) {
          void navigate({ to: "/actions/$taskGuid", params: { taskGuid: first.task_guid } });
        } else {
          const batch = new Set(asked.map((action) => action.batch_id));
          void navigate({ to: "/actions", search: batch.size === 1 && first?.batch_id ? { batch: first.batch_id } : {} });
        }
      });
    },
  });

  return (
    <Dialog open={open} surfaceMotion={null} onOpenChange={(_, data) => !data.open && finish()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t("ask.title", { action: name })}</DialogTitle>
          <DialogContent className={styles.content}>
            {ask.error && <ProblemView error={ask.error} />}
            <Text>{word("does", kind) ?? t("ask.doesUnknown")}</Text>
            {target.type === "collection" && (
              <Text>
                {t("ask.collection")} <Outside text={target.name} whole />
              </Text>
            )}
            {target.type === "devices" && target.devices.length === 1 && target.devices[0] && (
              <Text>
                {t("device.name")}: <Outside text={target.devices[0].name} whole />
              </Text>
            )}
            <dl className={styles.numbers}>
              <Count name={t("nav.devices.group")} value={count} />
              {forecast && <Count name={t("online.yes")} value={forecast.online} />}
              {forecast && <Count name={t("online.no")} value={forecast.offline} />}
              {forecast && forecast.unknown > 0 && <Count name={t("online.unknown")} value={forecast.unknown} />}
            </dl>
            <SitesWord kind={kind} target={target} offline={offline} sites={byId} />
            {forecast && forecast.sites > 1 && <Text>{t("ask.sites", { count: forecast.sites })}</Text>}
            <RadioGroup
              aria-label={t("ask.offline")}
              value={offline}
              onChange={(_, data) => setOffline(data.value === "fail" ? "fail" : "queue")}
            >
              <Radio
                value="queue"
                label={t("ask.queue", { until: formats.moment(new Date(opened + DELIVER_WITHIN_MS).toISOString()) })}
              />
              <Radio value="fail" label={t("ask.fail")} />
            </RadioGroup>
            <Text className={styles.quiet}>{t("ask.finish", { span: formats.span(FINISH_WITHIN_MS) })}</Text>
            <DraftLine key={offline} kind={kind} target={target} offline={offline} />
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={ask.isPending || count === 0} onClick={() => ask.mutate()}>
              {t("ask.do", { count })}
            </Button>
            <Button onClick={() => finish()}>{t("cancel")}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Count({ name, value }: { name: string; value: number }): ReactNode {
  const formats = useFormats();
  const styles = useStyles();
  return (
    <div className={styles.number}>
      <dt className={styles.quiet}>{name}</dt>
      <dd className={styles.big}>{formats.number(value)}</dd>
    </div>
  );
}
