"""A second verifier of what people sign: written from docs/protocol/proof.md, with PyPI `cryptography`.

    python3 proof_vectors.py check FOLDER     verifies every vector in the folder, and says where it disagrees
    python3 proof_vectors.py verify JWK       reads one signed request from standard input and prints what was signed
    python3 proof_vectors.py make FOLDER      writes the vectors anew
"""

import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import re
import struct
import sys
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DAY = datetime.timedelta(days=1)
WEEK_SECONDS = 7 * 24 * 3600
MOST_DEVICES, LONGEST_NAME, LONGEST_PARAM, LONGEST_TOKEN = 1000, 255, 4096, 32 << 10


class Refused(Exception):
    """Refused for the reason that the vectors name."""


def need(holds, why):
    if not holds:
        raise Refused(why)


# Texts and bytes: one spelling each.


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text, why, length=None):
    need(re.fullmatch(r"[A-Za-z0-9_-]*", text) is not None and len(text) % 4 != 1, why)
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    need(b64(data) == text and (length is None or len(data) == length), why)
    return data


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_canonical(data, why):
    try:
        value = json.loads(data.decode())
    except ValueError as error:
        raise Refused(why) from error
    need(canonical(value) == data, why)
    return value


def fields(what, *rest):
    parts = [what.encode(), *rest]
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def members(value, names, why):
    need(isinstance(value, dict) and set(value) == set(names.split()), why)
    return value


def is_uuid(text):
    pattern = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    return isinstance(text, str) and re.fullmatch(pattern, text) is not None


def moment(text, why):
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    need(isinstance(text, str) and re.fullmatch(pattern, text) is not None, why)
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError as error:
        raise Refused(why) from error


def number(text, why, low=0, high=2**64 - 1):
    need(isinstance(text, str) and re.fullmatch(r"0|[1-9]\d*", text) is not None, why)
    need(low <= int(text) <= high, why)
    return int(text)


# Keys of people.


def read_jwk(jwk, why):
    members(jwk, "crv kty x y", why)
    need(jwk["crv"] == "P-256" and jwk["kty"] == "EC", why)
    point = b"\x04" + unb64(jwk["x"], why, 32) + unb64(jwk["y"], why, 32)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise Refused(why) from error


def thumbprint(jwk):
    return b64(hashlib.sha256(canonical(jwk)).digest())


def verify_es256(jwk, data, signature, why):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        read_jwk(jwk, why).verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError) as error:
        raise Refused(why) from error


# Signed requests.


def check_targets(targets, why):
    need(isinstance(targets, dict), why)
    if targets.get("type") == "devices":
        devices = members(targets, "devices type", why)["devices"]
        need(isinstance(devices, list) and 1 <= len(devices) <= MOST_DEVICES, why)
        for device in devices:
            members(device, "device name", why)
            need(is_uuid(device["device"]) and isinstance(device["name"], str), why)
            need(len(device["name"].encode()) <= LONGEST_NAME, why)
        ids = [device["device"] for device in devices]
        need(ids == sorted(set(ids)), why)
        return
    members(targets, "at_most collection type version", why)
    need(targets["type"] == "collection", why)
    need(1 <= len(targets["collection"].encode()) <= LONGEST_NAME, why)
    number(targets["at_most"], why, low=1)
    number(targets["version"], why, low=1)


def check_request(request, why):
    names = (
        "console deliver_by exp finish_within iat id idh iss jkt kind offline params site site_nonce sub targets tenant v"
    )
    members(request, names, why)
    need(request["v"] == "1" and request["kind"] == "device-action", why)
    need(all(is_uuid(request[name]) for name in ["console", "id", "site", "sub", "tenant"]), why)
    by_token = request["iss"].startswith("https://") and re.fullmatch(r"[0-9a-f]{64}", request["idh"])
    paired = request["iss"] == f"tenon:site:{request['site']}" and request["idh"] == ""
    need(len(request["iss"].encode()) <= 512 and (by_token or paired), why)
    unb64(request["jkt"], why, 32)
    unb64(request["site_nonce"], why, 40)
    params = members(request["params"], "task_param task_type", why)
    number(params["task_type"], why, high=2**32 - 1)
    param = params["task_param"]
    need(isinstance(param, str) and len(param.encode()) <= LONGEST_PARAM, why)
    need(not any(ord(c) < 32 or 0x7F <= ord(c) <= 0x9F for c in param), why)
    check_targets(request["targets"], why)
    iat = moment(request["iat"], why)
    for name in ["exp", "deliver_by"]:
        need(iat < moment(request[name], why) <= iat + DAY, why)
    number(request["finish_within"], why, 1, WEEK_SECONDS)
    need(request["offline"] in ("queue", "fail"), why)


