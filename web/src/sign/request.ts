// From the console's draft to a request that this browser's key has signed.
import type { Schemas } from "../api/client";
import { canonical, type Signed } from "./canonical";
import { jws } from "./key";
import type { Known } from "./kept";
import { NotSigned } from "./refused";

export interface Asked {
  readonly taskType: string;
  readonly offline: "queue" | "fail";
  /** The devices that were asked for; none where a collection was. */
  readonly devices: ReadonlySet<string> | undefined;
  readonly collection: string | undefined;
}

type Members = { readonly [name: string]: Signed };

/** How long a request may wait for its devices. */
const DELIVER_WITHIN_MS = 24 * 3600 * 1000;

/** Signs a draft as an action of its own id. */
export async function signDraft(
  draft: Schemas["Draft"],
  known: Known,
  asked: Asked,
  id: string,
  now: Date,
): Promise<string> {
  const drafted = JSON.parse(draft.request) as Members;
  check(drafted, known, asked);
  if (!draft.site_nonce) {
    throw new NotSigned(
      `The site ${draft.site_name} has not connected since it was attached: nothing can be signed for it yet.`,
      "Wait until its connector is there.",
    );
  }
  const deliverBy = new Date(now.getTime() + DELIVER_WITHIN_MS).toISOString();
  const request: Members = {
    ...drafted,
    id,
    iss: known.bound?.iss ?? `tenon:site:${draft.site}`,
    idh: known.bound?.idh ?? "",
    jkt: known.key.jkt,
    iat: now.toISOString(),
    exp: deliverBy,
    deliver_by: deliverBy,
    site_nonce: draft.site_nonce,
  };
  return jws(known.key, "tenon-request+jws", canonical(request));
}

function check(drafted: Members, known: Known, asked: Asked): void {
  const differs = (what: string) =>
    new NotSigned(
      `The console drafted something else than you asked for: ${what}.`,
      "Load the page again; if it stays, tell the console's operator, and ask from the command line.",
    );
  if (drafted["sub"] !== known.user || drafted["tenant"] !== known.tenant || drafted["console"] !== known.console) {
    throw differs("the person, the tenant or the console");
  }
  const params = drafted["params"] as Members;
  if (params["task_type"] !== asked.taskType || params["task_param"] !== "" || drafted["offline"] !== asked.offline) {
    throw differs("the action");
  }
  const targets = drafted["targets"] as Members;
  if (asked.devices) {
    const devices = (targets["devices"] ?? []) as readonly Members[];
    const same = targets["type"] === "devices" && devices.every((one) => asked.devices?.has(String(one["device"])));
    if (!same) throw differs("the devices");
  } else if (targets["type"] !== "collection" || targets["collection"] !== asked.collection) {
    throw differs("the collection");
  }
}
