// A person's key in this browser: on P-256, made here, and never taken out of here.
import { base64url, sha256, utf8 } from "./bytes";
import { canonical } from "./canonical";

/** The public half, with exactly the members that are signed. */
export type Jwk = { readonly crv: "P-256"; readonly kty: "EC"; readonly x: string; readonly y: string };

export interface Key {
  readonly privateKey: CryptoKey;
  readonly jwk: Jwk;
  /** The thumbprint (RFC 7638). */
  readonly jkt: string;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;

/** Returns whether this browser can keep a key: it can on https, and on this machine. */
export function canSign(): boolean {
  return globalThis.crypto?.subtle !== undefined && globalThis.indexedDB !== undefined;
}

export async function newKey(): Promise<Key> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const { x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  if (x === undefined || y === undefined) throw new Error("the browser made a key without a point");
  return keyOf(pair.privateKey, { crv: "P-256", kty: "EC", x, y });
}

export async function keyOf(privateKey: CryptoKey, jwk: Jwk): Promise<Key> {
  return { privateKey, jwk, jkt: await thumbprint(jwk) };
}

export async function thumbprint(jwk: Jwk): Promise<string> {
  return base64url(await sha256(utf8(canonical(jwk))));
}

/** Signs bytes: r and s, as a JWS has them. */
export async function signBytes(key: Key, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, bytes);
  return base64url(new Uint8Array(signature));
}

/** Writes what a key says as a JWS in its compact form. */
export async function jws(key: Key, typ: string, payload: string): Promise<string> {
  const header = canonical({ alg: "ES256", kid: key.jkt, typ });
  const signed = `${base64url(utf8(header))}.${base64url(utf8(payload))}`;
  return `${signed}.${await signBytes(key, utf8(signed))}`;
}
