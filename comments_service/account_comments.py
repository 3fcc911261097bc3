"""People: what happens to everything of one person at once. A new name, a guest's comments claimed, a
farewell, a ban.

Each is one transaction over every thread concerned, by the one way to change comments.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from comments_service import by_writer, comments, sessions
from comments_service.accounts import deletion, names, profile, roles
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, SignInRequired
from comments_service.inputs import Profile
from comments_service.models import Account, Comment, Decision, Session, now


def introduce(account: Account, given: Profile) -> None:
    """Take over what an account says of itself, and publish anew whatever shows its name.

    Raises InvalidInput when the name is another's, TooMany when it changes all the time.
    """
    try:
        with comments.changing() as change:
            account = profile.locked(account.id)
            change.shown = profile.change(account, given)
            change.threads = by_writer.where_written(account.id)
    except IntegrityError:
        # Two who choose one name at the same moment: the other one has it.
        raise InvalidInput(fields={"name": names.TAKEN}) from None


def claim(session: Session) -> int:
    """Give the account what was written as a guest in the same browser; tells how many comments.

    From then on they bear the account's name, and count for and against it like all its others;
    what the guest typed about himself goes. Claimed twice at one moment, they are claimed once.
    """
    with comments.changing() as change:
        mine = _asked(session)
        found = _locked(*by_writer.unclaimed(mine)) if mine else []
        for each in found:
            each.account_id = session.account_id
            each.name = each.email = None
        change.threads = {each.thread_id for each in found}
    return len(found)


def leave(session: Session) -> None:
    """Leave what was written as a guest as it is, for good: it may be somebody else's."""
    with writing():
        _asked(session)


def _asked(session: Session) -> int | None:
    """The guest whose browser this was, about whom the session's owner is asked only once."""
    own = sa.select(Session.guest_id).where(Session.id == session.id).with_for_update()
    row = db.session.execute(own).one_or_none()
    if row is None:
        raise SignInRequired
    session.guest_id = None
    return row[0]


def _locked(*which: sa.ColumnElement[bool]) -> Sequence[Comment]:
    """Comments as they are now, which nobody else changes until this transaction ends."""
    return db.session.scalars(
        sa.select(Comment)
        .where(*which)
        .order_by(Comment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def forget(account: Account, *, keep: bool, lang: str) -> None:
    """Delete an account and everything that is known of its owner, at once.

    Its comments stay without a name if `keep`; otherwise they are emptied, and a placeholder stays
    where others have answered. Raises NotAllowed for the last owner, who cannot leave alone.
    """
    with comments.changing() as change:
        account = profile.locked(account.id)
        mine = _locked(Comment.account_id == account.id)
        change.threads = {each.thread_id for each in mine}
        comments.forget_revisions(Comment.account_id == account.id)
        for each in mine:
            if keep and each.source:
                each.name = ""
                each.email = each.website = each.network = None
            else:
                comments.empty(each)
            each.account_id = each.session_id = None
        db.session.flush()
        # What was decided stands; who decided it is not known any more.
        decided = sa.update(Decision).where(Decision.moderator_id == account.id)
        db.session.execute(decided.values(moderator_id=None))
        deletion.erase(account, lang)


def ban(email: str) -> Account:
    """Close the account of an address: its sessions end, nobody gets in, and its page goes.

    Its comments stay. Raises InvalidInput for an address that has no account.
    """
    return _close(email, now())


def unban(email: str) -> Account:
    """Open it again. Its owner signs in anew."""
    return _close(email, None)


def _close(email: str, moment: datetime | None) -> Account:
    with comments.changing() as change:
        account = profile.locked(roles.known(email).id)
        account.closed_at = moment
        sessions.end_all(account.id)
        change.threads = by_writer.where_written(account.id)
    return account
