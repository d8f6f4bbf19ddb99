// What a webhook can be told, and what can be read of an event that it was not told.
import type { Schemas } from "../../api/client";

/** The types of events, as the console has them; a webhook without a choice is told of all. */
export const EVENT_TYPES = [
  "tenon.action.asked",
  "tenon.action.ended",
  "tenon.site.connected",
  "tenon.site.away",
  "tenon.site.offboarded",
  "tenon.events.skipped",
] as const;

export interface Letter {
  number: number;
  /** The event's own type, subject and time; empty where it has none. */
  type: string;
  subject: string;
  time: string;
  attempts: number;
  error: string;
  at: string;
}

/** Returns the dead letters as they are listed, the newest first. The console gives the event as it was to be sent. */
export function lettersOf(letters: readonly Schemas["DeadLetter"][]): Letter[] {
  const lines = letters.map(({ number, event, attempts, error, at }) => {
    const members = event as Record<string, unknown>;
    const text = (name: string) => (typeof members[name] === "string" ? members[name] : "");
    const time = Number.isNaN(Date.parse(text("time"))) ? "" : text("time");
    return { number, type: text("type"), subject: text("subject"), time, attempts, error, at };
  });
  return lines.sort((a, b) => b.number - a.number);
}

/** Returns whether an address can be one: the console says the rest. */
export function isAddress(url: string): boolean {
  return url.startsWith("https://") && URL.canParse(url);
}
