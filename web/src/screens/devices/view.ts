// What the list of devices shows, as its address holds it: whoever gets the address sees the same.

import type { DeviceSearch } from "../../api/queries";

export const COLUMNS = [
  "managedBy",
  "online",
  "os",
  "site",
  "lastSeen",
  "clientVersion",
  "compliance",
  "user",
  "serial",
  "addresses",
  "tags",
  "architecture",
  "resourceId",
  "enrolled",
] as const;
export type ColumnName = (typeof COLUMNS)[number];
export const USUAL: readonly ColumnName[] = ["managedBy", "online", "os", "site", "lastSeen", "clientVersion"];

/** What the console sorts by, for the columns that it can. */
export const SORTS: Partial<Record<ColumnName | "name", string>> = {
  name: "name",
  online: "online",
  lastSeen: "seen",
  os: "os",
  clientVersion: "client_version",
  user: "user",
};

export interface DevicesView {
  sort?: string | undefined;
  search?: string | undefined;
  site?: string | undefined;
  online?: "yes" | "no" | "unknown" | undefined;
  os?: string | undefined;
  filter?: string | undefined;
  columns?: string | undefined;
}

/** The console refuses longer ones; an address should not carry them either. */
const LONGEST = 4_096;

/** Reads an address. What is not valid is left out. */
export function readDevicesView(search: Record<string, unknown>): DevicesView {
  const text = (name: string): string | undefined => {
    const value = search[name];
    const written = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    return typeof written === "string" && written !== "" && written.length <= LONGEST ? written : undefined;
  };
  const online = text("online");
  const view: DevicesView = {
    search: text("search"),
    site: text("site"),
    online: online === "yes" || online === "no" || online === "unknown" ? online : undefined,
    sort: Object.values(SORTS).includes(text("sort")?.replace(/^-/, "") ?? "") ? text("sort") : undefined,
    os: text("os"),
    filter: text("filter"),
    columns: text("columns"),
  };
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}

/** Returns the columns of a view, in their order. */
export function columnsOf(view: DevicesView): ColumnName[] {
  if (view.columns === undefined) return [...USUAL];
  const named = view.columns.split(".");
  return COLUMNS.filter((column) => named.includes(column));
}

/** Writes a choice of columns; the usual ones need no mention. */
export function writeColumns(columns: readonly ColumnName[]): string | undefined {
  const same = columns.length === USUAL.length && USUAL.every((column) => columns.includes(column));
  return same ? undefined : columns.length === 0 ? "none" : columns.join(".");
}

const STATUS = { yes: "online", no: "offline", unknown: "unknown" } as const;

/** Returns what the console is asked for. */
export function queryOf(view: DevicesView): DeviceSearch {
  const query: DeviceSearch = {};
  const os = view.os && `os contains ${quoted(view.os)}`;
  const filter = os && view.filter ? `${os} and (${view.filter})` : (os ?? view.filter);
  if (view.search) query.search = view.search;
  if (view.site) query.site = view.site;
  if (view.online) query.status = STATUS[view.online];
  if (filter) query.filter = filter;
  if (view.sort) query.sort = view.sort;
  return query;
}

/** Returns the sort after a click on a column: up, down, and the usual again. */
export function nextSort(sort: string | undefined, by: string): string | undefined {
  const now = sort ?? "name";
  if (now === by) return `-${by}`;
  return now === `-${by}` || by === "name" ? undefined : by;
}

/** Returns a text as the filter language writes it. */
export function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
