"""Deleting an account: all of it, from its comments to the last e-mail, in one transaction.

Not in `accounts/`, which lies below `comments` and cannot change one.
"""

import sqlalchemy as sa

from comments_service import comments, learning, rate_limits, sessions
from comments_service.accounts import names, profile, roles
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import Message, NotAllowed
from comments_service.mail import outbox
from comments_service.models import Account, Comment, Decision, Email, ThreadDecision, Token
from comments_service.notifications import preferences

LAST_OWNER = Message(
    "You are the only owner, and somebody has to look after the comments. Make another account"
    " an owner first; on the server: flask comments role ADDRESS owner"
)


def delete(account: Account, *, keep: bool, lang: str, settings: Settings) -> None:
    """Delete an account and everything that is known of its owner, at once.

    Its comments stay without a name if `keep`; otherwise they are emptied, and a placeholder stays
    where others have answered. One last e-mail confirms it, whose own row goes when it has been
    sent. Raises NotAllowed for the last owner, who cannot leave alone.
    """
    with comments.changing():
        account = profile.locked(account.id)
        if roles.is_last_owner(account, locked=True):
            raise NotAllowed(LAST_OWNER)
        _leave_comments(account, keep=keep)
        comments.take_back_votes(account.id)
        # What was decided stands; who decided it is not known any more.
        decided = sa.update(Decision).where(Decision.moderator_id == account.id)
        db.session.execute(decided.values(moderator_id=None))
        ruled = sa.update(ThreadDecision).where(ThreadDecision.moderator_id == account.id)
        db.session.execute(ruled.values(moderator_id=None))
        comments.forget_reports(account.id)
        _forget_address(account)
        rate_limits.forget_all(account.public_id)
        if account.email is not None and account.email_verified_at is not None:
            outbox.write(account.email, lang, "deleted", settings, ephemeral=True)
        # Identities, passkeys, second factors, sessions and tokens go with the row.
        db.session.execute(sa.delete(Account).where(Account.id == account.id))


def _leave_comments(account: Account, *, keep: bool) -> None:
    """Take the account off its comments."""
    mine = comments.locked(Comment.account_id == account.id)
    learning.forget(Comment.account_id == account.id)
    comments.forget_revisions(Comment.account_id == account.id)
    for each in mine:
        if keep and each.source:
            each.name = ""
            each.email = each.website = each.network = None
        else:
            comments.empty(each)
        each.account_id = each.session_id = None
    db.session.flush()


def _forget_address(account: Account) -> None:
    """What is known by the address alone: e-mails sent and unsent, steps, counted attempts."""
    # E-mails to an address that was to become the account's.
    mine = (Token.account_id == account.id, Token.email_key.is_not(None))
    asked = sa.select(Token.email_key).where(*mine)
    db.session.execute(
        sa.delete(Email).where(Email.ephemeral.is_(True), Email.recipient_key.in_(asked))
    )
    if account.email is None:
        return
    key = names.email_key(account.email)
    rate_limits.forget_all(sessions.hashed(key).hex()[:32])
    if account.email_verified_at is not None:
        # With what its owner asked for as a guest: no e-mail comes after the last one.
        preferences.forget_address(account.email, key)
