// One device: the three actions above it, and what is known of it.
import { Tab, TabList, makeStyles, tokens } from "@fluentui/react-components";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";

import { AskDialog } from "../../ask/dialog";
import { actions, device, sites } from "../../api/queries";
import type { Device, Site } from "../../api/words";
import { useFormats } from "../../format/time";
import { ActionButtons } from "../../parts/action-buttons";
import { ActionRows } from "../../parts/action-rows";
import { Empty } from "../../parts/empty";
import { Facts } from "../../parts/facts";
import { Moment } from "../../parts/moment";
import { Outside, shown } from "../../parts/outside";
import { Page } from "../../parts/page";
import { ProblemView } from "../../parts/problem";
import { Coming, Read } from "../../parts/read";
import { OnlineLine, statusOf } from "../../parts/state";
import { useTexts } from "../../text/text";
import { Timeline } from "./timeline";
import { DeviceViews, VIEWS, type DeviceView } from "./views";

const useStyles = makeStyles({
  tabs: { marginLeft: `-${tokens.spacingHorizontalM}`, flexWrap: "wrap" },
  panel: { display: "grid", rowGap: tokens.spacingVerticalL, minWidth: 0 },
});

export function DeviceScreen(): ReactNode {
  const { t } = useTexts();
  const { device: id } = useParams({ from: "/signed-in/devices/$device" });
  const read = useQuery(device(id));
  const trail = [{ to: "/devices", text: t("nav.devices") }] as const;
  if (read.data) return <Shown device={read.data} />;
  return (
    <Page title={t("device.title")} name={t("device.title")} trail={trail}>
      {read.error ? <ProblemView error={read.error} again={() => void read.refetch()} /> : <Coming />}
    </Page>
  );
}

function Shown({ device }: { device: Device }): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const navigate = useNavigate();
  const { view: asked } = useSearch({ from: "/signed-in/devices/$device" });
  const view: DeviceView = VIEWS.find((view) => view === asked) ?? "overview";
  const site = useQuery(sites).data?.find((site) => site.id === device.site);
  const [asking, setAsking] = useState<string>();
  return (
    <Page
      title={<Outside text={device.name} />}
      name={shown(device.name)}
      under={t("device.title")}
      trail={[{ to: "/devices", text: t("nav.devices") }]}
      commands={<ActionButtons ask={setAsking} />}
    >
      <TabList
        className={styles.tabs}
        selectedValue={view}
        aria-label={t("device.views")}
        onTabSelect={(_, data) =>
          void navigate({
            to: "/devices/$device",
            params: { device: device.id },
            search: data.value === "overview" ? {} : { view: String(data.value) },
          })
        }
      >
        {VIEWS.map((view) => (
          <Tab key={view} value={view} id={`tab-${view}`}>
            {t(`device.view.${view}`)}
          </Tab>
        ))}
      </TabList>
      <div className={styles.panel} role="tabpanel" aria-labelledby={`tab-${view}`}>
        {view === "overview" && <Overview device={device} site={site} />}
        {view === "actions" && <DeviceActions device={device} />}
        {view === "timeline" && <Timeline device={device} site={site} />}
        {(view === "details" || view === "policies") && <DeviceViews view={view} device={device} />}
      </div>
      {asking !== undefined && (
        <AskDialog kind={asking} target={{ type: "devices", devices: [device] }} close={() => setAsking(undefined)} />
      )}
    </Page>
  );
}

function Overview({ device, site }: { device: Device; site: Site | undefined }): ReactNode {
  const { t, word } = useTexts();
  const formats = useFormats();
  const up = site?.link.up ?? false;
  const { compliance } = device;
  return (
    <>
      <Facts
        facts={[
          [t("device.name"), <Outside key="name" text={device.name} whole />],
          [t("device.managedBy"), t("device.managedByTenon")],
          [t("device.online"), <OnlineLine key="online" status={statusOf(device, site)} />],
          [t("device.asOf"), <Moment key="as-of" at={(!up && site?.link.since) || device.online_changed} exact />],
          ...(device.last_seen
            ? ([
                [t("device.lastSeen"), <Moment key="seen" at={device.last_seen.at} exact />],
                [t("device.seenBy"), word("seenBy", device.last_seen.by) ?? device.last_seen.by],
              ] as const)
            : []),
          ...(device.user ? ([[t("device.user"), <Outside key="user" text={device.user} whole />]] as const) : []),
          ...(device.serial ? ([[t("device.serial"), <Outside key="serial" text={device.serial} whole />]] as const) : []),
          ...(device.addresses?.length
            ? ([[t("device.addresses"), <Outside key="addresses" text={device.addresses.join(", ")} whole />]] as const)
            : []),
          ...(device.tags?.length ? ([[t("device.tags"), <Outside key="tags" text={device.tags.join(", ")} whole />]] as const) : []),
          [t("device.os"), <Outside key="os" text={device.os} whole />],
          [t("device.osVersion"), <Outside key="version" text={device.os_version} whole />],
          [t("device.architecture"), <Outside key="architecture" text={device.architecture} whole />],
          [t("device.clientVersion"), <Outside key="client" text={device.client_version} whole />],
          [t("device.site"), <Outside key="site" text={site?.name ?? device.site} whole />],
          [t("device.resourceId"), String(device.resource_id)],
          [t("device.enrolled"), <Moment key="enrolled" at={device.enrolled} exact />],
          [
            t("device.compliance"),
            compliance
              ? t("device.complianceOf", {
                  compliant: compliance.compliant,
                  count: compliance.total,
                  at: formats.moment(compliance.at),
                })
              : t("device.complianceUnknown"),
          ],
          [t("device.id"), device.id],
        ]}
      />
      <DeviceActions device={device} latest={5} />
    </>
  );
}

function DeviceActions({ device, latest }: { device: Device; latest?: number }): ReactNode {
  const { t } = useTexts();
  const read = useInfiniteQuery(actions({ device: device.id }));
  return (
    <Read query={read}>
      {(data) => {
        const rows = data.pages.flatMap((page) => page.items).slice(0, latest);
        if (rows.length === 0) return <Empty title={t("device.noActions")} text={t("device.noActionsText")} />;
        const more = latest === undefined && read.hasNextPage ? () => void read.fetchNextPage() : undefined;
        return <ActionRows label={t("device.view.actions")} actions={rows} more={more} moreComing={read.isFetchingNextPage} />;
      }}
    </Read>
  );
}
