"""What fails behind the requests is isolated to its thread, page or list, told once and tried again."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from filelock import FileLock
from flask import Flask

from comments_service import comments, supervision
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.models import RateCount, Site, Status, Thread, now
from comments_service.publishing import publisher, snapshots, unbaked
from comments_service.publishing.publisher import Publisher
from comments_service.supervision import Faults, Pulse
from tests import make
from tests.unit.published import set_page_size
from tests.unit.test_rebake import ARTICLE

LIST = "<body><!-- postil:discussions --><!-- postil:discussions-end --></body>"


@pytest.fixture
def following(app: Flask, settings: Settings) -> Publisher:
    """A publisher that looks when it is told to."""
    return Publisher(app, settings)


def built(settings: Settings, name: str, html: str) -> Path:
    page = Path(settings.output) / name / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(html, "utf-8")
    return page


def article(settings: Settings, name: str) -> Path:
    return built(settings, name, ARTICLE.replace("pelicans", name))


def with_a_list(settings: Settings) -> Path:
    with writing():
        url = "http://blog.test/discussions/"
        db.session.add(
            Site(id=1, title="A blog", lang="en", manifest_tag="", discussions={"en": url})
        )
    return built(settings, "discussions", LIST)


def something_over() -> None:
    yesterday = now() - timedelta(days=1)
    with writing():
        db.session.add(RateCount(subject="x", window=1, count=1, expires_at=yesterday))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_WAIT_SECONDS", 0.0)


@pytest.mark.parametrize("edition", [b"\xff\xfe", b"", None], ids=["bytes", "empty", "folder"])
def test_a_damaged_edition_stops_nothing(
    following: Publisher, settings: Settings, edition: bytes | None
) -> None:
    settings.published.mkdir()
    path = settings.published / ".edition"
    path.mkdir() if edition is None else path.write_bytes(edition)
    make.thread()
    make.comment(body="They plunge.")
    something_over()
    following.turn()
    assert "They plunge." in (settings.published / "threads" / "pelicans.html").read_text()
    assert db.session.query(RateCount).count() == 0


@pytest.mark.usefixtures("at_once")
def test_one_page_that_cannot_be_written_keeps_nothing_else_and_heals(
    following: Publisher, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [article(settings, name) for name in ("gulls", "pelicans", "terns")]
    conversations = with_a_list(settings)
    # A folder where a compressed form was: nobody, not even root, writes this page.
    obstacle = Path(f"{pages[1]}.gz")
    obstacle.mkdir()
    for page in pages:
        make.thread(page.parent.name)
        make.comment(page.parent.name, body="They plunge.")
    something_over()
    for _ in range(3):
        following.turn()
    assert ["They plunge." in page.read_text("utf-8") for page in pages] == [True, False, True]
    assert "Pelicans" in conversations.read_text("utf-8")
    assert db.session.query(RateCount).count() == 0
    assert caplog.text.count("The page of pelicans waits") == 1
    obstacle.rmdir()
    following.turn()
    assert "They plunge." in pages[1].read_text("utf-8")
    assert list((settings.published / unbaked.UNBAKED).iterdir()) == []


@pytest.mark.usefixtures("at_once")
def test_one_thread_that_cannot_be_rendered_keeps_no_other_and_heals(
    following: Publisher, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    make.thread("gulls")
    make.thread("pelicans")
    make.thread("terns")
    with writing():
        broken = sa.update(Thread).where(Thread.id == "pelicans")
        db.session.execute(broken.values(authors=["A"], translations=[{"lang": "de"}]))
    for name in ("gulls", "pelicans", "terns"):
        make.comment(name, body="They plunge.")
    for _ in range(3):
        following.turn()
    folder = settings.published / "threads"
    assert (folder / "gulls.html").exists()
    assert (folder / "terns.html").exists()
    assert caplog.text.count("Publishing the thread pelicans waits") == 1
    with writing():
        db.session.execute(broken.values(translations=[]))
    following.turn()
    assert "They plunge." in (folder / "pelicans.html").read_text("utf-8")


def test_cleaning_happens_though_the_folder_cannot_be_written(
    following: Publisher, settings: Settings
) -> None:
    settings.published.touch()
    make.thread()
    something_over()
    following.turn()
    assert db.session.query(RateCount).count() == 0


# ---- whoever publishes, and whoever bakes


def test_what_another_process_published_reaches_the_pages_and_the_list(
    app: Flask, following: Publisher, settings: Settings
) -> None:
    page, conversations = article(settings, "pelicans"), with_a_list(settings)
    make.thread()
    comment = make.comment(body="They plunge.", held=True)
    following.turn()
    assert "They plunge." not in page.read_text("utf-8")
    comments.decide(comment.id, None, NewDecision(decision="publish"))
    # A command of an older habit, or a worker on the same folder: it publishes, and bakes nothing.
    publisher.publish_behind(settings)
    following.turn()
    assert "They plunge." in page.read_text("utf-8")
    assert "They plunge." in conversations.read_text("utf-8")


def test_a_decision_in_a_terminal_reaches_the_pages_and_the_list(
    app: Flask, settings: Settings
) -> None:
    page, conversations = article(settings, "pelicans"), with_a_list(settings)
    make.thread()
    comment = make.comment(body="They plunge.", held=True)
    run = app.test_cli_runner().invoke
    result = run(args=["comments", "decide", "publish", str(comment.id)])
    assert result.exit_code == 0, result.output
    assert "They plunge." in page.read_text("utf-8")
    assert "They plunge." in conversations.read_text("utf-8")


def test_what_a_build_kept_a_command_from_is_baked_by_the_service(
    app: Flask, following: Publisher, settings: Settings
) -> None:
    page = article(settings, "pelicans")
    make.thread()
    following.turn()
    comment = make.comment(body="They plunge.", held=True)
    with FileLock(f"{settings.output}.lock"):
        run = app.test_cli_runner().invoke
        result = run(args=["comments", "decide", "publish", str(comment.id)])
        assert result.exit_code == 0, result.output
    assert "They plunge." not in page.read_text("utf-8")
    following.turn()
    assert "They plunge." in page.read_text("utf-8")


def test_a_command_that_cannot_write_one_page_says_so_and_writes_the_others(
    app: Flask, settings: Settings
) -> None:
    bad, good = article(settings, "gulls"), article(settings, "pelicans")
    Path(f"{bad}.gz").mkdir()
    for page in (bad, good):
        make.thread(page.parent.name)
        make.comment(page.parent.name, body="They plunge.")
    result = app.test_cli_runner().invoke(args=["comments", "publish", "--all"])
    assert result.exit_code == 1
    assert "The page of gulls failed" in result.output
    assert "They plunge." in good.read_text("utf-8")


# ---- files of a thread that are gone


def test_files_of_a_language_and_of_pages_that_a_thread_has_no_more_are_removed(
    app: Flask, settings: Settings, database_url: str, tmp_path: Path
) -> None:
    other = {"lang": "zh-cn", "url": "http://blog.test/zh/", "title": "鹈鹕"}
    make.thread(translations=[other])
    make.thread("pelicans-too", translations=[other])
    make.site(languages=["en", "zh-cn"])
    made = [make.comment() for _ in range(3)]
    set_page_size(settings, 1)
    publisher.publish_behind(settings)
    folder = settings.published / "threads"
    assert (folder / "pelicans.zh-cn.3.json.gz").exists()
    kept = {path.name for path in folder.iterdir() if path.name.startswith("pelicans-too.")}
    with comments.changing("pelicans"):
        for each in made[1:]:
            each.status = Status.REJECTED
    with writing():
        db.session.execute(
            sa.update(Thread)
            .where(Thread.id == "pelicans")
            .values(translations=[], published_revision=snapshots.NEVER)
        )
    publisher.publish_behind(settings)
    left = {path.name for path in folder.iterdir()}
    assert {name for name in left if not name.startswith("pelicans-too.")} == {
        f"pelicans.{kind}{packed}"
        for kind in ("html", "json", "atom")
        for packed in ("", ".gz", ".br")
    }
    assert kept <= left


def test_publishing_a_thread_lists_no_folder_of_all_threads(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.thread()
    make.comment()
    publisher.publish_behind(settings)
    listed: list[str] = []
    for name in ("scandir", "listdir"):
        really = getattr(os, name)

        def note(path: Any = ".", really: Any = really) -> Any:
            listed.append(Path(path).name)
            return really(path)

        monkeypatch.setattr(os, name, note)
    make.comment()
    publisher.publish_behind(settings)
    assert settings.published.name in listed, "what is listed is seen here"
    assert "threads" not in listed


# ---- signs of life


@pytest.fixture
def run(app: Flask) -> Iterator[Callable[..., str]]:
    def doctor() -> str:
        output: str = app.test_cli_runner().invoke(args=["comments", "doctor"]).output
        return output

    return doctor  # type: ignore[return-value]


def test_the_doctor_reads_what_fails_in_a_service_and_whether_it_lives(
    app: Flask, following: Publisher, settings: Settings, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = article(settings, "pelicans")
    Path(f"{page}.gz").mkdir()
    make.thread()
    make.comment()
    assert "publisher" not in run()
    following.turn()
    following.turn()
    assert "The page of pelicans fails, and is tried again: IsADirectoryError" in run()
    assert "sign of life" not in run()
    monkeypatch.setattr(supervision, "LATE_SECONDS", -1.0)
    assert "No sign of life for 0 minutes: publisher. Is the service running" in run()
    assert following.pulse.late


def test_a_damaged_sign_of_life_is_none(settings: Settings) -> None:
    assert supervision.sign("publisher", settings) is None
    settings.published.mkdir()
    (settings.published / ".publisher.json").write_bytes(b"\xff")
    said = supervision.sign("publisher", settings)
    assert said is not None
    assert said.late
    Pulse("publisher", settings).beat({"The page of x": "OSError: no"})
    said = supervision.sign("publisher", settings)
    assert said is not None
    assert not said.late
    assert said.faults == {"The page of x": "OSError: no"}


def test_a_sign_of_life_names_nobody(app: Flask, settings: Settings) -> None:
    faults = Faults()
    with faults.isolated("The outbox", whole=True):
        db.session.execute(sa.text("SELECT nothing WHERE 1 = :who"), {"who": "rhea@example.org"})
    assert "rhea" not in faults.known["The outbox"]
    assert faults.known["The outbox"].count("\n") == 0
    Pulse("outbox", settings).beat(faults.known)
    assert b"rhea" not in (settings.published / ".outbox.json").read_bytes()


def test_what_fails_waits_longer_each_time_and_what_heals_frees_the_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("comments_service.supervision.time.monotonic", lambda: clock[0])
    faults = Faults()

    def fail(name: str) -> None:
        with faults.isolated(name):
            raise ValueError(name)

    fail("a")
    fail("b")
    assert not faults.due("a")
    clock[0] += 1.0
    assert faults.due("a")
    assert faults.due("b")
    fail("b")
    clock[0] += 1.0
    assert not faults.due("b")
    for _ in range(10):
        fail("a")
        fail("b")
    clock[0] += supervision.PROBE_SECONDS
    assert [faults.due(name) for name in ("a", "b", "c")] == [True, False, True]
    with faults.isolated("a"):
        pass
    assert faults.due("b")
    assert set(faults.known) == {"b"}
