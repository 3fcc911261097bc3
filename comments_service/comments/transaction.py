"""The one way to change comments, and the listeners that refuse every other."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, UOWTransaction
from sqlalchemy.orm import Session as DatabaseSession

from comments_service.db import db, writing
from comments_service.models import (
    Comment,
    Thread,
)
from comments_service.publishing import publisher


class ChangedOutside(RuntimeError):
    """A comment was about to change outside `changing`, so its thread would not be published."""


@dataclass
class Change:
    """What goes on inside `changing`; `shown` is set to False when readers will see no difference.

    `threads` can be set inside, by whoever learns only there which ones he changes.
    """

    threads: Collection[str]
    shown: bool = True


@contextmanager
def changing(*thread_ids: str) -> Iterator[Change]:
    """The one way to change comments of threads: one transaction, then the publisher wakes."""
    change = Change(thread_ids)
    raised = False
    with writing():
        db.session().info["changing"] = thread_ids
        try:
            yield change
            db.session.flush()
            if change.shown and change.threads:
                # In one order everywhere: two that change the same threads wait, and none for ever.
                for thread_id in sorted(set(change.threads)):
                    db.session.execute(_raise_revision, {"changed": thread_id})
                raised = True
        finally:
            db.session().info.pop("changing", None)
    if raised:
        publisher.wake()


# Put together once and without the ORM's bookkeeping: this is what every post runs.
_threads = cast(sa.Table, Thread.__table__)
_raise_revision = (
    sa.update(_threads)
    .where(_threads.c.id == sa.bindparam("changed"))
    .values(revision=_threads.c.revision + 1)
)


def locked(*which: sa.ColumnElement[bool]) -> Sequence[Comment]:
    """Comments as they are now, which nobody else changes until this transaction ends."""
    return db.session.scalars(
        sa.select(Comment)
        .where(*which)
        .order_by(Comment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


@event.listens_for(DatabaseSession, "before_flush")
def _refuse_outside(session: DatabaseSession, _context: UOWTransaction, _instances: object) -> None:
    touched = (*session.new, *session.deleted, *(each for each in session.dirty))
    if "changing" not in session.info and any(
        isinstance(each, Comment) and (each not in session.dirty or session.is_modified(each))
        for each in touched
    ):
        raise ChangedOutside("change comments inside comments.changing(thread_id)")


@event.listens_for(DatabaseSession, "do_orm_execute")
def _refuse_bulk_outside(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    # By name: a statement of the ORM holds an annotated copy of the table.
    table = getattr(state.statement, "table", None)
    of_comments = table is not None and table.name == Comment.__tablename__
    if writes and of_comments and "changing" not in state.session.info:
        raise ChangedOutside("change comments inside comments.changing(thread_id)")
