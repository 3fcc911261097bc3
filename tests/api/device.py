"""A device that holds passkeys, made of an elliptic curve and CBOR; the browser around it, and what that sends.

It does what the service's questions ask, and, where a test says so, something else.
"""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from tests.conftest import SITE, Answer, Visitor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Key:
    """One passkey: what a device keeps of it."""

    id: bytes
    private: ec.EllipticCurvePrivateKey
    rp: str
    user: bytes


@dataclass
class Device:
    origin: str = SITE
    # Devices that synchronise their keys do not count.
    counts: bool = True
    verifies: bool = True
    count: int = 0
    keys: list[Key] = field(default_factory=list)

    def make(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """Answer an offer with a new passkey; `changed` are facts that a liar would change."""
        excluded = {base64url_to_bytes(each["id"]) for each in options["excludeCredentials"]}
        assert not excluded & {each.id for each in self.keys}, "InvalidStateError"
        key = Key(
            secrets.token_bytes(32),
            ec.generate_private_key(ec.SECP256R1()),
            changed.get("rp", options["rp"]["id"]),
            base64url_to_bytes(options["user"]["id"]),
        )
        self.keys.append(key)
        numbers = key.private.public_key().public_numbers()
        cose = {
            **{1: 2, 3: -7, -1: 1},
            **{-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")},
        }
        attested = bytes(16) + struct.pack(">H", len(key.id)) + key.id + cbor2.dumps(cose)
        data = self._data(key.rp, ATTESTED) + attested
        return self._answer(
            key,
            "webauthn.create",
            options,
            changed,
            attestationObject=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}),
            transports=["internal"],
        )

    def answer(self, options: dict[str, Any], number: int = -1, **changed: Any) -> dict[str, Any]:
        """Answer a question with one of the passkeys, the latest unless told."""
        key = self.keys[number]
        assert options["rpId"] == key.rp
        data = self._data(changed.get("rp", key.rp), 0)
        client = self._client("webauthn.get", options, changed)
        signed = data + hashlib.sha256(client).digest()
        signature = key.private.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            key,
            "webauthn.get",
            options,
            changed,
            authenticatorData=data,
            signature=changed.get("signature", signature),
            userHandle=changed.get("user", key.user),
        )

    def _data(self, rp: str, flags: int) -> bytes:
        self.count += self.counts
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(rp.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind: str, options: dict[str, Any], changed: dict[str, Any]) -> bytes:
        told = {
            "type": changed.get("type", kind),
            "challenge": changed.get("challenge", options["challenge"]),
            "origin": changed.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(told).encode()

    def _answer(
        self,
        key: Key,
        kind: str,
        options: dict[str, Any],
        changed: dict[str, Any],
        **response: Any,
    ) -> dict[str, Any]:
        response["clientDataJSON"] = self._client(kind, options, changed)
        return {
            "id": bytes_to_base64url(key.id),
            "rawId": bytes_to_base64url(key.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                name: bytes_to_base64url(value) if isinstance(value, bytes) else value
                for name, value in response.items()
            },
        }


FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def question(visitor: Visitor, path: str = "question") -> tuple[dict[str, Any], str]:
    answer = visitor.call("POST", f"passkeys/{path}", {})
    assert answer.status_code == 200, answer.json
    return answer.json["options"], answer.json["ticket"]


def add(visitor: Visitor, device: Device, name: str | None = None, **changed: Any) -> Answer:
    options, ticket = question(visitor, "offer")
    sent = {"ticket": ticket, "credential": device.make(options, **changed)}
    if name is not None:
        sent["name"] = name
    return visitor.call("POST", "passkeys", sent, headers=FIREFOX)


def sign_in(visitor: Visitor, device: Device, number: int = -1, **changed: Any) -> Answer:
    options, ticket = question(visitor)
    credential = device.answer(options, number, **changed)
    return visitor.call("POST", "session/passkey", {"ticket": ticket, "credential": credential})


def dumped(credential: dict[str, Any]) -> str:
    return json.dumps(credential)
