// The columns of the list of devices.
import { Checkbox } from "@fluentui/react-components";

import type { Device, Site } from "../../api/words";
import type { Formats } from "../../format/time";
import { Go } from "../../parts/go";
import type { Column } from "../../parts/list";
import { Moment } from "../../parts/moment";
import { Outside, shown } from "../../parts/outside";
import { OnlineLine, statusOf } from "../../parts/state";
import type { Texts } from "../../text/text";
import { SortButton, sortedBy } from "./sort-button";
import { SORTS, type ColumnName } from "./view";

interface Around {
  texts: Texts;
  formats: Formats;
  sites: ReadonlyMap<string, Site>;
}

/** Returns the text of a cell. */
function plain(name: ColumnName | "name", device: Device, { texts: { t }, sites }: Around): string {
  const site = sites.get(device.site);
  switch (name) {
    case "name":
      return device.name;
    case "managedBy":
      return t("device.managedByTenon");
    case "online":
      return t(`online.${statusOf(device, site)}`);
    case "os":
      return device.os;
    case "site":
      return site?.name ?? device.site;
    case "lastSeen":
      return device.online_changed;
    case "clientVersion":
      return device.client_version;
    case "compliance":
      return device.compliance ? `${device.compliance.compliant}/${device.compliance.total}` : "";
    case "user":
      return device.user ?? "";
    case "serial":
      return device.serial ?? "";
    case "addresses":
      return device.addresses?.join(", ") ?? "";
    case "tags":
      return device.tags?.join(", ") ?? "";
    case "architecture":
      return device.architecture;
    case "resourceId":
      return String(device.resource_id);
    case "enrolled":
      return device.enrolled;
  }
}

const WIDTHS: Record<ColumnName, string> = {
  managedBy: "110px",
  online: "120px",
  os: "minmax(160px, 1.4fr)",
  site: "minmax(90px, 0.8fr)",
  lastSeen: "140px",
  clientVersion: "110px",
  compliance: "110px",
  user: "minmax(110px, 0.8fr)",
  serial: "140px",
  addresses: "minmax(140px, 1fr)",
  tags: "minmax(120px, 0.8fr)",
  architecture: "100px",
  resourceId: "110px",
  enrolled: "140px",
};

/** What is drawn for the list, beside the devices themselves. */
interface Choice {
  sort: string | undefined;
  sortBy: (by: string) => void;
  chosen: (device: Device) => boolean;
  all: boolean | "mixed";
  toggle: (device: Device, chosen: boolean) => void;
  toggleAll: (chosen: boolean) => void;
}

/** Returns the columns as they are drawn. */
export function drawnColumns(names: readonly ColumnName[], around: Around, choice: Choice): Column<Device>[] {
  const { t } = around.texts;
  const heading = (name: ColumnName | "name") => {
    const by = SORTS[name];
    const text = t(`device.${name}`);
    return by === undefined ? text : <SortButton text={text} sorted={sortedBy(by, choice.sort)} sort={() => choice.sortBy(by)} />;
  };
  const cell = (name: ColumnName, device: Device) => {
    const site = around.sites.get(device.site);
    if (name === "online") return <OnlineLine status={statusOf(device, site)} />;
    if (name === "lastSeen") {
      if (statusOf(device, site) === "yes") return t("device.now");
      return <Moment at={device.last_seen?.at ?? device.online_changed} />;
    }
    if (name === "enrolled") return <Moment at={device.enrolled} />;
    if (name === "compliance" && device.compliance) {
      return around.formats.percent(device.compliance.compliant, device.compliance.total);
    }
    return <Outside text={plain(name, device, around)} />;
  };
  return [
    {
      key: "choose",
      width: "32px",
      title: (
        <Checkbox
          checked={choice.all}
          aria-label={t("devices.chooseShown")}
          onChange={(_, data) => choice.toggleAll(data.checked === true)}
        />
      ),
      cell: (device) => (
        <Checkbox
          checked={choice.chosen(device)}
          aria-label={t("devices.choose", { name: shown(device.name) })}
          onChange={(_, data) => choice.toggle(device, data.checked === true)}
        />
      ),
    },
    {
      key: "name",
      width: "minmax(200px, 1.6fr)",
      title: heading("name"),
      sort: sortedBy("name", choice.sort),
      cell: (device) => (
        <Go to="/devices/$device" params={{ device: device.id }}>
          <Outside text={device.name} />
        </Go>
      ),
    },
    ...names.map((name) => ({
      key: name,
      width: WIDTHS[name],
      title: heading(name),
      sort: sortedBy(SORTS[name], choice.sort),
      cell: (device: Device) => cell(name, device),
    })),
  ];
}
