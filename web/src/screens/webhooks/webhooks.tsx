// Webhooks: which systems are told of actions and connectors, and what they have not taken.
import { Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { answered, api, type Schemas } from "../../api/client";
import { me, webhooks } from "../../api/queries";
import { PERMISSION } from "../../api/words";
import { useFormats } from "../../format/time";
import { Card } from "../../parts/card";
import { Confirm } from "../../parts/confirm";
import { Empty } from "../../parts/empty";
import { Facts } from "../../parts/facts";
import { Moment } from "../../parts/moment";
import { Outside, shown } from "../../parts/outside";
import { Page } from "../../parts/page";
import { ProblemView } from "../../parts/problem";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";
import { CreateWebhook } from "./create";
import { DeadLetters } from "./dead-letters";

const useStyles = makeStyles({
  buttons: { display: "flex", flexWrap: "wrap", columnGap: tokens.spacingHorizontalM, rowGap: tokens.spacingVerticalXS },
  dead: { color: tokens.colorStatusDangerForeground1, fontWeight: tokens.fontWeightSemibold },
});

export function WebhooksScreen(): ReactNode {
  const { t } = useTexts();
  const may = useQuery(me).data?.permissions.includes(PERMISSION.webhooks) ?? false;
  const [creating, setCreating] = useState(false);
  const missing = t("problem.permission", { permission: PERMISSION.webhooks });
  return (
    <Page
      title={`${t("nav.tenant.group")} | ${t("nav.webhooks")}`}
      name={t("nav.webhooks")}
      commands={
        <Button
          appearance="subtle"
          icon={<AddRegular />}
          disabledFocusable={!may}
          title={may ? undefined : missing}
          onClick={() => setCreating(true)}
        >
          {t("webhooks.create")}
        </Button>
      }
    >
      {may ? <Webhooks /> : <Empty title={t("webhooks.hidden")} text={missing} />}
      {creating && <CreateWebhook close={() => setCreating(false)} />}
    </Page>
  );
}

function Webhooks(): ReactNode {
  const { t } = useTexts();
  const read = useQuery(webhooks);
  return (
    <Read query={read}>
      {(all) =>
        all.length === 0 ? (
          <Empty title={t("webhooks.none")} text={t("webhooks.noneText")} />
        ) : (
          all.map((webhook) => <WebhookCard key={webhook.id} webhook={webhook} />)
        )
      }
    </Read>
  );
}

function WebhookCard({ webhook }: { webhook: Schemas["Webhook"] }): ReactNode {
  const { t, word } = useTexts();
  const formats = useFormats();
  const styles = useStyles();
  const queries = useQueryClient();
  const [looking, setLooking] = useState(false);
  const [ending, setEnding] = useState(false);
  const again = () => void queries.invalidateQueries({ queryKey: ["webhooks"] });
  const at = { params: { path: { webhook: webhook.id } } };
  const replay = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/webhooks/{webhook}/replay", at)),
    onSettled: again,
  });
  const remove = useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/webhooks/{webhook}", at)),
    onSuccess: again,
  });
  const types = webhook.types.map((type) => word("event", type) ?? type).join(", ");
  const url = shown(webhook.url);
  return (
    <Card title={url}>
      <Facts
        facts={[
          [t("webhooks.types"), types === "" ? t("webhooks.all") : types],
          [t("webhooks.created"), <Moment key="created" at={webhook.created} exact />],
          [t("webhooks.waiting"), formats.number(webhook.waiting)],
          [
            t("webhooks.dead"),
            <span key="dead" className={webhook.dead > 0 ? styles.dead : undefined}>
              {formats.number(webhook.dead)}
            </span>,
          ],
          [t("webhooks.id"), <Outside key="id" text={webhook.id} whole />],
        ]}
      />
      <div className={styles.buttons}>
        <Button
          size="small"
          aria-expanded={looking}
          aria-label={t("webhooks.lettersOf", { url })}
          onClick={() => setLooking(!looking)}
        >
          {t("webhooks.letters")}
        </Button>
        <Button
          size="small"
          disabledFocusable={webhook.dead === 0 || replay.isPending}
          title={webhook.dead === 0 ? t("webhooks.noLetters") : undefined}
          aria-label={t("webhooks.replayOf", { url })}
          onClick={() => replay.mutate()}
        >
          {t("webhooks.replay")}
        </Button>
        <Button size="small" aria-label={t("webhooks.removeOf", { url })} onClick={() => setEnding(true)}>
          {t("webhooks.remove")}
        </Button>
      </div>
      {replay.error && <ProblemView error={replay.error} />}
      {replay.data && <Text role="status">{t("webhooks.replayed", { count: replay.data.events })}</Text>}
      {looking && <DeadLetters webhook={webhook} />}
      {ending && (
        <Confirm
          title={t("webhooks.removeTitle")}
          confirm={t("webhooks.remove")}
          busy={remove.isPending}
          go={() => remove.mutateAsync()}
          close={() => setEnding(false)}
        >
          {remove.error && <ProblemView error={remove.error} />}
          <Text>{t("webhooks.removeText", { url })}</Text>
        </Confirm>
      )}
    </Card>
  );
}
