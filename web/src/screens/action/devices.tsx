// The devices of an action, each with where it stands.
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { targets } from "../../api/queries";
import type { State, TargetState } from "../../api/words";
import { Empty } from "../../parts/empty";
import { Go } from "../../parts/go";
import { List } from "../../parts/list";
import { Moment } from "../../parts/moment";
import { Outside } from "../../parts/outside";
import { Read } from "../../parts/read";
import { useReason } from "../../parts/reason";
import { StateLine } from "../../parts/state";
import { useTexts } from "../../text/text";

export function Devices({ taskGuid, state }: { taskGuid: string; state: State | undefined }): ReactNode {
  const { t } = useTexts();
  const reason = useReason();
  const read = useInfiniteQuery(targets(taskGuid, state));
  const said = (target: TargetState) => (target.why ? reason(target.why).title : target.detail ? <Outside text={target.detail} /> : "");
  return (
    <Read query={read}>
      {(data) => {
        const rows = data.pages.flatMap((page) => page.items);
        if (rows.length === 0) return <Empty title={t("action.noDevices")} text={t("action.noDevicesText")} />;
        return (
          <List
            short
            label={t("action.devices")}
            rows={rows}
            id={(target) => target.device}
            more={read.hasNextPage ? () => void read.fetchNextPage() : undefined}
            moreComing={read.isFetchingNextPage}
            columns={[
              {
                key: "name",
                title: t("device.name"),
                width: "minmax(180px, 1fr)",
                cell: (target) => (
                  <Go to="/devices/$device" params={{ device: target.device }}>
                    <Outside text={target.name} />
                  </Go>
                ),
              },
              { key: "state", title: t("action.state"), width: "190px", cell: (target) => <StateLine state={target.state} /> },
              { key: "why", title: t("action.reason"), width: "minmax(200px, 2fr)", cell: said },
              { key: "changed", title: t("action.changed"), width: "140px", cell: (target) => <Moment at={target.changed} /> },
            ]}
          />
        );
      }}
    </Read>
  );
}
