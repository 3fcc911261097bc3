"""Conversations: comments as everybody sees them, in their order and cut into pages, or single ones.

Their order is that of their places, which `comments.placing` keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from comments_service import avatars
from comments_service.db import db
from comments_service.errors import UnknownComment
from comments_service.models import (
    Account,
    Comment,
    Policy,
    Role,
    Status,
    Thread,
)
from formats.passages import Passage


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
    # The path of an account's avatar; empty for a guest, who has the first letter of the name.
    avatar: str
    html: str
    created_at: datetime
    edited_at: datetime | None
    parent_name: str | None
    # Whether only a placeholder is shown, for the sake of the replies.
    gone: bool
    # Whether a moderator has ever changed its words.
    corrected: bool = False
    # Whether it stands before all others.
    pinned: bool = False
    # Votes for it and against it.
    up: int = 0
    down: int = 0
    # The words of the article that it is about; none, if it is no note.
    passage: Passage | None = None


# How many comments feeds and the list of the newest hold.
RECENT = 50

columns: tuple[Any, ...] = (
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
    Comment.corrected,
    Comment.pinned_at,
    Comment.up,
    Comment.down,
    Comment.passage,
    Account.name.label("account_name"),
    Account.role,
    Account.public_id,
    Account.shown,
)


_parent = aliased(Comment)
_parents_account = aliased(Account)
_ordered = (
    sa.select(
        *columns,
        _parent.status.label("parent_status"),
        sa.func.coalesce(_parents_account.name, _parent.name, "").label("parent_name"),
    )
    .outerjoin(Account, Comment.account_id == Account.id)
    .outerjoin(_parent, Comment.parent_id == _parent.id)
    .outerjoin(_parents_account, _parent.account_id == _parents_account.id)
    .where(Comment.thread_id == sa.bindparam("thread_id"), Comment.place.is_not(None))
    .order_by(Comment.place)
)
_page = _ordered.where(Comment.place >= sa.bindparam("start")).limit(
    sa.bindparam("size", type_=sa.Integer)
)
_c = Comment.__table__.c
_of_thread = _c.thread_id == sa.bindparam("thread_id")
_shown = (_of_thread, _c.place.is_not(None))
_first = (
    sa.select(_c.id).where(*_shown).order_by(_c.place).limit(sa.bindparam("size", type_=sa.Integer))
)
_length = sa.select(sa.func.count(_c.place)).where(*_shown)
_from = _length.where(_c.place >= sa.bindparam("place"))
_published = (_of_thread, _c.status == Status.PUBLISHED)
_count = sa.select(sa.func.count()).where(*_published)
_newest = (
    sa.select(*columns)
    .outerjoin(Account, Comment.account_id == Account.id)
    .where(Comment.thread_id == sa.bindparam("thread_id"), Comment.status == Status.PUBLISHED)
    .order_by(Comment.created_at.desc(), Comment.id.desc())
    .limit(RECENT)
)
_changed = (
    sa.select(_c.place)
    .where(_of_thread, _c.revision > sa.bindparam("since"), _c.place.is_not(None))
    .order_by(_c.place)
)
_at = (
    sa.select(_c.place)
    .where(*_shown)
    .order_by(_c.place)
    .limit(1)
    .offset(sa.bindparam("index", type_=sa.Integer))
)


def conversation(thread_id: str) -> list[Shown]:
    """What a thread shows, in reading order: each comment, then its replies, oldest first; one query.

    Comments that are gone appear only where something visible answers them.
    """
    return _read(_ordered, thread_id)


def page(thread_id: str, number: int, size: int) -> list[Shown]:
    """A page of the same, from 1; two queries, which read that page's comments and count the others."""
    start = db.session.scalar(_at, {"thread_id": thread_id, "index": (number - 1) * size})
    return [] if start is None else _read(_page, thread_id, size=size, start=start)


def _read(chosen: sa.Select[Any], thread_id: str, **values: int) -> list[Shown]:
    rows = db.session.execute(chosen, {"thread_id": thread_id, **values})
    return [
        shown_row(row, row.parent_name if row.parent_status == Status.PUBLISHED else None)
        for row in rows
    ]


def length(thread_id: str) -> int:
    """How many comments the pages of a thread hold, those that are gone included."""
    return db.session.scalar(_length, {"thread_id": thread_id}) or 0


