// Asks with this browser's key: the console drafts, the page compares and signs.
import { answered, api } from "../api/client";
import type { Schemas } from "../api/client";
import { canSign } from "../sign/key";
import { keptKeys, keyFor, type Known } from "../sign/kept";
import { signDraft, type Asked } from "../sign/request";
import { askVouched, type Click } from "./ask";

/** Asks for an action; the sites that know no key of this browser are asked in the console's word. */
export async function askSigned(
  user: string,
  body: Schemas["NewAction"],
  click: Click,
  part: string,
): Promise<Schemas["Action"][]> {
  const kept = canSign() ? await keptKeys() : [];
  if (!kept.some((one) => one.kind === "known" && one.user === user)) return askVouched(body, click, part);
  const now = new Date();
  const { drafts } = await answered(api.POST("/api/v1/actions/draft", { body }));
  const found = drafts.map((draft) => [draft, keyFor(kept, user, draft.site, now)] as const);
  const signable = found.filter((pair): pair is [Schemas["Draft"], Known] => pair[1] !== undefined);
  if (signable.length === 0) return askVouched(body, click, part);
  const actions: Schemas["Action"][] = [];
  const signed = click.signed.get(part) ?? { requests: await Promise.all(signable.map(sign)) };
  click.signed.set(part, signed);
  const params = { header: { "Idempotency-Key": click.key(part) } };
  actions.push(...(await answered(api.POST("/api/v1/actions/signed", { params, body: signed }))).actions);
  const rest = found.filter(([, known]) => known === undefined).flatMap(([draft]) => devicesOf(draft));
  if (rest.length > 0) {
    const target: Schemas["NewTarget"] = { type: "devices", devices: rest };
    actions.push(...(await askVouched({ ...body, target }, click, `${part}, vouched`)));
  }
  return actions;

  function sign([draft, known]: readonly [Schemas["Draft"], Known]): Promise<string> {
    return signDraft(draft, known, askedOf(body), crypto.randomUUID(), now);
  }
}

/** The numbers of the kinds that this page signs: what a draft may ask a device to do. */
const TASK_TYPES: Readonly<Record<string, string>> = {
  "sync-machine-policy": "1",
  "sync-user-policy": "2",
  "app-evaluation": "3",
  probe: "1001",
};

function askedOf(body: Schemas["NewAction"]): Asked {
  const { target } = body;
  const taskType = TASK_TYPES[body.kind] ?? body.kind;
  const offline = body.offline === "fail" ? "fail" : "queue";
  if (target.type === "collection") return { taskType, offline, devices: undefined, collection: target.collection };
  const devices = new Set(target.type === "device" ? [target.device] : target.devices);
  return { taskType, offline, devices, collection: undefined };
}

function devicesOf(draft: Schemas["Draft"]): string[] {
  const { targets } = JSON.parse(draft.request) as { targets: { devices?: { device: string }[] } };
  return (targets.devices ?? []).map((one) => one.device);
}
