// Pairing with a code of the site's owner, which the person types in (docs/protocol/proof.md): for accounts of the console.
import { base64url, fields, fromBase64url, hex, random, sha256, utf8 } from "./bytes";
import { canonical } from "./canonical";
import { signBytes, type Key } from "./key";
import { NotSigned } from "./refused";

/** What the person typed is no code, or the answer is not the site's. */
function notPaired(what: string): NotSigned {
  return new NotSigned(`This browser is not paired: ${what}.`, "Have the site's owner print a new code, and type it in whole.");
}

export interface Code {
  readonly id: string;
  readonly secret: Uint8Array<ArrayBuffer>;
  readonly fingerprint: string;
}

export interface Place {
  readonly tenant: string;
  readonly site: string;
  readonly console: string;
  readonly user: string;
}

/** Reads a code: `TP1.id.secret.fingerprint`. */
export function readCode(text: string): Code {
  const [kind, id, secret, fingerprint, ...more] = text.trim().split(".");
  const whole = kind === "TP1" && more.length === 0 && /^[a-z0-9]{1,32}$/.test(id ?? "");
  if (!whole || id === undefined || secret?.length !== 22 || fingerprint?.length !== 22) {
    throw notPaired("this is no pairing code");
  }
  return { id, secret: fromBase64url(secret), fingerprint };
}

/** Writes the message T, and returns how its answer is read. */
export async function pairingText(
  code: Code,
  key: Key,
  place: Place,
  at: Date,
  rc: Uint8Array<ArrayBuffer> = random(32),
): Promise<{ message: string; read: (answer: string) => Promise<string> }> {
  const payload = utf8(
    canonical({
      v: "1",
      pid: code.id,
      tenant: place.tenant,
      site: place.site,
      console: place.console,
      user: place.user,
      level: "web",
      jwk: key.jwk,
      rc: hex(rc),
      iat: at.toISOString(),
    }),
  );
  const signature = await signBytes(key, fields(utf8("tenon/pair/1"), payload));
  const mac = await crypto.subtle.sign("HMAC", await macKey(code, "tenon-pair-1 c"), payload);
  const message = [code.id, base64url(payload), signature, base64url(new Uint8Array(mac))].join(".");
  return { message, read: (answer) => readAnswer(answer, code, key, payload) };
}

/** Reads the answer T2; returns until when the key signs. */
async function readAnswer(
  text: string,
  code: Code,
  key: Key,
  asked: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const [payload, mac] = text.split(".");
  if (payload === undefined || mac === undefined) throw notPaired("the site's answer cannot be read");
  const bytes = fromBase64url(payload);
  const made = await crypto.subtle.verify("HMAC", await macKey(code, "tenon-pair-1 s"), fromBase64url(mac), bytes);
  if (!made) throw notPaired("the answer was not made with this code");
  const said = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, string>;
  if (said["jkt"] !== key.jkt || said["request"] !== hex(await sha256(asked))) {
    throw notPaired("the answer is to another request");
  }
  const root = (await sha256(fromBase64url(said["root"] ?? ""))).slice(0, 16);
  if (base64url(root) !== code.fingerprint) throw notPaired("the answer comes from another site");
  return said["expires"] ?? "";
}

async function macKey(code: Code, info: string): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", code.secret, "HKDF", false, ["deriveKey"]);
  const salt = utf8(code.id);
  const derived = { name: "HKDF", hash: "SHA-256", salt, info: utf8(info) };
  return crypto.subtle.deriveKey(derived, secret, { name: "HMAC", hash: "SHA-256", length: 256 }, false, [
    "sign",
    "verify",
  ]);
}
