// The columns of the list of devices.
import { Checkbox } from "@fluentui/react-components";

import type { Device, Site } from "../../api/words";
import type { Formats } from "../../format/time";
import { Go } from "../../parts/go";
import type { Column } from "../../parts/list";
import { Moment } from "../../parts/moment";
import { Outside, shown } from "../../parts/outside";
import { OnlineLine } from "../../parts/state";
import type { Texts } from "../../text/text";
import type { ColumnName } from "./view";

interface Around {
  texts: Texts;
  formats: Formats;
  sites: ReadonlyMap<string, Site>;
}

/** Returns the text of a cell, for a file. */
export function plain(name: ColumnName | "name", device: Device, { texts: { t }, sites }: Around): string {
  const site = sites.get(device.site);
  switch (name) {
    case "name":
      return device.name;
    case "managedBy":
      return t("device.managedByTenon");
    case "online":
      return t(!site?.link.up ? "online.unknown" : device.online ? "online.yes" : "online.no");
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
  architecture: "100px",
  resourceId: "110px",
  enrolled: "140px",
};

interface Choice {
  chosen: (device: Device) => boolean;
  all: boolean | "mixed";
  toggle: (device: Device, chosen: boolean) => void;
  toggleAll: (chosen: boolean) => void;
}

/** Returns the columns as they are drawn. */
export function drawnColumns(names: readonly ColumnName[], around: Around, choice: Choice): Column<Device>[] {
  const { t } = around.texts;
  const cell = (name: ColumnName, device: Device) => {
    const site = around.sites.get(device.site);
    if (name === "online") return <OnlineLine online={device.online} up={site?.link.up ?? false} />;
    if (name === "lastSeen") {
      const asOf = site?.link.up === false ? site.link.since : undefined;
      // A device that is online is seen now; where its site is away, when that was last known.
      if (device.online && site?.link.up) return t("device.now");
      return <Moment at={device.online && asOf ? asOf : device.online_changed} />;
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
      title: t("device.name"),
      sort: "ascending",
      cell: (device) => (
        <Go to="/devices/$device" params={{ device: device.id }}>
          <Outside text={device.name} />
        </Go>
      ),
    },
    ...names.map((name) => ({
      key: name,
      width: WIDTHS[name],
      title: t(`device.${name}`),
      cell: (device: Device) => cell(name, device),
    })),
  ];
}
