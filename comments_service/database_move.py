"""Moving the database: every row of one into an empty other, SQLite or PostgreSQL, compared value by value.

All of it is one transaction there: a move that was stopped has left nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from comments_service.db import Base, engine_options

BATCH = 500
Progress = Callable[[str, int], None]


class MoveError(Exception):
    """Why nothing was moved, and what to do about it."""


def move(source: sa.Engine, url: str, progress: Progress = lambda _table, _rows: None) -> int:
    """Copy all tables; how many rows that were. Raises MoveError, after which the target is as it was.

    `progress` hears of each table how many of its rows are there by now.
    """
    target = sa.create_engine(url, **engine_options(url))
    try:
        # What is read is one moment's, whoever writes meanwhile.
        level = {} if source.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with source.connect().execution_options(**level) as here, target.begin() as there:
            _refuse_unready(here, there)
            rows = 0
            for table in Base.metadata.sorted_tables:
                copied = _copy(table, here, there, progress)
                _compare(table, here, there, copied)
                _count_on(table, there)
                rows += copied
            return rows
    except (sa.exc.SQLAlchemyError, OverflowError, ValueError) as error:
        text = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise MoveError(f"Nothing was moved: {text}") from error
    finally:
        target.dispose()


def _refuse_unready(here: sa.Connection, there: sa.Connection) -> None:
    versions = [_version(each) for each in (here, there)]
    if versions[0] != versions[1]:
        raise MoveError(
            "The new database has not the tables of this release. Make them first:"
            " COMMENTS_DATABASE_URL=… flask --app comments_service db upgrade"
        )
    for table in Base.metadata.sorted_tables:
        if there.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise MoveError(
                f"The new database holds something already (in {table.name}). Name an empty one."
            )


def _version(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar())


def _copy(table: sa.Table, here: sa.Connection, there: sa.Connection, progress: Progress) -> int:
    """Write what is here; what a row says of another one of its table comes when all of them are there."""
    later = [each.name for each in table.columns if _of_itself(each)]
    key = [each.name for each in table.primary_key]
    rows = 0
    for batch in _batches(table, here):
        values = [dict(row) | dict.fromkeys(later) for row in batch]
        there.execute(sa.insert(table), values)
        rows += len(batch)
        progress(table.name, rows)
    if later:
        which = [table.c[name] == sa.bindparam(f"of_{name}") for name in key]
        change = sa.update(table).where(*which)
        for batch in _batches(table, here):
            values = [
                {f"of_{name}": row[name] for name in key} | {name: row[name] for name in later}
                for row in batch
                if any(row[name] is not None for name in later)
            ]
            if values:
                there.execute(change, values)
    return rows


def _of_itself(column: sa.Column[Any]) -> bool:
    return any(each.column.table is column.table for each in column.foreign_keys)


def _batches(table: sa.Table, connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    """All rows in the order of their keys."""
    chosen = sa.select(table).order_by(*table.primary_key)
    found = connection.execution_options(yield_per=BATCH).execute(chosen)
    for part in found.mappings().partitions(BATCH):
        yield [dict(row) for row in part]


def _compare(table: sa.Table, here: sa.Connection, there: sa.Connection, copied: int) -> None:
    """Raises MoveError for the first row that is another one there."""
    counted = there.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    if counted != copied:
        raise MoveError(f"Nothing was moved: of {copied} rows in {table.name} {counted} arrived.")
    key = [*table.primary_key]

    def key_of(row: Any) -> tuple[Any, ...]:
        return tuple(row[each.name] for each in key)

    for batch in _batches(table, here):
        wanted = sa.select(table).where(sa.tuple_(*key).in_([key_of(row) for row in batch]))
        arrived = {key_of(row): dict(row) for row in there.execute(wanted).mappings()}
        for row in batch:
            if arrived.get(key_of(row)) != row:
                names = [
                    name for name in row if arrived.get(key_of(row), {}).get(name) != row[name]
                ]
                raise MoveError(
                    f"Nothing was moved: in {table.name}, {', '.join(map(str, key_of(row)))} did not arrive as it"
                    f" was ({', '.join(names)})."
                )


def _count_on(table: sa.Table, there: sa.Connection) -> None:
    """Let PostgreSQL number new rows after those that have come. SQLite does by itself."""
    if there.dialect.name != "postgresql":
        return
    number = table.autoincrement_column
    if number is None:
        return
    sequence = sa.func.pg_get_serial_sequence(table.name, number.name)
    most = sa.select(sa.func.max(number)).scalar_subquery()
    there.execute(sa.select(sa.func.setval(sequence, most)).where(most.is_not(None)))