def verify_request(text, jwk):
    jws, *tokens = text.split("~")
    well_formed = all(re.fullmatch(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", token) for token in tokens)
    need(len(tokens) <= 2 and well_formed and all(len(token) <= LONGEST_TOKEN for token in tokens), "tokens")
    parts = jws.split(".")
    need(len(parts) == 3, "shape")
    header = read_canonical(unb64(parts[0], "shape"), "header")
    members(header, "alg kid typ", "header")
    unb64(header["kid"], "header", 32)
    need(header["alg"] == "ES256", "algorithm")
    need(header["typ"] == "tenon-request+jws", "type")
    payload, signature = unb64(parts[1], "shape"), unb64(parts[2], "shape", 64)
    need(header["kid"] == thumbprint(jwk), "signature")
    verify_es256(jwk, f"{parts[0]}.{parts[1]}".encode(), signature, "signature")
    request = read_canonical(payload, "payload")
    check_request(request, "payload")
    need(request["jkt"] == header["kid"], "other key")
    return request


# What a second person says of a request.


def verify_approval(text, jwk):
    need(len(text.encode()) <= 4 << 10, "size")
    parts = text.split(".")
    need(len(parts) == 3, "shape")
    header = read_canonical(unb64(parts[0], "shape"), "header")
    members(header, "alg kid typ", "header")
    unb64(header["kid"], "header", 32)
    need(header["alg"] == "ES256", "algorithm")
    need(header["typ"] == "tenon-approval+jws", "type")
    payload, signature = unb64(parts[1], "shape"), unb64(parts[2], "shape", 64)
    need(header["kid"] == thumbprint(jwk), "signature")
    verify_es256(jwk, f"{parts[0]}.{parts[1]}".encode(), signature, "signature")
    approval = read_canonical(payload, "payload")
    members(approval, "approves console iat id jkt says site site_nonce sub tenant v", "payload")
    need(approval["v"] == "1" and approval["says"] in ("approve", "refuse"), "payload")
    need(all(is_uuid(approval[name]) for name in ["console", "id", "site", "sub", "tenant"]), "payload")
    need(re.fullmatch(r"[0-9a-f]{64}", approval["approves"]) is not None, "payload")
    need(isinstance(approval["site_nonce"], str), "payload")
    unb64(approval["jkt"], "payload", 32)
    moment(approval["iat"], "payload")
    need(approval["jkt"] == header["kid"], "other key")
    return approval


# The site's nonce.


def nonce_mac(key, site, time):
    return hmac.digest(key, fields("tenon/nonce/1", uuid.UUID(site).bytes, time), "sha256")


def verify_nonce(text, key, site):
    data = unb64(text, "form", 40)
    need(hmac.compare_digest(nonce_mac(key, site, data[:8]), data[8:]), "mac")
    return struct.unpack(">q", data[:8])[0]


# Pairing.


def read_code(text):
    parts = text.split(".")
    need(len(parts) == 4 and parts[0] == "TP1", "form")
    need(re.fullmatch(r"[a-z0-9]{1,32}", parts[1]) is not None, "form")
    return parts[1], unb64(parts[2], "form", 16), unb64(parts[3], "form", 16)


def pairing_keys(pid, secret):
    def key(info):
        return HKDF(hashes.SHA256(), 32, salt=pid.encode(), info=info).derive(secret)

    return key(b"tenon-pair-1 c"), key(b"tenon-pair-1 s")


def verify_pairing_request(text, code):
    pid, secret, _ = read_code(code)
    parts = text.split(".")
    need(len(parts) == 4 and re.fullmatch(r"[a-z0-9]{1,32}", parts[0]) is not None, "shape")
    payload, signature, mac = unb64(parts[1], "shape"), unb64(parts[2], "shape", 64), unb64(parts[3], "shape")
    need(hmac.compare_digest(hmac.digest(pairing_keys(pid, secret)[0], payload, "sha256"), mac), "mac")
    request = read_canonical(payload, "content")
    members(request, "console iat jwk level pid rc site tenant user v", "content")
    need(request["v"] == "1" and request["pid"] == parts[0], "content")
    need(all(is_uuid(request[name]) for name in ["console", "site", "tenant", "user"]), "content")
    need(request["level"] in ("web", "native"), "content")
    need(re.fullmatch(r"[0-9a-f]{64}", request["rc"]) is not None, "content")
    moment(request["iat"], "content")
    read_jwk(request["jwk"], "content")
    verify_es256(request["jwk"], fields("tenon/pair/1", payload), signature, "signature")
    return request


def verify_pairing_answer(text, code, request):
    pid, secret, fingerprint = read_code(code)
    parts = text.split(".")
    need(len(parts) == 2, "shape")
    payload, mac = unb64(parts[0], "shape"), unb64(parts[1], "shape")
    need(hmac.compare_digest(hmac.digest(pairing_keys(pid, secret)[1], payload, "sha256"), mac), "mac")
    answer = read_canonical(payload, "content")
    members(answer, "expires jkt request root rs v", "content")
    need(answer["v"] == "1" and re.fullmatch(r"[0-9a-f]{64}", answer["rs"]) is not None, "content")
    moment(answer["expires"], "content")
    need(answer["request"] == hashlib.sha256(canonical(request)).hexdigest(), "other request")
    need(answer["jkt"] == thumbprint(request["jwk"]), "other request")
    root = unb64(answer["root"], "content", 32)
    need(hashlib.sha256(root).digest()[:16] == fingerprint, "other site")
    return answer


# The vectors.


def outcome(verify, *arguments):
    try:
        verify(*arguments)
    except Refused as why:
        return str(why)
    return "valid"


def check(folder):
    def load(name):
        return json.loads((folder / f"{name}.json").read_text())

    found, wrong = 0, []

    def judge(name, vector, told):
        nonlocal found
        found += 1
        if told != vector["result"]:
            wrong.append(f"{name}, {vector['name']}: {told}, and not {vector['result']}")

    keys = load("person-key")
    for vector in keys["vectors"]:
        told = outcome(lambda jwk: read_jwk(read_canonical(jwk.encode(), "not a key"), "not a key"), vector["jwk"])
        if told == "valid" and thumbprint(json.loads(vector["jwk"])) != vector["thumbprint"]:
            told = "another thumbprint"
        judge("person-key", vector, told)
    requests = load("signed-request")
    for vector in requests["vectors"]:
        judge("signed-request", vector, outcome(verify_request, vector["request"], json.loads(requests["key"])))
    approvals = load("approval")
    for vector in approvals["vectors"]:
        judge("approval", vector, outcome(verify_approval, vector["text"], json.loads(approvals["key"])))
    nonces = load("site-nonce")
    for vector in nonces["vectors"]:
        told = outcome(verify_nonce, vector["nonce"], bytes.fromhex(nonces["key"]), nonces["site"])
        judge("site-nonce", vector, told)
    pairing = load("pairing")
    for vector in pairing["codes"]:
        judge("pairing codes", vector, outcome(read_code, vector["code"]))
    for vector in pairing["requests"]:
        judge("pairing requests", vector, outcome(verify_pairing_request, vector["text"], pairing["code"]))
    request = verify_pairing_request(pairing["request"], pairing["code"])
    for vector in pairing["answers"]:
        told = outcome(verify_pairing_answer, vector["text"], pairing["code"], request)
        judge("pairing answers", vector, told)
    print("\n".join(wrong) if wrong else f"{found} vectors agree")
    return 1 if wrong else 0


# Making them. Signatures differ each time; everything else does not.


def private(secret):
    return ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())


def jwk_of(key):
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {"crv": "P-256", "kty": "EC", "x": b64(point[1:33]), "y": b64(point[33:])}


def sign_es256(key, data):
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def an_id(last):
    return f"00000000-0000-0000-0000-{last:012x}"


def make_keys():
    good = jwk_of(private(bytes([7] * 32)))
    other = jwk_of(private(bytes([8] * 32)))
    text = canonical(good).decode()
    vectors = [{"name": "a key", "jwk": text, "thumbprint": thumbprint(good), "result": "valid"}]
    for name, bad in [
        ("another curve", canonical({**good, "crv": "P-384"}).decode()),
        ("another type", canonical({**good, "kty": "OKP"}).decode()),
        ("a private member", canonical({**good, "d": b64(bytes([7] * 32))}).decode()),
        ("no point of the curve", canonical({**good, "y": other["y"]}).decode()),
        ("a short coordinate", canonical({**good, "x": b64(bytes(31))}).decode()),
        ("another order", json.dumps({"kty": "EC", **{k: good[k] for k in ("crv", "x", "y")}}, separators=(",", ":"))),
        ("padding", text.replace('","y"', '=","y"')),
    ]:
        vectors.append({"name": name, "jwk": bad, "result": "not a key"})
    return {"vectors": vectors}


def make_requests():
    key, stranger = private(bytes([7] * 32)), private(bytes([8] * 32))
    jkt = thumbprint(jwk_of(key))
    nonce = b64(struct.pack(">q", 1579621380000) + bytes([5] * 32))
    good = {
        "v": "1", "id": an_id(1), "iss": f"tenon:site:{an_id(5)}", "sub": an_id(2), "idh": "", "jkt": jkt,
        "tenant": an_id(4), "site": an_id(5), "console": an_id(3), "kind": "device-action",
        "params": {"task_type": "1", "task_param": ""},
        "targets": {"type": "devices", "devices": [{"device": an_id(6), "name": "shop-1"}]},
        "iat": "2020-01-21T15:43:43.000Z", "exp": "2020-01-21T16:43:43.000Z",
        "deliver_by": "2020-01-22T15:43:43.000Z", "finish_within": "3600", "offline": "queue", "site_nonce": nonce,
    }  # fmt: skip
    head = {"alg": "ES256", "kid": jkt, "typ": "tenon-request+jws"}

    def jws(payload=None, header=None, by=key):
        header = canonical(head) if header is None else header
        payload = canonical(good) if payload is None else payload
        signed = f"{b64(header)}.{b64(payload)}"
        return f"{signed}.{b64(sign_es256(by, signed.encode()))}"

    def says(**changes):
        return jws(canonical({**good, **changes}))

    collection = {"type": "collection", "collection": "SMS00001", "at_most": "100000", "version": "3"}
    two = [{"device": an_id(7), "name": "b"}, {"device": an_id(6), "name": "a"}]
    whole = jws()
    h, p, s = whole.split(".")
    flipped = b64(bytes([unb64(s, "")[0] ^ 1]) + unb64(s, "")[1:])
    der = b64(key.sign(f"{h}.{p}".encode(), ec.ECDSA(hashes.SHA256())))
    spaced = canonical(good).replace(b'","', b'", "', 1)
    doubled = canonical(good).replace(b'"v":"1"', b'"v":"1","v":"1"')
    token = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"
    vectors = [
        ("a request", whole, "valid"),
        ("a collection", says(targets=collection), "valid"),
        ("a name with quotes, a backslash and a line feed",
         says(targets={"type": "devices", "devices": [{"device": an_id(6), "name": 'a"b\\c\nd\u2028é'}]}), "valid"),
        ("a key that a provider binds", says(iss="https://login.example/t", idh="ab" * 32) + f"~{token}", "valid"),
        ("two tokens", says(iss="https://login.example/t", idh="ab" * 32) + f"~{token}~{token}", "valid"),
        ("three tokens", f"{whole}~{token}~{token}~{token}", "tokens"),
        ("a token that is none", f"{whole}~token", "tokens"),
        ("an empty token", f"{whole}~", "tokens"),
        ("no signature", f"{h}.{p}", "shape"),
        ("an empty signature", f"{h}.{p}.", "shape"),
        ("four parts", f"{whole}.{s}", "shape"),
        ("padding", f"{h}.{p}.{s}==", "shape"),
        ("a signature in DER", f"{h}.{p}.{der}", "shape"),
        ("a signature that was changed", f"{h}.{p}.{flipped}", "signature"),
        ("a signature of zeros", f"{h}.{p}.{b64(bytes(64))}", "signature"),
        ("another payload under the signature", f"{h}.{says(sub=an_id(9)).split('.')[1]}.{s}", "signature"),
        ("signed by another key", jws(by=stranger), "signature"),
        ("another key, which it names",
         jws(header=canonical({**head, "kid": thumbprint(jwk_of(stranger))}), by=stranger), "signature"),
        ("alg none", jws(header=canonical({**head, "alg": "none"})), "algorithm"),
        ("alg HS256", jws(header=canonical({**head, "alg": "HS256"})), "algorithm"),
        ("alg ES384", jws(header=canonical({**head, "alg": "ES384"})), "algorithm"),
        ("another type", jws(header=canonical({**head, "typ": "JWT"})), "type"),
        ("no type", jws(header=canonical({"alg": "ES256", "kid": jkt})), "header"),
        ("no key", jws(header=canonical({"alg": "ES256", "typ": "tenon-request+jws"})), "header"),
        ("crit", jws(header=canonical({**head, "crit": ["b64"]})), "header"),
        ("jku", jws(header=canonical({**head, "jku": "https://example.com/keys"})), "header"),
        ("jwk", jws(header=canonical({**head, "jwk": jwk_of(stranger)})), "header"),
        ("x5u", jws(header=canonical({**head, "x5u": "https://example.com/cert"})), "header"),
        ("an unknown member of the header", jws(header=canonical({**head, "cty": "json"})), "header"),
        ("a header in another order",
         jws(header=json.dumps({"typ": head["typ"], "alg": "ES256", "kid": jkt}, separators=(",", ":")).encode()),
         "header"),
        ("a header with a space", jws(header=canonical(head).replace(b":", b": ", 1)), "header"),
        ("a payload with a space", jws(spaced), "payload"),
        ("a member twice", jws(doubled), "payload"),
        ("an unknown member", says(w=""), "payload"),
        ("a member that is missing", jws(canonical({k: v for k, v in good.items() if k != "idh"})), "payload"),
        ("a number for an integer", says(v=1), "payload"),
        ("a leading zero", says(finish_within="03600"), "payload"),
        ("an escape that need not be",
         jws(canonical(good).replace(b"shop-1", b"shop\\u002d1")), "payload"),
        ("a time without milliseconds", says(iat="2020-01-21T15:43:43Z"), "payload"),
        ("an id in capitals", says(id=an_id(10).upper()), "payload"),
        ("another version", says(v="2"), "payload"),
        ("another kind", says(kind="policy"), "payload"),
        ("more than a day", says(exp="2020-01-22T15:43:43.001Z"), "payload"),
        ("no time", says(exp=good["iat"]), "payload"),
        ("no finish", says(finish_within="0"), "payload"),
        ("an issuer without a token", says(iss="https://login.example/t"), "payload"),
        ("a token's hash at a paired key", says(idh="ab" * 32), "payload"),
        ("paired at another site", says(iss=f"tenon:site:{an_id(9)}"), "payload"),
        ("a console that vouches", says(iss=f"tenon:console:{an_id(3)}"), "payload"),
        ("no nonce", says(site_nonce=""), "payload"),
        ("another key in the payload", says(jkt=thumbprint(jwk_of(stranger))), "other key"),
        ("no key in the payload", says(jkt=""), "payload"),
        ("no target", says(targets={"type": "devices", "devices": []}), "payload"),
        ("targets out of order", says(targets={"type": "devices", "devices": two}), "payload"),
        ("a target twice", says(targets={"type": "devices", "devices": [two[0], two[0]]}), "payload"),
        ("a collection without a version", says(targets={**collection, "version": "0"}), "payload"),
        ("a collection of none", says(targets={**collection, "at_most": "0"}), "payload"),
        ("a parameter with a control character", says(params={"task_type": "1", "task_param": "\x1b[2J"}), "payload"),
        ("a parameter that is too long", says(params={"task_type": "1", "task_param": "x" * 4097}), "payload"),
    ]
    return {
        "key": canonical(jwk_of(key)).decode(),
        "vectors": [{"name": n, "request": r, "result": result} for n, r, result in vectors],
    }


def make_approvals():
    key, stranger = private(bytes([7] * 32)), private(bytes([8] * 32))
    jkt = thumbprint(jwk_of(key))
    good = {
        "v": "1", "approves": "ab" * 32, "id": an_id(1), "says": "approve", "sub": an_id(2), "jkt": jkt,
        "tenant": an_id(4), "site": an_id(5), "console": an_id(3), "iat": "2020-01-21T15:43:43.000Z",
        "site_nonce": b64(struct.pack(">q", 1579621380000) + bytes([5] * 32)),
    }  # fmt: skip
    head = {"alg": "ES256", "kid": jkt, "typ": "tenon-approval+jws"}

    def jws(payload=None, header=None, by=key):
        header = canonical(head) if header is None else header
        payload = canonical(good) if payload is None else payload
        signed = f"{b64(header)}.{b64(payload)}"
        return f"{signed}.{b64(sign_es256(by, signed.encode()))}"

    def says(**changes):
        return jws(canonical({**good, **changes}))

    whole = jws()
    h, p, s = whole.split(".")
    refused = says(says="refuse")
    vectors = [
        ("an approval", whole, "valid"),
        ("a refusal", refused, "valid"),
        ("another request under the signature", f"{h}.{says(approves='cd' * 32).split('.')[1]}.{s}", "signature"),
        ("a refusal that was turned round", f"{h}.{p}.{refused.split('.')[2]}", "signature"),
        ("signed by another key", jws(by=stranger), "signature"),
        ("another key, which it names",
         jws(header=canonical({**head, "kid": thumbprint(jwk_of(stranger))}), by=stranger), "signature"),
        ("another key in the payload", says(jkt=thumbprint(jwk_of(stranger))), "other key"),
        ("a request's type", jws(header=canonical({**head, "typ": "tenon-request+jws"})), "type"),
        ("alg none", jws(header=canonical({**head, "alg": "none"})), "algorithm"),
        ("crit", jws(header=canonical({**head, "crit": ["b64"]})), "header"),
        ("no signature", f"{h}.{p}", "shape"),
        ("padding", f"{h}.{p}.{s}==", "shape"),
        ("a token behind it", f"{whole}~{whole}", "shape"),
        ("another version", says(v="2"), "payload"),
        ("another word", says(says="perhaps"), "payload"),
        ("a hash in capitals", says(approves="AB" * 32), "payload"),
        ("an unknown member", says(w=""), "payload"),
        ("a member that is missing", jws(canonical({k: v for k, v in good.items() if k != "says"})), "payload"),
        ("a payload with a space", jws(canonical(good).replace(b'","', b'", "', 1)), "payload"),
        ("more than there is room for", says(site_nonce="A" * 4096), "size"),
    ]
    return {
        "key": canonical(jwk_of(key)).decode(),
        "vectors": [{"name": n, "text": t, "result": result} for n, t, result in vectors],
    }


def make_nonces():
    key, site = bytes([9] * 32), an_id(5)
    time = struct.pack(">q", 1579621380000)
    good = time + nonce_mac(key, site, time)
    other_site = time + nonce_mac(key, an_id(6), time)
    vectors = [
        ("a nonce", b64(good), "valid"),
        ("another time", b64(struct.pack(">q", 1579621380001) + good[8:]), "mac"),
        ("of another site", b64(other_site), "mac"),
        ("under another key", b64(time + nonce_mac(bytes([8] * 32), site, time)), "mac"),
        ("cut short", b64(good[:39]), "form"),
        ("too long", b64(good + b"\0"), "form"),
        ("padding", b64(good) + "==", "form"),
        ("nothing", "", "form"),
    ]
    vectors = [{"name": n, "nonce": nonce, "result": result} for n, nonce, result in vectors]
    vectors[0]["time"] = "2020-01-21T15:43:00.000Z"
    return {"key": key.hex(), "site": site, "vectors": vectors}


def make_pairing():
    root = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)).public_key()
    root = root.public_bytes(Encoding.Raw, PublicFormat.Raw)
    fingerprint = hashlib.sha256(root).digest()[:16]
    secret, pid = bytes([5] * 16), "p3"
    code = f"TP1.{pid}.{b64(secret)}.{b64(fingerprint)}"
    codes = [
        ("a code", code, "valid"),
        ("a join token", code.replace("TP1", "TJ1"), "form"),
        ("cut short", code[:-1], "form"),
        ("without its last part", code.rsplit(".", 1)[0], "form"),
        ("a fifth part", f"{code}.x", "form"),
        ("an id in capitals", code.replace(".p3.", ".P3."), "form"),
        ("no id", code.replace(".p3.", ".."), "form"),
        ("a short secret", f"TP1.{pid}.{b64(secret[:15])}.{b64(fingerprint)}", "form"),
    ]
    key, stranger = private(bytes([7] * 32)), private(bytes([8] * 32))
    to_site, to_person = pairing_keys(pid, secret)
    good = {
        "v": "1", "pid": pid, "tenant": an_id(4), "site": an_id(5), "console": an_id(3), "user": an_id(2),
        "level": "native", "jwk": jwk_of(key), "rc": "11" * 32, "iat": "2020-01-21T15:43:43.000Z",
    }  # fmt: skip

    def message(value, by=key, mac=to_site, at=pid):
        payload = value if isinstance(value, bytes) else canonical(value)
        signature = sign_es256(by, fields("tenon/pair/1", payload))
        return f"{at}.{b64(payload)}.{b64(signature)}.{b64(hmac.digest(mac, payload, 'sha256'))}"

    whole = message(good)
    i, t, s, m = whole.split(".")
    other_t = message({**good, "user": an_id(9)}).split(".")[1]
    bare = sign_es256(key, canonical(good))
    requests = [
        ("a request", whole, "valid"),
        ("at web level", message({**good, "level": "web"}), "valid"),
        ("another key in its place, without the code", message({**good, "jwk": jwk_of(stranger)}, stranger, bytes(32)),
         "mac"),
        ("another person under the MAC", f"{i}.{other_t}.{s}.{m}", "mac"),
        ("with the key of the other direction", message(good, mac=to_person), "mac"),
        ("a MAC that was cut short", f"{i}.{t}.{s}.{b64(unb64(m, '')[:31])}", "mac"),
        ("no MAC", f"{i}.{t}.{s}.", "mac"),
        ("three parts", f"{i}.{t}.{s}", "shape"),
        ("an id in capitals", f"P3.{t}.{s}.{m}", "shape"),
        ("for another code", message({**good, "pid": "p4"}), "content"),
        ("another version", message({**good, "v": "2"}), "content"),
        ("an unknown level", message({**good, "level": "root"}), "content"),
        ("an unknown member", message({**good, "x": ""}), "content"),
        ("another spelling", message(canonical(good).replace(b'","', b'", "', 1)), "content"),
        ("a key that is none", message({**good, "jwk": {**jwk_of(key), "y": jwk_of(stranger)["y"]}}), "content"),
        ("signed by another key", message(good, by=stranger), "signature"),
        ("signed without saying what for", f"{i}.{t}.{b64(bare)}.{m}", "signature"),
    ]
    answer = {
        "v": "1", "request": hashlib.sha256(canonical(good)).hexdigest(), "root": b64(root),
        "jkt": thumbprint(jwk_of(key)), "rs": "22" * 32, "expires": "2020-04-20T15:43:43.000Z",
    }  # fmt: skip

    def answered(value, mac=to_person):
        payload = value if isinstance(value, bytes) else canonical(value)
        return f"{b64(payload)}.{b64(hmac.digest(mac, payload, 'sha256'))}"

    whole_answer = answered(answer)
    other_root = b64(bytes([3] * 32))
    answers = [
        ("an answer", whole_answer, "valid"),
        ("with the key of the other direction", answered(answer, to_site), "mac"),
        ("another site without the code", answered({**answer, "root": other_root}, bytes(32)), "mac"),
        ("another site with the code", answered({**answer, "root": other_root}), "other site"),
        ("to another request", answered({**answer, "request": "33" * 32}), "other request"),
        ("about another key", answered({**answer, "jkt": thumbprint(jwk_of(stranger))}), "other request"),
        ("another version", answered({**answer, "v": "2"}), "content"),
        ("another spelling", answered(canonical(answer).replace(b'","', b'", "', 1)), "content"),
        ("one part", whole_answer.split(".")[0], "shape"),
    ]
    return {
        "code": code, "root": b64(root), "request": whole,
        "codes": [{"name": n, "code": c, "result": result} for n, c, result in codes],
        "requests": [{"name": n, "text": r, "result": result} for n, r, result in requests],
        "answers": [{"name": n, "text": a, "result": result} for n, a, result in answers],
    }  # fmt: skip


def make(folder):
    for name, made in [
        ("person-key", make_keys()),
        ("signed-request", make_requests()),
        ("approval", make_approvals()),
        ("site-nonce", make_nonces()),
        ("pairing", make_pairing()),
    ]:
        (folder / f"{name}.json").write_text(json.dumps(made, indent=1, ensure_ascii=True) + "\n")


def main(arguments):
    match arguments:
        case ["check", folder]:
            return check(pathlib.Path(folder))
        case ["make", folder]:
            make(pathlib.Path(folder))
            return 0
        case ["verify", jwk]:
            told = outcome(verify_request, text := sys.stdin.read().strip(), json.loads(jwk))
            print(canonical(verify_request(text, json.loads(jwk))).decode() if told == "valid" else told)
            return 0 if told == "valid" else 1
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
