"""The database: one way to write, times in UTC, and SQLite's settings that keep what was promised."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from comments_service import db as database
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import Unavailable
from comments_service.models import CommentRevision, Site, Thread, now
from tests import make


def sqlite_only(settings: Settings) -> bool:
    return settings.database_url.startswith("sqlite")


def other_connection(settings: Settings) -> sqlite3.Connection:
    """Another process, as far as SQLite is concerned."""
    path = settings.database_url.removeprefix("sqlite:///")
    return sqlite3.connect(path, timeout=0, isolation_level=None)


def wait_little(settings: Settings) -> None:
    """Let this connection give up on locks soon, so that a test need not wait five seconds."""
    if sqlite_only(settings):
        db.session.execute(sa.text("PRAGMA busy_timeout=50"))
    else:
        db.session.execute(sa.text("SET lock_timeout='50ms'"))
    db.session.commit()


@pytest.mark.usefixtures("unhurried")
def test_sqlite_keeps_what_it_acknowledges_and_lets_readers_go_on(
    app: Flask, settings: Settings
) -> None:
    if not sqlite_only(settings):
        return
    pragmas = {
        name: db.session.execute(sa.text(f"PRAGMA {name}")).scalar()
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    full = 2
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": database.BUSY_SECONDS * 1000,
    }


def test_a_write_is_committed_at_its_end(app: Flask) -> None:
    with writing():
        db.session.add(Site(id=1, title="A", lang="en", manifest_tag=""))
    db.session.rollback()
    assert db.session.get_one(Site, 1, populate_existing=True).title == "A"


@pytest.mark.parametrize("failure", [ValueError("x"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_nothing(app: Flask, failure: BaseException) -> None:
    def write() -> None:
        with writing():
            db.session.add(Site(id=1, title="A", lang="en", manifest_tag=""))
            db.session.flush()
            raise failure

    with pytest.raises(type(failure)):
        write()
    assert db.session.get(Site, 1) is None


def test_after_a_failure_the_next_write_goes_through(app: Flask) -> None:
    make.thread()
    with pytest.raises(IntegrityError):
        make.thread()
    make.thread("gulls")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Thread)) == 2


def test_sqlites_write_lock_is_taken_before_anything_is_read(
    app: Flask, settings: Settings
) -> None:
    if not sqlite_only(settings):
        return
    other = other_connection(settings)
    with writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    db.session.execute(sa.select(Thread.id))
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    other.close()


def test_readers_go_on_while_somebody_writes(app: Flask, settings: Settings) -> None:
    if not sqlite_only(settings):
        return
    make.thread()
    other = other_connection(settings)
    with writing():
        db.session.execute(sa.update(Thread).values(title="New"))
        assert other.execute("SELECT title FROM threads").fetchall() == [("Pelicans",)]
    assert other.execute("SELECT title FROM threads").fetchall() == [("New",)]
    other.close()


def test_a_locked_database_is_unavailable_and_says_when_to_come_back(
    app: Flask, settings: Settings
) -> None:
    make.thread()
    wait_little(settings)

    def write() -> None:
        with writing():
            db.session.execute(sa.update(Thread).values(title="New"))

    if sqlite_only(settings):
        other = other_connection(settings)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as refused:
            write()
        other.execute("ROLLBACK")
        other.close()
    else:
        url = settings.database_url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE threads")
            with pytest.raises(Unavailable) as refused:
                write()
            connection.rollback()
    assert refused.value.retry_after_seconds == database.BUSY_SECONDS
    assert isinstance(refused.value.__cause__, OperationalError)
    write()
    assert db.session.get_one(Thread, "pelicans", populate_existing=True).title == "New"


def test_a_database_that_cannot_be_written_is_unavailable(app: Flask, settings: Settings) -> None:
    read_only = "PRAGMA query_only=ON" if sqlite_only(settings) else "SET lock_timeout='50ms'"
    db.session.execute(sa.text(read_only))
    db.session.commit()
    if not sqlite_only(settings):
        return
    with pytest.raises(Unavailable):
        make.thread()


def test_a_connection_that_breaks_is_unavailable_and_the_next_one_works(
    app: Flask, settings: Settings
) -> None:
    if sqlite_only(settings):
        return
    url = settings.database_url.replace("postgresql+psycopg", "postgresql")

    def break_and_write() -> None:
        with writing():
            number = db.session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("SELECT pg_terminate_backend(%s)", (number,))
            db.session.execute(sa.update(Thread).values(title="New"))

    with pytest.raises(Unavailable):
        break_and_write()
    make.thread()


def test_many_writers_at_once_lose_nothing(app: Flask) -> None:
    make.thread()

    def raise_revision() -> None:
        for _ in range(5):
            with app.app_context(), writing():
                thread = db.session.get_one(Thread, "pelicans", with_for_update=True)
                thread.revision += 1

    writers = [threading.Thread(target=raise_revision) for _ in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert db.session.get_one(Thread, "pelicans", populate_existing=True).revision == 21


def test_what_refers_to_nothing_is_refused_on_both_databases(app: Flask) -> None:
    def write() -> None:
        with writing():
            db.session.add(CommentRevision(comment_id=4711, source="", written_at=now()))

    with pytest.raises(IntegrityError):
        write()


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=9, minutes=30))])
def test_a_time_comes_back_aware_in_utc_to_the_microsecond(app: Flask, zone: timezone) -> None:
    moment = datetime(2026, 3, 29, 1, 59, 59, 123_456, tzinfo=zone)
    make.thread(closes_at=moment)
    db.session.expire_all()
    found = db.session.get_one(Thread, "pelicans").closes_at
    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


def test_times_compare_in_the_database_as_they_do_here(app: Flask) -> None:
    east = timezone(timedelta(hours=13))
    make.thread(closes_at=datetime(2026, 1, 1, 12, tzinfo=east))
    passed = sa.select(Thread.id).where(Thread.closes_at < datetime(2026, 1, 1, 0, tzinfo=UTC))
    assert db.session.scalars(passed).all() == ["pelicans"]


def test_a_time_without_a_zone_is_refused(app: Flask) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        make.thread(closes_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the very mistake


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_session_ends_also_where_the_database_has_hung_up(app: Flask, settings: Settings) -> None:
    """What was saved before is answered as saved, and not as a mistake of ours."""
    make.thread()
    mine = db.session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    url = settings.database_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [mine])
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [mine]).fetchone():
            pass
    db.session.remove()
    assert db.session.scalars(sa.select(Thread.id)).all() == ["pelicans"]


def test_postgresql_that_is_silent_is_given_up_and_what_its_address_says_of_that_is_heeded(
    app: Flask, settings: Settings
) -> None:
    if sqlite_only(settings):
        return
    raw = db.session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    asked = raw.info.get_parameters()
    assert (asked["connect_timeout"], asked["tcp_user_timeout"]) == ("5", "20000")
    own = f"{settings.database_url}&connect_timeout=7"
    engine = sa.create_engine(own, **database.engine_options(own))
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        assert raw.info.get_parameters()["connect_timeout"] == "7"
    engine.dispose()
