// The texts by which a key becomes known, and ends (docs/protocol/proof.md).
import { base64url, hex, sha256, utf8 } from "./bytes";
import { canonical } from "./canonical";
import { jws, type Key } from "./key";

export interface Commitment {
  readonly jkt: string;
  readonly rz: string;
  readonly tenant: string;
  readonly level: "web" | "native";
}

/** Returns the nonce that stands for a key: what the provider puts into its token. */
export async function nonceOf({ jkt, rz, tenant, level }: Commitment): Promise<string> {
  return base64url(await sha256(utf8(canonical({ v: "1", alg: "ES256", jkt, rz, tenant, level }))));
}

export interface Binding {
  readonly rz: string;
  readonly tenant: string;
  readonly console: string;
  readonly idToken: string;
  readonly at: Date;
}

/** Writes that a key is the person's whom the token names. */
export async function bindingText(key: Key, binding: Binding): Promise<string> {
  const { rz, tenant, console, idToken, at } = binding;
  const tokens = [hex(await sha256(utf8(idToken)))];
  const payload = { v: "1", jwk: key.jwk, rz, tenant, console, level: "web", iat: at.toISOString(), tokens };
  return `${await jws(key, "tenon-binding+jws", canonical(payload))}~${idToken}`;
}

/** Writes that a key is to be believed no more. */
export async function retirementText(key: Key, tenant: string, at: Date): Promise<string> {
  return jws(key, "tenon-retirement+jws", canonical({ v: "1", jkt: key.jkt, tenant, iat: at.toISOString() }));
}
