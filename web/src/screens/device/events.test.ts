import { expect, test } from "vitest";

import type { Schemas } from "../../api/client";
import type { Action, Device, HistoryEntry, State } from "../../api/words";
import { timelineOf, type Known } from "./events";

const at = (minute: number) => `2026-11-24T10:${String(minute).padStart(2, "0")}:00Z`;

const device = {
  id: "d",
  online: true,
  online_changed: at(5),
  enrolled: at(1),
  compliance: { compliant: 1, total: 1, at: at(9) },
} as Device;

const action = (guid: string, asked: number) => ({ task_guid: guid, asked_at: at(asked), kind: "probe" }) as Action;

const said = (number: number, minute: number, event: State, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  number,
  hop: "agent",
  event,
  at: at(minute),
  ...more,
});

const details = (...tasks: [string, State, number][]) =>
  ({
    client: { discovered: at(2) },
    tasks: tasks.map(([task_guid, state, minute]) => ({ task_guid, state, kind: "probe", changed: at(minute) })),
  }) as Schemas["DeviceDetails"];

/** Compares the events, each written as minute and what it tells. */
function check(more: Partial<Known>, expected: string[]): void {
  const known: Known = { device, siteUp: true, actions: [], olderActions: false, details: undefined, ...more };
  const words = timelineOf(known).map((event) => {
    const minute = Number(event.at.slice(14, 16));
    if (event.type === "fact") return `${minute} ${event.fact}`;
    if (event.type === "task") return `${minute} task ${event.taskGuid} ${event.state}`;
    return `${minute} ${event.action.task_guid} ${event.entry.event}${event.why ? ` ${event.why.reason}` : ""}`;
  });
  expect(words).toEqual(expected);
}

test("a device without actions has what is known of itself", () => {
  check({}, ["9 compliance", "5 online", "1 enrolled"]);
  check({ details: details() }, ["9 compliance", "5 online", "2 discovered", "1 enrolled"]);
});

test("while the connector is away nobody says that a device is online", () => {
  check({ siteUp: false }, ["9 compliance", "1 enrolled"]);
});

test("events of all actions stand in one order, with why, and one moment's last word first", () => {
  const why = { reason: "agent_failed", text: "x", fix: "y", hop: "agent" as const };
  check(
    {
      actions: [
        { action: action("b", 6), history: [said(0, 6, "pending"), said(1, 7, "received"), said(2, 7, "failed", { why })] },
        { action: action("a", 3), history: [said(0, 3, "pending"), said(4, 8, "done")] },
      ],
    },
    ["9 compliance", "8 a done", "7 b failed agent_failed", "7 b received", "6 b pending", "5 online", "3 a pending", "1 enrolled"],
  );
});

test("an answer does not stand before its question because a clock is behind", () => {
  check(
    { actions: [{ action: action("a", 6), history: [said(0, 6, "pending"), said(1, 8, "sent"), said(2, 7, "done")] }] },
    ["9 compliance", "7 a done", "8 a sent", "6 a pending", "5 online", "1 enrolled"],
  );
});

test("a task of the site is shown where no action tells of it", () => {
  check(
    { actions: [{ action: action("a", 3), history: undefined }], details: details(["a", "running", 4], ["other", "queued", 8]) },
    ["9 compliance", "8 task other queued", "5 online", "2 discovered", "1 enrolled"],
  );
});

test("what is older than the actions that were read waits until they are", () => {
  const actions = [{ action: action("a", 4), history: [said(0, 4, "pending")] }];
  check({ actions, olderActions: true, details: details(["old", "done", 3]) }, ["9 compliance", "5 online", "4 a pending"]);
});
