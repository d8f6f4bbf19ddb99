// What this page writes must be what the sites read: the vectors of docs/protocol, made by another program.
import { existsSync, readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { bindingText, nonceOf, retirementText } from "./binding";
import { fromBase64url, utf8 } from "./bytes";
import { canonical, type Signed } from "./canonical";
import { jws, keyOf, newKey, thumbprint, type Jwk, type Key } from "./key";
import { pairingText, readCode } from "./pairing";
import type { Known } from "./kept";
import { NotSigned } from "./refused";
import { signDraft, type Asked } from "./request";

const vectors = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../docs/protocol/vectors/${name}.json`, import.meta.url), "utf8"));

interface Vector {
  name: string;
  result: string;
  jwk: string;
  thumbprint: string;
  request: string;
}

test("a key has the thumbprint of the vectors", async () => {
  const good = (vectors("person-key").vectors as Vector[]).filter((vector) => vector.result === "valid");
  expect(good.length).toBeGreaterThan(0);
  for (const vector of good) {
    const jwk = JSON.parse(vector.jwk) as Jwk;
    expect(canonical(jwk)).toBe(vector.jwk);
    expect(await thumbprint(jwk)).toBe(vector.thumbprint);
  }
});

test("a request is written as in the vectors, byte for byte, up to the signature", async () => {
  const { key, vectors: all } = vectors("signed-request") as { key: string; vectors: Vector[] };
  const good = all.filter((vector) => vector.result === "valid");
  expect(good.length).toBeGreaterThan(0);
  // The vectors' secret is not here: what is signed is compared, with a key that signs anything.
  const { privateKey } = await newKey();
  const signer = await keyOf(privateKey, JSON.parse(key) as Jwk);
  for (const vector of good) {
    const [jwsText = ""] = vector.request.split("~");
    const signed = jwsText.slice(0, jwsText.lastIndexOf("."));
    const payload = new TextDecoder().decode(fromBase64url(signed.split(".")[1] ?? ""));
    const parsed = JSON.parse(payload) as Signed;
    expect(canonical(parsed)).toBe(payload);
    const written = await jws(signer, "tenon-request+jws", canonical(parsed));
    expect(written.slice(0, written.lastIndexOf("."))).toBe(signed);
  }
});

test("a signature is that of the key over what was written", async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const key = { privateKey: pair.privateKey, jwk: (await newKey()).jwk, jkt: "k" } satisfies Key;
  const text = await jws(key, "tenon-request+jws", "{}");
  const at = text.lastIndexOf(".");
  const [signed, signature] = [utf8(text.slice(0, at)), fromBase64url(text.slice(at + 1))];
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  expect(await crypto.subtle.verify(algorithm, pair.publicKey, signature, signed)).toBe(true);
});

test("strings and orders are those of the standard", () => {
  const value = { "\u20ac": "Euro", "\r": "Return", "1": "One", "\u{1f600}": "Emoji", "\ufb33": "Dalet", b: ["\u001f\"\\/é"] };
  expect(canonical(value)).toBe(
    '{"\\r":"Return","1":"One","b":["\\u001f\\"\\\\/é"],"€":"Euro","\u{1f600}":"Emoji","\ufb33":"Dalet"}',
  );
});

const bindings = new URL("../../../docs/protocol/vectors/key-binding.json", import.meta.url);

test.skipIf(!existsSync(bindings))("a binding and a commitment are written as in the vectors", async () => {
  const { key, nonce, commitment, binding, retirement } = vectors("key-binding");
  expect(await nonceOf(commitment)).toBe(nonce);
  const { privateKey } = await newKey();
  const signer = await keyOf(privateKey, JSON.parse(key) as Jwk);
  const at = new Date("2020-01-21T15:43:43.000Z");
  const { rz, tenant } = commitment as { rz: string; tenant: string };
  const console = "00000000-0000-0000-0000-000000000003";
  const written = await bindingText(signer, { rz, tenant, console, idToken: "aa.bb.cc", at });
  const head = (text: string) => text.split(".").slice(0, 2).join(".");
  expect(head(written)).toBe(head(binding as string));
  expect(written.endsWith("~aa.bb.cc")).toBe(true);
  expect(head(await retirementText(signer, tenant, at))).toBe(head(retirement as string));
});

test("a pairing is written and its answer read as in the vectors", async () => {
  const { code, request } = vectors("pairing") as { code: string; request: string };
  const [, payload = "", , mac] = request.split(".");
  const said = JSON.parse(new TextDecoder().decode(fromBase64url(payload))) as Record<string, string> & { jwk: Jwk };
  const { privateKey } = await newKey();
  const signer = await keyOf(privateKey, said.jwk);
  const place = { tenant: said["tenant"] ?? "", site: said["site"] ?? "", console: said["console"] ?? "", user: said["user"] ?? "" };
  const rc = Uint8Array.from((said["rc"] ?? "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const written = await pairingText(readCode(code), signer, place, new Date(said["iat"] ?? ""), rc);
  const parts = written.message.split(".");
  const mine = JSON.parse(new TextDecoder().decode(fromBase64url(parts[1] ?? ""))) as Record<string, string>;
  // The page pairs at web level, the vector at its own.
  expect({ ...mine, level: said["level"] }).toEqual(said);
  if (said["level"] === "web") expect(parts[3]).toBe(mac);
  expect(() => readCode(code.replace("TP1", "TJ1"))).toThrow("no pairing code");
  await expect(written.read("AA.AA")).rejects.toThrow("not made with this code");
});

test("a draft that differs from what was asked is not signed", async () => {
  const key = await newKey();
  const known: Known = {
    kind: "known",
    key,
    user: "u",
    tenant: "t",
    console: "c",
    sites: { s: "2999-01-01T00:00:00.000Z" },
  };
  const drafted = {
    sub: "u",
    tenant: "t",
    console: "c",
    site: "s",
    offline: "queue",
    params: { task_type: "1", task_param: "" },
    targets: { type: "devices", devices: [{ device: "d1", name: "kassa-1" }] },
  };
  const asked: Asked = { taskType: "1", offline: "queue", devices: new Set(["d1"]), collection: undefined };
  const sign = (request: object) =>
    signDraft(
      { site: "s", site_name: "Shop", request: JSON.stringify(request), site_nonce: "n" },
      known,
      asked,
      "id",
      new Date("2020-01-21T15:43:43.000Z"),
    );
  const signed = JSON.parse(new TextDecoder().decode(fromBase64url((await sign(drafted)).split(".")[1] ?? "")));
  expect(signed).toMatchObject({ iss: "tenon:site:s", jkt: key.jkt, id: "id", site_nonce: "n", idh: "" });
  for (const change of [
    { sub: "other" },
    { tenant: "other" },
    { console: "other" },
    { offline: "fail" },
    { params: { task_type: "15", task_param: "" } },
    { params: { task_type: "1", task_param: "rm" } },
    { targets: { type: "devices", devices: [{ device: "d2", name: "kassa-2" }] } },
    { targets: { type: "collection", collection: "SMS00001", at_most: "9" } },
  ]) {
    await expect(sign({ ...drafted, ...change }), JSON.stringify(change)).rejects.toThrow(NotSigned);
  }
});
