// The console's words that the page decides by.
import type { Schemas } from "./client";

export type Action = Schemas["Action"];
export type Device = Schemas["Device"];
export type Site = Schemas["Site"];
export type HistoryEntry = Schemas["HistoryEntry"];
export type TargetState = Schemas["TargetState"];
export type Why = Schemas["Why"];
export type State = Action["state"];
export type Hop = HistoryEntry["hop"];

/** The permissions that screens ask for, by the console's own names. */
export const PERMISSION = {
  act: "Remote tasks / Initiate Configuration Manager action",
  attach: "Sites / Attach",
  offboard: "Sites / Offboard",
  users: "Users / Manage",
  roles: "Roles / Manage",
  audit: "Audit data / Read",
  logs: "Managed devices / Read logs",
  webhooks: "Webhooks / Manage",
} as const;

/** Returns whether permissions allow asking for a kind of action, all kinds or this one; where, the console decides. */
export function mayAct(permissions: readonly string[] | undefined, kind: string): boolean {
  return permissions?.some((held) => held === PERMISSION.act || held === `${PERMISSION.act} / ${kind}`) ?? false;
}

/** The three actions above a device, in the order of the original. */
export const THREE_ACTIONS = ["sync-machine-policy", "sync-user-policy", "app-evaluation"] as const;
export type KnownKind = (typeof THREE_ACTIONS)[number] | "probe";

export const HOPS: readonly Hop[] = [
  "admin_center",
  "service_connector",
  "authority",
  "notification_server",
  "agent",
];

export const STATES: readonly State[] = [
  "pending",
  "delivered_to_site",
  "authorized",
  "queued",
  "sent",
  "received",
  "running",
  "done",
  "failed",
  "not_supported",
  "refused",
  "expired",
  "cancelled",
];

export type Outcome = "done" | "open" | "failed" | "stopped";

/** Returns whether nothing more can happen to it. */
export function isConcluded(state: State): boolean {
  return outcome(state) !== "open";
}

/** Returns how a state is counted and coloured. */
export function outcome(state: State): Outcome {
  switch (state) {
    case "done":
      return "done";
    case "failed":
    case "not_supported":
    case "refused":
      return "failed";
    case "expired":
    case "cancelled":
      return "stopped";
    default:
      return "open";
  }
}
