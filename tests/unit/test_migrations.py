"""Migrations: from nothing they make what the models say, and they can be taken back."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from comments_service import config, create_app
from comments_service.accounts import tokens
from comments_service.db import Base, db
from comments_service.migrations import new
from comments_service.models import Purpose, Token
from tests.conftest import POSTGRES, own_schema, settings_for
from tests.service import ROOT


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database in which nothing was ever made."""
    with ExitStack() as after:
        url = f"sqlite:///{tmp_path}/new.sqlite3"
        if request.param == "postgresql":
            # Skips, loudly, where there is no server.
            request.getfixturevalue("empty_postgres")
            url = f"{POSTGRES}?options=-csearch_path%3D{after.enter_context(own_schema())}"
        app = create_app(settings_for(url, tmp_path))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def test_models_that_say_nothing_new_make_no_migration() -> None:
    before = sorted(Path(config.MIGRATIONS, "versions").iterdir())
    assert new.write("Nothing") is None
    assert sorted(Path(config.MIGRATIONS, "versions").iterdir()) == before


TABLE = """

sa.Table("pins", Base.metadata, sa.Column("id", sa.Integer, primary_key=True),
         sa.Column("note", sa.Unicode(20), nullable=False), sa.Column("at", UTCTime(), nullable=False),
         sa.Column("why", Messages, nullable=False))
"""


def test_a_changed_model_becomes_the_next_numbered_migration(tmp_path: Path) -> None:
    """In a copy of the program, by the command's own task."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("authoring", "comments_service", "formats"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    for name in ("tasks.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)

    def migration(adds: str) -> subprocess.CompletedProcess[str]:
        code = "import sys, tasks; tasks.migration.body(None, sys.argv[1])"
        # Whatever database somebody's settings name is left alone.
        environ = {**os.environ, "COMMENTS_DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}
        command = [sys.executable, "-c", code, adds]
        return subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)

    done = migration("Pinned comments")
    assert done.returncode == 1, done.stdout
    assert "change comments_service/models first" in done.stderr

    models = tmp_path / "comments_service/models.py"
    models = models if models.exists() else models.with_suffix("") / "__init__.py"
    head = "import sqlalchemy as sa\nfrom comments_service.db import Base, UTCTime\n"
    head += "from comments_service.models.base import Messages\n"
    models.write_text(models.read_text("utf-8") + f"\n{head}{TABLE}", "utf-8")
    versions = tmp_path / "comments_service/migrations/versions"
    before = {path.name for path in versions.glob("*.py")}
    done = migration("Pinned comments.")
    assert done.returncode == 0, done.stderr
    (made,) = {path.name for path in versions.glob("*.py")} - before
    last = max(int(name[:4]) for name in before if name[0] == "0")
    assert made == f"{last + 1:04}_pinned_comments.py"
    assert f"versions/{made}: " in done.stdout
    text = (versions / made).read_text("utf-8")
    assert text.startswith('"""Pinned comments."""')
    assert 'op.create_table(\n        "pins"' in text
    assert '"at", sa.DateTime(timezone=True)' in text
    assert '"why", sa.JSON()' in text
    assert "###" not in text
    ruff = [str(Path(sys.executable).with_name("ruff"))]
    for arguments in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        subprocess.run([*ruff, *arguments, made], cwd=versions, check=True)
    # It makes what the models say: after it there is nothing to write.
    assert migration("Nothing").returncode == 1


def tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names())


def test_from_nothing_to_the_newest_gives_what_the_models_say(empty: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    assert tables() == {"alembic_version", *Base.metadata.tables}


def test_the_constraints_are_those_of_the_models(empty: Flask) -> None:
    upgrade()
    inspector = sa.inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        named = {
            each.name
            for each in table.constraints
            if isinstance(each, sa.CheckConstraint | sa.UniqueConstraint | sa.ForeignKeyConstraint)
        }
        found = {
            each["name"]
            for each in (
                *inspector.get_check_constraints(table.name),
                *inspector.get_unique_constraints(table.name),
                *inspector.get_foreign_keys(table.name),
            )
        }
        assert found == named, table.name


def test_they_can_be_taken_back_to_nothing_and_made_again(empty: Flask) -> None:
    upgrade()
    downgrade(revision="base")
    assert tables() == {"alembic_version"}
    upgrade()
    assert tables() == {"alembic_version", *Base.metadata.tables}


def test_upgrading_twice_changes_nothing(empty: Flask) -> None:
    upgrade()
    before = tables()
    upgrade()
    assert tables() == before


def test_what_people_wrote_outlives_an_upgrade_and_its_taking_back(empty: Flask) -> None:
    upgrade(revision="0001")
    moment = "2026-11-23 00:00:00+00:00"
    rows = {
        "accounts": "id, public_id, name, name_key, email, email_key, role, created_at",
        "identities": "id, account_id, kind, subject, secret, created_at",
        "sessions": "id, account_id, token_hash, device, created_at, seen_at",
        "tokens": "id, account_id, token_hash, purpose, created_at, expires_at",
    }
    values = {
        "accounts": (1, "ab", "Rhea", "rhea", "r@example.org", "r@example.org", "reader", moment),
        "identities": (1, 1, "password", "ab", "a hash", moment),
        "sessions": (1, 1, b"s" * 32, "Firefox", moment, moment),
        "tokens": (1, 1, b"t" * 32, "reset", moment, moment),
    }
    with db.engine.begin() as connection:
        for table, columns in rows.items():
            names = columns.split(", ")
            connection.execute(
                sa.text(
                    f"INSERT INTO {table} ({columns}) VALUES ({', '.join(f':{n}' for n in names)})"  # noqa: S608 - this test's own names
                ),
                dict(zip(names, values[table], strict=True)),
            )

    def kept() -> list[object]:
        with db.engine.connect() as connection:
            return [
                connection.execute(sa.text(f"SELECT {columns} FROM {table}")).one()  # noqa: S608 - as above
                for table, columns in rows.items()
            ]

    before = kept()
    upgrade()
    assert kept() == before
    downgrade(revision="0001")
    assert kept() == before


def test_a_link_in_an_email_outlives_the_renaming_of_purposes(empty: Flask) -> None:
    upgrade(revision="0003")
    facts = {
        "link": {"address": "R@example.org", "target": "/fish/"},
        "email": {"session": 3},
        "verify": {"browser": "a hash"},
        "state": {"step": "provider", "errand": "prove"},
        "second": {"way": "password"},
    }
    insert = sa.text(
        "INSERT INTO tokens (token_hash, purpose, facts, tries, created_at, expires_at)"
        " VALUES (:hash, :purpose, :facts, 0, :moment, :moment)"
    )
    with db.engine.begin() as connection:
        for purpose, kept in facts.items():
            values = {"hash": purpose.encode(), "facts": json.dumps(kept), "purpose": purpose}
            connection.execute(insert, {**values, "moment": "2026-11-23 00:00:00+00:00"})
    upgrade()
    found = {each.purpose: each for each in db.session.scalars(sa.select(Token))}
    assert tokens.MagicLink.of(found[Purpose.LINK]) == tokens.MagicLink("R@example.org", "/fish/")
    assert tokens.ChangeEmail.of(found[Purpose.EMAIL]).session == 3
    assert tokens.VerifyEmail.of(found[Purpose.VERIFY]).browser == "a hash"
    # Steps of a quarter of an hour begin again.
    assert len(found) == 3
