"""Moving the database: every table, either way, or nothing at all."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import create_app, database_move
from comments_service.config import Settings
from comments_service.database_move import MoveError
from comments_service.db import Base, UTCTime, db
from comments_service.models import Comment
from comments_service.models.base import Messages
from comments_service.supervision import OUTBOX, Pulse
from tests import databases, make
from tests.conftest import one_database, settings_for
from tests.unit.test_export import everything_known

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of the other kind."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    kind = "postgresql" if database_url.startswith("sqlite") else "sqlite"
    with databases.empty(kind, folder) as url:
        yield url.replace("postgresql://", "postgresql+psycopg://")


def everything(engine: sa.Engine) -> Rows:
    """All rows of all tables, in an order that no database chooses."""
    with engine.connect() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(sa.select(table))), key=repr
            )
            for table in Base.metadata.sorted_tables
        }


def there(url: str) -> Rows:
    engine = sa.create_engine(url)
    try:
        return everything(engine)
    finally:
        engine.dispose()


def any_value(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, sa.Enum):
        assert kind.enum_class is not None
        return next(iter(kind.enum_class))
    if isinstance(kind, UTCTime):
        return datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
    if isinstance(kind, Messages | sa.JSON):
        return []
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.LargeBinary):
        return b"\0\xff"
    return "ä 🐦" if isinstance(kind, sa.String) else 7


def fill() -> None:
    """A row at least in every table, and an answer with a lower number than what it answers."""
    everything_known()
    for table in Base.metadata.sorted_tables:
        with db.engine.begin() as connection:
            if connection.execute(sa.select(table).limit(1)).first():
                continue
            values = {}
            for column in table.columns:
                if column.foreign_keys and not column.nullable:
                    [key] = column.foreign_keys
                    values[column.name] = connection.scalar(sa.select(sa.func.min(key.column)))
                elif not column.foreign_keys:
                    values[column.name] = any_value(column)
            connection.execute(sa.insert(table).values(values))
    late = make.comment(body="What is answered: ä 🐦 \U0001f468\u200d\U0001f469", id=900)
    make.comment(parent=late, id=800)


def test_every_row_of_every_table_is_there_as_it_was(
    app: Flask, settings: Settings, elsewhere: str, tmp_path: Path
) -> None:
    fill()
    before = everything(db.engine)
    assert all(before.values()), [name for name, rows in before.items() if not rows]
    heard: dict[str, int] = {}
    moved = database_move.move(db.engine, elsewhere, heard.__setitem__)
    assert there(elsewhere) == before == everything(db.engine)
    assert moved == sum(map(len, before.values())) == sum(heard.values())

    new = create_app(settings_for(elsewhere, tmp_path / "elsewhere"))
    with new.app_context():
        # Numbers go on after those that have come.
        assert make.comment(name="Later").id > 900
        db.session.remove()
        db.engine.dispose()


def test_many_rows_come_in_batches(
    app: Flask, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_move, "BATCH", 3)
    make.thread()
    first = make.comment()
    for _ in range(9):
        make.comment(parent=first)
    database_move.move(db.engine, elsewhere)
    assert there(elsewhere) == everything(db.engine)


def test_a_database_that_holds_something_is_not_written_over(app: Flask, elsewhere: str) -> None:
    make.thread()
    database_move.move(db.engine, elsewhere)
    before = there(elsewhere)
    make.thread("herons")
    with pytest.raises(MoveError, match="holds something already"):
        database_move.move(db.engine, elsewhere)
    assert there(elsewhere) == before


def test_a_row_that_arrives_as_another_one_stops_it_and_leaves_nothing(
    app: Flask, elsewhere: str
) -> None:
    make.thread()
    make.comment()

    target = sa.make_url(elsewhere)

    def spoil(connection: sa.Connection, clause: Any, *_: Any) -> None:
        counts = "count(*)" in str(clause) and "FROM comments" in str(clause)
        if counts and connection.engine.url == target:
            connection.exec_driver_sql("UPDATE comments SET source = 'other'")

    sa.event.listen(sa.Engine, "before_execute", spoil)
    try:
        with pytest.raises(
            MoveError, match=r"in comments, \d+ did not arrive as it was \(source\)"
        ):
            database_move.move(db.engine, elsewhere)
    finally:
        sa.event.remove(sa.Engine, "before_execute", spoil)
    assert not any(there(elsewhere).values())


@one_database
def test_what_the_other_database_cannot_hold_is_said_and_leaves_nothing(
    app: Flask, elsewhere: str
) -> None:
    make.thread()
    make.comment()
    with db.engine.begin() as connection:
        connection.execute(sa.update(Comment).values(source="a\0b"))
    with pytest.raises(MoveError, match="Nothing was moved"):
        database_move.move(db.engine, elsewhere)
    assert not any(there(elsewhere).values())


@one_database
def test_the_command_wants_a_service_that_rests_and_tables_of_this_release(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    make.thread()
    run = app.test_cli_runner().invoke
    other = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    assert "db upgrade" in run(args=["comments", "move", other]).output
    assert "write sqlite:///" in run(args=["comments", "move", "mysql://a/b"]).output
    with databases.empty("sqlite", tmp_path) as url:
        Pulse(OUTBOX, settings).beat({})
        told = run(args=["comments", "move", url])
        assert told.exit_code == 1
        assert "Stop it" in told.output
        (settings.published / f".{OUTBOX}.json").unlink()
        told = run(args=["comments", "move", url])
        assert told.exit_code == 0, told.output
        assert f"COMMENTS_DATABASE_URL={url}" in told.output
        assert there(url) == everything(db.engine)
