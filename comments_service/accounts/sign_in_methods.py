"""Sign-in methods: which an account has, so that nobody takes his last one away.

And whose an account becomes when the owner of its address comes after somebody else had signed up
with it.
"""

import sqlalchemy as sa

from comments_service import sessions
from comments_service.accounts import tokens
from comments_service.accounts.tokens import AskTotp, ChangeEmail, VerifyEmail
from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import (
    Account,
    Authenticator,
    Identity,
    Passkey,
    RecoveryCode,
    now,
)


def would_lock_out(
    account: Account,
    settings: Settings,
    *,
    identity: Identity | None = None,
    passkey: Passkey | None = None,
    password: bool = False,
) -> bool:
    """Whether taking this identity, this passkey or the password away would lock the account's owner out.

    What is switched off or not configured opens nothing, and so does not count.
    """
    address = account.email is not None and account.email_verified_at is not None
    if settings.magic_links and address:
        return False
    open_now = {client.kind for client in settings.clients}
    if settings.passwords and address and not password:
        open_now.add("password")
    # Two can be taken away at the same moment, each counting on the other: the row is locked.
    db.session.execute(sa.select(Account.id).where(Account.id == account.id).with_for_update())
    others = sa.select(Identity.id).where(
        Identity.account_id == account.id,
        Identity.kind.in_(open_now),
        Identity.id != (identity.id if identity else 0),
    )
    if db.session.scalar(others.limit(1)) is not None:
        return False
    if not settings.passkeys:
        return True
    keys = sa.select(Passkey.id).where(
        Passkey.account_id == account.id, Passkey.id != (passkey.id if passkey else 0)
    )
    return db.session.scalar(keys.limit(1)) is None


def hand_over(account: Account) -> None:
    """Give an account to whoever has just proved its address, inside the caller's transaction.

    While an address is not confirmed, anybody may have signed up with it: what he chose to come in
    with must not open the account of the address's owner. One that is confirmed stays as it is.
    """
    if account.email_verified_at is not None:
        return
    account.email_verified_at = now()
    for table in (Identity, Passkey, Authenticator, RecoveryCode):
        db.session.execute(sa.delete(table).where(table.account_id == account.id))
    sessions.end_all(account.id)
    tokens.drop(VerifyEmail, AskTotp, ChangeEmail, account_id=account.id)
