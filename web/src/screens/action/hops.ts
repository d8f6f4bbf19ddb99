// The hops of an action as a timeline: when each was reached, and how long the way there took.
import { HOPS, isConcluded, type Action, type HistoryEntry, type Hop, type State, type Why } from "../../api/words";

export interface HopLine {
  hop: Hop;
  status: "passed" | "current" | "stopped" | "ahead";
  /** The first word of this hop. */
  at: string | undefined;
  /** From the word of the hop before to this hop's, in milliseconds. */
  took: number | undefined;
  events: HistoryEntry[];
  why: Why | undefined;
}

/** The hop at which an action stands while it is in a state. */
const STANDS: Record<State, Hop> = {
  pending: "admin_center",
  delivered_to_site: "service_connector",
  authorized: "service_connector",
  queued: "notification_server",
  sent: "notification_server",
  received: "agent",
  running: "agent",
  done: "agent",
  failed: "agent",
  not_supported: "agent",
  refused: "authority",
  expired: "notification_server",
  cancelled: "notification_server",
};

/** Returns the hops in the order of the way. */
export function hopLines(action: Action, history: readonly HistoryEntry[]): HopLine[] {
  const ended = isConcluded(action.state);
  const stop = action.why && (ended || action.state !== "pending") ? action.why.hop : undefined;
  const last = [...history].reverse().find((entry) => !entry.late);
  const stands = stop ?? (ended ? (last?.hop ?? STANDS[action.state]) : STANDS[action.state]);
  const place = HOPS.indexOf(stands);
  let before: string | undefined;
  return HOPS.map((hop, index) => {
    const events = history.filter((entry) => entry.hop === hop);
    const at = events.map((event) => event.at).sort()[0];
    const took = at && before ? Math.max(0, new Date(at).getTime() - new Date(before).getTime()) : undefined;
    before = at ?? before;
    return { hop, status: status(action, index, place), at, took, events, why: stands === hop ? (action.why ?? undefined) : undefined };
  });
}

function status(action: Action, index: number, place: number): HopLine["status"] {
  if (index < place) return "passed";
  if (index > place) return "ahead";
  if (action.state === "done") return "passed";
  return isConcluded(action.state) ? "stopped" : "current";
}

export interface Group {
  state: State;
  why: Why | undefined;
  detail: string | undefined;
  devices: { device: string; name: string }[];
}

/** Returns the targets that ended otherwise than done, grouped by state and reason, the largest group first. */
export function groups(targets: readonly { device: string; name: string; state: State; why?: Why | null; detail?: string }[]): Group[] {
  const byReason = new Map<string, Group>();
  for (const target of targets) {
    if (target.state === "done" || !isConcluded(target.state)) continue;
    const key = `${target.state} ${target.why?.reason ?? ""} ${target.why?.text ?? target.detail ?? ""}`;
    const group = byReason.get(key) ?? { state: target.state, why: target.why ?? undefined, detail: target.detail, devices: [] };
    group.devices.push({ device: target.device, name: target.name });
    byReason.set(key, group);
  }
  return [...byReason.values()].sort((a, b) => b.devices.length - a.devices.length);
}
