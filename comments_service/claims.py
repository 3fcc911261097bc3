"""Claims: a row of a queue belongs to one process while it works on it, and to another once it has died over it.

The outbox, the web hooks, the questions to spam services and the imports are such queues: rows with `attempts`
and `next_attempt_at`, which is empty when nobody tries again.
"""

from datetime import timedelta
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from comments_service.db import db, writing
from comments_service.models import Email, HookDelivery, Import, SpamQuestion, now

Row = TypeVar("Row", Email, HookDelivery, Import, SpamQuestion)


def take(
    rows: type[Row], *which: sa.ColumnElement[bool], lease: timedelta, max_attempts: int
) -> Row | None:
    """The first row that is due, as nobody else has it; None where nothing is.

    One statement counts the attempt and puts the next one off for the lease: another process finds the
    row due again only when this one has died over it. Of the last attempt nobody takes over.
    """
    moment = now()
    due = (
        sa.select(rows.id).where(*which, rows.next_attempt_at <= moment).order_by(rows.id).limit(1)
    )
    db.session.rollback()
    # Asked first: looking takes no lock, and mostly there is nothing.
    if db.session.scalar(due) is None:
        return None
    last = rows.attempts + 1 >= max_attempts
    # Compared and not looked for in a set: PostgreSQL would be free to ask for the first one again and again,
    # and each time get another.
    first = due.with_for_update(skip_locked=True).scalar_subquery()
    with writing():
        return db.session.scalar(
            sa.update(rows)
            .where(rows.id == first)
            .values(
                attempts=rows.attempts + 1,
                next_attempt_at=sa.case((last, sa.null()), else_=moment + lease),
            )
            .returning(rows)
            .execution_options(synchronize_session=False, populate_existing=True)
        )


def finish(
    row: Email | HookDelivery | Import | SpamQuestion, values: dict[str, Any] | None
) -> bool:
    """Write down how it went, or drop the row where there is nothing to write; within `writing`.

    False where the row is not this claim's any more: it may be gone meanwhile, or taken over.
    """
    rows = type(row)
    change = sa.delete(rows) if values is None else sa.update(rows).values(values)
    ours = (rows.id == row.id, rows.attempts == row.attempts)
    done = db.session.execute(change.where(*ours).execution_options(synchronize_session=False))
    return bool(cast("sa.CursorResult[object]", done).rowcount)
