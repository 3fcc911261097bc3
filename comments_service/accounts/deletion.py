"""Farewell: an account goes, and with it whatever is known of its owner but the words he leaves.

What becomes of the comments is decided in `comments.forget`, which calls this last.
"""

import sqlalchemy as sa

from comments_service import outbox, rate_limits, sessions
from comments_service.accounts import names
from comments_service.db import db
from comments_service.errors import Message, NotAllowed
from comments_service.models import Account, Letter, Role, Token

LAST_OWNER = Message(
    "You are the only owner, and somebody has to look after the comments. Make another account"
    " an owner first; on the server: flask comments role ADDRESS owner"
)


def is_last_owner(account: Account, *, locked: bool = False) -> bool:
    """Whether nobody would be left who may do everything.

    Two owners who leave at the same moment each count on the other, so the one who is asked to stay
    is `locked` before anything is done.
    """
    if account.role is not Role.OWNER:
        return False
    others = sa.select(Account.id).where(
        Account.role == Role.OWNER, Account.closed_at.is_(None), Account.id != account.id
    )
    chosen = others.limit(1)
    return db.session.scalar(chosen.with_for_update() if locked else chosen) is None


def erase(account: Account, lang: str) -> None:
    """Delete the account's row and all that hangs on it, inside the caller's transaction.

    Identities, passkeys, factors, sessions and tokens go with the row. What is known by the
    address alone goes by the address: letters sent and unsent, steps, counted attempts. One last
    letter confirms it, whose own row goes when it has been sent. Raises NotAllowed for the last owner.
    """
    if is_last_owner(account, locked=True):
        raise NotAllowed(LAST_OWNER)
    rate_limits.forget_all(account.public_id)
    # Letters to an address that was to become the account's.
    asked = sa.select(Token.email).where(Token.account_id == account.id, Token.email.is_not(None))
    db.session.execute(
        sa.delete(Letter).where(Letter.fleeting.is_(True), Letter.recipient.in_(asked))
    )
    if account.email is not None:
        key = names.email_key(account.email)
        rate_limits.forget_all(sessions.hashed(key).hex()[:32])
        for table, column in ((Letter, Letter.recipient), (Token, Token.email)):
            same = sa.or_(column == account.email, sa.func.lower(column) == key)
            db.session.execute(sa.delete(table).where(same))
        if account.email_verified_at is not None:
            outbox.write(account.email, lang, "farewell", fleeting=True)
    db.session.execute(sa.delete(Account).where(Account.id == account.id))
