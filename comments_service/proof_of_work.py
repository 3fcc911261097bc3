"""Proof of work: what a guest's browser computes while its reader types (ALTCHA's protocol, version 2).

Stateless. A challenge names its thread, its submission's key and its moment, and is signed; since a
thread takes one comment for a key, a proof serves for one comment. Its moment says how long the form
was open. Whoever brings no proof is not refused: the comment waits.
"""

import hmac
import json
import secrets
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any

import altcha

from comments_service.spam import Proof

ALGORITHM = "PBKDF2/SHA-256"
# One try: about a millisecond, too long to be hurried by the script around it.
ITERATIONS = 2_000
# At most so many tries, on average half: a tenth of a second.
TRIES = 100
# In a flood up to so many times as much, which is still done before two sentences are typed.
HARDEST = 16
# From a quarter of what guests may post without waiting.
EASY_LOAD = 0.25
# A browser asks for another when its reader took longer.
LASTS = timedelta(hours=1)
# Between the first key that is pressed and the button.
LEAST_SECONDS = 3
MAX_CHARS = 2_000


def challenge(
    thread_id: str, key: str, secret: str, load: float, moment: datetime
) -> dict[str, Any]:
    """What has to be solved before a comment with this key is posted: harder, the more guests post."""
    tries = round(TRIES * min(HARDEST, max(1.0, load / EASY_LOAD)))
    made = altcha.create_challenge(
        ALGORITHM,
        ITERATIONS,
        # Solved here once and tried for there: its solution is known again without computing.
        counter=secrets.randbelow(tries),
        expires_at=moment + LASTS,
        data={"thread": thread_id, "key": key, "at": int(moment.timestamp())},
        hmac_secret=_key(secret, "challenge"),
        hmac_key_secret=_key(secret, "solution"),
    )
    return made.to_dict()


def judge(given: str, thread_id: str, key: str, secret: str, moment: datetime) -> Proof:
    """What a solved challenge proves of the comment with this key."""
    if not given:
        return Proof.MISSING
    found = altcha.verify_solution(
        given, _key(secret, "challenge"), hmac_key_secret=_key(secret, "solution")
    )
    if found.expired:
        return Proof.OLD
    if not found.verified:
        return Proof.MISSING
    data = _data(given)
    if (data["thread"], data["key"]) != (thread_id, key):
        return Proof.MISSING
    hasty = moment.timestamp() - data["at"] < LEAST_SECONDS
    return Proof.HASTY if hasty else Proof.GIVEN


def _data(verified: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(b64decode(verified))["challenge"]["parameters"]["data"]
    return data


def _key(secret: str, use: str) -> bytes:
    return hmac.digest(secret.encode(), f"proof of work: {use}".encode(), "sha256")
