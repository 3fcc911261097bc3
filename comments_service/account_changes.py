"""What changes for all comments of one person at once: a new name, a claim of what was written as a
guest. Bans are in `banning`, deleting the account is in `account_deletion`.

Not in `accounts/`, which lies below `comments`. Each is one transaction over every thread concerned.
"""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from comments_service import bans, by_writer, comments
from comments_service.accounts import names, profile
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, SignInRequired
from comments_service.inputs import Profile
from comments_service.models import Account, Session


def introduce(account: Account, given: Profile) -> None:
    """Take over what an account says of itself, and publish anew whatever shows its name.

    Raises InvalidInput when the name is another's, TooMany when it changes all the time, and Banned.
    """
    # A name stands beside each comment: changing it is writing.
    if (ban := bans.of_account(account.id)) is not None:
        raise bans.refusal(ban)
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
        if mine and session.account_id is not None:
            db.session.flush()
            comments.take_over_votes(mine, session.account_id)
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
