// The devices that did not get it done, grouped by reason: each group can be tried again.
import { Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { ArrowClockwiseRegular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { useQueries } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import type { Action, State } from "../../api/words";
import { AskDialog } from "../../ask/dialog";
import { Card } from "../../parts/card";
import { Outside } from "../../parts/outside";
import { ReasonView } from "../../parts/reason-view";
import { StateLine } from "../../parts/state";
import { useTexts } from "../../text/text";
import { groups, type Group } from "./hops";

/** The most devices of each state that are grouped: the console's largest page. */
const GROUPED = 1_000;
const NAMED = 5;
const BAD: readonly State[] = ["failed", "refused", "not_supported", "expired", "cancelled"];

const useStyles = makeStyles({
  group: {
    display: "grid",
    rowGap: tokens.spacingVerticalS,
    justifyItems: "start",
    paddingBottom: tokens.spacingVerticalM,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    ":last-child": { borderBottom: "none", paddingBottom: 0 },
  },
  first: { display: "flex", flexWrap: "wrap", columnGap: tokens.spacingHorizontalM, alignItems: "center" },
  names: { color: tokens.colorNeutralForeground3, overflowWrap: "anywhere" },
});

export function Failures({ action }: { action: Action }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const [again, setAgain] = useState<Group>();
  const there = BAD.filter((state) => (action.counts[state] ?? 0) > 0);
  const read = useQueries({
    queries: there.map((state) => ({
      queryKey: ["action", action.task_guid, "failures", state],
      queryFn: () =>
        answered(
          api.GET("/api/v1/actions/{task_guid}/targets", {
            params: { path: { task_guid: action.task_guid }, query: { state, limit: GROUPED } },
          }),
        ),
    })),
  });
  const found = groups(read.flatMap((page) => page.data?.items ?? []));
  if (found.length === 0) return null;
  return (
    <Card title={t("action.failures")}>
      {found.map((group) => (
        <div key={`${group.state} ${group.why?.text ?? group.detail ?? ""}`} className={styles.group}>
          <div className={styles.first}>
            <StateLine state={group.state} />
            <Text weight="semibold">{t("devices.count", { count: group.devices.length })}</Text>
            <Button size="small" icon={<ArrowClockwiseRegular />} onClick={() => setAgain(group)}>
              {t("action.retry")}
            </Button>
          </div>
          {group.why ? <ReasonView why={group.why} stopped /> : group.detail && <Outside text={group.detail} whole />}
          <Text size={200} className={styles.names}>
            <Outside whole text={group.devices.slice(0, NAMED).map(({ name }) => name).join(", ")} />
            {group.devices.length > NAMED && ` ${t("action.andMore", { count: group.devices.length - NAMED })}`}
          </Text>
        </div>
      ))}
      {again && (
        <AskDialog
          kind={action.kind}
          target={{
            type: "devices",
            devices: again.devices.map(({ device, name }) => ({ id: device, name, site: action.site, online: undefined })),
          }}
          close={() => setAgain(undefined)}
        />
      )}
    </Card>
  );
}
