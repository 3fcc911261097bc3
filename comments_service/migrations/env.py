"""How `flask db` runs migrations: on the service's own engine, in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import sqlalchemy as sa
from alembic import context
from flask import current_app

from comments_service.db import BUSY_SECONDS


def written(kind: str, item: object, _context: object) -> str | bool:
    """Types of ours as the plain types that they are in the database."""
    if kind == "type" and isinstance(item, sa.TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


@contextmanager
def connected(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection, or the reason why there is none in place of forty lines of where that was noticed."""
    try:
        connection = engine.connect()
    except sa.exc.OperationalError as error:
        said = " ".join(str(error.orig).split())
        raise click.ClickException(
            f"The database that COMMENTS_DATABASE_URL names cannot be opened: {said}"
        ) from error
    with connection:
        yield connection


TURN = (
    "SET LOCAL lock_timeout = 0",
    "SELECT pg_advisory_xact_lock(hashtextextended('postil migrations ' || current_schema(), 0))",
    f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'",
)

extension = current_app.extensions["migrate"]

with connected(extension.db.engine) as connection:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        # SQLite changes a table by making it anew, and dropping the old one would delete, by their
        # foreign keys, the rows of others. The switch works outside a transaction only.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        render_item=written,
        target_metadata=extension.db.metadatas[None],
        # Of SQLite Alembic does not expect it, and would leave a database between two releases.
        transactional_ddl=True,
        **extension.configure_args,
    )
    migrations = context.get_context()
    behind = migrations.get_current_revision() != context.get_head_revision()
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Machines that start together take turns, however long that takes: whoever comes second finds all done.
            for statement in TURN:
                connection.exec_driver_sql(statement)
        elif behind and not migrations.opts.get("dont_mutate"):
            # The turn to write is taken at once, as `db.writing` does: who turns to it later is refused while
            # another writes, instead of waiting.
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        context.run_migrations()
        if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("A migration left rows that point to nothing; nothing was changed.")
    connection.commit()
    if sqlite:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")
