// What the site itself says of a device, asked now; where its connector is away, what it last said, with its date.
import { MessageBar, MessageBarBody, Text } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { deviceDetails } from "../../api/queries";
import type { Device } from "../../api/words";
import { useFormats } from "../../format/time";
import { Card } from "../../parts/card";
import { Facts } from "../../parts/facts";
import { Go } from "../../parts/go";
import { useKindName } from "../../parts/kind";
import { List } from "../../parts/list";
import { Moment } from "../../parts/moment";
import { Outside } from "../../parts/outside";
import { Read } from "../../parts/read";
import { StateLine } from "../../parts/state";
import { useTexts } from "../../text/text";
import { Logs } from "./logs";

export function Details({ device }: { device: Device }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const kind = useKindName();
  const read = useQuery(deviceDetails(device.id));
  return (
    <Read query={read}>
      {({ client, collections, tasks, live, as_of, rule }) => (
        <>
          {live ? (
            <Text>
              {t("details.live")} {t("details.rule")} <Outside text={rule} whole />
            </Text>
          ) : (
            <MessageBar intent="warning">
              <MessageBarBody>{t("details.old", { at: formats.moment(as_of) })}</MessageBarBody>
            </MessageBar>
          )}
          <Facts
            facts={[
              [t("device.clientVersion"), <Outside key="version" text={client.client_version} whole />],
              [t("device.resourceId"), String(client.resource_id)],
              [t("device.enrolled"), <Moment key="enrolled" at={client.enrolled} exact />],
              [t("details.discovered"), <Moment key="discovered" at={client.discovered} exact />],
              [t("details.server"), client.notification_server ?? "–"],
              [t("details.enrolment"), client.enrolment],
              [t("details.hardware"), <Outside key="hardware" text={client.hardware} whole />],
              [
                t("details.collections"),
                <Outside key="collections" text={collections.map(({ name }) => name).join(", ")} whole />,
              ],
            ]}
          />
          <Card title={t("details.tasks")}>
            {tasks.length === 0 ? (
              <Text>{t("details.noTasks")}</Text>
            ) : (
              <List
                short
                label={t("details.tasks")}
                rows={tasks}
                id={(task) => task.task_guid}
                columns={[
                  {
                    key: "kind",
                    title: t("action.kind"),
                    width: "minmax(200px, 1fr)",
                    cell: (task) => (
                      <Go to="/actions/$taskGuid" params={{ taskGuid: task.task_guid }}>
                        {kind(task.kind)}
                      </Go>
                    ),
                  },
                  { key: "state", title: t("action.state"), width: "190px", cell: (task) => <StateLine state={task.state} /> },
                  { key: "changed", title: t("action.changed"), width: "150px", cell: (task) => <Moment at={task.changed} /> },
                ]}
              />
            )}
          </Card>
          <Logs device={device} />
        </>
      )}
    </Read>
  );
}
