"""What moderators do about a person: ban, end a ban, note, and decide on all that somebody wrote.

Not in `bans`, which is asked whenever somebody writes and lies below `comments`. Who moderates is
never banned: an owner takes the role away first. So nobody who is banned decides on anything, and the
last owner, who keeps his role, is neither.
"""

from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa

from comments_service import bans, comments, people, rate_limits
from comments_service.accounts import profile
from comments_service.db import db, writing
from comments_service.errors import (
    InvalidInput,
    Message,
    NotAllowed,
    ServiceError,
    UnknownBan,
)
from comments_service.inputs import (
    DecisionOnPerson,
    NewBan,
    NewDecision,
    NewNetworkBan,
    NewPersonNote,
)
from comments_service.models import (
    STAFF,
    Account,
    Ban,
    Comment,
    PersonNote,
    Role,
    Status,
    now,
)
from comments_service.people import Person

SPANS: dict[str, timedelta | None] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
    "ever": None,
}
# Whose network it is changes: nobody is kept out for what another did long ago.
NETWORK_LASTS = timedelta(days=365)
# Each decision is a transaction of its own; so many take a second or two.
AT_ONCE = 200

MODERATES = Message(
    "{name} moderates here, and who moderates is not banned. An owner can take the role away first."
)
NOT_YOURS = Message(
    "Moderators and owners look after people; authors decide on their own articles."
)


def may(account: Account | None) -> bool:
    """Who looks after people: moderators and owners. Authors decide on their articles alone."""
    return account is not None and account.role in (Role.MODERATOR, Role.OWNER)


def ban(person: Person, moderator: Account | None, new: NewBan) -> Ban:
    """Take nothing more of a person, for so long; `moderator` is None for a command on the server.

    With his network, where he wrote today: known by today's hash until it comes by again. Raises
    NotAllowed for staff, SignInRequired.
    """
    with writing():
        by = _acting(moderator)
        if person.account is not None:
            account = profile.locked(person.account.id)
            if account.role in STAFF:
                raise NotAllowed(Message(MODERATES.template, name=account.name))
        made = _made(by, new.lasts, new.reason)
        made.account_id, made.session_id = person.account_id, person.session_id
        db.session.add(made)
        if new.network and (network := people.network_today(person)):
            also = _made(by, new.lasts, new.reason)
            also.network, also.day = network, bans.today()
            also.ends_at = min(also.ends_at or now() + NETWORK_LASTS, now() + NETWORK_LASTS)
            db.session.add(also)
        db.session.flush()
    return made


def ban_network(
    moderator: Account | None, new: NewNetworkBan, key: str, own_address: str = ""
) -> Ban:
    """Take nothing more from the network of an address. Raises InvalidInput, NotAllowed."""
    network = rate_limits.network_bytes(new.address.strip())
    if network is None:
        raise InvalidInput(
            fields={"address": Message("This is not an address such as 192.0.2.7 or 2001:db8::7.")}
        )
    if own_address and network == rate_limits.network_bytes(own_address):
        raise InvalidInput(fields={"address": Message("This is the network you are in yourself.")})
    with writing():
        made = _made(_acting(moderator), new.lasts, new.reason)
        made.network = bans.network_hash(network, key)
        db.session.add(made)
        db.session.flush()
    return made


def end(ban_id: int, moderator: Account | None) -> Ban:
    """End a ban before its time; one that is over stays as it is. Raises UnknownBan, NotAllowed."""
    with writing():
        by = _acting(moderator)
        found = db.session.scalar(sa.select(Ban).where(Ban.id == ban_id).with_for_update())
        if found is None:
            raise UnknownBan
        if bans.holds(found):
            found.ended_at, found.ended_by_id = now(), by.id if by else None
            found.network = found.day = None
    return found


def end_all(account: Account) -> int:
    """End every ban of an account that holds, by a command on the server; tells how many."""
    held = [each.id for each in bans.of_person(account.id, None) if bans.holds(each)]
    for ban_id in held:
        end(ban_id, None)
    return len(held)


def _acting(moderator: Account | None) -> Account | None:
    """The moderator as he is now, inside a transaction. Raises NotAllowed, SignInRequired."""
    if moderator is None:
        return None
    found = profile.locked(moderator.id)
    if not may(found):
        raise NotAllowed(NOT_YOURS)
    return found


def _made(by: Account | None, lasts: str, reason: str) -> Ban:
    span, moment = SPANS[lasts], now()
    return Ban(
        moderator_id=by.id if by else None,
        reason=reason,
        made_at=moment,
        ends_at=moment + span if span is not None else None,
    )


def note(person: Person, moderator: Account, new: NewPersonNote) -> PersonNote:
    """Note something about a person, for other moderators. Raises NotAllowed."""
    with writing():
        by = _acting(moderator)
        made = PersonNote(
            account_id=person.account_id,
            session_id=person.session_id,
            moderator_id=by.id if by else None,
            text=new.note,
        )
        db.session.add(made)
        db.session.flush()
    return made


class Decided(NamedTuple):
    """How many comments were decided on, and how many are left for another time."""

    decided: int
    left: int


def decide_all(person: Person, moderator: Account | None, new: DecisionOnPerson) -> Decided:
    """Mark as spam all that waits of a person, or delete all of it: each is a decision, and can be undone.

    At most so many at once, the newest first. Raises NotAllowed.
    """
    if moderator is not None and not may(moderator):
        raise NotAllowed(NOT_YOURS)
    states = [Status.PENDING] if new.decision == "spam" else _deletable
    which = (*person.wrote, Comment.status.in_(states))
    chosen = sa.select(Comment.id, Comment.version).where(*which).order_by(Comment.id.desc())
    decided = 0
    for row in db.session.execute(chosen.limit(AT_ONCE)).all():
        number, version = row[0], row[1]
        decision = NewDecision(decision=new.decision, reason=new.reason, version=version)
        try:
            comments.decide(number, moderator, decision)
            decided += 1
        except ServiceError:
            # Its writer has changed or deleted it just now: it is there next time.
            db.session.rollback()
    left = db.session.scalar(sa.select(sa.func.count()).select_from(Comment).where(*which)) or 0
    return Decided(decided, left)


_deletable = [Status.PENDING, Status.PUBLISHED, Status.REJECTED]
