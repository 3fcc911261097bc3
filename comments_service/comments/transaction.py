"""The one way to change comments, and what is published anew: found by what was touched.

Whoever changes a comment, or an account whose comments show it, names no thread. What was flushed and
what bulk statements reach says which threads look different, and the commit raises their revisions and
gives what came and went its place.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, UOWTransaction, aliased
from sqlalchemy.orm import Session as DatabaseSession

from comments_service.comments import placing
from comments_service.db import db, writing
from comments_service.models import Account, Comment, Status, Thread
from comments_service.publishing import publisher
from comments_service.publishing.snapshots import NEVER

# What a snapshot shows of a comment and of its writer's account.
_of_comment = {
    *("thread_id", "parent_id", "depth", "account_id", "account", "name", "website"),
    *("html", "status", "created_at", "edited_at", "corrected", "pinned_at", "passage"),
}
# What the order of a whole thread hangs on.
_of_order = {"thread_id", "parent_id", "created_at", "pinned_at"}
_of_account = {"name", "role", "public_id", "shown"}


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
        for thread_id in also:
            _touched(session).note(thread_id)
        try:
            yield
            session.flush()
        finally:
            session.info.pop("changing", None)


def insert(values: dict[str, Any]) -> int:
    """A new comment, inside `changing`, from the values of its columns; returns its number.

    Without the ORM, and with its place at once where it is the newest of its thread, as most are.
    """
    session = db.session()
    if "changing" not in session.info:
        raise ChangedOutside("insert comments inside comments.changing()")
    connection = session.connection()
    published = values["status"] is Status.PUBLISHED
    if published and values["parent_id"] is None:
        row = placing.insert_newest(connection, values)
        session.info["raised"] = True
    else:
        row = placing.insert(connection, values)
    if published and row.place is None:
        _touched(session).note(values["thread_id"])
    return int(row.id)


def insert_all(rows: Sequence[dict[str, Any]]) -> list[int]:
    """New comments that were written elsewhere, inside `changing`, in this order; returns their numbers.

    They get their places together, when the transaction ends.
    """
    session = db.session()
    if "changing" not in session.info:
        raise ChangedOutside("insert comments inside comments.changing()")
    connection = session.connection()
    for each in {row["thread_id"] for row in rows if row["status"] is Status.PUBLISHED}:
        _touched(session).note(each)
    return [int(placing.insert(connection, row).id) for row in rows]


def misplaced() -> Sequence[str]:
    """Threads in which a comment has a place and should have none, or the other way round.

    Nothing here makes such a one; whoever changes the database by hand does.
    """
    answer = aliased(Comment)
    answered = sa.exists().where(answer.parent_id == Comment.id, answer.place.is_not(None))
    unseen = sa.and_(Comment.place.is_not(None), Comment.status != Status.PUBLISHED, ~answered)
    unplaced = sa.and_(Comment.place.is_(None), Comment.status == Status.PUBLISHED)
    chosen = sa.select(Comment.thread_id).where(sa.or_(unseen, unplaced))
    return db.session.scalars(chosen.distinct().order_by(Comment.thread_id)).all()


def rearrange(thread_ids: Sequence[str]) -> None:
    """Place all comments of these threads anew, and let every page of them be made again."""
    for thread_id in thread_ids:
        with changing():
            _touched(db.session()).note(thread_id, rearranged=True)


def moved(*thread_ids: str) -> None:
    """Note, inside `changing`, that comments went from one thread to another by statements of the connection.

    One by one, a whole thread's comments would be noted and stamped, which holds up all who post.
    """
    for thread_id in thread_ids:
        _touched(db.session()).note(thread_id, rearranged=True)


def locked(*which: sa.ColumnElement[bool]) -> Sequence[Comment]:
    """Comments as they are now, which nobody else changes until this transaction ends."""
    return db.session.scalars(
        sa.select(Comment)
        .where(*which)
        .order_by(Comment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


class Touched(dict[str, set[int]]):
    """The threads that this transaction has made look different so far, and the comments that do."""

    def __init__(self) -> None:
        super().__init__()
        # Threads whose comments were moved about.
        self.rearranged: set[str] = set()

    def note(self, thread_id: str, *comment_ids: int, rearranged: bool = False) -> None:
        self.setdefault(thread_id, set()).update(comment_ids)
        if rearranged:
            self.rearranged.add(thread_id)


def _touched(session: DatabaseSession) -> Touched:
    touched: Touched = session.info.setdefault("touched", Touched())
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
            whole = each not in session.dirty
            moved = each in session.deleted or (not whole and bool(_changed(each) & _of_order))
            for thread_id in _threads_of(each, whole=whole):
                _touched(session).note(thread_id, each.id, rearranged=moved)
        elif isinstance(each, Account) and each in session.dirty and _changed(each) & _of_account:
            # Shown or not: a moderator may be publishing what waits at this very moment.
            mine = sa.select(Comment.thread_id, Comment.id).where(Comment.account_id == each.id)
            for row in session.execute(mine):
                _touched(session).note(*row)


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
    touched = _touched(state.session)
    if state.is_update and not _shown(state, of_comments, rows):
        return
    if not state.is_insert:
        _reached(state, of_comments, rows, touched)
    elif of_comments:
        for thread_id in _inserted(state, rows):
            touched.note(thread_id)


def _shown(state: ORMExecuteState, of_comments: bool, rows: Sequence[Any]) -> bool:
    """Whether an update sets anything that a snapshot shows."""
    shown = _of_comment if of_comments else _of_account
    return any(shown & set(each) for each in (_written(state), *rows))


def _inserted(state: ORMExecuteState, rows: Sequence[Any]) -> Iterator[str]:
    for row in rows:
        values = row if "thread_id" in row else {**_written(state), **row}
        if values.get("thread_id") is None:
            raise ChangedOutside("insert comments with the threads that they belong to")
        if values.get("status", Status.PUBLISHED) == Status.PUBLISHED:
            yield values["thread_id"]


def _reached(
    state: ORMExecuteState, of_comments: bool, rows: Sequence[Any], touched: Touched
) -> None:
    """Note all rows that a statement may change, and the threads into which it moves them."""
    statement = cast(sa.Update | sa.Delete, state.statement)
    chosen = sa.select(Comment.thread_id, Comment.id)
    if not of_comments:
        chosen = chosen.join(Account, Comment.account_id == Account.id)
    if statement.whereclause is not None:
        chosen = chosen.where(statement.whereclause)
    elif any("id" in row for row in rows):
        of = Comment.id if of_comments else Account.id
        chosen = chosen.where(of.in_([row["id"] for row in rows]))
    written = [_written(state), *rows] if state.is_update else []
    moved = of_comments and (state.is_delete or any(_of_order & each.keys() for each in written))
    for thread_id, comment_id in state.session.execute(chosen, rows[0]):
        touched.note(thread_id, comment_id, rearranged=moved)
    if of_comments:
        for values in written:
            if values.get("thread_id"):
                touched.note(values["thread_id"], rearranged=True)


def _written(state: ORMExecuteState) -> dict[str, Any]:
    """What a statement itself sets, by the names of columns."""
    return dict(cast(sa.Update | sa.Insert, state.statement).compile().params)


# Put together once and without the ORM's bookkeeping: this is what every post runs.
_threads = cast(sa.Table, Thread.__table__)
_of_thread = _threads.c.id == sa.bindparam("changed")
_now = (
    sa.select(_threads.c.revision, _threads.c.moved_from)
    .where(_of_thread)
    # Not its key, which each new comment points to: two that answer at once would wait for each other.
    .with_for_update(key_share=True)
)
_raise = sa.update(_threads).where(_of_thread).values(
    revision=sa.bindparam("new"), moved_from=sa.bindparam("moved")
)  # fmt: skip
_anew = sa.update(_threads).where(_of_thread).values(published_revision=NEVER)


@event.listens_for(DatabaseSession, "before_commit")
def _raise_revisions(session: DatabaseSession) -> None:
    session.flush()
    touched: Touched | None = session.info.pop("touched", None)
    if touched:
        # The rows behind the ORM's back: what is placed here is no change that has to be noticed.
        connection = session.connection()
        # In one order everywhere: two that change the same threads wait, and none for ever.
        for thread_id in sorted(touched):
            _follow(connection, thread_id, touched)
        session.info["raised"] = True


def _follow(connection: sa.Connection, thread_id: str, touched: Touched) -> None:
    """Raise a thread's revision; from here on nobody else places its comments."""
    row = connection.execute(_now, {"changed": thread_id}).one_or_none()
    if row is None:
        return
    new = row.revision + 1
    moved = placing.follow(connection, thread_id, touched[thread_id], new)
    lowest = min((each for each in (moved, row.moved_from) if each is not None), default=None)
    connection.execute(_raise, {"changed": thread_id, "new": new, "moved": lowest})
    if thread_id in touched.rearranged:
        placing.arrange(connection, thread_id)
        connection.execute(_anew, {"changed": thread_id})


@event.listens_for(DatabaseSession, "after_commit")
def _wake(session: DatabaseSession) -> None:
    if session.info.pop("raised", False):
        publisher.wake()


@event.listens_for(DatabaseSession, "after_rollback")
def _forget(session: DatabaseSession) -> None:
    session.info.pop("touched", None)
    session.info.pop("raised", None)
