"""Threads: every read of conversations, and the only SQL that says what counts as published.

Snapshots, pages and API show the same truth because all of them ask here. What one person wrote is
asked of `writers`, what waits for a decision of `moderation`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service import avatars, markup
from comments_service.db import db
from comments_service.errors import UnknownComment, UnknownThread
from comments_service.models import (
    Account,
    Comment,
    Policy,
    Role,
    Status,
    Thread,
    now,
)

RECENT = 50
MAX_COUNTS = 1_000
# The page of all conversations: what is older is found by its article. Of a comment's HTML only its
# beginning is read for it.
MAX_DISCUSSIONS = 1_000
EXCERPT_READ_CHARS = 2_000

# Which threads there are for readers.
for_readers = (Thread.listed.is_(True), Thread.policy != Policy.OFF)


@dataclass(frozen=True, slots=True)
class Shown:
    """A comment as everybody sees it: nothing here depends on who looks."""

    id: int
    thread_id: str
    parent_id: int | None
    depth: int
    status: Status
    # Empty when its writer has left.
    name: str
    website: str | None
    by: str
    # The writer's public id, if what he says of himself has a page.
    page: str | None
    hue: int
    # The path of an account's avatar; empty for a guest, who has a letter.
    avatar: str
    html: str
    created_at: datetime
    edited_at: datetime | None
    parent_name: str | None
    # Whether only a placeholder is shown, for the sake of the replies.
    gone: bool


_columns = (
    Comment.id,
    Comment.thread_id,
    Comment.parent_id,
    Comment.depth,
    Comment.status,
    Comment.name,
    Comment.website,
    Comment.html,
    Comment.created_at,
    Comment.edited_at,
    Account.name.label("account_name"),
    Account.role,
    Account.public_id,
    Account.shown,
    Account.closed_at,
)


def get(thread_id: str) -> Thread:
    """A thread that the manifest lists and whose article wants comments. Raises UnknownThread."""
    thread = db.session.scalar(_by_id, {"thread_id": thread_id})
    if thread is None or not thread.listed or thread.policy is Policy.OFF:
        raise UnknownThread
    return thread


_by_id = sa.select(Thread).where(Thread.id == sa.bindparam("thread_id"))


def open_now(thread: Thread) -> bool:
    """Whether the thread takes comments at this moment."""
    return thread.policy in (Policy.OPEN, Policy.HELD) and (
        thread.closes_at is None or now() < thread.closes_at
    )


def shown_policy(thread: Thread) -> Policy:
    """The policy as the snapshot says it: what the row says, not what the clock says."""
    return Policy.CLOSED if thread.closed_at is not None else thread.policy


def languages(thread: Thread) -> list[str]:
    """The thread's own language first, then those of its article's translations."""
    return list(dict.fromkeys([thread.lang, *(each["lang"] for each in thread.translations)]))


def address(thread: Thread, lang: str | None = None) -> str:
    """The article's address in a language."""
    for each in thread.translations:
        if each["lang"] == lang:
            return each["url"]
    return thread.url


def title(thread: Thread, lang: str) -> str:
    for each in thread.translations:
        if each["lang"] == lang:
            return each["title"]
    return thread.title


def conversation(thread_id: str) -> list[Shown]:
    """What a thread shows, in reading order: each comment, then its replies, oldest first.

    One query whatever the length; no recursion whatever the depth. Comments that are gone appear
    only where something visible answers them.
    """
    rows = db.session.execute(
        sa.select(*_columns)
        .outerjoin(Account, Comment.account_id == Account.id)
        .where(Comment.thread_id == thread_id)
        .order_by(Comment.created_at, Comment.id)
    ).all()
    names = {row.id: _name(row) for row in rows if row.status == Status.PUBLISHED}
    by_id = {row.id: row for row in rows}
    kept: set[int] = set()
    for published in names:
        above = published
        while above is not None and above not in kept:
            kept.add(above)
            above = by_id[above].parent_id
    children: dict[int | None, list[Any]] = {}
    # Backwards, because `pop` below takes from the end.
    for row in reversed(rows):
        if row.id in kept:
            children.setdefault(row.parent_id, []).append(row)
    order: list[Shown] = []
    waiting = children.get(None, [])
    while waiting:
        row = waiting.pop()
        order.append(_shown(row, names.get(row.parent_id)))
        waiting.extend(children.pop(row.id, []))
    return order


def count(conversation: Iterable[Shown]) -> int:
    return sum(not comment.gone for comment in conversation)


def pages(conversation: Sequence[Shown], size: int) -> list[Sequence[Shown]]:
    """The conversation cut into pages; an empty one has one empty page."""
    total = max(1, math.ceil(len(conversation) / size))
    return [conversation[page * size : (page + 1) * size] for page in range(total)]


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


