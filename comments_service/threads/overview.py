"""Threads as moderators see them: every one, also those whose article is gone, and what was ruled."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service.db import db
from comments_service.errors import UnknownThread
from comments_service.models import (
    REPORTS_ENOUGH,
    Comment,
    Status,
    Thread,
    ThreadAct,
    ThreadDecision,
)

PAGE = 50
HISTORY = 100
# In the order of the fields below; the last counts what readers reported.
STATES = (Status.PUBLISHED, Status.PENDING, Status.REJECTED, Status.DELETED, "")


@dataclass(frozen=True, slots=True)
class Overview:
    """A thread with the number of its comments in each state, and of those that readers reported."""

    thread: Thread
    published: int
    pending: int
    rejected: int
    deleted: int
    reported: int


@dataclass(frozen=True)
class Overviews:
    """A page of them, and how many there are."""

    overviews: Sequence[Overview]
    total: int
    page: int
    pages: int


def overviews(words: str = "", page: int = 1, only: Collection[str] | None = None) -> Overviews:
    """Threads whose title or id has each of these words, those that were active last first; three queries.

    `only` these, where somebody does not moderate all of them.
    """
    which: list[sa.ColumnElement[bool]] = [] if only is None else [Thread.id.in_(only)]
    for word in words.split()[:10]:
        pattern = f"%{word.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
        which.append(
            sa.or_(Thread.title.ilike(pattern, escape="/"), Thread.id.ilike(pattern, escape="/"))
        )
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Thread).where(*which)) or 0
    last = max(1, -(-total // PAGE))
    page = min(page, last)
    chosen = (
        sa.select(Thread)
        .where(*which)
        .order_by(Thread.active_at.desc().nulls_last(), Thread.id.desc())
    )
    found = db.session.scalars(chosen.limit(PAGE).offset((page - 1) * PAGE)).all()
    counted = _counted([each.id for each in found])
    return Overviews([_overview(each, counted) for each in found], total, page, last)


def overview_of(thread_id: str) -> Overview:
    """One of them. Raises UnknownThread."""
    thread = db.session.get(Thread, thread_id, populate_existing=True)
    if thread is None:
        raise UnknownThread
    return _overview(thread, _counted([thread_id]))


def _overview(thread: Thread, counted: dict[tuple[str, str], int]) -> Overview:
    return Overview(thread, *(counted.get((thread.id, name), 0) for name in STATES))


def _counted(ids: Sequence[str]) -> dict[tuple[str, str], int]:
    """How many comments of each state these threads have; by "", how many are reported."""
    waiting = sa.case((Comment.reports >= REPORTS_ENOUGH, 1), else_=0)
    seen = Comment.status.in_((Status.PUBLISHED, Status.PENDING))
    rows: Any = db.session.execute(
        sa.select(
            Comment.thread_id,
            Comment.status,
            sa.func.count(),
            sa.func.sum(sa.case((seen, waiting), else_=0)),
        )
        .where(Comment.thread_id.in_(ids))
        .group_by(Comment.thread_id, Comment.status)
    )
    found: dict[tuple[str, str], int] = {}
    for thread_id, status, count, reported in rows:
        found[thread_id, status] = count
        found[thread_id, ""] = found.get((thread_id, ""), 0) + reported
    return found


def pinned(thread_id: str) -> Sequence[Comment]:
    """What stands first in a thread, in that order."""
    return db.session.scalars(
        sa.select(Comment)
        .where(Comment.thread_id == thread_id, sa.text("pinned_at IS NOT NULL"))
        .options(joinedload(Comment.account))
        .order_by(Comment.pinned_at, Comment.id)
    ).all()


def merged_into(thread_id: str) -> Sequence[Thread]:
    """The threads that this one has taken over."""
    return db.session.scalars(
        sa.select(Thread).where(Thread.merged_into == thread_id).order_by(Thread.id)
    ).all()


def history(thread_id: str) -> Sequence[tuple[ThreadDecision, bool]]:
    """What was ruled for a thread, and moved from it or to it, the latest first; whether it was undone."""
    undone = sa.select(ThreadDecision.undoes_id).where(ThreadDecision.undoes_id.is_not(None))
    rows = db.session.execute(
        sa.select(ThreadDecision, ThreadDecision.id.in_(undone))
        .where(
            sa.or_(ThreadDecision.thread_id == thread_id, ThreadDecision.to_thread_id == thread_id)
        )
        .options(joinedload(ThreadDecision.moderator))
        .order_by(ThreadDecision.id.desc())
        .limit(HISTORY)
    )
    return [(each, undone) for each, undone in rows]


def undoable(decision: ThreadDecision, *, undone: bool) -> bool:
    return decision.act in (ThreadAct.MOVE, ThreadAct.MERGE) and not undone
