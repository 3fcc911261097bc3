"""Conversations: comments as everybody sees them, in their order and cut into pages, or single ones."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service import avatars
from comments_service.db import db
from comments_service.errors import UnknownComment
from comments_service.models import (
    Account,
    Comment,
    Role,
    Status,
)


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


columns = (
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


def conversation(thread_id: str) -> list[Shown]:
    """What a thread shows, in reading order: each comment, then its replies, oldest first.

    One query whatever the length; no recursion whatever the depth. Comments that are gone appear
    only where something visible answers them.
    """
    rows = db.session.execute(
        sa.select(*columns)
        .outerjoin(Account, Comment.account_id == Account.id)
        .where(Comment.thread_id == thread_id)
        .order_by(Comment.created_at, Comment.id)
    ).all()
    names = {row.id: writer_name(row) for row in rows if row.status == Status.PUBLISHED}
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
        order.append(shown_row(row, names.get(row.parent_id)))
        waiting.extend(children.pop(row.id, []))
    return order


def count(conversation: Iterable[Shown]) -> int:
    return sum(not comment.gone for comment in conversation)


def pages(conversation: Sequence[Shown], size: int) -> list[Sequence[Shown]]:
    """The conversation cut into pages; an empty one has one empty page."""
    total = max(1, math.ceil(len(conversation) / size))
    return [conversation[page * size : (page + 1) * size] for page in range(total)]


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
        )
        for each in comments
    ]


def _by(role: Role | None) -> str:
    return str(role) if role else "guest"


def has_page(account: Account) -> bool:
    """Whether an account's public page is there: it wants one, and is not banned."""
    return account.shown and account.closed_at is None


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
