"""A claim takes one row, however the database comes to it."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from comments_service import claims
from comments_service.db import db, writing
from comments_service.models import Email, now
from tests.mailing import an_email

WAITING = 20


def test_one_claim_takes_one_row_also_where_the_database_believes_that_there_is_but_one(
    app: Flask,
) -> None:
    an_email()
    with writing():
        # What PostgreSQL plans by, and does not look at again before many rows more have come.
        db.session.execute(sa.text("ANALYZE outbox"))
    for number in range(1, WAITING):
        an_email(f"reader{number}@example.org")
    lease = timedelta(minutes=5)
    taken = [claims.take(Email, lease=lease, max_attempts=9) for _ in range(WAITING)]
    assert [each.id for each in taken if each] == list(range(1, WAITING + 1))
    assert claims.take(Email, lease=lease, max_attempts=9) is None
    db.session.rollback()
    assert set(db.session.scalars(sa.select(Email.attempts))) == {1}
    assert db.session.scalars(sa.select(Email.id).where(Email.next_attempt_at <= now())).all() == []
