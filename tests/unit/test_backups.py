"""Backups: a copy that is whole, made while others write, from which everything comes back."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import backups, create_app, exporters, health, supervision, workers
from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Comment, Status, now
from comments_service.publishing import publisher
from comments_service.supervision import BACKUP, Patient
from comments_service.workers import Worker
from formats import database_copies, files
from tests import databases, make
from tests.conftest import Visitor, one_database, settings_for


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgresql" and not shutil.which("pg_dump"):
        pytest.skip("NO pg_dump")
    with databases.empty(request.param, tmp_path) as url:
        yield url


def copied(settings: Settings, folder: Path) -> Path:
    return backups.make(
        folder, settings.database_url, lambda path: exporters.write_all(path, settings)
    )


def published(folder: Path) -> dict[str, bytes]:
    """All that anybody is given; names that begin with a dot are notes of the publisher."""
    given = (name for name in files.stamps(folder) if not name.startswith("."))
    return {name: (folder / name).read_bytes() for name in given}


def restored(copy: Path, url: str) -> None:
    """As docs/operating.md says it."""
    if copy.suffix == ".sqlite3":
        shutil.copy(copy, url.removeprefix("sqlite:///"))
    else:
        command = ["pg_restore", "--no-owner", f"--dbname={url}", str(copy)]
        subprocess.run(command, check=True)


def a_conversation() -> None:
    make.site()
    make.thread()
    first = make.comment(body="The *first*.", minutes_ago=9)
    make.comment(by=make.account("Rhea"), parent=first, body="An answer.", minutes_ago=8)
    make.comment(body="Waits.", status=Status.PENDING)


def test_a_restored_copy_gives_the_same_files_byte_for_byte_on_an_empty_machine(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    a_conversation()
    copy = copied(settings, tmp_path / "backups")
    publisher.publish_all(settings)
    before = published(settings.published)
    assert any(b"An answer." in each for each in before.values())

    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with databases.without_tables(db.engine.dialect.name, folder) as url:
        restored(copy, url)
        elsewhere = settings_for(url, folder)
        there = create_app(elsewhere)
        with there.app_context():
            publisher.publish_all(elsewhere)
            assert published(folder / "published") == before
            waiting = sa.select(Comment.source).where(Comment.status == Status.PENDING)
            assert db.session.scalars(waiting).all() == ["Waits."]
            db.session.remove()
            db.engine.dispose()


def test_only_its_owner_may_read_a_copy_and_nothing_half_done_lies_beside_it(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    make.thread()
    copy = copied(settings, tmp_path / "new" / "backups")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [*copy.parent.iterdir()] == [copy]


@one_database
def test_a_copy_holds_one_moment_whatever_others_write_meanwhile(
    app: Flask, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.thread()
    for at in range(30):
        make.comment(body=f"Comment {at}")
    monkeypatch.setattr(database_copies, "PAGES_AT_ONCE", 5)
    beats: list[int] = []

    def write() -> None:
        beats.append(make.comment(body="Of later.").id)

    copy = backups.make(tmp_path, settings.database_url, lambda _: None, write)
    assert len(beats) > 3
    with closing(sqlite3.connect(copy)) as database:
        found = database.execute("SELECT count(*) FROM comments").fetchone()
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert found == (30,)


def test_a_damaged_database_is_told_of_and_not_kept_as_a_backup(tmp_path: Path) -> None:
    path = tmp_path / "damaged.sqlite3"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE words (word TEXT UNIQUE)")
        database.executemany("INSERT INTO words VALUES (?)", [(f"{n:0>500}",) for n in range(200)])
    data = bytearray(path.read_bytes())
    data[8_192:12_288] = bytes(4_096)
    path.write_bytes(data)
    with pytest.raises(backups.CopyError, match="damaged"):
        database_copies.sqlite(path, tmp_path / "copy.sqlite3")
    assert not [*tmp_path.glob("copy*")]


def test_a_database_that_is_not_there_is_not_made_by_copying_it(tmp_path: Path) -> None:
    with pytest.raises(backups.CopyError, match="no database"):
        database_copies.sqlite(tmp_path / "none.sqlite3", tmp_path / "copy.sqlite3")
    assert not [*tmp_path.iterdir()]


def test_a_password_is_not_to_be_seen_among_the_processes() -> None:
    given = "postgresql+psycopg://postil:p%40ss@db.example:5433/blog?sslmode=require"
    bare = "postgresql://postil@db.example:5433/blog?sslmode=require"
    assert database_copies.without_password(given) == (bare, "p@ss")
    assert database_copies.without_password(bare) == (bare, "")


def test_what_pg_dump_complains_about_is_said(tmp_path: Path) -> None:
    if not shutil.which("pg_dump"):
        pytest.skip("NO pg_dump")
    with pytest.raises(backups.CopyError, match="pg_dump: error: "):
        database_copies.postgres("postgresql://nobody@127.0.0.1:1/none", tmp_path / "a.dump")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_without_pg_dump_there_are_the_comments_at_least(
    app: Flask, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_conversation()
    monkeypatch.setenv("PATH", str(tmp_path))
    copy = copied(settings, tmp_path / "backups")
    assert copy.suffix == ".jsonl"
    assert copy.read_text().count("\n") == 5
    told = app.test_cli_runner().invoke(args=["comments", "backup", str(copy.parent)])
    assert told.exit_code == 0
    assert "no accounts" in told.stderr


def lies(folder: Path, days_ago: float, suffix: str = "sqlite3") -> Path:
    folder.mkdir(exist_ok=True)
    moment = now() - timedelta(days=days_ago)
    path = folder / f"comments-{moment:%Y%m%d-%H%M%S}.{suffix}"
    path.write_bytes(b"")
    return path


@one_database
def test_the_command_keeps_as_many_as_it_is_told_and_touches_nothing_else(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    old = [lies(folder, days) for days in (3, 2, 1)]
    left_over = lies(folder, 5, "sqlite3.4711.part")
    others = [lies(folder, 9, "txt"), folder / "comments-99999999-999999.dump", folder / "notes"]
    for each in others:
        each.touch()
    told = app.test_cli_runner().invoke(args=["comments", "backup", str(folder), "--keep", "2"])
    assert told.exit_code == 0, told.output
    [made] = {*folder.iterdir()} - {*others, *old}
    assert {*folder.iterdir()} == {made, old[-1], *others}
    assert f"{made}: {made.stat().st_size:,} bytes" in told.output
    assert left_over.name in told.output


@one_database
def test_the_command_asks_for_a_folder_and_says_what_went_wrong(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    run = app.test_cli_runner().invoke
    assert "set COMMENTS_BACKUP" in run(args=["comments", "backup"]).output
    (tmp_path / "file").touch()
    told = run(args=["comments", "backup", str(tmp_path / "file" / "below")])
    assert told.exit_code == 1
    assert "could not be copied" in told.output


def nothing() -> None:
    """No sign of life is asked for."""


@one_database
def test_the_worker_makes_one_a_day_and_keeps_a_week(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "daily"
    workers.back_up(settings, nothing)
    settings = replace(settings, backup=str(folder))
    old = [lies(folder, days) for days in range(9, 1, -1)]
    workers.back_up(settings, nothing)
    first = backups.made(folder)
    assert first[1:] == old[:1:-1]
    workers.back_up(settings, nothing)
    assert backups.made(folder) == first


@one_database
def test_copies_of_a_clock_that_was_ahead_stand_in_no_ones_way(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "daily"
    settings = replace(settings, backup=str(folder))
    ahead = [lies(folder, -days) for days in range(365, 365 + backups.KEPT)]
    old = lies(folder, 3)
    assert health.backup(settings).state == "warn"
    workers.back_up(settings, nothing)
    made, *others = backups.made(folder)
    assert made not in ahead
    assert others == [old, *reversed(ahead[2:])]
    assert health.backup(settings).state == "ok"


@one_database
def test_no_folder_is_no_trouble_and_an_old_backup_is_one(
    app: Flask, settings: Settings, tmp_path: Path, guest: Visitor
) -> None:
    assert guest.get("/comments/readyz").json["checks"]["backup"] == {"state": "ok"}
    daily = replace(settings, backup=str(tmp_path / "daily"))
    # A service that has just begun has none yet.
    assert health.backup(daily).state == "ok"
    lies(tmp_path / "daily", 1.5)
    assert health.backup(daily).state == "ok"
    backups.made(tmp_path / "daily")[0].unlink()
    lies(tmp_path / "daily", 3)
    check = health.backup(daily)
    assert check.state == "warn"
    assert check.figures["age_seconds"] >= 3 * 86_400


@one_database
@pytest.mark.parametrize("changed_settings", [{"backup": "/dev/null/nowhere"}])
def test_a_folder_that_cannot_be_written_shows_in_readyz_and_to_doctor(
    app: Flask, settings: Settings, guest: Visitor
) -> None:
    with pytest.raises(Patient):
        workers.back_up(settings, nothing)
    Worker(BACKUP, workers.STEPS[BACKUP], app, settings).turn()
    answer = guest.get("/comments/readyz")
    assert answer.status_code == 200
    assert answer.json["checks"]["backup"]["state"] == "warn"
    said = supervision.sign(BACKUP, settings)
    assert said is not None
    assert "/dev/null/nowhere" in said.faults["Backing up the database"]
    told = app.test_cli_runner().invoke(args=["comments", "doctor"])
    assert "Backing up the database fails" in told.output
    assert "No backup lies in /dev/null/nowhere" in told.output


def test_two_processes_that_write_the_same_file_do_not_mix(tmp_path: Path) -> None:
    target = tmp_path / "copy"
    left = target.with_name("copy.1.part")
    left.write_bytes(b"half")
    with database_copies.written_whole(target) as temporary:
        assert temporary != left
        temporary.write_bytes(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert left.read_bytes() == b"half"