def count(thread: Thread) -> int:
    """How many comments of a thread are published: the thread knows, unless it is behind."""
    if thread.published_revision == thread.revision:
        return thread.comment_count
    return db.session.scalar(_count, {"thread_id": thread.id}) or 0


def pages(length: int, size: int) -> int:
    """How many pages so many comments fill; none fill one."""
    return max(1, -(-length // size))


def page_with(thread_id: str, comment_id: int, size: int) -> int | None:
    """The page of a thread on which a comment stands; None where readers see nothing of it there."""
    its = sa.select(_c.place).where(_c.id == comment_id, _c.thread_id == thread_id)
    place = db.session.scalar(its)
    if place is None:
        return None
    return _index(thread_id, place, length(thread_id)) // size + 1


def elsewhere(thread_id: str, comment_id: int) -> str | None:
    """The thread in which readers find a comment by now that was looked for in this one."""
    chosen = sa.select(Comment.thread_id).join(Comment.thread)
    return db.session.scalar(
        chosen.where(
            Comment.id == comment_id,
            Comment.thread_id != thread_id,
            Comment.status == Status.PUBLISHED,
            # Anybody may ask this of any number: it is no way to a draft.
            Thread.listed.is_(True),
            Thread.policy != Policy.OFF,
            Thread.shared_until.is_(None),
        )
    )


def on_first_page(thread_id: str, comment_id: int, size: int) -> bool:
    """Whether a comment stands there; one query, which reads no other page."""
    return comment_id in db.session.scalars(_first, {"thread_id": thread_id, "size": size}).all()


def changed_pages(thread: Thread, length: int, size: int) -> set[int]:
    """The pages that look different from what was published of the thread, and those that moved."""
    of = {"thread_id": thread.id}
    last = pages(length, size)
    found: set[int] = set()
    end: int | None = None
    if thread.moved_from is not None:
        end = thread.moved_from
        index = _index(thread.id, end, length)
        # A page links to the next: where what moved begins one, the page before it is another as well.
        found.update(range(max(1, index // size + (index % size > 0)), last + 1))
    changed = db.session.scalars(_changed, {**of, "since": thread.published_revision}).all()
    known: int | None = None
    for place in changed:
        if end is not None and place >= end:
            break
        if known is None or place >= known:
            number = _index(thread.id, place, length) // size + 1
            found.add(number)
            known = db.session.scalar(_at, {**of, "index": number * size})
            if known is None:
                break
    return found & set(range(1, last + 1))


def _index(thread_id: str, place: int, length: int) -> int:
    """How many comments, of so many, stand before a place; those after it are mostly fewer."""
    return length - (db.session.scalar(_from, {"thread_id": thread_id, "place": place}) or 0)


def newest(thread_id: str) -> list[Shown]:
    """What a thread's feed holds: the newest of its published comments first."""
    rows = db.session.execute(_newest, {"thread_id": thread_id})
    return [shown_row(row, None) for row in rows]


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
        parents = {row.id: writer_name(row) for row in rows}
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
            # A row that was just inserted need not say so.
            corrected=bool(each.corrected),
            pinned=each.pinned_at is not None,
            up=each.up,
            down=each.down,
            passage=each.passage if each.source else None,
        )
        for each in comments
    ]


def _by(role: Role | None) -> str:
    return str(role) if role else "guest"


def has_page(account: Account) -> bool:
    """Whether an account's public page is there: it wants one."""
    return account.shown


def writer_name(row: Any) -> str:
    return row.account_name or row.name or ""


def shown_row(row: Any, parent_name: str | None) -> Shown:
    return Shown(
        id=row.id,
        thread_id=row.thread_id,
        parent_id=row.parent_id,
        depth=row.depth,
        status=row.status,
        name=writer_name(row),
        website=row.website,
        by=_by(row.role),
        page=row.public_id if row.shown else None,
        hue=avatars.hue(row.public_id, row.id),
        avatar=avatars.pattern(row.public_id),
        html=row.html,
        created_at=row.created_at,
        edited_at=row.edited_at,
        parent_name=parent_name,
        gone=row.status != Status.PUBLISHED,
        corrected=row.corrected,
        pinned=row.pinned_at is not None,
        up=row.up,
        down=row.down,
        passage=row.passage,
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
