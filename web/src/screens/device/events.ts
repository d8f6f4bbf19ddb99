// What happened on one device, the newest first: what each hop said of its actions, the site's own tasks, and its own changes.
import type { Schemas } from "../../api/client";
import type { Action, Device, HistoryEntry, State, Why } from "../../api/words";

/** What is known of the device beside its actions. */
export type Fact = "enrolled" | "discovered" | "online" | "offline" | "compliance";

export type TimelineEvent = {
  key: string;
  at: string;
  /** Where it stands in the timeline, in milliseconds; not before what led to it, whatever the clock of its hop says. */
  place: number;
} & (
  | { type: "fact"; fact: Fact }
  /** A task that the site has, and of which none of the actions here tells. */
  | { type: "task"; taskGuid: string; kind: string; state: State }
  | { type: "hop"; action: Action; entry: HistoryEntry; why: Why | undefined }
);

export interface Known {
  device: Device;
  /** Whether the site's connector is there: while it is not, nobody knows of online and offline. */
  siteUp: boolean;
  /** Actions of the device, the newest first, each with what was said of it where that has been read. */
  actions: readonly { action: Action; history: readonly HistoryEntry[] | undefined }[];
  /** Whether there are older actions that have not been read. */
  olderActions: boolean;
  details: Schemas["DeviceDetails"] | undefined;
}

/** Returns the events. Where older actions have not been read, what is older than those that have been is left out. */
export function timelineOf(known: Known): TimelineEvent[] {
  const events = [...facts(known), ...tasks(known), ...known.actions.flatMap(hops)];
  const oldest = known.olderActions ? known.actions.at(-1)?.action.asked_at : undefined;
  const from = oldest === undefined ? -Infinity : Date.parse(oldest);
  // Of events of one moment that comes first which was put first: of an action, its latest word.
  return events.filter(({ place }) => place >= from).sort((a, b) => b.place - a.place);
}

function facts({ device, siteUp, details }: Known): TimelineEvent[] {
  const fact = (fact: Fact, at: string | undefined): TimelineEvent[] =>
    at === undefined ? [] : [{ type: "fact", fact, at, place: Date.parse(at), key: fact }];
  return [
    ...(siteUp ? fact(device.online ? "online" : "offline", device.online_changed) : []),
    ...fact("compliance", device.compliance?.at),
    ...fact("enrolled", device.enrolled),
    ...fact("discovered", details?.client.discovered),
  ];
}

function tasks({ actions, details }: Known): TimelineEvent[] {
  const told = new Set(actions.map(({ action }) => action.task_guid));
  const others = details?.tasks.filter((task) => !told.has(task.task_guid)) ?? [];
  return others.map(({ task_guid, kind, state, changed }) => ({
    type: "task",
    taskGuid: task_guid,
    kind,
    state,
    at: changed,
    place: Date.parse(changed),
    key: `task ${task_guid}`,
  }));
}

/** The console hears of an action's events in their order; an agent's clock has whole seconds, and no two clocks agree. */
function hops({ action, history }: Known["actions"][number]): TimelineEvent[] {
  let place = -Infinity;
  const heard = [...(history ?? [])].sort((a, b) => a.number - b.number);
  const events = heard.map((entry): TimelineEvent => {
    place = Math.max(place, Date.parse(entry.at));
    const key = `${action.task_guid} ${entry.number}`;
    return { type: "hop", action, entry, at: entry.at, place, why: entry.why ?? undefined, key };
  });
  return events.reverse();
}
