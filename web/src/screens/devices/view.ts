// What the list of devices shows, as its address holds it: whoever gets the address sees the same.

export const COLUMNS = [
  "managedBy",
  "online",
  "os",
  "site",
  "lastSeen",
  "clientVersion",
  "compliance",
  "architecture",
  "resourceId",
  "enrolled",
] as const;
export type ColumnName = (typeof COLUMNS)[number];
export const USUAL: readonly ColumnName[] = ["managedBy", "online", "os", "site", "lastSeen", "clientVersion"];

export interface DevicesView {
  search?: string | undefined;
  site?: string | undefined;
  online?: "yes" | "no" | undefined;
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
    online: online === "yes" || online === "no" ? online : undefined,
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

/** Returns what the console is asked for. */
export function queryOf(view: DevicesView): { search?: string; site?: string; filter?: string } {
  const parts: string[] = [];
  if (view.online) parts.push(`online = ${view.online === "yes"}`);
  if (view.os) parts.push(`os contains ${quoted(view.os)}`);
  if (view.filter) parts.push(parts.length > 0 ? `(${view.filter})` : view.filter);
  const query: { search?: string; site?: string; filter?: string } = {};
  if (view.search) query.search = view.search;
  if (view.site) query.site = view.site;
  if (parts.length > 0) query.filter = parts.join(" and ");
  return query;
}

/** Returns a text as the filter language writes it. */
export function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
