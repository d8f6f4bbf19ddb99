// The actions of the last 24 hours by outcome, hour by hour.
import { outcome, type Action, type Outcome, type State } from "../../api/words";

export const HOURS = 24;
const HOUR_MS = 3_600_000;

export type Counts = Record<Outcome, number>;

export const none = (): Counts => ({ done: 0, open: 0, failed: 0, stopped: 0 });

/** Returns an hour for each of the last 24, the oldest first, with the targets of the actions asked for in it. */
export function byHour(actions: readonly Action[], now: number): Counts[] {
  const hours = Array.from({ length: HOURS }, none);
  for (const action of actions) {
    const back = Math.floor((now - new Date(action.asked_at).getTime()) / HOUR_MS);
    const hour = hours[HOURS - 1 - Math.max(back, 0)];
    if (hour) add(hour, action);
  }
  return hours;
}

/** Returns the sum of all hours. */
export function sum(hours: readonly Counts[]): Counts {
  const all = none();
  for (const hour of hours) for (const key of Object.keys(all) as Outcome[]) all[key] += hour[key];
  return all;
}

function add(hour: Counts, action: Action): void {
  for (const [state, count] of Object.entries(action.counts)) hour[outcome(state as State)] += count;
}
