"""WebAuthn adapter: the protocol's part of passkeys, done by its library; whose they are: `passkeys`.

Imported with the first challenge that somebody asks for: what reads certificates and CBOR costs
14 MB and 80 ms that neither a start nor a blog without passkeys should pay.
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
    """An answer that no device gave to this challenge."""


@dataclass(frozen=True)
class RelyingParty:
    """The name that passkeys belong to, and the origin that asks for them."""

    name: str
    origin: str


@dataclass(frozen=True)
class NewCredential:
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


def sign_in_options(party: RelyingParty, challenge: str) -> dict[str, Any]:
    """The options for `navigator.credentials.get`: any passkey of this party will do."""
    return options_to_json_dict(
        webauthn.generate_authentication_options(
            rp_id=party.name,
            challenge=base64url_to_bytes(challenge),
            timeout=DIALOG_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def parsed(credential: Mapping[str, Any]) -> AuthenticationCredential:
    """An answer to a challenge, not believed yet. Raises Malformed."""
    with _refusing():
        return webauthn.helpers.parse_authentication_credential_json(dict(credential))


def verify_sign_in(
    answer: AuthenticationCredential, passkey: Passkey, party: RelyingParty, challenge: str
) -> int:
    """How often the passkey says that it has answered, if it is the one that did. Raises Malformed.

    A counter that does not go up is refused as well: then the key has been copied.
    """
    with _refusing():
        return webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.name,
            expected_origin=[party.origin],
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        ).new_sign_count


def registration_options(
    party: RelyingParty, title: str, account: Account, challenge: str, mine: Sequence[Passkey]
) -> dict[str, Any]:
    """The options for `navigator.credentials.create`, for a device that has none of `mine`."""
    return options_to_json_dict(
        webauthn.generate_registration_options(
            rp_id=party.name,
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
                    transports=[AuthenticatorTransport(name) for name in each.transports],
                )
                for each in mine
            ],
        )
    )


def verify_registration(
    credential: Mapping[str, Any], party: RelyingParty, challenge: str
) -> NewCredential:
    """A passkey that a device has made for these options. Raises Malformed."""
    with _refusing():
        answer = webauthn.helpers.parse_registration_credential_json(dict(credential))
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.name,
            expected_origin=[party.origin],
            require_user_verification=True,
        )
    return NewCredential(
        verified.credential_id,
        verified.credential_public_key,
        verified.sign_count,
        [name.value for name in answer.response.transports or []],
    )
