"""Passkeys: keys that stay in one's devices and answer a challenge which only they can (WebAuthn).

A passkey is two factors in one, the device and what unlocks it, so nothing else is asked after it.
Each challenge is kept here until it is answered, once; the browser holds only its ticket.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from comments_service import rate_limits, sessions
from comments_service.accounts import security_mail, sign_in_methods, tokens
from comments_service.accounts.login import Entry, enter
from comments_service.accounts.tokens import MakePasskey, UsePasskey
from comments_service.config import Rate, Settings
from comments_service.db import db, writing
from comments_service.errors import (
    InvalidInput,
    Message,
    NotAllowed,
    TooManyPasskeys,
    UnknownToken,
    WrongCredentials,
)
from comments_service.inputs import NewPasskey
from comments_service.models import Account, Passkey, Session, Site, now
from comments_service.sessions import Visitor

if TYPE_CHECKING:
    from comments_service.accounts.webauthn_adapter import RelyingParty

# Every visit of the sign-in page asks for one challenge; a family may look at it often.
ASKED_OFTEN = (Rate(120, 900),)
# More than anybody has devices, and few enough to name them all to a device.
MAX_PASSKEYS = 20
# WebAuthn's own limit for an id; the longest key that is offered, RSA's, has about 300 bytes.
MAX_ID_BYTES, MAX_KEY_BYTES = 1023, 2048

OFF = Message("Passkeys are switched off here.")
NUMBERS = Message(
    "Passkeys need a host name, and this service has only an IP address: open it by a host name."
)
NOT_KNOWN = Message("This passkey is not known here, or its answer was not right.")
NOT_TAKEN = Message("This passkey could not be saved. Please try again.")
ASKED_TOO_OFTEN = Message("That was requested very often. Please wait a little.")
SPENT = Message("That took too long. Please try again.")
LAST_METHOD = Message(
    "Without this passkey you could not sign in any more. Add another way to sign in first."
)
OF_ANOTHER = Message("This passkey belongs to another account.")


def relying_party(settings: Settings) -> "RelyingParty":
    """What passkeys belong to. Raises NotAllowed where there are none."""
    from comments_service.accounts.webauthn_adapter import RelyingParty

    if not settings.passkeys:
        raise NotAllowed(OFF)
    if settings.relying_party is None:
        raise NotAllowed(NUMBERS)
    return RelyingParty(*settings.relying_party)


def of(account: Account) -> Sequence[Passkey]:
    """An account's passkeys, the oldest first."""
    return db.session.scalars(
        sa.select(Passkey).where(Passkey.account_id == account.id).order_by(Passkey.id)
    ).all()


# ---- signing in


def sign_in_options(network: str, settings: Settings) -> dict[str, Any]:
    """What a browser asks whichever passkey its owner chooses; anybody may ask. Raises TooMany."""
    from comments_service.accounts import webauthn_adapter

    here, challenge = relying_party(settings), secrets.token_urlsafe(32)
    with writing():
        rate_limits.count(f"passkey:{network}", ASKED_OFTEN, ASKED_TOO_OFTEN)
        ticket = tokens.make(UsePasskey(challenge))
    return {"options": webauthn_adapter.sign_in_options(here, challenge), "ticket": ticket}


def _asked(
    kind: type[UsePasskey | MakePasskey], ticket: str, account: Account | None = None
) -> str:
    """The challenge of a ticket, which is spent by this, whatever the answer is. Raises UnknownToken."""
    try:
        with writing():
            found = tokens.use(kind, ticket)
            if found.account_id != (account.id if account else None):
                raise UnknownToken
            return kind.of(found).challenge
    except UnknownToken:
        raise UnknownToken(SPENT) from None


def sign_in(
    ticket: str, credential: Mapping[str, Any], visitor: Visitor, settings: Settings
) -> Entry:
    """Let in whose device answered. Raises UnknownToken, WrongCredentials, NotAllowed."""
    passkey, sign_count = _answered(ticket, credential, settings)
    with writing():
        account = db.session.get(Account, passkey.account_id)
        if account is None:
            raise WrongCredentials(NOT_KNOWN)
        _count(passkey, sign_count)
        return enter(account, "passkey", visitor, strong=True)


def check(account: Account, ticket: str, credential: Mapping[str, Any], settings: Settings) -> None:
    """Ask somebody who is signed in for a passkey of his. Raises as `sign_in` does."""
    passkey, sign_count = _answered(ticket, credential, settings)
    if passkey.account_id != account.id:
        raise WrongCredentials(OF_ANOTHER)
    with writing():
        _count(passkey, sign_count)


