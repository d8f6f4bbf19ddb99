// A key for each sign-in: made before the browser goes to the provider, bound when it is back, ended at the way out.
import { answered, api, type Schemas } from "../api/client";
import { bindingText, nonceOf, retirementText } from "./binding";
import { base64url, hex, random, sha256, utf8 } from "./bytes";
import { canSign, newKey } from "./key";
import { forget, keep, keptKeys, type Known } from "./kept";

/** Makes a key and returns the address of the provider with the commitment to it. */
export async function prepared(openid: Schemas["OpenIdMethod"], address: string): Promise<string> {
  if (!canSign()) return address;
  const key = await newKey();
  const rz = base64url(random(32));
  const { tenant, console } = openid;
  await keep({ kind: "pending", key, rz, tenant, console });
  const nonce = await nonceOf({ jkt: key.jkt, rz, tenant, level: "web" });
  return `${address}${address.includes("?") ? "&" : "?"}nonce=${nonce}`;
}

/** Binds the key that was made before the sign-in; what began and did not end is forgotten. */
export async function bindPending(me: Schemas["Me"]): Promise<void> {
  if (!canSign()) return;
  const pending = (await keptKeys()).filter((one) => one.kind === "pending");
  if (pending.length === 0) return;
  const token = await answered(api.POST("/api/v1/sessions/current/id-token")).catch(() => undefined);
  for (const { key, rz, tenant, console } of pending) {
    await forget(key.jkt);
    if (!token || tenant !== me.tenant) continue;
    const nonce = await nonceOf({ jkt: key.jkt, rz, tenant, level: "web" });
    if (claimed(token.id_token)["nonce"] !== nonce) continue;
    const binding = await bindingText(key, { rz, tenant, console, idToken: token.id_token, at: new Date() });
    const sites = await answered(api.POST("/api/v1/keys", { body: { binding } }));
    const idh = hex(await sha256(utf8(token.id_token)));
    const bound = sites.flatMap(({ site, bound }) => (bound ? [[site, bound.until] as const] : []));
    if (bound.length === 0) continue;
    const known: Known = {
      kind: "known",
      key,
      user: me.id,
      tenant,
      console,
      bound: { iss: token.issuer, idh },
      sites: Object.fromEntries(bound),
    };
    await keep(known);
  }
}

/** Ends the keys of a session: the sites believe them no more, and this browser forgets them. Paired keys stay. */
export async function retireKeys(): Promise<void> {
  if (!canSign()) return;
  for (const kept of await keptKeys()) {
    if (kept.kind === "known" && !kept.bound) continue;
    await forget(kept.key.jkt);
    if (kept.kind === "pending") continue;
    const retirement = await retirementText(kept.key, kept.tenant, new Date());
    // The key is gone from here in any case, and ends by itself.
    await api.POST("/api/v1/keys/retire", { body: { retirement } }).catch(() => undefined);
  }
}

/** Returns what a token says. It is the sites that verify it. */
function claimed(token: string): Record<string, unknown> {
  const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  try {
    return JSON.parse(atob(payload)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
