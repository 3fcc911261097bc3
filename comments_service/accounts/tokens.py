"""Tokens: what works once. Links in e-mails, and steps that lead from one page to the next.

A token is 256 random bits that only its holder has; the database keeps its SHA-256. What the next
step has to know is the token's payload. Each purpose has a class of its own here, which says what
that is and how long the step may take.
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import ClassVar, Self

import sqlalchemy as sa

from comments_service import sessions
from comments_service.db import db
from comments_service.errors import Message, UnknownToken
from comments_service.models import Account, Purpose, Token, now

SPENT = Message("This link has been used or has expired. Please ask for a new one.")

# ---- what each purpose keeps


@dataclass(frozen=True)
class Payload:
    """What one step tells the next."""

    purpose: ClassVar[Purpose]
    lifetime: ClassVar[timedelta]

    @classmethod
    def of(cls, token: Token) -> Self:
        return cls(**token.payload)


@dataclass(frozen=True)
class VerifyEmail(Payload):
    """In an e-mail: confirms the address of a new account."""

    purpose, lifetime = Purpose.VERIFY, timedelta(days=2)
    # The browser that signed up, hashed: there the link needs no password.
    browser: str = ""


@dataclass(frozen=True)
class ResetPassword(Payload):
    """In an e-mail: lets its reader choose a new password."""

    purpose, lifetime = Purpose.RESET, timedelta(hours=1)


@dataclass(frozen=True)
class MagicLink(Payload):
    """In an e-mail: signs its reader in. `email` and `code_hash` of the row are what is compared."""

    purpose, lifetime = Purpose.LINK, timedelta(minutes=15)
    # The address as it was typed: a new account has it so.
    address: str
    # Where the link goes on to.
    target: str = ""


@dataclass(frozen=True)
class ChangeEmail(Payload):
    """In an e-mail: gives the account the address that stands in the row."""

    purpose, lifetime = Purpose.EMAIL, timedelta(days=1)
    # The session that asked: it stays when the others end.
    session: int


@dataclass(frozen=True)
class DecideByMail(Payload):
    """In an e-mail to a moderator: decides on one comment, without signing in."""

    purpose, lifetime = Purpose.DECIDE, timedelta(days=7)
    comment: int
    # As the e-mail shows it: what was edited since is shown before anything is decided.
    version: int


@dataclass(frozen=True)
class ConfirmSubscription(Payload):
    """In an e-mail: confirms that its reader asked to be told of something."""

    purpose, lifetime = Purpose.SUBSCRIBE, timedelta(days=2)
    subscription: int


@dataclass(frozen=True)
class BecomeOwner(Payload):
    """On the server's terminal: makes its reader an owner."""

    purpose, lifetime = Purpose.OWNER, timedelta(days=1)


@dataclass(frozen=True)
class AskTotp(Payload):
    """In a form: the first factor was right, the second is still asked for."""

    purpose, lifetime = Purpose.TOTP, timedelta(minutes=10)
    # What the first one was: it is listed with the session.
    method: str


@dataclass(frozen=True)
class Handoff(Payload):
    """Kept by a page on another site while somebody signs in for it in a window here."""

    purpose, lifetime = Purpose.HANDOFF, timedelta(minutes=15)
    # Who asked: nobody else may trade the secret for a session.
    origin: str
    network: str
    # Which session said yes; none while nobody has.
    session: int | None = None


@dataclass(frozen=True)
class AskProvider(Payload):
    """The state of OAuth: on its way through a provider's pages and back to the same browser."""

    purpose, lifetime = Purpose.PROVIDER, timedelta(minutes=15)
    provider: str
    browser: str
    nonce: str
    # PKCE's.
    verifier: str
    target: str
    # What somebody who is signed in wants, "link" or "prove"; empty for signing in.
    intent: str


@dataclass(frozen=True)
class ChooseName(Payload):
    """In a form: somebody new came back from a provider, and has to choose a name first."""

    purpose, lifetime = Purpose.NAME, timedelta(minutes=15)
    provider: str
    browser: str
    # Who it is to the provider, as `oauth_client.Person` says.
    kind: str
    subject: str
    email: str
    label: str


@dataclass(frozen=True)
class UsePasskey(Payload):
    """In a page: a challenge for whichever passkey its reader chooses."""

    purpose, lifetime = Purpose.PASSKEY, timedelta(minutes=15)
    challenge: str


@dataclass(frozen=True)
class MakePasskey(Payload):
    """In a page: a challenge for a device that makes the account a passkey."""

    purpose, lifetime = Purpose.NEW_PASSKEY, timedelta(minutes=15)
    challenge: str


# ---- making them, and using them up


def make(payload: Payload, account: Account | None = None, *, email: str | None = None) -> str:
    """A new token, inside the caller's transaction."""
    text = secrets.token_urlsafe(32)
    store(payload, sessions.hashed(text), account, email=email)
    return text


def store(
    payload: Payload, token_hash: bytes, account: Account | None = None, *, email: str | None = None
) -> Token:
    """The row of a token whose text somebody else has made."""
    made = Token(
        token_hash=token_hash,
        purpose=payload.purpose,
        account_id=account.id if account else None,
        email=email,
        payload=asdict(payload),
        expires_at=now() + payload.lifetime,
    )
    db.session.add(made)
    return made


def find(kind: type[Payload], text: str) -> Token:
    """A token that can still be used. Raises UnknownToken."""
    found = db.session.scalar(
        sa.select(Token).where(Token.token_hash == sessions.hashed(text), *usable(kind))
    )
    if found is None:
        raise UnknownToken(SPENT)
    return found


def usable(kind: type[Payload]) -> tuple[sa.ColumnElement[bool], ...]:
    """What holds of a token that is neither used up nor too old."""
    return Token.purpose == kind.purpose, Token.used_at.is_(None), Token.expires_at > now()


def use(kind: type[Payload], text: str) -> Token:
    """Use a token up, once even if two requests try at the same moment. Raises UnknownToken."""
    found = find(kind, text)
    used = db.session.execute(
        sa.update(Token)
        .where(Token.id == found.id, Token.used_at.is_(None))
        .values(used_at=now())
        .returning(Token.id)
    ).one_or_none()
    if used is None:
        raise UnknownToken(SPENT)
    return found


def use_of_account(kind: type[Payload], text: str) -> Account:
    """Use up a token that belongs to an account; returns the account. Raises UnknownToken."""
    found = use(kind, text)
    account = db.session.get(Account, found.account_id) if found.account_id else None
    if account is None:
        raise UnknownToken(SPENT)
    return account


def drop(*kinds: type[Payload], account_id: int | None) -> None:
    """Make the tokens of an account, or those that belong to none, useless from now on."""
    db.session.execute(
        sa.update(Token)
        .where(
            Token.purpose.in_([kind.purpose for kind in kinds]),
            Token.account_id == account_id if account_id else Token.account_id.is_(None),
            Token.used_at.is_(None),
        )
        .values(used_at=now())
    )


def link(comments_url: str, page: str, token: str) -> str:
    """The address of a page that takes a token, for an e-mail or a terminal."""
    return f"{comments_url}{page}/{token}"
