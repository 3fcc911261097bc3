"""Names that are in the database already when look-alikes begin to be told by Unicode's table."""

import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from comments_service.accounts import names
from comments_service.db import db
from comments_service.models import Account
from tests.unit.test_migrations import empty

__all__ = ["empty"]


def test_names_get_their_new_keys_and_two_that_look_alike_stay(empty: Flask) -> None:
    upgrade(revision="0007")
    had = [("Alice", "alice"), ("AIice", "aiice"), ("Willy", "willy"), ("Rhea", "rhea")]
    insert = sa.text(
        "INSERT INTO accounts (public_id, name, name_key, role, bio, shown, created_at)"
        " VALUES (:key, :name, :key, 'reader', '', true, '2026-11-23 00:00:00+00:00')"
    )
    with db.engine.begin() as connection:
        for name, key in had:
            connection.execute(insert, {"name": name, "key": key})
    upgrade()
    found = db.session.scalars(sa.select(Account).order_by(Account.id)).all()
    assert [each.name for each in found] == [name for name, _ in had]
    assert [each.name_key for each in found] == [
        names.key("Alice"),
        f"{names.key('Alice')}#{found[1].id}",
        names.key("Willy"),
        "rhea",
    ]
    assert names.reserved("A1ice")
    db.session.remove()
    downgrade(revision="0007")
