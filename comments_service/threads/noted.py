"""Noted: which comments of a thread are notes, each about words of the article.

The first page of a thread's snapshot says all of them, so that whoever marks the words reads one file.
"""

from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from comments_service.db import db
from comments_service.models import Account, Comment, Status
from formats.passages import Passage


@dataclass(frozen=True, slots=True)
class Noted:
    """A published note; `page` is the page of the thread on which it stands."""

    id: int
    name: str
    passage: Passage
    page: int


_c = cast(sa.Table, Comment.__table__).c
_mine = (_c.thread_id == sa.bindparam("thread_id"), _c.place.is_not(None))
_noted = (*_mine, _c.passage.is_not(None), _c.status == Status.PUBLISHED)
_other = cast(sa.Table, Comment.__table__).alias()
_extent = sa.select(
    sa.func.count(_c.place),
    sa.exists().where(
        _other.c.thread_id == sa.bindparam("thread_id"),
        _other.c.passage.is_not(None),
        _other.c.place.is_not(None),
    ),
).where(*_mine)


def _chosen(before: sa.ColumnElement[int], *which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    name = sa.func.coalesce(Account.name, _c.name, "").label("name")
    chosen = sa.select(_c.id, _c.passage, name, before.label("before"))
    chosen = chosen.outerjoin_from(_c.id.table, Account, Account.id == _c.account_id)
    return chosen.where(*_noted, *which).order_by(_c.place)


_numbered = (
    sa.select(_c.id, (sa.func.row_number().over(order_by=_c.place) - 1).label("before"))
    .where(*_mine)
    .subquery()
)
_on_one_page = _chosen(sa.literal_column("0", sa.Integer))
_on_several = _chosen(_numbered.c.before, _numbered.c.id == _c.id)


def extent(thread_id: str) -> tuple[int, bool]:
    """How many comments the pages of a thread hold, and whether there is a note among them; one query."""
    row = db.session.execute(_extent, {"thread_id": thread_id}).one()
    return row[0], bool(row[1])


def noted(thread_id: str, length: int, size: int) -> tuple[Noted, ...]:
    """Every published note of a thread of this length, in reading order; one query."""
    chosen = _on_one_page if length <= size else _on_several
    rows = db.session.execute(chosen, {"thread_id": thread_id})
    return tuple(Noted(row.id, row.name, row.passage, row.before // size + 1) for row in rows)
