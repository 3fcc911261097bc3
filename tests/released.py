"""A database as release 1.0.0 left it: at its last migration, with rows in every table that it had.

`samples/1.0.0/` was written by that release's own code from one small blog: the rows of its database, and
the pages of its threads as it published them for programs (`threads/*.json`).
"""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from flask_migrate import upgrade

from comments_service.db import UTCTime, db

LAST = "0013"
# So that the sample has a thread of several pages.
PAGE_SIZE = 20
SAMPLE = Path(__file__).parent / "samples" / "1.0.0"

Rows = dict[str, list[dict[str, Any]]]


def make() -> None:
    """Fill an empty database, within an application's context."""
    upgrade(revision=LAST)
    tables = reflected()
    with db.engine.begin() as connection:
        for table in tables.sorted_tables:
            if given := sample().get(table.name):
                insert = sa.insert(table)
                connection.execute(insert, [_values(table, row) for row in given])
        if connection.dialect.name == "postgresql":
            for name in sample():
                count_on(connection, tables.tables[name])


def reflected() -> sa.MetaData:
    """The tables as they are in the database, whatever our models say; times are ours, aware."""
    found = sa.MetaData()
    found.reflect(db.engine)
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.DateTime):
                column.type = UTCTime()
    return found


def count_on(connection: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL number the next row behind those that came with their numbers."""
    if "id" not in table.columns or not isinstance(table.columns["id"].type, sa.BigInteger):
        return
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    last = sa.select(sa.func.max(table.columns["id"])).scalar_subquery()
    connection.execute(sa.select(sa.func.setval(sequence, last)).where(sequence.is_not(None)))


@cache
def sample() -> Rows:
    found: Rows = json.loads((SAMPLE / "rows.json").read_text("utf-8"))
    return found


@cache
def snapshots() -> dict[str, Any]:
    """What 1.0.0 published, by the file's name."""
    found: dict[str, Any] = json.loads((SAMPLE / "snapshots.json").read_text("utf-8"))
    return found


def _values(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(table.columns[name].type, value) for name, value in row.items()}


def _value(of: sa.types.TypeEngine[Any], value: Any) -> Any:
    """As SQLite had it, for any database."""
    if value is None:
        return None
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    if isinstance(of, sa.JSON):
        return json.loads(value)
    if isinstance(of, sa.Boolean):
        return bool(value)
    return datetime.fromisoformat(f"{value}+00:00") if isinstance(of, UTCTime) else value


def kept() -> Rows:
    """The rows of 1.0.0's tables as they are now, in the columns of theirs that are there still."""
    tables = reflected().tables
    found: Rows = {}
    with db.engine.connect() as connection:
        for name, rows in sample().items():
            table = tables[name]
            columns = [each for each in table.columns if each.name in rows[0]]
            first = next(iter(table.primary_key.columns))
            chosen = sa.select(*columns).order_by(first)
            found[name] = [dict(row) for row in connection.execute(chosen).mappings()]
    db.engine.dispose()
    return found


def without(rows: Rows, table: str, *columns: str) -> Rows:
    return rows | {
        table: [{k: v for k, v in row.items() if k not in columns} for row in rows[table]]
    }


def revision() -> str | None:
    with db.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    db.engine.dispose()
    return found
