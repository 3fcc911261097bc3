"""From 1.0.0 to this release and back: what people wrote is there, and is published as it was."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade

from authoring.upgrade import database
from comments_service import create_app
from comments_service.db import db
from comments_service.models import Ban
from comments_service.publishing import publisher
from tests import databases, released
from tests.conftest import Visitor, settings_for
from tests.unit.test_backups import restored

# Enough for an upgrade to come to where it writes; one that comes later has nothing to wait for.
MOMENT_SECONDS = 1.0


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application, within its context, on what 1.0.0 left."""
    with databases.without_tables(request.param, tmp_path) as url:
        app = create_app(settings_for(url, tmp_path, page_size=released.PAGE_SIZE))
        with app.app_context():
            released.make()
            yield app
            db.session.remove()
            db.engine.dispose()


def published(folder: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_bytes()) for path in folder.glob("*.json")}


def as_before(now: Any, before: Any) -> Any:
    """Of what is said now, what 1.0.0 said of the same."""
    if isinstance(before, dict):
        return {key: as_before(now[key], value) for key, value in before.items()}
    if isinstance(before, list):
        assert len(now) == len(before)
        return [as_before(*both) for both in zip(now, before, strict=True)]
    return now


def test_all_is_there_and_published_as_before(old: Flask) -> None:
    settings = old.extensions["settings"]
    before = released.kept()
    upgrade()
    # Whoever was closed out is banned now.
    assert released.kept() == released.without(before, "accounts", "closed_at")
    closed = [row["id"] for row in before["accounts"] if row["closed_at"]]
    assert [each.account_id for each in db.session.query(Ban)] == closed
    publisher.publish_all(settings)
    now = published(settings.published / "threads")
    assert as_before(now, released.snapshots()) == released.snapshots()
    assert now.keys() == released.snapshots().keys()


def test_what_was_there_is_answered(old: Flask) -> None:
    upgrade()
    body = {"body": "More.", "parent": 2, "name": "Gus", "key": "a-new-one"}
    visitor = Visitor(old)
    answer = visitor.call("POST", "threads/pelicans/comments", body)
    assert answer.status_code in (201, 202), answer.json
    with old.app_context():
        assert released.kept()["comments"][-1]["parent_id"] == 2


def test_the_copy_from_before_an_upgrade_brings_1_0_back(old: Flask, tmp_path: Path) -> None:
    settings = old.extensions["settings"]
    environ = {"COMMENTS_DATABASE_URL": settings.database_url}
    before = released.kept()
    copy = database.save(tmp_path, environ, tmp_path / "copy")
    upgrade()
    db.engine.dispose()
    back = tmp_path / "back"
    back.mkdir()
    with databases.without_tables(db.engine.dialect.name, back) as url:
        restored(copy, url)
        with create_app(settings_for(url, back)).app_context():
            assert released.kept() == before
            assert released.revision() == released.LAST
            # And it can be upgraded again.
            upgrade()
            assert released.kept() == released.without(before, "accounts", "closed_at")
            db.engine.dispose()


def test_the_migrations_taken_back_leave_what_1_0_had(old: Flask) -> None:
    before = released.kept()
    upgrade()
    downgrade(revision=released.LAST)
    assert released.revision() == released.LAST
    assert released.kept() == before


def test_an_upgrade_waits_for_whoever_writes_at_that_moment(tmp_path: Path) -> None:
    """A service that was not stopped: SQLite refuses whoever has read before he wants to write."""
    with databases.without_tables("sqlite", tmp_path) as url:
        app = create_app(settings_for(url, tmp_path))
        with app.app_context():
            released.make()
            db.engine.dispose()
        failed: list[BaseException] = []
        upgrading = threading.Thread(target=upgraded, args=(app, failed))
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE threads SET title = 'Written meanwhile' WHERE id = 'quiet'")
            upgrading.start()
            upgrading.join(MOMENT_SECONDS)
            other.execute("COMMIT")
        upgrading.join()
        assert failed == []
        with app.app_context():
            assert released.revision() != released.LAST
            titles = [row["title"] for row in released.kept()["threads"]]
            assert "Written meanwhile" in titles


def upgraded(app: Flask, failed: list[BaseException]) -> None:
    with app.app_context():
        try:
            upgrade()
        except BaseException as error:
            failed.append(error)
        db.engine.dispose()


def test_rows_that_point_to_nothing_stop_an_upgrade_that_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with databases.without_tables("sqlite", tmp_path) as url:
        app = create_app(settings_for(url, tmp_path))
        with app.app_context():
            released.make()
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
                file.execute("UPDATE comments SET account_id = 4711 WHERE id = 1")
            before = released.kept()
            # What Flask-Migrate makes of an error, having logged it.
            with pytest.raises(SystemExit):
                upgrade()
            assert "nothing was changed" in caplog.text
            db.engine.dispose()
            assert released.revision() == released.LAST
            assert released.kept() == before
