"""The database: one handle, SQLite's pragmas, times in UTC, and the one way to begin a write.

Reads use `db.session` as it is. Every change happens inside `writing()`, which takes SQLite's
write lock at once: a transaction that begins with reading and turns to writing later would be
refused under load instead of waiting for its turn.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, registry
from sqlalchemy.orm.attributes import instance_dict, manager_of_class

from comments_service.errors import Message, Unavailable

# How long a writer waits for another process's transaction before the client is told to try again.
BUSY_SECONDS = 5
# After so long of doing nothing in the middle of a write, PostgreSQL puts a process out of it: its machine has lost
# its power or its network, or stands still, and nobody can write what it has locked. More than the longest
# thought between two statements takes on a machine that others keep busy: over a list of 100,000 threads.
STILL_SECONDS = 60
# For so long a process that was refused a write says that it cannot do its work.
REFUSED_SECONDS = 10


class UTCTime(sa.TypeDecorator[datetime]):
    """An aware time in UTC, to the microsecond, in both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    registry = registry(
        type_annotation_map={
            datetime: UTCTime(),
            # SQLite counts up by itself only a column that says INTEGER, and all are 64 bits there.
            int: sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        },
        metadata=sa.MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


class _Session(Session):
    def close(self) -> None:
        """End it, also where the database has hung up since: what was saved is answered as saved."""
        try:
            super().close()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # There is nothing left to roll back, and the pool has forgotten the connection.
            super().close()


db = SQLAlchemy(model_class=Base, session_options={"class_": _Session, "expire_on_commit": False})

Row = TypeVar("Row", bound=Base)


def apart(model: type[Row], values: Mapping[str, Any]) -> Row:
    """A row as it was just read or written, for reading only: the session knows nothing of it.

    For what every request does: a row that the session keeps costs four times as much.
    """
    row = manager_of_class(model).new_instance()
    instance_dict(row).update(values)
    return row


# SQLite has one writer. Threads of this process queue here, in order, instead of polling its lock.
_writer = threading.Lock()
# Whether this thread writes at the moment.
_here = threading.local()
# When the database last refused a write of this process: nothing was taken since.
_refused_at: float | None = None


class MisplacedWrite(RuntimeError):
    """A write that would wait for itself, or would commit what somebody else has begun: our mistake."""


@contextmanager
def writing() -> Iterator[None]:
    """One write transaction: committed at the end, rolled back when anything is raised.

    What was read before is read again inside if it matters: another writer may have come between.
    Raises Unavailable when the database cannot be written.
    """
    global _refused_at
    _refuse_misplaced()
    sqlite = db.engine.dialect.name == "sqlite"
    with _turn() if sqlite else nullcontext(), _writing_here():
        try:
            # What was read is over; the connection that has read it goes on to write.
            connection = db.session.connection()
            if sqlite:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                still = f"SET LOCAL idle_in_transaction_session_timeout = '{STILL_SECONDS}s'"
                connection.exec_driver_sql(f"COMMIT; BEGIN; {still}")
            yield
            db.session.commit()
            _refused_at = None
        except (OperationalError, InternalError) as error:
            # PostgreSQL calls a server that is read-only an internal error.
            _refused_at = time.monotonic()
            db.session.rollback()
            raise unavailable(error) from error
        except BaseException:
            db.session.rollback()
            raise


def refused_lately() -> bool:
    """Whether the last write of this process was refused a moment ago: a full disk, or a long lock."""
    return _refused_at is not None and time.monotonic() - _refused_at < REFUSED_SECONDS


# Of one turn to write, while others wait: some milliseconds.
CLEANED_AT_ONCE = 1_000


def clean_rows(
    number: InstrumentedAttribute[int],
    *which: sa.ColumnElement[bool],
    values: dict[str, Any] | None = None,
) -> None:
    """Delete every row of which something holds, or set values in it; rows go by the column of their number.

    They are looked for by reading, which holds up nobody, and changed by their numbers, a batch at a
    time, if it still holds.
    """
    rows = number.class_
    change = sa.delete(rows) if values is None else sa.update(rows).values(values)
    last = 0
    chosen = sa.select(number).where(*which).order_by(number).limit(CLEANED_AT_ONCE)
    while numbers := db.session.scalars(chosen.where(number > last)).all():
        with writing():
            # By the connection: changes that readers would see are made by `comments.changing` alone.
            db.session.connection().execute(change.where(number.in_(numbers), *which))
        last = numbers[-1]


def _refuse_misplaced() -> None:
    if getattr(_here, "writes", False):
        raise MisplacedWrite("writing() inside writing(): let the outer one do both")
    session = db.session()
    changed = any(session.is_modified(each) for each in session.dirty)
    if changed or session.new or session.deleted:
        raise MisplacedWrite("rows were changed before writing(): change them inside")


@contextmanager
def _writing_here() -> Iterator[None]:
    _here.writes = True
    try:
        yield
    finally:
        _here.writes = False


@contextmanager
def _turn() -> Iterator[None]:
    """The calling thread's turn to write. Raises Unavailable when those before it wait for too long.

    Without a limit here, each of many waiting threads would wait for the lock in its turn.
    """
    if not _writer.acquire(timeout=BUSY_SECONDS):
        raise unavailable(None)
    try:
        yield
    finally:
        _writer.release()


def unavailable(error: SQLAlchemyError | None) -> Unavailable:
    """What a client is told when the database is locked, full, read-only or away."""
    unavailable = Unavailable(
        Message(
            "The service cannot save anything at the moment. Your text is still here; please try"
            " again in a few seconds."
        ),
        retry_after_seconds=BUSY_SECONDS,
    )
    unavailable.__cause__ = error
    return unavailable


# How soon a server counts as gone that says nothing at all, not even that it is: its machine, or the network. The
# system alone would wait for a quarter of an hour. What the database's address says of these is heeded.
_PATIENCE = {
    "connect_timeout": BUSY_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}


def engine_options(url: str) -> dict[str, Any]:
    """Options for the engine of `url`."""
    if not url.startswith("sqlite"):
        said = sa.make_url(url).query
        patience = {name: value for name, value in _PATIENCE.items() if name not in said}
        return {
            "connect_args": patience,
            "pool_pre_ping": True,
            "pool_size": 10,
            "hide_parameters": True,
        }
    # No isolation level: the driver begins nothing by itself, `_begin` below does.
    return {
        "connect_args": {"timeout": BUSY_SECONDS, "isolation_level": None},
        # The one that was used last has the pages at hand which the next request reads.
        "pool_use_lifo": True,
        # What was written may name people, and what goes wrong is logged.
        "hide_parameters": True,
    }


@event.listens_for(sa.Engine, "connect")
def _set_pragmas(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        # The same patience as with SQLite: a request never waits without end for a lock.
        connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
        connection.commit()
        return
    cursor = connection.cursor()
    # WAL lets readers go on while one writes; FULL puts a commit on disk before it is acknowledged.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-8000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


# What SQLite says of a file that this connection will never write, or read, again.
_unusable = frozenset(
    {
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)
# PostgreSQL's word for a server that is read-only, such as one that another has taken over from.
READ_ONLY = "25006"


@event.listens_for(sa.Engine, "handle_error")
def _drop_unusable(context: sa.engine.ExceptionContext) -> None:
    """Let the pool forget its connections where the fault is theirs, and would outlive its cause.

    SQLite opens a file on a read-only disk for reading, and goes on so when the disk can be written: in all
    connections of the process, the new ones too, as long as one of them is open that was there before. So those
    that nobody uses are closed at once, and not when they are asked for next.
    """
    error = context.original_exception
    # The first byte of SQLite's code says the kind, the others the circumstances.
    kind = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if kind in _unusable or getattr(error, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True
        if context.engine is not None and kind in _unusable:
            # The pool alone: of those that others use just then, its successor would know nothing when they come back.
            context.engine.pool.dispose()


@event.listens_for(sa.Engine, "begin")
def _begin(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        # To the driver, which takes nothing yet: every request pays for the way around.
        connection.connection.cursor().execute("BEGIN")
