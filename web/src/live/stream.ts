// Holds the stream of changes open, and opens it again after the last event that was seen.
import type { Schemas } from "../api/client";
import { EventReader } from "./events";

export type Change = Schemas["Change"];
export type Connection = "connecting" | "open" | "lost";

/** The first wait before a lost stream is opened again; each failure doubles it, up to the longest. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** The console says something every 15 s: after three silences the connection is dead, whatever the system thinks. */
const SILENCE_MS = 45_000;

export interface StreamTo {
  change: (change: Change, id: string) => void;
  connection: (connection: Connection) => void;
}

/** Returns how long to wait before try number `failures`, spread so that many pages do not come back at once. */
export function waitBefore(failures: number, dice: number): number {
  const most = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
  return most / 2 + (dice * most) / 2;
}

/** Follows changes until `signal` ends it. `last` is the last event that was seen, by whichever tab. */
export async function follow(last: string | undefined, to: StreamTo, signal: AbortSignal): Promise<void> {
  let seen = last;
  let failures = 0;
  while (!signal.aborted) {
    to.connection("connecting");
    const ended = await once(seen, signal, {
      opened: () => {
        failures = 0;
        to.connection("open");
      },
      event: (id, data) => {
        seen = id;
        to.change(JSON.parse(data) as Change, id);
      },
    });
    if (signal.aborted || ended === "signed-out") return;
    to.connection("lost");
    await sleep(waitBefore(failures, Math.random()), signal);
    failures += 1;
  }
}

interface Once {
  opened: () => void;
  event: (id: string, data: string) => void;
}

async function once(seen: string | undefined, signal: AbortSignal, to: Once): Promise<"ended" | "signed-out"> {
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  try {
    heard();
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (seen !== undefined) headers["last-event-id"] = seen;
    const both = AbortSignal.any([signal, silence.signal]);
    const response = await fetch("/api/v1/events", { headers, credentials: "same-origin", signal: both });
    if (response.status === 401 || response.status === 403) return "signed-out";
    if (!response.ok || !response.body) return "ended";
    to.opened();
    const reader = new EventReader();
    const body = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await body.read();
      if (done) return "ended";
      heard();
      for (const event of reader.push(value)) to.event(event.id, event.data);
    }
  } catch {
    // A lost connection is what this loop is for; the caller shows it and opens the stream again.
    return "ended";
  } finally {
    clearTimeout(timer);
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
