"""Signatures of deliveries, as Standard Webhooks (https://www.standardwebhooks.com) has them."""

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(secret: str, key: str, moment: int, body: bytes) -> dict[str, str]:
    """What a receiver checks: who sent this body, when, and whether it has come before."""
    signed = f"{key}.{moment}.".encode() + body
    digest = hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), signed, hashlib.sha256)
    return {
        "webhook-id": key,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
