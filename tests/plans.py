"""What is sent to the database, and how the database goes about it: by an index, or through a table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from comments_service.db import Base, db

# Statements as the driver gets them, each with what it was given.
Sent = list[tuple[str, Any]]


@contextmanager
def sent() -> Iterator[Sent]:
    """Every statement that reads or changes rows while the block runs."""
    found: Sent = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            found.append((statement, given))

    engine: sa.Engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def plan(statement: str, given: Any) -> list[str]:
    """The steps by which the database would carry a statement out; of many rows, for the first."""
    if isinstance(given, list):
        given = given[0]
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            return [row.detail for row in steps]
        # Of the handful of rows that a test has, PostgreSQL would read all.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", given)]


def read_whole(statement: str, given: Any) -> list[str]:
    """The steps of a plan that go through a whole table; what a statement makes itself is none."""
    tables = Base.metadata.tables
    return [
        step
        for step in plan(statement, given)
        if "Seq Scan" in step or (step.startswith("SCAN") and step.split()[1] in tables)
    ]
