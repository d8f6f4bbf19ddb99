// Asks for an action: signed with this browser's key where the site knows it, else in the console's word. What is asked twice
// under one key is asked once.
import { answered, api } from "../api/client";
import type { Schemas } from "../api/client";
import type { Chosen } from "../screens/devices/chosen";
import { parts } from "./forecast";

/** The most devices of one request. */
export const DEVICES_AT_ONCE = 1_000;

export type Target =
  | { type: "devices"; devices: readonly Chosen[] }
  | { type: "collection"; site: string; collection: string; name: string; count: number };

export type Offline = "queue" | "fail";

/** Returns what the requests are aimed at: each within the console's bound. */
export function bodiesOf(target: Target): Schemas["NewTarget"][] {
  if (target.type === "collection") {
    return [{ type: "collection", site: target.site, collection: target.collection }];
  }
  return parts(target.devices, DEVICES_AT_ONCE).map((part) =>
    part.length === 1 && part[0]
      ? { type: "device", device: part[0].id }
      : { type: "devices", devices: part.map((device) => device.id) },
  );
}

/** One click: what was signed for it is sent again as it is, so that a repetition stays the same action. */
export interface Click {
  /** Returns the key under which a part is asked for once. */
  key: (part: string) => string;
  /** What was signed, by part. */
  signed: Map<string, Schemas["SignedActions"]>;
}

export function newClick(): Click {
  const keys = new Map<string, string>();
  const key = (part: string) => {
    const known = keys.get(part) ?? crypto.randomUUID();
    keys.set(part, known);
    return known;
  };
  return { key, signed: new Map() };
}

/** Asks, in as many requests as it takes. */
export async function askFor(
  user: string,
  kind: string,
  target: Target,
  offline: Offline,
  click: Click,
): Promise<Schemas["Action"][]> {
  const asked: Schemas["Action"][] = [];
  for (const [part, body] of bodiesOf(target).entries()) {
    // The signing is loaded when it is needed: the first screen does without.
    const { askSigned } = await import("./ask-signed");
    asked.push(...(await askSigned(user, { kind, target: body, offline }, click, String(part))));
  }
  return asked;
}

/** Asks in the console's word. */
export async function askVouched(
  body: Schemas["NewAction"],
  click: Click,
  part: string,
): Promise<Schemas["Action"][]> {
  const params = { header: { "Idempotency-Key": click.key(part) } };
  return (await answered(api.POST("/api/v1/actions", { params, body }))).actions;
}
