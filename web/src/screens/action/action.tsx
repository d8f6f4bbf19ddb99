// One action: the way it went, where it stands, and why it stopped.
import { Button, MessageBar, MessageBarBody, makeStyles, tokens } from "@fluentui/react-components";
import { ArrowClockwiseRegular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import { action, device, me } from "../../api/queries";
import { STATES, isConcluded, type Action } from "../../api/words";
import { useFormats } from "../../format/time";
import { Card } from "../../parts/card";
import { Facts } from "../../parts/facts";
import { Go } from "../../parts/go";
import { useKindName } from "../../parts/kind";
import { Moment } from "../../parts/moment";
import { Outside } from "../../parts/outside";
import { Page } from "../../parts/page";
import { ProblemView } from "../../parts/problem";
import { Coming } from "../../parts/read";
import { StateLine } from "../../parts/state";
import { useTexts } from "../../text/text";
import { CountsOf } from "./counts";
import { Devices } from "./devices";
import { Failures } from "./failures";
import { Timeline } from "./timeline";

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    gap: tokens.spacingHorizontalL,
  },
  state: { fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold },
});

export function ActionScreen(): ReactNode {
  const { t } = useTexts();
  const { taskGuid } = useParams({ from: "/signed-in/actions/$taskGuid" });
  const read = useQuery(action(taskGuid));
  if (read.data) return <Shown action={read.data} />;
  return (
    <Page title={t("action.title")} name={t("action.title")} trail={[{ to: "/actions", text: t("nav.actions") }]}>
      {read.error ? <ProblemView error={read.error} again={() => void read.refetch()} /> : <Coming />}
    </Page>
  );
}

function Shown({ action }: { action: Action }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const formats = useFormats();
  const queries = useQueryClient();
  const search = useSearch({ from: "/signed-in/actions/$taskGuid" });
  const kind = useKindName()(action.kind, action.title);
  const caller = useQuery(me).data;
  const one = action.total === 1 ? action.targets?.[0] : undefined;
  const target = useQuery({ ...device(one?.device ?? ""), enabled: one !== undefined });
  const names = useMemo(() => new Map((action.targets ?? []).map((target) => [target.device, target.name])), [action.targets]);
  const state = STATES.find((state) => state === search.state);
  const around = {
    tenant: caller?.tenant ?? "",
    resource: (id: string | undefined) =>
      one && (id ?? one.device) === one.device ? target.data?.resource_id : undefined,
  };

  const read = () => queries.invalidateQueries({ queryKey: ["action", action.task_guid] });
  const cancel = useMutation({
    mutationFn: () =>
      answered(api.POST("/api/v1/actions/{task_guid}/cancel", { params: { path: { task_guid: action.task_guid } } })),
    onSettled: () => void read(),
  });
  const open = action.concluded < action.total || !isConcluded(action.state);
  const aimed =
    action.target.type === "collection" ? (
      <Outside text={action.target.name ?? action.target.collection} whole />
    ) : one ? (
      <Go to="/devices/$device" params={{ device: one.device }}>
        <Outside text={one.name} whole />
      </Go>
    ) : (
      t("devices.count", { count: action.total })
    );

  return (
    <Page
      title={kind}
      name={kind}
      under={t("action.title")}
      trail={[{ to: "/actions", text: t("nav.actions") }]}
      commands={
        <>
          <Button appearance="subtle" icon={<ArrowClockwiseRegular />} onClick={() => void read()}>
            {t("refresh")}
          </Button>
          {open && (
            <Button appearance="subtle" icon={<DismissRegular />} disabled={cancel.isPending} onClick={() => cancel.mutate()}>
              {t("action.cancel")}
            </Button>
          )}
        </>
      }
    >
      {cancel.error && <ProblemView error={cancel.error} />}
      {cancel.data && !cancel.data.ended && (
        <MessageBar>
          <MessageBarBody>{t("action.cancelAsked")}</MessageBarBody>
        </MessageBar>
      )}
      {action.unknown && (
        <MessageBar intent="warning">
          <MessageBarBody>
            {action.unknown.connector_away_since
              ? t("action.unknownSince", { since: formats.moment(action.unknown.connector_away_since) })
              : t("action.unknown")}
          </MessageBarBody>
        </MessageBar>
      )}
      <Facts
        facts={[
          [
            t("action.state"),
            <span key="state" className={styles.state} data-state={action.state} role="status">
              <StateLine state={action.state} unknown={action.unknown != null} />
            </span>,
          ],
          [t("action.target"), aimed],
          [t("action.by"), <Outside key="by" text={action.asked_by.name} whole />],
          [t("action.asked"), <Moment key="asked" at={action.asked_at} exact />],
          [t("device.site"), <Outside key="site" text={action.site_name} whole />],
          [t("action.deliverBy"), <Moment key="deliver" at={action.deliver_by} exact />],
          [t("action.finishWithin"), formats.span(action.finish_within_seconds * 1_000)],
          [t("action.whenOffline"), t(action.offline === "queue" ? "action.offlineQueue" : "action.offlineFail")],
          [t("action.proof"), action.proof],
          [t("action.guid"), action.task_guid],
          ...(action.coalesced
            ? ([
                [
                  t("action.joined"),
                  <Go key="joined" to="/actions/$taskGuid" params={{ taskGuid: action.coalesced }}>
                    {action.coalesced}
                  </Go>,
                ],
              ] as const)
            : []),
        ]}
      />
      <div className={styles.columns}>
        {action.total !== 1 && (
          <Card title={t("action.progress")}>
            <CountsOf action={action} state={state} />
          </Card>
        )}
        {action.total !== 1 && <Failures action={action} />}
        <Card title={t("action.way")}>
          <Timeline action={action} history={action.history ?? []} around={around} names={names} />
        </Card>
        {action.total === 1 && !open && action.state !== "done" && <Failures action={action} />}
        {action.total !== 1 && (
          <Card title={state ? `${t("action.devices")}: ${t(`state.${state}`)}` : t("action.devices")}>
            <Devices taskGuid={action.task_guid} state={state} />
          </Card>
        )}
      </div>
    </Page>
  );
}
