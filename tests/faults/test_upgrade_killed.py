"""`kill -9` in each migration since 1.0.0: the next start makes all of them, and nothing is lost."""

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade

from comments_service import create_app
from comments_service.db import Base, db
from tests import databases, released
from tests.conftest import settings_for
from tests.service import ROOT

# A migration of fewer is killed at its end, before anything is committed.
MOST_STATEMENTS = 12

# One process that has loaded everything begins an upgrade for each kill, which dies by its own hand: so many
# statements behind a migration's beginning.
KILLED = """
import os, signal, sys
from pathlib import Path
import sqlalchemy as sa
from flask_migrate import upgrade
from comments_service import create_app
from tests.conftest import settings_for

def begin(app, last, before, revision, left):
    at = [last, int(left)]
    def dies():
        os.kill(os.getpid(), signal.SIGKILL)
    def applied(step, **_):
        at[0] = step.up_revision_id
        if at[0] == revision:
            dies()
    @sa.event.listens_for(sa.Engine, "after_cursor_execute")
    def executed(*_):
        at[1] -= at[0] == before
        if not at[1]:
            dies()
    app.extensions["migrate"].configure_args["on_version_apply"] = applied
    with app.app_context():
        upgrade()

url, folder, last, *kills = sys.argv[1:]
app = create_app(settings_for(url, Path(folder)))
for kill in kills:
    child = os.fork()
    if not child:
        begin(app, last, *kill.split(":"))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(kill, "killed" if os.WIFSIGNALED(status) else "went on", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application, within its context, on what 1.0.0 left."""
    with databases.without_tables(request.param, tmp_path) as url:
        app = create_app(settings_for(url, tmp_path))
        with app.app_context():
            released.make()
            yield app
            db.session.remove()
            db.engine.dispose()


def test_killed_in_any_migration_the_next_start_makes_all_of_them(
    old: Flask, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    config = old.extensions["migrate"].migrate.get_config()
    newer = ScriptDirectory.from_config(config).iterate_revisions("head", released.LAST)
    kills = [
        f"{each.down_revision}:{each.revision}:{chance.randint(1, MOST_STATEMENTS)}"
        for each in reversed(list(newer))
    ]
    # Two rounds, as there are at least, take turns: together they kill in each.
    kills = kills[seed % 2 :: 2]
    assert len(kills) > 5
    before = released.kept()
    url = old.extensions["settings"].database_url
    command = [sys.executable, "-c", KILLED, url, str(tmp_path), released.LAST, *kills]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for kill in kills:
            assert process.stdout.readline() == f"{kill} killed\n"
            # One transaction for all: there is no state between two releases.
            assert released.revision() == released.LAST, kill
            assert released.kept() == before, kill
            print(file=process.stdin, flush=True)
    assert process.returncode == 0
    upgrade()
    assert released.kept() == released.without(before, "accounts", "closed_at")
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
