"""Handoff: signing in at a page whose service lives on another site, through a window of its own.

Browsers keep the cookies of a page's requests apart from those of a window on the service's own
address. So the page makes a secret, shows its hash to the service and opens the window; there one
signs in, by whatever method, and says yes to a question that names the page; then the page trades its
secret for a session of its own. Nothing passes between the two windows themselves.

What keeps a stranger from having somebody else's yes: the secret never leaves the page, works once
and for fifteen minutes, and only from the network and the origin that asked; the yes is given from
that network as well, by a form that names the origin and shows the number which stands in the page
that asked. A link that somebody sends round fails at the network, or shows a number that its
reader has seen nowhere.
"""

import base64
import hashlib
import hmac
from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from comments_service import rate_limits
from comments_service.accounts import tokens
from comments_service.accounts.login import Entry, enter
from comments_service.accounts.tokens import Handoff
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message, NotAllowed, UnknownToken
from comments_service.models import Account, Session, Token
from comments_service.sessions import Visitor

# Somebody who closes the window and tries again, and again; and a family of such people.
ASKED_OFTEN = Rate(60, 900)
MANY_TRIES = Message("Too many attempts to sign in. Please try again later.")
ELSEWHERE = Message(
    "This sign-in was started in another network, so it cannot be finished here. Please finish it"
    " in the browser where you started, or start again there with the six-digit code from an e-mail."
)
ASKED_TWICE = Message("This sign-in has already been requested. Please start again.")


@dataclass(frozen=True)
class Asked:
    """A page that waits for somebody to sign in: where it stands, and the number that it shows."""

    challenge: str
    origin: str
    number: str


def ask(challenge: str, origin: str, visitor: Visitor) -> Asked:
    """Let a page wait. Raises InvalidInput for what is no hash or known already, TooMany."""
    token_hash = _hash(challenge)
    if token_hash is None:
        raise InvalidInput(fields={"challenge": Message("This is not a SHA-256 in base64url.")})
    try:
        with writing():
            rate_limits.count(f"handoff:{visitor.network}", [ASKED_OFTEN], MANY_TRIES)
            tokens.store(Handoff(origin, _network(visitor, token_hash)), token_hash)
    except IntegrityError:
        raise InvalidInput(fields={"challenge": ASKED_TWICE}) from None
    return Asked(challenge, origin, number(token_hash))


def asked(challenge: str) -> Asked:
    """What the window has to show. Raises UnknownToken once it is answered or too old."""
    found = _waiting(challenge)
    return Asked(challenge, Handoff.of(found).origin, number(found.token_hash))


def complete(challenge: str, session: Session, visitor: Visitor) -> Asked:
    """Say yes: the page may come in as whoever is signed in here.

    Raises UnknownToken, and NotAllowed in another network than the page's.
    """
    with writing():
        found = _waiting(challenge)
        waits = Handoff.of(found)
        if waits.network != _network(visitor, found.token_hash):
            raise NotAllowed(ELSEWHERE)
        given = db.session.execute(
            sa.update(Token)
            .where(Token.id == found.id, Token.account_id.is_(None), Token.used_at.is_(None))
            .values(
                account_id=session.account_id,
                payload=asdict(replace(waits, session=session.id)),
            )
            .returning(Token.id)
        ).one_or_none()
        # Two windows, and two people in them: the first yes counts.
        if given is None:
            raise UnknownToken(tokens.SPENT)
        return Asked(challenge, waits.origin, number(found.token_hash))


def redeem(verifier: str, origin: str, visitor: Visitor) -> Entry | None:
    """Trade the page's secret for a session; None while nobody has said yes.

    Whatever does not fit answers alike. Raises UnknownToken.
    """
    found = tokens.find(Handoff, verifier)
    waits = Handoff.of(found)
    if waits.origin != origin or waits.network != _network(visitor, found.token_hash):
        raise UnknownToken(tokens.SPENT)
    if found.account_id is None:
        return None
    with writing():
        account = tokens.use_of_account(Handoff, verifier)
        window = db.session.get(Session, waits.session)
        # Whoever signed out in between, or was signed out everywhere, has taken the yes back.
        if window is None or window.ended_at is not None:
            raise UnknownToken(tokens.SPENT)
        return _enter(account, window, visitor)


def _enter(account: Account, window: Session, visitor: Visitor) -> Entry:
    """A session that proves as much as the window's does, and no more: it was no new proof."""
    entry = enter(account, window.sign_in_method, visitor, strong=window.strong_at is not None)
    if entry.session is not None:
        entry.session.proved_at = window.proved_at
        entry.session.strong_at = window.strong_at
    return entry


def _network(visitor: Visitor, token_hash: bytes) -> str:
    """The network of whoever asks, as this one handoff knows it and nothing else does.

    The day's own hash would be another one after midnight.
    """
    return hmac.digest(token_hash, visitor.ban_network.encode(), hashlib.sha256).hex()


def number(token_hash: bytes) -> str:
    """Four digits that the page and the window both show, for people to compare."""
    return f"{int.from_bytes(token_hash[:4]) % 10_000:04}"


def _hash(challenge: str) -> bytes | None:
    try:
        found = base64.b64decode(challenge + "=", altchars=b"-_", validate=True)
    except ValueError:
        return None
    # One spelling only, so that no second address leads to the same place.
    again = base64.urlsafe_b64encode(found).rstrip(b"=").decode()
    return found if len(found) == hashlib.sha256().digest_size and again == challenge else None


def _waiting(challenge: str) -> Token:
    found = db.session.scalar(
        sa.select(Token).where(
            Token.token_hash == _hash(challenge),
            Token.account_id.is_(None),
            *tokens.usable(Handoff),
        )
    )
    if found is None:
        raise UnknownToken(tokens.SPENT)
    return found
