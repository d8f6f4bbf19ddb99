// The logs of the device's agent that its site has collected, to be read here.
import { Button, Text } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { answered, api } from "../../api/client";
import { deviceLogs, me } from "../../api/queries";
import { PERMISSION, type Device } from "../../api/words";
import { useFormats } from "../../format/time";
import { Card } from "../../parts/card";
import { keep } from "../../parts/download";
import { List } from "../../parts/list";
import { Moment } from "../../parts/moment";
import { ProblemView } from "../../parts/problem";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";

/** Answers that one reading takes at most: the parts of one collection are fewer. */
const MOST_ANSWERS = 64;

export function Logs({ device }: { device: Device }): ReactNode {
  const { t } = useTexts();
  const may = useQuery(me).data?.permissions.includes(PERMISSION.logs) ?? false;
  return may ? (
    <Card title={t("logs.title")}>
      <Collected device={device} />
    </Card>
  ) : null;
}

function Collected({ device }: { device: Device }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const read = useQuery(deviceLogs(device.id));
  const save = useMutation({ mutationFn: (of: string) => saved(device, of) });
  return (
    <Read query={read}>
      {({ collected }) => (
        <>
          {save.error && <ProblemView error={save.error} />}
          {collected.length === 0 ? (
            <Text>{t("logs.none", { command: `tenon device logs ${device.id} --collect` })}</Text>
          ) : (
            <List
              short
              label={t("logs.title")}
              rows={collected}
              id={(one) => one.task_guid}
              columns={[
                { key: "received", title: t("logs.received"), width: "190px", cell: (one) => <Moment at={one.received} exact /> },
                { key: "size", title: t("logs.size"), width: "120px", cell: (one) => `${formats.number(Math.ceil(one.bytes / 1024))} KiB` },
                {
                  key: "save",
                  title: t("logs.save"),
                  width: "150px",
                  cell: (one) => (
                    <Button size="small" disabled={save.isPending} onClick={() => save.mutate(one.task_guid)}>
                      {t("logs.save")}
                    </Button>
                  ),
                },
              ]}
            />
          )}
        </>
      )}
    </Read>
  );
}

/** Reads all parts of one collection and hands them to the browser as one file. */
async function saved(device: Device, of: string): Promise<void> {
  const texts: string[] = [];
  let last = "";
  let from = 0;
  for (let answers = 0; answers < MOST_ANSWERS; answers += 1) {
    const params = { path: { device: device.id }, query: { of, from } };
    const { parts, next } = await answered(api.GET("/api/v1/devices/{device}/logs", { params }));
    for (const { file, text } of parts) {
      if (file !== last) texts.push(`==> ${file} <==\n`);
      last = file;
      texts.push(text);
    }
    if (next === undefined || next === null) break;
    from = next;
  }
  keep(`${device.id}-logs.txt`, texts);
}
