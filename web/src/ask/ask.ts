// Asks for an action. What is asked twice under one key is asked once.
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

/** Asks, in as many requests as it takes; `keys` makes a repetition of a request harmless. */
export async function askFor(
  kind: string,
  target: Target,
  offline: Offline,
  keys: (part: number) => string,
): Promise<Schemas["Action"][]> {
  const asked: Schemas["Action"][] = [];
  for (const [part, body] of bodiesOf(target).entries()) {
    const params = { header: { "Idempotency-Key": keys(part) } };
    const answer = await answered(api.POST("/api/v1/actions", { params, body: { kind, target: body, offline } }));
    asked.push(...answer.actions);
  }
  return asked;
}
