"""Ceremonies: WebAuthn's own part of passkeys, done by its library; whose they are is in `passkeys`.

Imported with the first question that somebody asks: what reads certificates and CBOR costs 14 MB and
80 ms that neither a start nor a blog without passkeys should pay.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn.helpers import base64url_to_bytes, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from comments_service.models import Account, Passkey

# How long the browser lets its dialog stand.
DIALOG_MS = 5 * 60 * 1000
# What the library raises for bytes that were made up: its own errors, and those of what it parses.
_made_up = (
    *(WebAuthnException, UnsupportedAlgorithm),
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
)


class Malformed(Exception):
    """An answer that no device gave to this question."""


@dataclass(frozen=True)
class Place:
    """The name that passkeys belong to, and the origin that asks for them."""

    name: str
    origin: str


@dataclass(frozen=True)
class Made:
    """What is kept of a new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except _made_up as error:
        raise Malformed from error


def question(place: Place, challenge: str) -> dict[str, Any]:
    """The options for `navigator.credentials.get`: any passkey of this place will do."""
    return options_to_json_dict(
        webauthn.generate_authentication_options(
            rp_id=place.name,
            challenge=base64url_to_bytes(challenge),
            timeout=DIALOG_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def read(credential: Mapping[str, Any]) -> AuthenticationCredential:
    """An answer to a question, not believed yet. Raises Malformed."""
    with _refusing():
        return webauthn.helpers.parse_authentication_credential_json(dict(credential))


def believe(
    answer: AuthenticationCredential, passkey: Passkey, place: Place, challenge: str
) -> int:
    """How often the passkey says that it has answered, if it is the one that did. Raises Malformed.

    A counter that does not go up is refused as well: then the key has been copied.
    """
    with _refusing():
        return webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.name,
            expected_origin=[place.origin],
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        ).new_sign_count


def offer(
    place: Place, title: str, account: Account, challenge: str, mine: Sequence[Passkey]
) -> dict[str, Any]:
    """The options for `navigator.credentials.create`, for a device that has none of `mine`."""
    return options_to_json_dict(
        webauthn.generate_registration_options(
            rp_id=place.name,
            rp_name=title,
            # Shown by the device, never by us; the id says nothing about the person.
            user_id=account.public_id.encode(),
            user_name=account.email or account.name,
            user_display_name=account.name,
            challenge=base64url_to_bytes(challenge),
            timeout=DIALOG_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(
                    id=each.credential_id,
                    transports=[AuthenticatorTransport(way) for way in each.transports],
                )
                for each in mine
            ],
        )
    )


def made(credential: Mapping[str, Any], place: Place, challenge: str) -> Made:
    """A passkey that a device has made for an offer. Raises Malformed."""
    with _refusing():
        answer = webauthn.helpers.parse_registration_credential_json(dict(credential))
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.name,
            expected_origin=[place.origin],
            require_user_verification=True,
        )
    return Made(
        verified.credential_id,
        verified.credential_public_key,
        verified.sign_count,
        [way.value for way in answer.response.transports or []],
    )
