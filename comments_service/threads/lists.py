"""Lists of comments and of threads: a page of a query, counts, the newest, all discussions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import load_only

from comments_service import markup
from comments_service.db import db
from comments_service.models import (
    Account,
    Comment,
    Status,
    Thread,
)
from comments_service.threads.conversations import RECENT, Shown, columns, shown_row, writer_name
from comments_service.threads.thread import address, for_everybody, languages
from formats.left_behind import Left

MAX_COUNTS = 1_000
# The page of all conversations: what is older is found by its article. Of a comment's HTML only its
# beginning is read for it.
MAX_DISCUSSIONS = 1_000
EXCERPT_READ_CHARS = 2_000


_listed = (Thread.active_at.is_not(None), *for_everybody)
# What lists show of a thread.
_of_lists = (
    *(Thread.url, Thread.title, Thread.lang, Thread.translations, Thread.category),
    *(Thread.comment_count, Thread.active_at, Thread.created_at),
)
_latest = (Thread.active_at.desc(), Thread.id.desc())


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


_published = sa.select(sa.func.count(Comment.id)).where(
    Comment.thread_id == Thread.id, Comment.status == Status.PUBLISHED
)
# Whether a thread that is not behind has another number of comments than lists say.
miscounted = sa.and_(
    Thread.published_revision == Thread.revision,
    Thread.comment_count != _published.correlate(Thread).scalar_subquery(),
).label("miscounted")


def counts() -> list[tuple[str, int]]:
    """Published comments of each thread that has any, the latest active first, at most 1,000."""
    rows = db.session.execute(
        sa.select(Thread.id, Thread.comment_count)
        # Spelt as the condition of the index.
        .where(sa.text("comment_count > 0"), *_listed)
        .order_by(*_latest)
        .limit(MAX_COUNTS)
    )
    return [(row[0], row[1]) for row in rows]


def without_article(thread_id: str = "") -> list[Left]:
    """Threads, or this one, that have comments while the site lists no article of theirs."""
    number = _published.correlate(Thread).scalar_subquery()
    chosen = sa.select(Thread, number).where(~Thread.listed, number > 0)
    # A draft's are not to follow any article.
    chosen = chosen.where(Thread.shared_until.is_(None))
    if thread_id:
        chosen = chosen.where(Thread.id == thread_id)
    return [
        Left(
            thread.id,
            thread.title,
            {each: address(thread, each) for each in languages(thread)},
            count,
        )
        for thread, count in db.session.execute(chosen.order_by(Thread.id))
    ]


def recent() -> list[tuple[Shown, Thread]]:
    """The newest published comments of the whole site, with their threads."""
    rows = db.session.execute(
        sa.select(*columns, Thread)
        .outerjoin(Account, Comment.account_id == Account.id)
        .join(Thread, Thread.id == Comment.thread_id)
        .where(
            Comment.status == Status.PUBLISHED,
            *for_everybody,
        )
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(RECENT)
        .options(load_only(*_of_lists, raiseload=True))
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


@dataclass(frozen=True, slots=True)
class Discussions:
    """A page of the list of all conversations; how many there are, and their categories, the largest first."""

    shown: Sequence[Discussion]
    total: int
    page: int
    pages: int
    categories: Sequence[str]


def discussions(page: int, size: int) -> Discussions:
    """Every thread that was published, the latest active first, at most 1,000; the nearest page."""
    listed = sa.select(Thread.category).where(*_listed).order_by(*_latest).limit(MAX_DISCUSSIONS)
    each = listed.subquery().c.category
    number = sa.func.count()
    filed = db.session.execute(
        sa.select(each, number.label("number")).group_by(each).order_by(number.desc(), each)
    ).all()
    total = sum(row.number for row in filed)
    pages = max(1, math.ceil(total / size))
    page = min(page, pages)
    start = (page - 1) * size
    return Discussions(
        shown=_discussions(start, min(size, MAX_DISCUSSIONS - start)),
        total=total,
        page=page,
        pages=pages,
        categories=[row.category for row in filed if row.category],
    )


# The list is read again with each comment, and most of it says what it said.
_excerpt = lru_cache(maxsize=1_000)(markup.excerpt)


def _discussions(start: int, size: int) -> list[Discussion]:
    rows = db.session.execute(
        sa.select(
            Thread,
            Comment.id,
            Comment.name,
            sa.func.substr(Comment.html, 1, EXCERPT_READ_CHARS).label("html"),
            Account.name.label("account_name"),
        )
        .outerjoin(
            Comment,
            # Whose deletion is not published yet is not shown either.
            sa.and_(Comment.id == Thread.last_comment_id, Comment.status == Status.PUBLISHED),
        )
        .outerjoin(Account, Account.id == Comment.account_id)
        .where(*_listed)
        .order_by(*_latest)
        .limit(size)
        .offset(start)
        .options(load_only(*_of_lists, raiseload=True))
        .execution_options(populate_existing=True)
    )
    return [
        Discussion(
            thread=row.Thread,
            count=row.Thread.comment_count,
            last_id=row.id,
            name=writer_name(row),
            excerpt=_excerpt(row.html) if row.html else "",
            active_at=row.Thread.active_at,
        )
        for row in rows
    ]
