"""Lists of comments and of threads: a page of a query, counts, the newest, all discussions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from comments_service import markup
from comments_service.db import db
from comments_service.models import (
    Account,
    Comment,
    Status,
    Thread,
)
from comments_service.threads.conversations import Shown, columns, shown_row, writer_name
from comments_service.threads.thread import for_readers

RECENT = 50
MAX_COUNTS = 1_000
# The page of all conversations: what is older is found by its article. Of a comment's HTML only its
# beginning is read for it.
MAX_DISCUSSIONS = 1_000
EXCERPT_READ_CHARS = 2_000


@dataclass(frozen=True)
class Page:
    """One page of a list of comments, and how many there are on all pages."""

    comments: Sequence[Comment]
    total: int
    page: int
    pages: int


def page_of(chosen: sa.Select[Comment], page: int, size: int) -> Page:
    """A page of what a query chooses, the nearest where there is none of that number; two queries."""
    counted = sa.select(sa.func.count()).select_from(chosen.order_by(None).subquery())
    total = db.session.scalar(counted) or 0
    last = max(1, math.ceil(total / size))
    page = min(max(1, page), last)
    comments = db.session.scalars(chosen.limit(size).offset((page - 1) * size)).all()
    return Page(comments, total, page, last)


def counts() -> list[tuple[str, int]]:
    """Published comments of each thread that has any, the latest active first, at most 1,000."""
    latest = sa.func.max(Comment.id)
    return [
        (row[0], row[1])
        for row in db.session.execute(
            sa.select(Comment.thread_id, sa.func.count())
            .join(Thread, Thread.id == Comment.thread_id)
            .where(
                Comment.status == Status.PUBLISHED,
                *for_readers,
            )
            .group_by(Comment.thread_id)
            .order_by(latest.desc())
            .limit(MAX_COUNTS)
        )
    ]


def recent() -> list[tuple[Shown, Thread]]:
    """The newest published comments of the whole site, with their threads."""
    rows = db.session.execute(
        sa.select(*columns, Thread)
        .outerjoin(Account, Comment.account_id == Account.id)
        .join(Thread, Thread.id == Comment.thread_id)
        .where(
            Comment.status == Status.PUBLISHED,
            *for_readers,
        )
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(RECENT)
    ).all()
    return [(shown_row(row, None), row.Thread) for row in rows]


@dataclass(frozen=True, slots=True)
class Discussion:
    """A thread as the list of all conversations shows it."""

    thread: Thread
    count: int
    # The newest comment, who wrote it (empty: somebody who has left), and how it begins.
    last_id: int | None
    name: str
    excerpt: str
    # When it was written; of a thread without comments, when its article was published.
    active_at: datetime


def discussions() -> list[Discussion]:
    """Every thread, the latest active first, at most 1,000: one query, whatever was said in them."""
    said = (
        sa.select(
            Comment.thread_id,
            sa.func.count().label("comments"),
            sa.func.max(Comment.created_at).label("at"),
        )
        .where(Comment.status == Status.PUBLISHED)
        .group_by(Comment.thread_id)
        .subquery()
    )
    each = Comment.__table__.alias("each").c
    newest = (
        sa.select(each.id)
        .where(each.thread_id == Thread.id, each.status == Status.PUBLISHED)
        .order_by(each.created_at.desc(), each.id.desc())
        .limit(1)
        .correlate(Thread)
        .scalar_subquery()
    )
    active_at = sa.func.coalesce(said.c.at, Thread.published_at, Thread.created_at)
    rows = db.session.execute(
        sa.select(
            Thread,
            sa.func.coalesce(said.c.comments, 0).label("comments"),
            Comment.id,
            Comment.name,
            sa.func.substr(Comment.html, 1, EXCERPT_READ_CHARS).label("html"),
            Account.name.label("account_name"),
            active_at.label("active_at"),
        )
        .outerjoin(said, said.c.thread_id == Thread.id)
        .outerjoin(Comment, Comment.id == newest)
        .outerjoin(Account, Account.id == Comment.account_id)
        .where(*for_readers)
        .order_by(active_at.desc(), Thread.id)
        .limit(MAX_DISCUSSIONS)
    )
    return [
        Discussion(
            thread=row.Thread,
            count=row.comments,
            last_id=row.id,
            name=writer_name(row),
            excerpt=markup.excerpt(row.html) if row.html else "",
            active_at=row.active_at,
        )
        for row in rows
    ]
