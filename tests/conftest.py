"""What tests start from: an application on a fresh database, and people who visit it.

The service's tests run twice, on SQLite and on PostgreSQL, but for those of `one_database`. Nothing
of the service is replaced: e-mails go to the outbox, snapshots to a temporary folder, and both are
looked at there.
"""

import contextvars
import locale
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from werkzeug.test import TestResponse

from comments_service import create_app
from comments_service.accounts import roles
from comments_service.config import Rate, Settings, from_environment
from comments_service.db import Base, db
from comments_service.models import Role
from comments_service.publishing import publisher
from tests import make
from tests.cores import pytest_xdist_make_scheduler  # noqa: F401 - a hook of pytest's
from tests.remembered import remembered, unhurried  # noqa: F401 - the first for every test
from tests.watched import pytest_runtest_protocol  # noqa: F401 - a hook of pytest's

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
# What a schema for tests is called; no other name is ever dropped.
SCHEMAS = "postil_run_"
SITE = "http://blog.test"
LOCALE = locale.setlocale(locale.LC_ALL)
API = "/comments/api/v1/"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Pelican sets the locale of the whole process: each test begins with the one from before."""
    locale.setlocale(locale.LC_ALL, LOCALE)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without rows, copied for each test."""
    folder = tmp_path_factory.mktemp("database")
    path = folder / "empty.sqlite3"
    migrate(f"sqlite:///{path}", folder)
    return path


@pytest.fixture(scope="session")
def empty_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated schema of this process's own, emptied after each test and dropped at the end."""
    try:
        drop_what_dead_runs_left()
    except psycopg.OperationalError as error:
        pytest.skip(f"NO POSTGRESQL at TEST_POSTGRES_URL={POSTGRES}: {error}")
    with own_schema() as schema:
        # What a test commits need not survive a power cut: a third of the suite's time otherwise.
        url = f"{POSTGRES}?options=-csearch_path%3D{schema}%20-csynchronous_commit%3Doff"
        migrate(url, tmp_path_factory.mktemp("postgres"))
        yield url


@contextmanager
def own_schema() -> Iterator[str]:
    """An empty schema that nobody else uses. A lock says so for as long as this process lives."""
    schema = f"{SCHEMAS}{uuid.uuid4().hex}"
    with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [schema])
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            yield schema
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


def drop_what_dead_runs_left() -> None:
    """Drop the schemas of processes that were killed: the server has let go of their locks."""
    with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as connection:
        named = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)"
        for (schema,) in connection.execute(named, [SCHEMAS]).fetchall():
            # Two that start at once do not drop the same one.
            lock = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
            if connection.execute(lock, [schema]).fetchone() == (True,):
                connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
                connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [schema])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(error: object) -> None:
    """A worker that was killed dropped nothing."""
    if error:
        with suppress(psycopg.OperationalError):
            drop_what_dead_runs_left()


def migrate(url: str, folder: Path) -> None:
    app = create_app(settings_for(url, folder))
    with app.app_context():
        upgrade()
        db.engine.dispose()


def settings_for(url: str, folder: Path, **changed: Any) -> Settings:
    values: dict[str, Any] = {
        "site_url": SITE,
        "database_url": url,
        "published": folder / "published",
        "output": str(folder / "output"),
        "secret_key": "a key for tests",
        "limit_posts": (Rate(1000, 60),),
        # What a browser computes is asked for by the tests of it.
        "proof_of_work": False,
        **changed,
    }
    return from_environment({}, **values)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        copy = tmp_path / "comments.sqlite3"
        shutil.copy(request.getfixturevalue("empty_sqlite"), copy)
        yield f"sqlite:///{copy}"
        return
    url = request.getfixturevalue("empty_postgres")
    yield url
    # Deleting a handful of rows takes a tenth of what truncating every table does.
    emptied = [str(sa.delete(table)) for table in reversed(Base.metadata.sorted_tables)]
    emptied.append(
        "SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences"
        " WHERE schemaname = current_schema()"
    )
    with psycopg.connect(url) as connection:
        connection.execute("; ".join(emptied))


