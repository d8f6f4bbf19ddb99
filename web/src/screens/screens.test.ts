import { describe, expect, test } from "vitest";

import type { Action, HistoryEntry, State } from "../api/words";
import { forecastOf, parts } from "../ask/forecast";
import { shown } from "../parts/outside";
import { groups, hopLines } from "./action/hops";
import { logLines } from "./action/lines";
import { readActionsView } from "./actions/view";
import { columnsOf, nextSort, queryOf, readDevicesView, writeColumns } from "./devices/view";
import { byHour, sum } from "./home/outcomes";
import { ownAddress } from "./sign-in/then";

const GUID = "a43dd1b3-a006-4604-b012-5529380b3b6f";

function action(state: State, more: Partial<Action> = {}): Action {
  return {
    task_guid: GUID,
    site: "site",
    site_name: "Site",
    kind: "sync-machine-policy",
    title: "Sync machine policy",
    param: "",
    target: { type: "devices", count: 1 },
    asked_by: { id: "ann-id", name: "ann" },
    asked_at: "2026-11-24T10:00:00Z",
    proof: "vouched by the console",
    deliver_by: "2026-11-25T10:00:00Z",
    finish_within_seconds: 3_600,
    offline: "queue",
    state,
    counts: { [state]: 1 },
    total: 1,
    concluded: 0,
    changed: "2026-11-24T10:00:00Z",
    ...more,
  };
}

let number = 0;
const entry = (hop: HistoryEntry["hop"], event: State, at: string, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  number: (number += 1),
  hop,
  event,
  at: `2026-11-24T10:00:${at}Z`,
  ...more,
});

describe("the way of an action", () => {
  const check = (action: Action, history: HistoryEntry[], expected: string) =>
    expect(
      hopLines(action, history)
        .map((line) => `${line.status}${line.took === undefined ? "" : ` ${line.took}`}`)
        .join(", "),
    ).toBe(expected);

  test("shows where it is", () => {
    check(action("pending"), [entry("admin_center", "pending", "00.000")], "current, ahead, ahead, ahead, ahead");
    const history = [
      entry("admin_center", "pending", "00.000"),
      entry("service_connector", "delivered_to_site", "00.040"),
      entry("authority", "authorized", "00.050"),
      entry("notification_server", "queued", "00.060"),
    ];
    check(action("queued"), history, "passed, passed 40, passed 10, current 10, ahead");
  });

  test("shows where it stopped", () => {
    const why = { reason: "role_lacks_permission", text: "x", fix: "y", hop: "authority" as const };
    const history = [
      entry("admin_center", "pending", "00.000"),
      entry("service_connector", "delivered_to_site", "00.040"),
      entry("authority", "refused", "00.050", { why }),
    ];
    check(action("refused", { why }), history, "passed, passed 40, stopped 10, ahead, ahead");
  });

  test("has passed everything when it is done, and clocks that disagree show no negative time", () => {
    const history = [entry("notification_server", "sent", "05.000"), entry("agent", "done", "04.000")];
    check(action("done"), history, "passed, passed, passed, passed, passed 0");
  });
});

test("failed devices are grouped by state and reason, the largest group first", () => {
  const target = (device: string, state: State, text?: string) => ({
    device,
    name: device,
    state,
    why: text === undefined ? undefined : { reason: "agent_failed", text, fix: "", hop: "agent" as const },
  });
  const found = groups([
    target("a", "failed", "code 1"),
    target("b", "done"),
    target("c", "failed", "code 2"),
    target("d", "failed", "code 2"),
    target("e", "queued"),
    target("f", "expired"),
  ]);
  expect(found.map((group) => group.devices.map(({ device }) => device))).toEqual([["c", "d"], ["a"], ["f"]]);
});

test("lines have the seed's form", () => {
  const around = { tenant: "tenant-id", resource: () => 1 };
  const lines = (entry: HistoryEntry) => logLines(action("done"), entry, around);
  expect(lines(entry("authority", "authorized", "00.000"))).toEqual([
    "Authorized to perform client action. TemplateID: RequestMachinePolicy TenantId: tenant-id AADUserID: ann-id",
  ]);
  expect(lines(entry("service_connector", "queued", "00.000", { device: "d" }))).toEqual([
    `Forwarded BGB remote task. TemplateID: 1 TaskGuid: ${GUID} TaskParam:  TargetDeviceIDs: 1`,
  ]);
});

