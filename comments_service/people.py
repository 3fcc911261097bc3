"""People as moderators see them: accounts, and guests, of whom a browser's session is all that is known.

Reading only. What is done about somebody is in `account_changes`.
"""

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service import bans, sessions, threads
from comments_service.db import db
from comments_service.errors import UnknownPerson
from comments_service.models import (
    Account,
    Ban,
    Comment,
    Decision,
    PersonNote,
    Role,
    Session,
    Status,
    now,
)

PAGE = 25
# More of them nobody reads; each kind is counted beside it.
SHOWN = 50
_guest = re.compile(r"guest-([1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True)
class Person:
    """An account, or a guest's session. `key` stands in addresses: a public id, or `guest-17`."""

    key: str
    name: str
    account: Account | None = None
    session: Session | None = None

    @property
    def account_id(self) -> int | None:
        return self.account.id if self.account else None

    @property
    def session_id(self) -> int | None:
        return self.session.id if self.session else None

    @property
    def wrote(self) -> tuple[sa.ColumnElement[bool], ...]:
        """What picks the comments of this person. What a guest wrote and claimed is an account's."""
        if self.account is not None:
            return (Comment.account_id == self.account.id,)
        return Comment.session_id == self.session_id, Comment.account_id.is_(None)


def get(key: str) -> Person:
    """The person with this key. Raises UnknownPerson."""
    if found := _guest.fullmatch(key):
        session = db.session.get(Session, int(found[1])) if int(found[1]) < 2**63 else None
        if session is not None and session.account_id is None:
            return Person(key, _guest_name(session.id), session=session)
        raise UnknownPerson
    account = db.session.scalar(sa.select(Account).where(Account.public_id == key))
    if account is None:
        raise UnknownPerson
    return of_account(account)


def of_account(account: Account) -> Person:
    return Person(account.public_id, account.name, account=account)


def _guest_name(session_id: int) -> str:
    """What a guest called himself last."""
    said = (
        sa.select(Comment.name)
        .where(Comment.session_id == session_id, Comment.account_id.is_(None))
        .order_by(Comment.id.desc())
        .limit(1)
    )
    return db.session.scalar(said) or ""


# ---- all of them


class People(NamedTuple):
    people: Sequence[Account]
    # Who of them is banned, and until when; None: until somebody ends it.
    banned: Mapping[int, Ban]
    total: int
    page: int
    pages: int


def listed(
    *, words: str = "", role: Role | None = None, banned: bool = False, page: int = 1
) -> People:
    """Accounts whose name or address has all of the words in it, the newest first; three queries."""
    which: list[sa.ColumnElement[bool]] = []
    for word in words.split()[:10]:
        escaped = word.replace("/", "//").replace("%", "/%").replace("_", "/_")
        like = f"%{escaped}%"
        which.append(
            sa.or_(Account.name.ilike(like, escape="/"), Account.email.ilike(like, escape="/"))
        )
    if role is not None:
        which.append(Account.role == role)
    if banned:
        which.append(sa.exists().where(Ban.account_id == Account.id, *bans.active()))
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Account).where(*which)) or 0
    last = max(1, math.ceil(total / PAGE))
    page = min(max(1, page), last)
    chosen = sa.select(Account).where(*which).order_by(Account.id.desc())
    found = db.session.scalars(chosen.limit(PAGE).offset((page - 1) * PAGE)).all()
    held = db.session.scalars(
        sa.select(Ban).where(Ban.account_id.in_([each.id for each in found]), *bans.active())
    )
    return People(found, {each.account_id or 0: each for each in held}, total, page, last)


# ---- one of them


class Overview(NamedTuple):
    """What a moderator sees of a person beside the comments; as many queries however much there is."""

    counts: Mapping[Status, int]
    sessions: Sequence[Session]
    notes: Sequence[PersonNote]
    bans: Sequence[Ban]
    # Whether a ban could find the network that the person wrote from last.
    network_known: bool

    @property
    def ban(self) -> Ban | None:
        """The one that holds now; of several, the one that lasts longest."""
        held = [each for each in self.bans if bans.holds(each)]
        return max(
            held,
            key=lambda each: (each.ends_at is None, each.ends_at or each.made_at),
            default=None,
        )


def overview(person: Person) -> Overview:
    rows = db.session.execute(
        sa.select(Comment.status, sa.func.count()).where(*person.wrote).group_by(Comment.status)
    )
    counted = {row[0]: row[1] for row in rows}
    places = sessions.of_account(person.account) if person.account else []
    return Overview(
        {each: counted.get(each, 0) for each in Status},
        places[:SHOWN] if person.account else [person.session] if person.session else [],
        notes(person),
        bans.of_person(person.account_id, person.session_id),
        network_today(person) is not None,
    )


def wrote(person: Person, status: Status | None, page: int = 1) -> threads.Page:
    """The comments of a person, in a state or in all, the newest first."""
    which = [*person.wrote, *([Comment.status == status] if status else [])]
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Comment).where(*which)) or 0
    last = max(1, math.ceil(total / PAGE))
    page = min(max(1, page), last)
    ids = db.session.scalars(
        sa.select(Comment.id)
        .where(*which)
        .order_by(Comment.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    found = db.session.scalars(
        sa.select(Comment)
        .where(Comment.id.in_(ids))
        .options(joinedload(Comment.thread), joinedload(Comment.account))
        .order_by(Comment.id.desc())
    ).all()
    return threads.Page(found, total, page, last)


def decisions(comments: Sequence[Comment]) -> Mapping[int, Sequence[Decision]]:
    """What was decided on each of these comments, the latest first."""
    found: dict[int, list[Decision]] = defaultdict(list)
    chosen = (
        sa.select(Decision)
        .where(Decision.comment_id.in_([each.id for each in comments]))
        .options(joinedload(Decision.moderator))
        .order_by(Decision.id.desc())
    )
    for each in db.session.scalars(chosen):
        found[each.comment_id].append(each)
    return found


def notes(person: Person) -> Sequence[PersonNote]:
    """What moderators noted about a person, the latest first."""
    if person.account_id is not None:
        mine = PersonNote.account_id == person.account_id
    else:
        mine = PersonNote.session_id == person.session_id
    chosen = sa.select(PersonNote).where(mine).options(joinedload(PersonNote.moderator))
    return db.session.scalars(chosen.order_by(PersonNote.id.desc()).limit(SHOWN)).all()


def network_today(person: Person) -> str | None:
    """The network that a person wrote from last, under today's key; None where that was earlier."""
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    last = (
        sa.select(Comment.network)
        .where(*person.wrote, Comment.created_at >= midnight)
        .order_by(Comment.id.desc())
        .limit(1)
    )
    return db.session.scalar(last)
