"""What changes for all comments of one person at once: a new name, a claim of what was written as a
guest, a ban. Deleting the account is in `account_deletion`.

Not in `accounts/`, which lies below `comments`. Each is one transaction over every thread concerned.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from comments_service import by_writer, comments, sessions
from comments_service.accounts import names, profile, roles
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, SignInRequired
from comments_service.inputs import Profile
from comments_service.models import Account, Session, now


def introduce(account: Account, given: Profile) -> None:
    """Take over what an account says of itself, and publish anew whatever shows its name.

    Raises InvalidInput when the name is another's, TooMany when it changes all the time.
    """
    try:
        with writing():
            profile.change(profile.locked(account.id), given)
    except IntegrityError:
        # Two who choose one name at the same moment: the other one has it.
        raise InvalidInput(fields={"name": names.TAKEN}) from None


def claim(session: Session) -> int:
    """Give the account what was written as a guest in the same browser; tells how many comments.

    From then on they bear the account's name, and count for and against it like all its others;
    what the guest typed about himself goes. Claimed twice at one moment, they are claimed once.
    """
    with comments.changing():
        mine = _asked(session)
        found = comments.locked(*by_writer.unclaimed(mine)) if mine else []
        for each in found:
            each.account_id = session.account_id
            each.name = each.email = None
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


def ban(email: str) -> Account:
    """Close the account of an address: its sessions end, nobody gets in, and its page goes.

    Its comments stay. Raises InvalidInput for an address without an account, NotAllowed for the
    last owner.
    """
    return _close(email, now())


def unban(email: str) -> Account:
    """Open it again. Its owner signs in anew."""
    return _close(email, None)


def _close(email: str, moment: datetime | None) -> Account:
    with writing():
        account = profile.locked(roles.known(email).id)
        if moment is not None:
            roles.refuse_last_owner(account)
        account.closed_at = moment
        sessions.end_all(account.id)
    return account
