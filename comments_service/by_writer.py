"""Queries by writer: what one person wrote as a reader, as a guest and as a moderator.

Who that person is comes in as a session or an account; what others see of it is decided in `threads`.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from comments_service import threads
from comments_service.db import db
from comments_service.models import (
    Account,
    Comment,
    CommentRevision,
    Decision,
    Session,
    Status,
    Thread,
    html_hash,
    now,
)
from comments_service.spam import History

SAID_PAGE = 25
# Of what was rejected, and of one text on one day, nobody needs to know more: a flood is a flood.
MOST = 100


def in_thread(session: Session, thread_id: str, limit: int = 50) -> Sequence[Comment]:
    """A session's or its account's comments in a thread, newest first; none that are deleted."""
    written_in = [each for each in (session.id, session.guest_id) if each]
    mine: sa.ColumnElement[bool] = Comment.session_id.in_(written_in)
    if session.account_id is not None:
        mine = sa.or_(mine, Comment.account_id == session.account_id)
    return db.session.scalars(
        sa.select(Comment)
        .where(
            mine,
            Comment.thread_id == thread_id,
            Comment.status.in_([Status.PENDING, Status.PUBLISHED]),
        )
        .options(joinedload(Comment.thread), joinedload(Comment.account))
        .order_by(Comment.id.desc())
        .limit(limit)
    ).all()


def history(session: Session | None, html: str, thread_id: str, up_to: int = 1_000) -> History:
    """What `spam` needs to know of a writer and of this text, in one query.

    All is counted up to a number only: a regular, or a flood, costs no more than a newcomer.
    """
    account_id = session.account_id if session else None
    writer = "account_id" if account_id is not None else "session_id"
    row = (
        db.session.connection()
        .execute(
            _history(writer),
            {
                "writer": account_id if account_id is not None else session.id if session else None,
                "html_hash": html_hash(html),
                "thread_id": thread_id,
                "since": now() - timedelta(days=1),
                "enough": up_to,
            },
        )
        .one()
    )
    return History(published=row[0], rejected=row[1], same_text_recently=row[2])


@cache
def _history(writer: str) -> sa.Select[Any]:
    """The query behind `history`, put together once: that costs more than asking it."""
    table = Comment.__table__.c
    mine = table[writer] == sa.bindparam("writer")
    published = (
        sa.select(table.id)
        .where(mine, table.status == Status.PUBLISHED)
        .limit(sa.bindparam("enough", type_=sa.Integer))
    )
    rejected = sa.select(table.id).where(mine, table.status == Status.REJECTED).limit(MOST)
    same = (
        sa.select(table.thread_id, table.status)
        .where(
            table.html_hash == sa.bindparam("html_hash"), table.created_at > sa.bindparam("since")
        )
        .order_by(table.created_at.desc())
        .limit(MOST)
        .subquery()
    )
    elsewhere = sa.select(same.c.thread_id).where(
        same.c.thread_id != sa.bindparam("thread_id"),
        # Two, and no list, which would be written out anew each time.
        sa.or_(same.c.status == Status.PENDING, same.c.status == Status.REJECTED),
    )
    return sa.select(
        *(
            sa.select(sa.func.count()).select_from(each.subquery()).scalar_subquery()
            for each in (published, rejected, elsewhere)
        )
    )


def said(account: Account, page: int = 1) -> threads.Page:
    """What everybody may read of an account, with the threads, the newest first; two queries."""
    chosen = (
        sa.select(Comment)
        .join(Comment.thread)
        .where(
            Comment.account_id == account.id,
            Comment.status == Status.PUBLISHED,
            *threads.for_readers,
        )
    )
    chosen = chosen.options(contains_eager(Comment.thread))
    latest_first = chosen.order_by(Comment.created_at.desc(), Comment.id.desc())
    return threads.page_of(latest_first, page, SAID_PAGE)


def claimable(session: Session | None) -> Sequence[Comment]:
    """What was written as a guest in the same browser before its owner signed in, oldest first."""
    if session is None or session.account_id is None or session.guest_id is None:
        return []
    return db.session.scalars(
        sa.select(Comment)
        .where(*unclaimed(session.guest_id))
        .options(joinedload(Comment.thread))
        .order_by(Comment.id)
    ).all()


def claimable_count(session: Session | None) -> int:
    if session is None or session.account_id is None or session.guest_id is None:
        return 0
    return (
        db.session.scalar(
            sa.select(sa.func.count()).select_from(Comment).where(*unclaimed(session.guest_id))
        )
        or 0
    )


def unclaimed(guest_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """What picks a guest's comments that no account has, of which anything is left."""
    return (
        Comment.session_id == guest_id,
        Comment.account_id.is_(None),
        Comment.source != "",
    )


def of_account(account_id: int) -> Sequence[Comment]:
    """Every comment of an account with its thread, in any state, oldest first."""
    return db.session.scalars(
        sa.select(Comment)
        .where(Comment.account_id == account_id)
        .options(joinedload(Comment.thread))
        .order_by(Comment.id)
    ).all()


def revisions_of(account_id: int) -> Sequence[CommentRevision]:
    """What an account's comments said before they were edited, oldest first."""
    return db.session.scalars(
        sa.select(CommentRevision)
        .join(Comment, Comment.id == CommentRevision.comment_id)
        .where(Comment.account_id == account_id)
        .order_by(CommentRevision.id)
    ).all()


def decisions_about(account_id: int) -> Sequence[Decision]:
    """What was decided on an account's comments, oldest first."""
    return db.session.scalars(
        sa.select(Decision)
        .join(Comment, Comment.id == Decision.comment_id)
        .where(Comment.account_id == account_id)
        .order_by(Decision.id)
    ).all()


def decisions_by(account_id: int) -> Sequence[Decision]:
    """What an account decided on others' comments, oldest first."""
    return db.session.scalars(
        sa.select(Decision).where(Decision.moderator_id == account_id).order_by(Decision.id)
    ).all()


def bearing(name: str) -> list[str]:
    """The ids of the threads whose article names this author."""
    # As it stands in the column, which may hold it as a part of another name too.
    written = json.dumps(name)[1:-1]
    authors = db.session.execute(
        sa.select(Thread.id, Thread.authors).where(
            sa.cast(Thread.authors, sa.Text).contains(written, autoescape=True)
        )
    )
    return [row.id for row in authors if name in row.authors]
