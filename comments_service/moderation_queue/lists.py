"""The lists of the queue: a page of what a filter lets through, all of it, and how much waits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service import by_writer, threads
from comments_service.db import db
from comments_service.models import Account, Comment, Status
from comments_service.moderation_queue.filters import Filter

QUEUE_PAGE = 25
# Of all that match, so many are decided on by one request: a second or two.
MOST_MATCHING = 2_000


def queue(
    account: Account, wanted: Filter, *, page: int = 1, at: int | None = None
) -> threads.Page:
    """Comments that `account` may decide on: the oldest first while they wait, else the latest.

    Authors see the threads of their own articles, moderators and owners all. `at`: the page with
    this comment, if it is in the list at all.
    """
    which = wanted.of(account)
    # Reading texts is what costs: they are read once, to find and to count.
    found = _saying(wanted, which) if wanted.q.strip() else None
    total = _count(which) if found is None else len(found)
    last = max(1, math.ceil(total / QUEUE_PAGE))
    if at is not None:
        before = _before(at, wanted, which, found)
        page = page if before is None else before // QUEUE_PAGE + 1
    page = min(max(1, page), last)
    begin = (page - 1) * QUEUE_PAGE
    if found is None:
        # The numbers alone come from an index, however far the page is from the first.
        chosen = sa.select(Comment.id).where(*which).order_by(*_order(Comment, wanted))
        ids = db.session.scalars(chosen.limit(QUEUE_PAGE).offset(begin)).all()
    else:
        ids = found[begin : begin + QUEUE_PAGE]
    return threads.Page(loaded(ids, wanted), total, page, last)


def loaded(ids: Sequence[int], wanted: Filter) -> Sequence[Comment]:
    """Comments with what a card of them shows, in a list's order."""
    return db.session.scalars(
        sa.select(Comment)
        .where(Comment.id.in_(ids))
        .options(joinedload(Comment.thread), joinedload(Comment.account))
        .order_by(*_order(Comment, wanted))
    ).all()


def _before(
    number: int,
    wanted: Filter,
    which: Sequence[sa.ColumnElement[bool]],
    found: Sequence[int] | None,
) -> int | None:
    """How many stand before a comment in a list; None where it is not in it."""
    if found is not None:
        return found.index(number) if number in found else None
    written = db.session.scalar(sa.select(Comment.created_at).where(*which, Comment.id == number))
    if written is None:
        return None
    if wanted.status is None:
        return _count([*which, Comment.id > number])
    place = sa.tuple_(sa.literal(written, Comment.created_at.type), sa.literal(number))
    each = sa.tuple_(Comment.created_at, Comment.id)
    return _count([*which, (each > place) if wanted.newest_first else (each < place)])


@dataclass(frozen=True)
class Matching:
    """What a list held at a moment: how many comments, and the versions of the first of them."""

    total: int
    seen: dict[int, int]

    @property
    def left(self) -> int:
        return self.total - len(self.seen)


def matching(account: Account, wanted: Filter, until: datetime) -> Matching:
    """The first comments that a list held at a moment, thread by thread.

    None that was edited since then: nobody saw what it says.
    """
    which = [
        *wanted.of(account),
        Comment.created_at <= until,
        sa.or_(Comment.edited_at.is_(None), Comment.edited_at <= until),
    ]
    in_order = sa.select(Comment.id, Comment.version).order_by(Comment.thread_id, Comment.id)
    chosen = in_order.where(*which)
    if not wanted.q.strip():
        rows = db.session.execute(chosen.limit(MOST_MATCHING))
        return Matching(_count(which), {row.id: row.version for row in rows})
    found = {*_saying(wanted, which)}
    matched = (row for row in db.session.execute(chosen) if row.id in found)
    seen = {row.id: row.version for row in islice(matched, MOST_MATCHING)}
    return Matching(len(found), seen)


def _count(which: Sequence[sa.ColumnElement[bool]]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Comment).where(*which)) or 0


def _order(of: Any, wanted: Filter) -> tuple[sa.ColumnElement[Any], ...]:
    """By time, which the index of each state is sorted by; all states together as they arrived."""
    if wanted.status is None:
        return (of.id.desc(),)
    order = (of.created_at, of.id)
    return tuple(each.desc() for each in order) if wanted.newest_first else order


def _saying(wanted: Filter, which: Sequence[sa.ColumnElement[bool]]) -> Sequence[int]:
    """The numbers of comments in which, or in whose writer's names and address, each word stands."""
    sqlite = db.engine.dialect.name == "sqlite"
    # Where no word has a letter beyond ASCII with a case, folding ASCII alone finds the same, and costs half.
    plain = all(each.isascii() or each.lower() == each.upper() for each in wanted.q)

    def fold(text: Any) -> Any:
        """SQLite's LIKE asks for no case. PostgreSQL's ILIKE would fold a text anew for each word."""
        if sqlite:
            return text
        return sa.func.lower(sa.collate(text, "C") if plain else text)

    texts = (Comment.source, Comment.name, Comment.email, Account.name)
    folded = (fold(text).label(f"text{number}") for number, text in enumerate(texts))
    read = sa.select(Comment.id, Comment.created_at, *folded).outerjoin(Comment.account)
    # The OFFSET keeps PostgreSQL from folding while it compares.
    row = read.where(*which).offset(None if sqlite else 0).subquery().c
    chosen = sa.select(row.id).order_by(*_order(row, wanted))
    for word in wanted.q.split()[:10]:
        pattern = f"%{word.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
        chosen = chosen.where(
            sa.or_(*(row[f"text{n}"].like(fold(pattern), escape="/") for n in range(len(texts))))
        )
    # As one text: a word that is everywhere has a hundred thousand numbers, and a row costs more than one.
    number = sa.cast(chosen.subquery().c.id, sa.Text)
    found = db.session.connection().scalar(sa.select(sa.func.aggregate_strings(number, ",")))
    return [int(each) for each in found.split(",")] if found else []


def written_by(account: Account) -> list[str]:
    """The ids of the threads whose article names this account as an author."""
    return by_writer.bearing(account.name)


def waiting(account: Account) -> int:
    """How many comments wait for this moderator."""
    return _count(Filter(Status.PENDING).of(account))
