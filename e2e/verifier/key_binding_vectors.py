"""Makes docs/protocol/vectors/key-binding.json: a commitment, a binding and a retirement, written from docs/protocol/proof.md.

    python3 key_binding_vectors.py FOLDER
"""

import hashlib
import json
import pathlib
import sys

from proof_vectors import an_id, b64, canonical, jwk_of, private, sign_es256, thumbprint


def make():
    key, stranger = private(bytes([7] * 32)), private(bytes([8] * 32))
    jwk, at, token = jwk_of(key), "2020-01-21T15:43:43.000Z", "aa.bb.cc"
    jkt, rz, tenant, console = thumbprint(jwk), b64(bytes([9] * 32)), an_id(4), an_id(3)
    commitment = {"v": "1", "alg": "ES256", "jkt": jkt, "rz": rz, "tenant": tenant, "level": "web"}
    said = {
        "v": "1", "jwk": jwk, "rz": rz, "tenant": tenant, "console": console, "level": "web", "iat": at,
        "tokens": [hashlib.sha256(token.encode()).hexdigest()],
    }  # fmt: skip

    def jws(typ, payload, by=key, header=None):
        header = header or {"alg": "ES256", "kid": jkt, "typ": typ}
        signed = f"{b64(canonical(header))}.{b64(payload)}"
        return f"{signed}.{b64(sign_es256(by, signed.encode()))}"

    def binding(by=key, header=None, typ="tenon-binding+jws", tokens=(token,), **changes):
        return "~".join([jws(typ, canonical({**said, **changes}), by, header), *tokens])

    head = {"alg": "ES256", "kid": jkt, "typ": "tenon-binding+jws"}
    other = canonical({**said, "jwk": jwk_of(stranger)})
    two = [said["tokens"][0], hashlib.sha256(b"dd.ee.ff").hexdigest()]
    retired = {"v": "1", "jkt": jkt, "tenant": tenant, "iat": at}
    vectors = [
        ("a binding", binding(), "valid"),
        ("with a refreshed token", f"{jws(head['typ'], canonical({**said, 'tokens': two}))}~{token}~dd.ee.ff", "valid"),
        ("no token", binding(tokens=()), "tokens"),
        ("another token", binding(tokens=("dd.ee.ff",)), "tokens"),
        ("a token more", binding(tokens=(token, token)), "tokens"),
        ("signed by another key", binding(by=stranger), "signature"),
        ("the key of another", jws(head["typ"], other) + f"~{token}", "signature"),
        ("for the console", binding(typ="tenon-sign-in+jws"), "type"),
        ("alg none", binding(header={**head, "alg": "none"}), "algorithm"),
        ("a member more in the header", binding(header={**head, "jku": "https://example.com"}), "header"),
        ("a member more", binding(more=""), "payload"),
        ("another version", binding(v="2"), "payload"),
        ("a level that is none", binding(level="root"), "payload"),
        ("31 random bytes", binding(rz=b64(bytes(31))), "payload"),
    ]
    return {
        "key": canonical(jwk).decode(),
        "commitment": {name: commitment[name] for name in ("jkt", "rz", "tenant", "level")},
        "nonce": b64(hashlib.sha256(canonical(commitment)).digest()),
        "binding": vectors[0][1],
        "retirement": jws("tenon-retirement+jws", canonical(retired)),
        "vectors": [{"name": name, "binding": text, "result": result} for name, text, result in vectors],
    }


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    (folder / "key-binding.json").write_text(json.dumps(make(), indent=1) + "\n")
