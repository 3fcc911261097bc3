"""Entrance: the last step of every way in.

However somebody showed who he is, here it is decided whether a second factor is still asked for,
and then the session begins. Nothing else makes a session for an account.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from comments_service import sessions
from comments_service.accounts import tokens
from comments_service.db import db
from comments_service.models import Account, Authenticator, Purpose, Session, now
from comments_service.sessions import Visitor


@dataclass(frozen=True)
class Entry:
    """A session that began, and its token; or no session yet, and the ticket for the second factor."""

    session: Session | None
    token: str


def enter(account: Account, way: str, visitor: Visitor, *, strong: bool = False) -> Entry:
    """Let somebody in who has shown who he is, inside the caller's transaction.

    `strong` says that what he showed needs no second factor, as a passkey does not. The browser's
    guest session is remembered, so that what was written there can be claimed.
    """
    if not strong and has_second_factor(account):
        return Entry(None, tokens.make(Purpose.SECOND, account, way=way))
    return Entry(*sessions.begin(account, visitor, way=way, strong=strong))


def has_second_factor(account: Account) -> bool:
    """Whether an app's six digits are asked of this account after a password or a letter."""
    return bool(
        db.session.scalar(
            sa.select(sa.literal(1)).where(
                Authenticator.account_id == account.id, Authenticator.confirmed_at.is_not(None)
            )
        )
    )


def proved(session: Session) -> bool:
    """Whether its owner showed who he is a short while ago, as destructive acts ask for."""
    return session.proved_at is not None and session.proved_at + sessions.PROOF_LASTS > now()
