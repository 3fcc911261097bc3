"""The publisher, really running: what is committed is in the files soon after, whatever happened."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from filelock import FileLock
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Comment, Policy, RateCount, Thread, now
from comments_service.publishing import mending, publisher
from comments_service.publishing.publisher import Publisher
from tests import make
from tests.conftest import settings_for
from tests.unit.test_manifest import Site_, document, entry, far
from tests.unit.test_rebake import ARTICLE

__all__ = ["far"]  # a fixture of the neighbour's

Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def running(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    # Looks ten times as often as it does elsewhere, so that a test waits a tenth.
    monkeypatch.setattr(publisher, "POLL_SECONDS", 0.1)
    thread = Publisher(app, settings)
    app.extensions["publisher"] = thread
    thread.start()
    yield thread
    thread.stop()
    assert not thread.is_alive()


@pytest.fixture
def holds(settings: Settings) -> Callable[[str], Callable[[], bool]]:
    """Whether the thread's fragment holds some words."""
    path = settings.published / "threads" / "pelicans.html"

    def words(text: str) -> Callable[[], bool]:
        return lambda: path.exists() and text in path.read_text("utf-8")

    return words


def level(thread_id: str = "pelicans") -> bool:
    """Whether the snapshot is as new as the row."""
    db.session.rollback()
    return thread_id not in list(
        db.session.scalars(sa.select(Thread.id).where(Thread.published_revision < Thread.revision))
    )


def test_what_is_committed_is_published(
    running: Publisher, holds: Any, eventually: Eventually
) -> None:
    make.thread()
    make.comment(body="They plunge.")
    eventually(holds("They plunge."))
    make.comment(body="They glide.")
    eventually(holds("They glide."))


def test_what_another_process_committed_is_noticed(
    app: Flask, running: Publisher, holds: Any, eventually: Eventually
) -> None:
    make.thread()
    eventually(level)
    # A process without this publisher wakes nobody.
    del app.extensions["publisher"]
    make.comment(body="From elsewhere.")
    eventually(holds("From elsewhere."))


def test_a_burst_of_comments_is_few_renderings(
    statements: list[str], running: Publisher, holds: Any, eventually: Eventually
) -> None:
    make.thread()
    eventually(level)
    statements.clear()
    for number in range(40):
        make.comment(body=f"Number {number}.")
    eventually(holds("Number 39."))
    eventually(level)
    renderings = [each for each in statements if "SET published_revision" in each]
    assert 1 <= len(renderings) <= 20
    assert all(holds(f"Number {number}.")() for number in range(40))


def test_a_page_is_baked_as_soon_as_its_thread_is_published(
    settings: Settings, running: Publisher, eventually: Eventually
) -> None:
    page = Path(settings.output) / "pelicans" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(ARTICLE)
    make.thread()
    make.comment(body="They plunge.")
    eventually(lambda: "They plunge." in page.read_text("utf-8"))


def test_while_a_build_runs_baking_waits_and_is_made_up_for(
    settings: Settings, running: Publisher, holds: Any, eventually: Eventually
) -> None:
    page = Path(settings.output) / "pelicans" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(ARTICLE)
    with FileLock(f"{settings.output}.lock"):
        make.thread()
        make.comment(body="They plunge.")
        eventually(holds("They plunge."))
        assert page.read_text("utf-8") == ARTICLE
    eventually(lambda: "They plunge." in page.read_text("utf-8"))