describe("the address of the list of devices", () => {
  test("holds what is shown, and nothing that is not valid", () => {
    expect(readDevicesView({ search: "kassa", online: "yes", columns: "os.site", nonsense: 1 })).toEqual({
      search: "kassa",
      online: "yes",
      columns: "os.site",
    });
    expect(readDevicesView({ search: 123, online: "maybe", filter: "x".repeat(100_000), site: ["a"] })).toEqual({
      search: "123",
    });
    expect(readActionsView({ open: "yes", site: "s" })).toEqual({ site: "s" });
  });

  test("becomes a filter that cannot be broken out of", () => {
    expect(queryOf({ online: "no", os: 'De"b\\', filter: "name = 1 or name = 2" })).toEqual({
      status: "offline",
      filter: 'os contains "De\\"b\\\\" and (name = 1 or name = 2)',
    });
    expect(queryOf({ filter: "online = true", sort: "-seen" })).toEqual({ filter: "online = true", sort: "-seen" });
    expect(queryOf({})).toEqual({});
  });

  test("sorts up, down and as usual", () => {
    expect(nextSort(undefined, "os")).toBe("os");
    expect(nextSort("os", "os")).toBe("-os");
    expect(nextSort("-os", "os")).toBeUndefined();
    expect(nextSort(undefined, "name")).toBe("-name");
    expect(readDevicesView({ sort: "-seen" })).toEqual({ sort: "-seen" });
    expect(readDevicesView({ sort: "drop table" })).toEqual({});
  });

  test("keeps a choice of columns", () => {
    expect(columnsOf({ columns: "site.os.nonsense" })).toEqual(["os", "site"]);
    expect(columnsOf({ columns: writeColumns([]) })).toEqual([]);
    expect(writeColumns(columnsOf({}))).toBeUndefined();
  });
});

test("after signing in one goes to an address of this page, and nowhere else", () => {
  const check = (then: string | undefined, expected: string) => expect(ownAddress(then)).toBe(expected);
  check(undefined, "/");
  check("/devices?search=a", "/devices?search=a");
  for (const bad of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-in?then=x"]) {
    check(bad, "/");
  }
});

test("names from outside are cut, and cannot turn the text around them", () => {
  expect(shown("<script>")).toBe("<script>");
  expect(Array.from(shown("x".repeat(10_000)))).toHaveLength(201);
  expect(shown("a\u202eb\u0000c")).toBe("a\u25a1b\u25a1c");
  expect(shown("😀".repeat(300)).endsWith("😀…")).toBe(true);
});

test("what is known before the click", () => {
  const site = (id: string, up: boolean) =>
    [id, { id, name: id, state: "attached", link: { up }, attached: "", devices: 0, online: 0, key_sha256: "" }] as const;
  const sites = new Map([site("a", true), site("b", false)]);
  const device = (site: string, online: boolean | undefined) => ({ id: "", name: "", site, online });
  const forecast = forecastOf([device("a", true), device("a", false), device("a", undefined), device("b", true)], sites);
  expect({ ...forecast, away: forecast.away.length }).toEqual({ devices: 4, online: 1, offline: 1, unknown: 2, sites: 2, away: 1 });
  expect(parts([1, 2, 3], 2)).toEqual([[1, 2], [3]]);
});

test("the chart counts devices by the hour in which they were asked", () => {
  const now = Date.parse("2026-11-24T12:30:00Z");
  const hours = byHour(
    [
      action("done", { asked_at: "2026-11-24T12:00:00Z", counts: { done: 9, failed: 1 } }),
      action("queued", { asked_at: "2026-11-24T10:00:00Z", counts: { queued: 2 } }),
      action("done", { asked_at: "2026-11-20T10:00:00Z", counts: { done: 100 } }),
    ],
    now,
  );
  expect(hours).toHaveLength(24);
  expect(hours[23]).toEqual({ done: 9, open: 0, failed: 1, stopped: 0 });
  expect(hours[21]?.open).toBe(2);
  expect(sum(hours)).toEqual({ done: 9, open: 2, failed: 1, stopped: 0 });
});
