"""The moderation queue: what waits for a decision, and what was decided. Deciding is in `comments`."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service import by_writer, threads
from comments_service.db import db
from comments_service.models import Account, Act, Comment, Decision, Role, Status

QUEUE_PAGE = 25


def queue(
    account: Account, status: Status, *, thread_id: str = "", words: str = "", page: int = 1
) -> threads.Page:
    """Comments in a state that `account` may decide on: the oldest first while they wait.

    Authors see the threads of their own articles, moderators and owners all.
    """
    which = _of(account, status)
    if thread_id:
        which.append(Comment.thread_id == thread_id)
    newest_first = status is not Status.PENDING
    # Reading texts is what costs: they are read once, to find and to count.
    found = _saying(words, which, newest_first) if words.strip() else None
    total = _count(which) if found is None else len(found)
    last = max(1, math.ceil(total / QUEUE_PAGE))
    page = min(max(1, page), last)
    begin = (page - 1) * QUEUE_PAGE
    if found is None:
        # The numbers alone come from an index, however far the page is from the first.
        chosen = sa.select(Comment.id).where(*which).order_by(*_order(Comment, newest_first))
        ids = db.session.scalars(chosen.limit(QUEUE_PAGE).offset(begin)).all()
    else:
        ids = found[begin : begin + QUEUE_PAGE]
    comments = db.session.scalars(
        sa.select(Comment)
        .where(Comment.id.in_(ids))
        .options(joinedload(Comment.thread), joinedload(Comment.account))
        .order_by(*_order(Comment, newest_first))
    ).all()
    return threads.Page(comments, total, page, last)


def _of(account: Account, status: Status) -> list[sa.ColumnElement[bool]]:
    which = [Comment.status == status]
    if account.role is Role.AUTHOR:
        which.append(Comment.thread_id.in_(written_by(account)))
    return which


def _count(which: Sequence[sa.ColumnElement[bool]]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Comment).where(*which)) or 0


def _order(of: Any, newest_first: bool) -> tuple[sa.ColumnElement[Any], ...]:
    """By time, which the index of each state is sorted by."""
    order = (of.created_at, of.id)
    return tuple(each.desc() for each in order) if newest_first else order


def _saying(
    words: str, which: Sequence[sa.ColumnElement[bool]], newest_first: bool
) -> Sequence[int]:
    """The numbers of comments in which, or in whose writer's names and address, each word stands."""
    sqlite = db.engine.dialect.name == "sqlite"
    # SQLite's LIKE asks for no case. PostgreSQL's ILIKE would fold a text anew for each word: here it
    # folds all, and an OFFSET keeps it from doing so while it compares.
    fold: Callable[[Any], Any] = (lambda text: text) if sqlite else sa.func.lower
    texts = (Comment.source, Comment.name, Comment.email, Account.name)
    folded = (fold(text).label(f"text{number}") for number, text in enumerate(texts))
    read = sa.select(Comment.id, Comment.created_at, *folded).outerjoin(Comment.account)
    row = read.where(*which).offset(None if sqlite else 0).subquery().c
    chosen = sa.select(row.id).order_by(*_order(row, newest_first))
    for word in words.split()[:10]:
        pattern = f"%{word.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
        chosen = chosen.where(
            sa.or_(*(row[f"text{n}"].like(fold(pattern), escape="/") for n in range(len(texts))))
        )
    return db.session.connection().execute(chosen).scalars().all()


def written_by(account: Account) -> list[str]:
    """The ids of the threads whose article names this account as an author."""
    return by_writer.bearing(account.name)


def waiting(account: Account) -> int:
    """How many comments wait for this moderator."""
    return _count(_of(account, Status.PENDING))


def decisions(comment_id: int) -> Sequence[Decision]:
    """Everything that was decided on a comment, the latest first."""
    return db.session.scalars(
        sa.select(Decision)
        .where(Decision.comment_id == comment_id)
        .options(joinedload(Decision.moderator))
        .order_by(Decision.id.desc())
    ).all()


def last_decision(comment_id: int) -> Decision | None:
    """The decision that an undo would take back: the latest that no other has taken back."""
    undone = sa.select(Decision.undoes_id).where(Decision.undoes_id.is_not(None))
    return db.session.scalar(
        sa.select(Decision)
        .where(
            Decision.comment_id == comment_id,
            Decision.act != Act.UNDO,
            Decision.id.not_in(undone),
        )
        .order_by(Decision.id.desc())
        .limit(1)
    )
