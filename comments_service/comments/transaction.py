"""The one way to change comments, and what is published anew: found by what was touched.

Whoever changes a comment, or an account whose comments show it, names no thread. What was flushed and
what bulk statements reach says which threads look different, and the commit raises their revisions.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, UOWTransaction
from sqlalchemy.orm import Session as DatabaseSession

from comments_service import by_writer
from comments_service.db import db, writing
from comments_service.models import Account, Comment, Status, Thread
from comments_service.publishing import publisher

# What a snapshot shows of a comment and of its writer's account.
_of_comment = {
    *("thread_id", "parent_id", "depth", "account_id", "account", "name", "website"),
    *("html", "status", "created_at", "edited_at"),
}
_of_account = {"name", "role", "public_id", "shown", "closed_at"}


class ChangedOutside(RuntimeError):
    """A comment was about to change outside `changing`, where it may be stale by now."""


@contextmanager
def changing(*also: str) -> Iterator[None]:
    """The one way to change comments: one transaction, then the publisher wakes.

    The threads `also` are published anew even if nothing of them is touched.
    """
    with writing():
        session = db.session()
        session.info["changing"] = True
        _touched(session).update(also)
        try:
            yield
            session.flush()
        finally:
            session.info.pop("changing", None)


def locked(*which: sa.ColumnElement[bool]) -> Sequence[Comment]:
    """Comments as they are now, which nobody else changes until this transaction ends."""
    return db.session.scalars(
        sa.select(Comment)
        .where(*which)
        .order_by(Comment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _touched(session: DatabaseSession) -> set[str]:
    """The threads that this transaction has made look different so far."""
    touched: set[str] = session.info.setdefault("touched", set())
    return touched


@event.listens_for(DatabaseSession, "before_flush")
def _refuse_outside(session: DatabaseSession, _context: UOWTransaction, _instances: object) -> None:
    touched = (*session.new, *session.deleted, *(each for each in session.dirty))
    if "changing" not in session.info and any(
        isinstance(each, Comment) and (each not in session.dirty or session.is_modified(each))
        for each in touched
    ):
        raise ChangedOutside("change comments inside comments.changing()")


@event.listens_for(DatabaseSession, "after_flush")
def _collect(session: DatabaseSession, _context: UOWTransaction) -> None:
    """Here the old values are still known, and the new rows have their keys."""
    for each in (*session.new, *session.deleted, *session.dirty):
        if isinstance(each, Comment):
            _touched(session).update(_threads_of(each, whole=each not in session.dirty))
        elif isinstance(each, Account) and each in session.dirty and _changed(each) & _of_account:
            _touched(session).update(by_writer.where_written(each.id))


def _changed(row: Any) -> set[str]:
    return {each.key for each in sa.inspect(row).attrs if each.history.has_changes()}


def _threads_of(comment: Comment, *, whole: bool) -> set[str]:
    """Where readers will see a difference: whence and whither, if it was or is published."""
    if not whole and not _changed(comment) & _of_comment:
        return set()
    attributes = sa.inspect(comment).attrs
    status, thread = attributes.status.history, attributes.thread_id.history
    # What it was is unknown when it was written over unread.
    unknown = not status.unchanged and not status.deleted and not whole
    if not unknown and Status.PUBLISHED not in status.sum():
        return set()
    return {each for each in (*thread.sum(), comment.thread_id) if each is not None}


@event.listens_for(DatabaseSession, "do_orm_execute")
def _collect_bulk(state: ORMExecuteState) -> None:
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    # By name: a statement of the ORM holds an annotated copy of the table.
    table = getattr(state.statement, "table", None)
    if table is None or table.name not in (Comment.__tablename__, Account.__tablename__):
        return
    of_comments = table.name == Comment.__tablename__
    if of_comments and "changing" not in state.session.info:
        raise ChangedOutside("change comments inside comments.changing()")
    given = state.parameters or {}
    rows = given if isinstance(given, list | tuple) else [given]
    if not state.is_insert:
        _touched(state.session).update(_reached(state, of_comments, rows))
    elif of_comments:
        _touched(state.session).update(_inserted(state, rows))


def _inserted(state: ORMExecuteState, rows: Sequence[Any]) -> Iterator[str]:
    for row in rows:
        values = row if "thread_id" in row else {**_written(state), **row}
        if values.get("thread_id") is None:
            raise ChangedOutside("insert comments with the threads that they belong to")
        if values.get("status", Status.PUBLISHED) == Status.PUBLISHED:
            yield values["thread_id"]


def _reached(state: ORMExecuteState, of_comments: bool, rows: Sequence[Any]) -> Iterator[str]:
    """The threads of all rows that a statement may change, and those into which it moves them."""
    statement = cast(sa.Update | sa.Delete, state.statement)
    chosen = sa.select(Comment.thread_id).distinct()
    if not of_comments:
        chosen = chosen.join(Account, Comment.account_id == Account.id)
    if statement.whereclause is not None:
        chosen = chosen.where(statement.whereclause)
    elif any("id" in row for row in rows):
        of = Comment.id if of_comments else Account.id
        chosen = chosen.where(of.in_([row["id"] for row in rows]))
    yield from state.session.scalars(chosen, rows[0])
    if of_comments and state.is_update:
        moved = (values.get("thread_id") for values in (_written(state), *rows))
        yield from (each for each in moved if each)


def _written(state: ORMExecuteState) -> dict[str, Any]:
    """What a statement itself sets, by the names of columns."""
    return dict(cast(sa.Update | sa.Insert, state.statement).compile().params)


# Put together once and without the ORM's bookkeeping: this is what every post runs.
_threads = cast(sa.Table, Thread.__table__)
_raise_revision = (
    sa.update(_threads)
    .where(_threads.c.id == sa.bindparam("changed"))
    .values(revision=_threads.c.revision + 1)
)


@event.listens_for(DatabaseSession, "before_commit")
def _raise_revisions(session: DatabaseSession) -> None:
    session.flush()
    if touched := session.info.pop("touched", None):
        # In one order everywhere: two that change the same threads wait, and none for ever.
        for thread_id in sorted(touched):
            session.execute(_raise_revision, {"changed": thread_id})
        session.info["raised"] = True


@event.listens_for(DatabaseSession, "after_commit")
def _wake(session: DatabaseSession) -> None:
    if session.info.pop("raised", False):
        publisher.wake()


@event.listens_for(DatabaseSession, "after_rollback")
def _forget(session: DatabaseSession) -> None:
    session.info.pop("touched", None)
    session.info.pop("raised", None)