def shown(comments: Sequence[Comment]) -> list[Shown]:
    """Comments, loaded with their accounts, as they look when they are published; one query.

    To their writers and to moderators, that is: what waits for a decision is shown whole.
    """
    asked = {each.parent_id for each in comments if each.parent_id is not None}
    parents: dict[int, str] = {}
    if asked:
        rows = db.session.execute(
            sa.select(Comment.id, Comment.name, Account.name.label("account_name"))
            .outerjoin(Account, Comment.account_id == Account.id)
            .where(Comment.id.in_(asked), Comment.status == Status.PUBLISHED)
        )
        parents = {row.id: _name(row) for row in rows}
    return [
        Shown(
            id=each.id,
            thread_id=each.thread_id,
            parent_id=each.parent_id,
            depth=each.depth,
            status=each.status,
            name=(each.account.name if each.account else each.name) or "",
            website=each.website,
            by=_by(each.account.role if each.account else None),
            page=each.account.public_id if each.account and has_page(each.account) else None,
            hue=avatars.hue(each.account.public_id if each.account else None, each.id),
            avatar=avatars.pattern(each.account.public_id if each.account else None),
            html=each.html,
            created_at=each.created_at,
            edited_at=each.edited_at,
            parent_name=parents.get(each.parent_id) if each.parent_id else None,
            gone=each.status in (Status.REJECTED, Status.DELETED),
        )
        for each in comments
    ]


def _by(role: Role | None) -> str:
    return str(role) if role else "guest"


def has_page(account: Account) -> bool:
    """Whether an account's public page is there: it wants one, and is not banned."""
    return account.shown and account.closed_at is None


def _name(row: Any) -> str:
    return row.account_name or row.name or ""


def _shown(row: Any, parent_name: str | None) -> Shown:
    return Shown(
        id=row.id,
        thread_id=row.thread_id,
        parent_id=row.parent_id,
        depth=row.depth,
        status=row.status,
        name=_name(row),
        website=row.website,
        by=_by(row.role),
        page=row.public_id if row.shown and row.closed_at is None else None,
        hue=avatars.hue(row.public_id, row.id),
        avatar=avatars.pattern(row.public_id),
        html=row.html,
        created_at=row.created_at,
        edited_at=row.edited_at,
        parent_name=parent_name,
        gone=row.status != Status.PUBLISHED,
    )


def comment(comment_id: int) -> Comment:
    """A comment with its thread and account, in any state. Raises UnknownComment."""
    found = db.session.scalar(
        sa.select(Comment)
        .where(Comment.id == comment_id)
        .options(joinedload(Comment.thread), joinedload(Comment.account))
    )
    if found is None:
        raise UnknownComment
    return found


def sent_before(thread_id: str, key: str) -> Comment | None:
    """The comment that a submission with this key has become, if it was sent before."""
    found = db.session.scalar(_by_key, {"thread_id": thread_id, "key": key})
    return comment(found) if found is not None else None


_by_key = sa.select(Comment.__table__.c.id).where(
    Comment.__table__.c.thread_id == sa.bindparam("thread_id"),
    Comment.__table__.c.key == sa.bindparam("key"),
)


def behind() -> Sequence[str]:
    """Threads whose snapshots are older than what the database says."""
    return db.session.scalars(
        sa.select(Thread.id).where(Thread.published_revision < Thread.revision)
    ).all()


def visible() -> Sequence[Thread]:
    """Every thread that has snapshots, by id."""
    return db.session.scalars(
        sa.select(Thread)
        .where(Thread.listed.is_(True), Thread.policy != Policy.OFF)
        .order_by(Thread.id)
        # What this session read before may be older: revisions are raised past it.
        .execution_options(populate_existing=True)
    ).all()


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
                Thread.listed.is_(True),
                Thread.policy != Policy.OFF,
            )
            .group_by(Comment.thread_id)
            .order_by(latest.desc())
            .limit(MAX_COUNTS)
        )
    ]


def recent() -> list[tuple[Shown, Thread]]:
    """The newest published comments of the whole site, with their threads."""
    rows = db.session.execute(
        sa.select(*_columns, Thread)
        .outerjoin(Account, Comment.account_id == Account.id)
        .join(Thread, Thread.id == Comment.thread_id)
        .where(
            Comment.status == Status.PUBLISHED,
            Thread.listed.is_(True),
            Thread.policy != Policy.OFF,
        )
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(RECENT)
    ).all()
    return [(_shown(row, None), row.Thread) for row in rows]


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
        .where(Thread.listed.is_(True), Thread.policy != Policy.OFF)
        .order_by(active_at.desc(), Thread.id)
        .limit(MAX_DISCUSSIONS)
    )
    return [
        Discussion(
            thread=row.Thread,
            count=row.comments,
            last_id=row.id,
            name=_name(row),
            excerpt=markup.excerpt(row.html) if row.html else "",
            active_at=row.active_at,
        )
        for row in rows
    ]


def site_revision() -> int:
    """A number that rises with every change to any thread: the sum of all revisions."""
    return int(db.session.scalar(sa.select(sa.func.sum(Thread.revision))) or 0)
