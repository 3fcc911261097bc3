"""Login: the last step of every sign-in, whatever its method.

However somebody showed who he is, here it is decided whether a second factor is still asked for,
and then the session begins. Nothing else makes a session for an account.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from comments_service import sessions
from comments_service.accounts import tokens
from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import STAFF, Account, Authenticator, Passkey, Session, now
from comments_service.sessions import Visitor


@dataclass(frozen=True)
class Entry:
    """A session that began, and its token; or no session yet, and the ticket for the second factor."""

    session: Session | None
    token: str


def enter(account: Account, method: str, visitor: Visitor, *, strong: bool = False) -> Entry:
    """Let somebody in who has shown who he is, inside the caller's transaction.

    `strong` says that what he showed needs no second factor, as a passkey does not. The browser's
    guest session is remembered, so that what was written there can be claimed. Whoever is banned comes
    in as well: there he reads why, and takes his data along.
    """
    if not strong and has_second_factor(account):
        return Entry(None, tokens.make(tokens.AskTotp(method), account))
    return Entry(*sessions.begin(account, visitor, method=method, strong=strong))


def has_second_factor(account: Account) -> bool:
    """Whether an app's six digits are asked of this account after a password or an e-mail."""
    return bool(
        db.session.scalar(
            sa.select(sa.literal(1)).where(
                Authenticator.account_id == account.id, Authenticator.confirmed_at.is_not(None)
            )
        )
    )


def has_passkey(account: Account) -> bool:
    return bool(db.session.scalar(sa.select(sa.exists().where(Passkey.account_id == account.id))))


def needs_strong_proof(account: Account, settings: Settings) -> bool:
    """Whether a password, an e-mail or a provider alone is too little to prove who one is.

    It is for whoever has a second factor, and for staff with a passkey where staff needs two:
    otherwise a stolen password would be enough to take the second factor away, or to add another.
    """
    if has_second_factor(account):
        return True
    staff = account.role in STAFF and settings.staff_need_two
    return staff and settings.passkeys and has_passkey(account)


def proved(session: Session, settings: Settings) -> bool:
    """Whether its owner showed who he is a short while ago, as destructive acts ask for."""
    strong = session.account is not None and needs_strong_proof(session.account, settings)
    shown_at = session.strong_at if strong else session.proved_at
    return shown_at is not None and shown_at + sessions.PROOF_LASTS > now()
