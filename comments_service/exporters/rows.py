"""Rows: the comments that are exported, thread by thread, each with what every format may say of it.

They are read a batch at a time, so that a blog of any size is exported in the same memory, while it goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service.db import db
from comments_service.models import Comment, Status, Thread
from formats.passages import Passage

BATCH = 1_000


@dataclass(frozen=True)
class Choice:
    """What is exported: all, or one thread, or what came since; `public` is what everybody can read."""

    thread: str = ""
    since: datetime | None = None
    public: bool = False


@dataclass(frozen=True)
class Said:
    """One comment. What was deleted keeps its place and none of its words.

    `id` is its name wherever it goes; `number` is its number here, for formats that know only numbers.
    """

    id: str
    number: int
    parent: str | None
    parent_number: int | None
    depth: int
    name: str | None
    email: str | None
    website: str | None
    source: str
    html: str
    status: Status
    written_at: datetime
    edited_at: datetime | None
    up: int
    down: int
    # The words of the article that it is about, if it is a note.
    passage: Passage | None = None


def threads(choice: Choice) -> Iterator[Thread]:
    """The threads that have comments to export, by id."""
    mine = sa.exists().where(Comment.thread_id == Thread.id, *_which(choice))
    chosen = sa.select(Thread).where(mine).order_by(Thread.id)
    if choice.thread:
        chosen = chosen.where(Thread.id == choice.thread)
    if choice.public:
        chosen = chosen.where(Thread.listed, Thread.shared_until.is_(None))
    yield from db.session.scalars(chosen).all()


def of(thread: Thread, choice: Choice) -> Iterator[Said]:
    """A thread's comments, the oldest first; whom one answers has come before it."""
    place: tuple[datetime, int] | None = None
    while True:
        chosen = (
            sa.select(Comment)
            .where(Comment.thread_id == thread.id, *_which(choice))
            .options(joinedload(Comment.account))
            .order_by(Comment.created_at, Comment.id)
            .limit(BATCH)
        )
        if place is not None:
            chosen = chosen.where(sa.tuple_(Comment.created_at, Comment.id) > place)
        found = db.session.scalars(chosen).all()
        names = _names({each.parent_id for each in found if each.parent_id})
        for each in found:
            yield _said(each, names, public=choice.public)
        if len(found) < BATCH:
            return
        place = (found[-1].created_at, found[-1].id)
        # What was exported is not kept.
        db.session.expunge_all()


def _which(choice: Choice) -> list[sa.ColumnElement[bool]]:
    which: list[sa.ColumnElement[bool]] = []
    if choice.since is not None:
        which.append(Comment.created_at >= choice.since)
    if choice.public:
        which.append(sa.or_(Comment.status == Status.PUBLISHED, Comment.place.is_not(None)))
    return which


def _names(ids: set[int]) -> dict[int, str]:
    """The exported ids of comments that are answered."""
    columns = (Comment.id, Comment.created_at, Comment.imported_from, Comment.imported_id)
    rows = db.session.execute(sa.select(*columns).where(Comment.id.in_(ids))) if ids else ()
    return {row.id: _name(*row) for row in rows}


def _name(
    own: int, created_at: datetime, imported_from: str | None, imported_id: str | None
) -> str:
    """What came from another Postil keeps its id, so that a blog that moves twice is the same.

    What was written here has its second in it as well: numbers begin with 1 in each blog.
    """
    if imported_from == "postil" and imported_id:
        return imported_id
    return f"{own}-{int(created_at.timestamp())}"


def _said(comment: Comment, names: dict[int, str], *, public: bool) -> Said:
    gone = comment.status is Status.DELETED
    account = comment.account
    return Said(
        id=_name(comment.id, comment.created_at, comment.imported_from, comment.imported_id),
        number=comment.id,
        parent=names.get(comment.parent_id) if comment.parent_id else None,
        parent_number=comment.parent_id,
        depth=comment.depth,
        name=None if gone else account.name if account else comment.name,
        email=None if gone or public else account.email if account else comment.email,
        website=None if gone else comment.website,
        source="" if gone else comment.source,
        html="" if gone else comment.html,
        status=comment.status,
        written_at=comment.created_at,
        edited_at=None if gone else comment.edited_at,
        up=comment.up,
        down=comment.down,
        passage=None if gone else comment.passage,
    )
