"""What unit tests share: cheap passwords, statements that were sent, waiting for a condition, one locale, a site."""

import locale
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event

from comments_service.db import db
from tests import make
from tests.sites import Site, disconnect


@pytest.fixture(scope="package", autouse=True)
def cheap_passwords() -> Iterator[PasswordHasher]:
    with make.cheap_passwords() as real:
        yield real


@pytest.fixture(autouse=True)
def same_locale() -> Iterator[None]:
    """Pelican sets the locale of the whole process: the next test gets the one from before."""
    before = locale.setlocale(locale.LC_ALL)
    yield
    locale.setlocale(locale.LC_ALL, before)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site without an article; its plugins' signals end with the test."""
    yield Site(tmp_path)
    disconnect()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a build divide its work among processes, as it does where no threads are.

    A worker of pytest-xdist has threads for its own use, of which a copy of it needs none.
    """
    monkeypatch.setattr(threading, "enumerate", lambda: [threading.main_thread()])


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """Every statement sent to the database from here on; a test clears it where it likes."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    engine: sa.Engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until a condition holds, and fail when it does not within half a minute."""

    def wait(holds: Callable[[], bool], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)

    return wait
