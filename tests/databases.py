"""Whole databases for tests that copy one: SQLite's file, and a PostgreSQL database of its own rather than a schema."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from tests.conftest import POSTGRES, migrate


@contextmanager
def empty(kind: str, folder: Path) -> Iterator[str]:
    """The address of a migrated database that holds nothing; gone afterwards."""
    with without_tables(kind, folder) as url:
        migrate(url, folder)
        yield url


@contextmanager
def without_tables(kind: str, folder: Path) -> Iterator[str]:
    """The same before its first migration."""
    name = f"postil_{uuid.uuid4().hex}"
    if kind == "sqlite":
        yield f"sqlite:///{folder / name}.sqlite3"
        return
    try:
        server = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"NO POSTGRESQL at TEST_POSTGRES_URL={POSTGRES}: {error}")
    named = sql.Identifier(name)
    with server:
        try:
            server.execute(sql.SQL("CREATE DATABASE {}").format(named))
        except psycopg.errors.InsufficientPrivilege:
            pytest.skip("TEST_POSTGRES_URL's user may not make a database")
        try:
            yield sa.make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))