# For what no database has a part in: whole sets of hostile words, say, once rather than twice.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    """Overridden by a module or a test that needs other settings."""
    return {}


@pytest.fixture
def settings(database_url: str, tmp_path: Path, changed_settings: dict[str, Any]) -> Settings:
    return settings_for(database_url, tmp_path, **changed_settings)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application, within its context, so that a test can ask the rooms themselves."""
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """Every statement sent to the database from here on; a test clears it where it likes.

    But for one that pages ask once in two seconds, whichever of them comes then: for the owner's rules.
    """
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA", "SELECT rules.ruled")):
            sent.append(statement)

    engine: sa.Engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


class Answer(TestResponse):
    """What a route answers; `json` may be anything, and tests look into it."""

    json: Any


class Visitor:
    """Somebody with a browser: cookies, and the Origin that browsers send."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **options: Any) -> Answer:
        return self._open("GET", path, **options)

    def post(self, path: str, form: dict[str, Any] | None = None, **options: Any) -> Answer:
        """Send a plain form, as a page without JavaScript does."""
        return self._open("POST", path, data=form or {}, **options)

    def call(self, method: str, path: str, data: Any = None, **options: Any) -> Answer:
        """Call the API with JSON, as the embed does; `path` is below its prefix."""
        return self._open(method, API + path, json=data, **options)

    def _open(self, method: str, path: str, **options: Any) -> Answer:
        # What this test's own session read is over: the request sees, and leaves, a new state.
        db.session.rollback()
        headers = {"Origin": SITE, **options.pop("headers", {})}
        kept = {name: value for name, value in headers.items() if value is not None}
        # In a context of its own: within the test's, Flask would share `g` between all requests.
        answer = contextvars.Context().run(
            self.client.open, path, method=method, base_url=SITE, headers=kept, **options
        )
        db.session.expire_all()
        return cast("Answer", answer)

    def sign_in(self, email: str, password: str = make.PASSWORD) -> "Visitor":
        answer = self.call("POST", "session", {"email": email, "password": password})
        assert answer.status_code == 201, answer.json
        return self


@pytest.fixture
def guest(app: Flask) -> Visitor:
    """Somebody without an account."""
    return Visitor(app)


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Somebody else without an account."""
    return Visitor(app)


@pytest.fixture
def reader(app: Flask) -> Visitor:
    """Rhea, who has an account."""
    make.account("Rhea")
    return Visitor(app).sign_in("rhea@example.org")


@pytest.fixture
def moderator(app: Flask) -> Visitor:
    make.account("Mona", role=Role.MODERATOR)
    return Visitor(app).sign_in("mona@example.org")


@pytest.fixture
def owner(app: Flask) -> Visitor:
    make.account("Olga", role=Role.OWNER)
    return Visitor(app).sign_in("olga@example.org")


@pytest.fixture
def author(app: Flask) -> Visitor:
    """Ada, who writes articles here."""
    make.account("Ada", role=Role.AUTHOR)
    return Visitor(app).sign_in("ada@example.org")


@pytest.fixture
def fragment(app: Flask, settings: Settings) -> Any:
    """What everybody reads: publish what is behind, and give a thread's fragment."""

    def read(thread_id: str = "pelicans", name: str = "{}.html") -> str:
        db.session.rollback()
        publisher.publish_behind(settings)
        return (settings.published / "threads" / name.format(thread_id)).read_text()

    return read


@pytest.fixture
def emails(app: Flask) -> Any:
    """The e-mails in the outbox, oldest first, as (recipient, subject, text)."""
    from comments_service.models import Email

    def read() -> list[tuple[str, str, str]]:
        db.session.rollback()
        found = db.session.scalars(sa.select(Email).order_by(Email.id))
        return [(each.recipient, each.subject, each.text) for each in found]

    return read


def link_in(text: str) -> str:
    """The path of the link in an e-mail's text."""
    found = re.search(r"http://blog\.test(/\S+)", text)
    assert found, text
    return found[1]


@pytest.fixture
def owner_path(app: Flask, settings: Settings) -> str:
    return roles.owner_link(settings.comments_url).removeprefix(SITE)
