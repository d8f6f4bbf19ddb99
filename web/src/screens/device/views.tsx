// What else is known of a device, from what its site told the console.
import { Text } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { policies } from "../../api/queries";
import type { Device } from "../../api/words";
import { useFormats } from "../../format/time";
import { Empty } from "../../parts/empty";
import { List } from "../../parts/list";
import { Outside } from "../../parts/outside";
import { Read } from "../../parts/read";
import { useTexts } from "../../text/text";
import { Details } from "./details";

export const VIEWS = ["overview", "details", "policies", "timeline", "actions"] as const;
export type DeviceView = (typeof VIEWS)[number];

interface ViewProps {
  view: Extract<DeviceView, "details" | "policies">;
  device: Device;
}

export function DeviceViews({ view, device }: ViewProps): ReactNode {
  return view === "details" ? <Details device={device} /> : <Policies device={device} />;
}

function Policies({ device }: { device: Device }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const read = useQuery(policies(device.site));
  const { compliance } = device;
  return (
    <>
      <Text>
        {compliance
          ? t("device.complianceOf", {
              compliant: compliance.compliant,
              count: compliance.total,
              at: formats.moment(compliance.at),
            })
          : t("device.complianceUnknown")}
      </Text>
      <Read query={read}>
        {(policies) =>
          policies.length === 0 ? (
            <Empty title={t("policies.none")} text={t("policies.noneText")} />
          ) : (
            <>
              <Text>{t("device.policiesOfSite")}</Text>
              <List
                short
                label={t("nav.policies")}
                rows={policies}
                id={(policy) => policy.id}
                columns={[
                  { key: "name", title: t("policies.name"), width: "minmax(200px, 1fr)", cell: (policy) => <Outside text={policy.name} /> },
                  { key: "version", title: t("policies.version"), width: "90px", cell: (policy) => formats.number(policy.version) },
                  { key: "collections", title: t("nav.collections"), width: "minmax(160px, 1fr)", cell: (policy) => <Outside text={policy.collections.join(", ")} /> },
                ]}
              />
            </>
          )
        }
      </Read>
    </>
  );
}