def _answered(
    ticket: str, credential: Mapping[str, Any], settings: Settings
) -> tuple[Passkey, int]:
    """The passkey that answered a challenge, and how often it says that it has done so."""
    from comments_service.accounts import webauthn_adapter

    here = relying_party(settings)
    challenge = _asked(UsePasskey, ticket)
    try:
        answer = webauthn_adapter.parsed(credential)
        passkey = db.session.scalar(
            sa.select(Passkey).where(Passkey.credential_id == answer.raw_id)
        )
        if passkey is None:
            raise WrongCredentials(NOT_KNOWN)
        account = db.session.get_one(Account, passkey.account_id)
        handle = answer.response.user_handle
        if handle is not None and handle != account.public_id.encode():
            raise WrongCredentials(NOT_KNOWN)
        return passkey, webauthn_adapter.verify_sign_in(answer, passkey, here, challenge)
    except webauthn_adapter.Malformed:
        raise WrongCredentials(NOT_KNOWN) from None


def _count(passkey: Passkey, sign_count: int) -> None:
    """Remember how often a passkey was used, inside the caller's transaction.

    Of two answers with one counter, given at the same moment, one comes too late.
    """
    used = db.session.execute(
        sa.update(Passkey)
        .where(
            Passkey.id == passkey.id,
            sa.or_(
                Passkey.sign_count < sign_count,
                sa.and_(Passkey.sign_count == 0, sa.literal(sign_count) == 0),
            ),
        )
        .values(sign_count=sign_count, used_at=now())
        .returning(Passkey.id)
    ).one_or_none()
    if used is None:
        raise WrongCredentials(NOT_KNOWN)


# ---- an account's own


def registration_options(account: Account, settings: Settings) -> dict[str, Any]:
    """What a browser asks a device for: a passkey of this account, unless it has one already."""
    from comments_service.accounts import webauthn_adapter

    here, mine = relying_party(settings), of(account)
    if len(mine) >= MAX_PASSKEYS:
        raise TooManyPasskeys
    site = db.session.get(Site, 1)
    challenge = secrets.token_urlsafe(32)
    with writing():
        ticket = tokens.make(MakePasskey(challenge), account)
    title = site.title if site else here.name
    return {
        "options": webauthn_adapter.registration_options(here, title, account, challenge, mine),
        "ticket": ticket,
    }


def add(
    account: Account, session: Session, given: NewPasskey, title: str, lang: str, settings: Settings
) -> Passkey:
    """Take a passkey that a device made; `title` is what it is called unless its owner says.

    Raises UnknownToken, InvalidInput, TooManyPasskeys, NotAllowed.
    """
    from comments_service.accounts import webauthn_adapter

    here = relying_party(settings)
    challenge = _asked(MakePasskey, given.ticket, account)
    try:
        new = webauthn_adapter.verify_registration(given.credential, here, challenge)
    except webauthn_adapter.Malformed:
        raise InvalidInput(fields={"credential": NOT_TAKEN}) from None
    if len(new.credential_id) > MAX_ID_BYTES or len(new.public_key) > MAX_KEY_BYTES:
        raise InvalidInput(fields={"credential": NOT_TAKEN})
    made = Passkey(account_id=account.id, name=given.name or title, **asdict(new))
    try:
        with writing():
            if len(of(account)) >= MAX_PASSKEYS:
                raise TooManyPasskeys
            db.session.add(made)
            # Whoever just made one has shown it.
            sessions.prove(session, strong=True)
            security_mail.write(account, lang, "passkey-added", settings, thing=made.name)
    except IntegrityError:
        # It is known already; to whom is nobody's business.
        raise InvalidInput(fields={"credential": NOT_TAKEN}) from None
    return made


def mine(account: Account, number: int) -> Passkey:
    """One of an account's passkeys. Raises NotAllowed for one that is nobody's or another's."""
    found = db.session.scalar(
        sa.select(Passkey).where(Passkey.account_id == account.id, Passkey.id == number)
    )
    if found is None:
        raise NotAllowed(Message("There is no such passkey."))
    return found


def rename(account: Account, number: int, name: str) -> None:
    with writing():
        mine(account, number).name = name


def remove(account: Account, number: int, lang: str, settings: Settings) -> None:
    """Let a passkey open nothing any more. Raises NotAllowed for the last sign-in method."""
    with writing():
        passkey = mine(account, number)
        if sign_in_methods.would_lock_out(account, settings, passkey=passkey):
            raise NotAllowed(LAST_METHOD)
        security_mail.write(account, lang, "passkey-removed", settings, thing=passkey.name)
        db.session.delete(passkey)
