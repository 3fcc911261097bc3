"""A connection that came to be read-only, as on a disk that was, is not handed out again."""

import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.db import db, writing
from comments_service.errors import Unavailable
from tests import make

# What makes this connection, and no other, refuse to write until it is closed.
READ_ONLY = {
    "sqlite": "PRAGMA query_only=ON",
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
}


def test_a_connection_that_cannot_write_is_dropped_and_the_next_one_can(app: Flask) -> None:
    make.thread()
    name = db.engine.dialect.name
    connection = db.session.connection()
    kept = connection.connection.dbapi_connection
    connection.exec_driver_sql(READ_ONLY[name])
    db.session.commit()
    with pytest.raises(Unavailable):
        make.comment()
    db.session.rollback()
    # Healed at once, and for good: no other request meets it in the pool.
    make.comment()
    assert db.session.connection().connection.dbapi_connection is not kept


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_with_it_go_those_that_nobody_uses_by_which_the_new_ones_would_be_like_it(
    app: Flask,
) -> None:
    """SQLite shares what it knows of a file among all connections of a process."""
    make.thread()
    connection = db.session.connection()
    idle = db.engine.connect()
    idle.execute(sa.text("SELECT 1"))
    left: Any = idle.connection.dbapi_connection
    idle.close()
    connection.exec_driver_sql(READ_ONLY["sqlite"])
    db.session.commit()
    with pytest.raises(Unavailable):
        make.comment()
    db.session.rollback()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        left.execute("SELECT 1")
    make.comment()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_lock_that_another_process_holds_drops_no_connection(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.thread()
    kept = db.session.connection().connection.dbapi_connection
    db.session.execute(sa.text("PRAGMA busy_timeout=1"))
    db.session.commit()
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def write() -> None:
        with writing():
            db.session.execute(sa.text("UPDATE threads SET title = 'x'"))

    with pytest.raises(Unavailable):
        write()
    other.execute("ROLLBACK")
    other.close()
    write()
    assert db.session.connection().connection.dbapi_connection is kept