def test_a_new_manifest_is_noticed_and_a_damaged_one_survived(
    settings: Settings,
    running: Publisher,
    holds: Any,
    eventually: Eventually,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = Path(settings.manifest_source)
    source.parent.mkdir(parents=True, exist_ok=True)

    def put(text: str, second: int) -> None:
        new = source.with_suffix(".new")
        new.write_text(text)
        os.utime(new, (second, second))
        new.replace(source)

    put(json.dumps(document(entry())), 1)
    eventually(holds('data-comments="open"'))
    put("{", 2)
    eventually(lambda: "The threads stay as they are" in caplog.text)
    put(json.dumps(document(entry(comments="closed"))), 3)
    eventually(holds('data-comments="closed"'))


def test_a_thread_whose_time_is_over_says_that_it_is_closed(
    running: Publisher, holds: Any, eventually: Eventually
) -> None:
    make.thread()
    eventually(holds('data-comments="open"'))
    with writing():
        db.session.execute(sa.update(Thread).values(closes_at=now()))
    eventually(holds("Comments are closed"))


def test_closing_happens_once(app: Flask) -> None:
    make.thread(closes_at=now() - timedelta(days=1))
    make.thread("gulls", closes_at=now() + timedelta(days=1))
    for _ in range(2):
        publisher.close_overdue()
        rows = db.session.execute(sa.select(Thread.id, Thread.revision).order_by(Thread.id))
        assert [tuple(row) for row in rows] == [("gulls", 1), ("pelicans", 2)]


def test_it_heals_when_a_file_can_be_written_again(
    settings: Settings,
    running: Publisher,
    holds: Any,
    eventually: Eventually,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make.thread()
    make.comment(body="Before.")
    eventually(holds("Before."))
    eventually(level)
    eventually(lambda: (settings.published / ".edition").exists())
    # A folder where the file was: as good as a disk that takes nothing.
    path = settings.published / "threads" / "pelicans.html"
    path.unlink()
    (path / "inside").mkdir(parents=True)
    make.comment(body="Meanwhile.")
    eventually(lambda: "Publishing the thread pelicans waits" in caplog.text)
    shutil.rmtree(path)
    eventually(holds("Meanwhile."))
    eventually(level)
    assert running.is_alive()


def test_so_do_the_files_of_the_whole_site(
    settings: Settings,
    running: Publisher,
    eventually: Eventually,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publisher, "SITE_SECONDS", 0.1)
    make.site()
    make.thread()
    make.comment(body="Before.")
    path = settings.published / "recent.html"
    eventually(lambda: path.exists() and "Before." in path.read_text())
    path.unlink()
    (path / "inside").mkdir(parents=True)
    make.comment(body="Meanwhile.")
    eventually(lambda: "Publishing the files of the whole site waits" in caplog.text)
    shutil.rmtree(path)
    eventually(lambda: path.exists() and "Meanwhile." in path.read_text())


def test_it_heals_when_the_folder_was_removed(
    settings: Settings, running: Publisher, holds: Any, eventually: Eventually
) -> None:
    make.thread()
    make.thread("gulls")
    make.comment(body="Before.")
    eventually(holds("Before."))
    eventually(level)
    eventually(lambda: (settings.published / ".edition").exists())
    # Moved away at once, and only then removed: the publisher may be writing.
    shutil.rmtree(settings.published.rename(settings.published.with_name("lost")))
    eventually(holds("Before."))
    eventually(lambda: (settings.published / "counts.json").exists())
    # Other threads may come after the lists.
    eventually(lambda: mending.stale(settings) == [])


def test_after_a_start_every_page_is_looked_at_once(app: Flask, settings: Settings) -> None:
    page = Path(settings.output) / "pelicans" / "index.html"
    page.parent.mkdir(parents=True)
    make.thread()
    make.comment(body="They plunge.")
    publisher.publish_behind(settings)
    page.write_text(ARTICLE)
    Publisher(app, settings).round()
    assert "They plunge." in page.read_text("utf-8")


def test_a_round_cleans_what_is_over(app: Flask, settings: Settings) -> None:
    with writing():
        db.session.add(
            RateCount(subject="x", window=1, count=1, expires_at=now() - timedelta(days=1))
        )
    Publisher(app, settings).turn()
    assert db.session.query(RateCount).count() == 0


def test_without_a_publisher_waking_does_nothing(app: Flask) -> None:
    publisher.wake()


def test_a_thread_that_wants_no_comments_has_no_files(
    settings: Settings, running: Publisher, holds: Any, eventually: Eventually
) -> None:
    make.thread()
    eventually(holds("postil"))
    with writing():
        db.session.execute(
            sa.update(Thread).values(policy=Policy.OFF, revision=Thread.revision + 1)
        )
    running.wake()
    eventually(lambda: not (settings.published / "threads" / "pelicans.html").exists())
    assert db.session.query(Comment).count() == 0


def test_whoever_must_see_the_page_waits_for_the_round_that_bakes_it(
    app: Flask, settings: Settings, running: Publisher
) -> None:
    page = Path(settings.output) / "pelicans" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(ARTICLE, "utf-8")
    make.thread()
    make.comment(body="They plunge.")
    assert publisher.settled("pelicans", 30)
    assert "They plunge." in page.read_text("utf-8")
    with FileLock(f"{settings.output}.lock"):
        make.comment(body="During a build.")
        assert not publisher.settled("pelicans", 0.2)
    assert publisher.settled("pelicans", 30)
    assert "During a build." in page.read_text("utf-8")


@pytest.mark.enable_socket
def test_a_manifest_elsewhere_is_fetched_at_start_and_then_seldom(
    app: Flask, database_url: str, tmp_path: Path, far: Site_
) -> None:
    elsewhere = settings_for(database_url, tmp_path, manifest=far.url)
    looks = Publisher(app, elsewhere)
    for _ in range(3):
        looks.round()
    assert far.asked == [None]
    assert (elsewhere.published / "threads" / "pelicans.html").exists()
