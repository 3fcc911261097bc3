"""`kill -9` while the oldest database becomes the newest: the next start finishes, and all is there."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade

from comments_service import create_app
from comments_service.db import Base, db
from tests.conftest import POSTGRES, own_schema, settings_for
from tests.faults.test_publishing_killed import begun, killed

MOMENT = "2026-11-23 00:00:00+00:00"
COMMENTS = 2_000
KILLS = 2

UPGRADE = """
import sys
from pathlib import Path
from comments_service import create_app
from flask_migrate import upgrade
from tests.conftest import settings_for
app = create_app(settings_for(sys.argv[1], Path(sys.argv[2])))
with app.app_context():
    print("ready", flush=True)
    upgrade()
"""

# Of the oldest version's tables, what all later ones have as well.
ROWS: dict[str, list[dict[str, Any]]] = {
    "threads": [
        {
            **{"id": f"t-{number}", "url": "u", "title": "t", "lang": "en", "policy": "open"},
            **{"authors": "[]", "translations": "[]", "listed": True, "created_at": MOMENT},
            **{"revision": 1, "published_revision": 0},
        }
        for number in range(200)
    ],
    "accounts": [
        {
            **{"id": number, "public_id": f"p{number}", "name": f"Rhea {number}"},
            **{"name_key": f"rhea {number}", "email": f"r{number}@example.org"},
            **{"email_key": f"r{number}@example.org", "role": "reader", "created_at": MOMENT},
        }
        for number in range(1, 200)
    ],
    "comments": [
        {
            **{"id": number, "thread_id": f"t-{number % 200}", "depth": 0, "name": "Gus"},
            **{"source": f"Words {number}.", "html": f"<p>Words {number}.</p>"},
            **{"renderer_version": 1, "status": "published", "reasons": "[]"},
            **{"key": f"k{number}", "created_at": MOMENT},
        }
        for number in range(1, COMMENTS)
    ],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def oldest(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database of the oldest version, with what people wrote in it."""
    with ExitStack() as after:
        url = f"sqlite:///{tmp_path}/comments.sqlite3"
        if request.param == "postgresql":
            # Skips, loudly, where there is no server.
            request.getfixturevalue("empty_postgres")
            url = f"{POSTGRES}?options=-csearch_path%3D{after.enter_context(own_schema())}"
        app = create_app(settings_for(url, tmp_path))
        with app.app_context():
            upgrade(revision="0001")
            with db.engine.begin() as connection:
                for table, rows in ROWS.items():
                    names = ", ".join(rows[0])
                    values = ", ".join(f":{name}" for name in rows[0])
                    insert = sa.text(f"INSERT INTO {table} ({names}) VALUES ({values})")  # noqa: S608 - this test's own names
                    connection.execute(insert, rows)
            db.engine.dispose()
            yield app
            db.session.remove()
            db.engine.dispose()


def there() -> dict[str, list[tuple[Any, ...]]]:
    """What was there at first, column by column, as it is now; keys are what a version makes of names."""
    found = {}
    with db.engine.connect() as connection:
        for table, rows in ROWS.items():
            names = ", ".join(name for name in rows[0] if name != "name_key")
            chosen = sa.text(f"SELECT {names} FROM {table} ORDER BY id")  # noqa: S608 - as above
            found[table] = [tuple(row) for row in connection.execute(chosen)]
    db.engine.dispose()
    return found


def test_a_migration_that_was_killed_is_finished_by_the_next_start(
    oldest: Flask, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    url = oldest.extensions["settings"].database_url
    before = there()
    child = (UPGRADE, url, str(tmp_path))
    for _ in range(KILLS):
        killed(begun(*child, environ={}), chance.uniform(0, 0.5))
        assert there() == before
    # Two that start at once, as after a power cut. Machines take turns; on one, the second may fail, and harms nothing.
    together = [begun(*child, environ={}) for _ in range(2)]
    results = [process.wait(60) for process in together]
    for process in together:
        assert process.stdout is not None
        process.stdout.close()
    assert 0 in results
    assert set(results) == {0} or url.startswith("sqlite")
    assert there() == before
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(tmp_path / "comments.sqlite3")) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert file.execute("PRAGMA foreign_key_check").fetchall() == []
