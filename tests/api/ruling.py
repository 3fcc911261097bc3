"""What moderators do to conversations, by JSON and by form, and whether the files are true afterwards."""

import json
from typing import Any

import sqlalchemy as sa

from comments_service import comments, threads
from comments_service.comments import placing
from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import (
    Comment,
    Thread,
    ThreadDecision,
)
from comments_service.publishing import publisher
from tests.conftest import Answer, Visitor
from tests.unit.published import published


def act(
    visitor: Visitor, by: str, call: str, path: str, values: dict[str, Any], **form: Any
) -> Answer:
    """The same by JSON, or on the conversation's page."""
    if by == "json":
        return visitor.call(call, path, values)
    flat = {
        name: "yes" if each is True else "no" if each is False else each
        for name, each in values.items()
    }
    thread = form.pop("thread_page", "pelicans")
    return visitor.post(f"/comments/moderation/threads/{thread}", {**flat, **form})


def rule(visitor: Visitor, by: str, **values: Any) -> Answer:
    name = "lock" if "locked" in values else "rule"
    return act(visitor, by, "PATCH", "moderation/threads/pelicans", values, act=name)


def pin(visitor: Visitor, by: str, number: int, *, pinned: bool = True) -> Answer:
    path = f"comments/{number}/pin"
    return act(visitor, by, "POST", path, {"pinned": pinned}, act="pin", comment=number)


def move(visitor: Visitor, by: str, number: int, thread: str, reason: str = "") -> Answer:
    given = {"thread": thread, "reason": reason}
    return act(visitor, by, "POST", f"comments/{number}/move", given, act="move", comment=number)


def merge(visitor: Visitor, by: str, into: str, thread: str = "pelicans") -> Answer:
    path = f"moderation/threads/{thread}/merge"
    return act(visitor, by, "POST", path, {"into": into}, act="merge", thread_page=thread)


def undo(visitor: Visitor, by: str, decision: int) -> Answer:
    path = f"moderation/thread-decisions/{decision}/undo"
    return act(visitor, by, "POST", path, {}, act="undo", decision=decision)


def done(answer: Answer) -> bool:
    return answer.status_code in (200, 201, 303)


def thread(id: str = "pelicans") -> Thread:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Thread, id)


def order(id: str = "pelicans") -> list[int]:
    db.session.rollback()
    return [each.id for each in threads.conversation(id)]


def decisions() -> list[str]:
    db.session.rollback()
    return [
        *map(str, db.session.scalars(sa.select(ThreadDecision.act).order_by(ThreadDecision.id)))
    ]


def true(settings: Settings) -> bool:
    """Whether files, counts and places are what the database says, as if all were made at once."""
    db.session.rollback()
    publisher.publish_behind(settings, site=True)
    found = published(settings)
    assert comments.misplaced() == []
    publisher.publish_all(settings)
    assert published(settings) == found
    for each in db.session.scalars(sa.select(Thread)).all():
        mine = sa.select(Comment).where(Comment.thread_id == each.id)
        rows = db.session.scalars(mine.order_by(Comment.created_at, Comment.id)).all()
        by_id = {row.id: row for row in rows}
        for row in rows:
            # An answer stands where what it answers stands, one deeper.
            above = by_id[row.parent_id] if row.parent_id else None
            assert row.depth == (above.depth + 1 if above else 0)
        pinned = [
            row.id for row in sorted(rows, key=lambda row: str(row.pinned_at)) if row.pinned_at
        ]
        assert order(each.id) == [*placing.reading_order(rows, pinned)]
    return publisher.mend(settings) == []


def listing(**entry: Any) -> bytes:
    one = {
        "id": "pelicans",
        "url": "http://blog.test/pelicans/",
        "title": "Pelicans",
        "published": "2026-11-20T00:00:00+00:00",
        "lang": "en",
        "comments": "open",
        **entry,
    }
    site = {"url": "http://blog.test", "title": "A blog", "lang": "en"}
    return json.dumps({"version": 1, "site": site, "threads": [one]}).encode()
