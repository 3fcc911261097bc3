"""The preview's builder: a process that writes the saved page first, and then everything."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from threading import enumerate as enumerate_threads
from types import ModuleType
from typing import Any

import pytest
from pelican import log, signals

import formats.files
from authoring.preview import builder
from authoring.preview.builder import GIVE_WAY, Builder, Event, Interrupted, Messages, changed_since
from formats.search_index import DamagedIndex
from plugins.incremental import saved_page
from tests import search_words
from tests.service import ROOT
from tests.sites import BLOG, disconnect

PATIENCE_SECONDS = 60


class Desk:
    """A blog of its own, with the builder's process on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("authoring", "formats", "plugins", "theme"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        shutil.copytree(ROOT / "comments_service/static", folder / "comments_service/static")
        shutil.copy(BLOG / "pelicanconf.py", folder)
        (folder / "content" / "images").mkdir(parents=True)
        self.write("gulls", "Of gulls.")
        self.write("terns", "Of terns.")
        # A builder takes what is younger than its own start for something saved meanwhile.
        for path in (folder / "pelicanconf.py", *(folder / "content").glob("*.md")):
            os.utime(path, (0, 0))
        outside = {key: v for key, v in os.environ.items() if "COMMENTS_" not in key}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "authoring.preview.builder"],
            cwd=folder,
            env={**outside, "SITE_URL": "http://localhost:8000", "POSTIL_PREVIEW": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.told: Queue[Event] = Queue()
        Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.told.put(Event(**json.loads(line)))

    def write(self, name: str, body: str, **keys: str) -> None:
        keys = {"Title": name.capitalize(), "Date": "2026-01-01", **keys}
        head = "".join(f"{key}: {value}\n" for key, value in keys.items())
        path = self.folder / "content" / f"{name}.md"
        path.write_text(f"{head}\n{body}\n", encoding="utf-8")

    def next(self) -> Event:
        return self.told.get(timeout=PATIENCE_SECONDS)

    def until(self, what: str) -> Event:
        while (told := self.next()).what != what:
            pass
        return told

    def page(self, path: str) -> str:
        return (self.folder / "output" / path / "index.html").read_text(encoding="utf-8")

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "output/preview.json").read_bytes())
        return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    try:
        first = desk.next()
        assert (first.what, first.names, first.report) == ("built", [], "")
        yield desk
    finally:
        assert desk.process.stdin
        # It ends when its starter does.
        desk.process.stdin.close()
        assert desk.process.wait(PATIENCE_SECONDS) == 0
        assert desk.process.stdout
        desk.process.stdout.close()


def test_a_saved_page_comes_first_and_then_everything(desk: Desk) -> None:
    desk.write("gulls", "Of *new* gulls.")
    told = desk.next()
    assert (told.what, told.names) == ("saved", ["content/gulls.md"])
    assert "Of <em>new</em> gulls." in desk.page("gulls")
    assert desk.status["state"] == "ready"
    assert "new" not in (desk.folder / "output/feeds/all.atom.xml").read_text("utf-8")
    assert desk.until("built").names == ["content/gulls.md"]
    assert "new" in (desk.folder / "output/feeds/all.atom.xml").read_text("utf-8")


def test_a_warning_is_told_when_it_is_new_and_not_with_every_build(desk: Desk) -> None:
    code = "```pythonn\nx\n```"
    for words, new in (("Of terns.", True), ("Of other terns.", False)):
        desk.write("terns", f"{words}\n\n{code}")
        assert ("Did you mean python?" in desk.until("saved").report) == new
        assert desk.until("built").report == ""
    desk.write("terns", "Of terns.")
    desk.until("built")
    desk.write("terns", code)
    assert "Did you mean python?" in desk.until("saved").report
    desk.until("built")
    desk.write("terns", "Of terns.")
    desk.until("built")


def test_the_search_knows_new_words_when_nobody_saves_any_more(desk: Desk) -> None:
    desk.write("terns", "Of terns. And of puffins.")
    desk.until("built")
    end, words = time.monotonic() + PATIENCE_SECONDS, set[str]()
    while not any(word.startswith("puffin") for word in words):
        assert time.monotonic() < end, words
        with suppress(Empty):
            raise AssertionError(desk.told.get(timeout=0.2))
        with suppress(DamagedIndex):
            words = search_words.held(desk.folder / "output" / "pagefind")


def test_an_editor_s_lock_and_copies_are_not_seen(desk: Desk) -> None:
    content = desk.folder / "content"
    (content / ".#gulls.md").symlink_to("me@host.1:2")
    (content / "._gulls.md").write_bytes(b"\x00\xff")
    (content / "gulls.md~").write_text("Title: Old")
    desk.write("gulls", "Of gulls, saved.")
    told = desk.until("built")
    assert (told.names, told.report) == (["content/gulls.md"], "")
    for name in (".#gulls.md", "._gulls.md", "gulls.md~"):
        (content / name).unlink()
    desk.write("gulls", "Of gulls.")
    assert desk.until("built").names == ["content/gulls.md"]


def test_a_new_article_is_built(desk: Desk) -> None:
    desk.write("skuas", "Of skuas.")
    assert desk.until("built").names == ["content/skuas.md"]
    assert "Of skuas." in desk.page("skuas")


def test_a_mistake_is_told_until_it_is_corrected_and_the_old_page_stays(desk: Desk) -> None:
    desk.write("terns", "Of terns.", Comments="perhaps")
    for _ in range(2):
        told = desk.until("failed")
        assert "content/terns.md:3" in told.report
        assert "Refused" not in told.report
        assert desk.status["state"] == "failed"
        assert desk.status["error"] == told.report
        assert "Of terns." in desk.page("terns")
        # Saved again with the same mistake: it must not be forgotten because it was told before.
        desk.write("terns", "Of terns again.", Comments="perhaps")
    desk.until("failed")
    desk.write("terns", "Of arctic terns.")
    desk.until("built")
    assert desk.status["state"] == "ready"
    assert "Of arctic terns." in desk.page("terns")


def test_what_the_author_puts_over_the_theme_is_on_the_pages_at_once(desk: Desk) -> None:
    path = desk.folder / "theme_overrides" / "templates" / "article.html"
    path.parent.mkdir(parents=True)
    path.write_text(
        '{% extends "!theme/article.html" %}{% block article_footer %}Thanks.{% endblock %}',
        "utf-8",
    )
    # A folder that is new is noticed itself, with what lies in it or before that.
    assert any("theme_overrides/templates" in name for name in desk.until("built").names)
    assert "Thanks." in desk.page("gulls")


def test_a_changed_environment_waits_for_those_who_start_anew(desk: Desk) -> None:
    (desk.folder / ".env").write_text("SITE_URL=https://example.org\n", "utf-8")
    assert desk.until("waits").names == [".env"]


def test_changed_settings_are_read_by_a_process_begun_anew(desk: Desk) -> None:
    settings = desk.folder / "pelicanconf.py"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('SITENAME = "Postil"', 'SITENAME = "Margins"'), "utf-8")
    assert "pelicanconf.py" in desk.until("built").names
    assert "Margins" in desk.page("gulls")
    settings.write_text("SITENAME = (\n", encoding="utf-8")
    assert "SyntaxError" in desk.until("failed").report
    settings.write_text(text, encoding="utf-8")
    desk.until("built")
    desk.write("gulls", "Of gulls, at last.")
    assert desk.until("saved").names == ["content/gulls.md"]


def test_what_was_saved_before_anybody_watched_is_found(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "old.md").write_text("")
    os.utime(tmp_path / "content" / "old.md", (10, 10))
    (tmp_path / "content" / "new.md").write_text("")
    assert list(changed_since(tmp_path, 100)) == ["content/new.md"]


def test_a_build_gives_way_to_who_saves_and_nothing_else_does(tmp_path: Path) -> None:
    builder = Builder(tmp_path)
    builder.building = True
    builder.give_way()
    builder.changes.put({"content/a.md"})
    with pytest.raises(Interrupted):
        builder.give_way()
    builder.give_way()


def test_what_is_told_began_when_the_file_was_saved(tmp_path: Path) -> None:
    builder = Builder(tmp_path)
    path = tmp_path / "a.md"
    path.write_text("")
    now = time.time()
    os.utime(path, (now - 5, now - 5))
    assert builder.saved_at(["a.md", "gone.md"]) == pytest.approx(now - 5, abs=0.01)
    # A copy that kept its time.
    os.utime(path, (10, 10))
    assert builder.saved_at(["a.md"]) == pytest.approx(now, abs=4)


# On a busy machine no time at all may pass for the builder until it is asked again.
@pytest.mark.parametrize(("unheard", "again"), [(False, 0.002), (True, 0.002), (True, 0)])
def test_a_build_that_gave_way_lets_others_have_the_site(
    unheard: bool,
    again: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # What the builder sets for its whole process is not for the tests that come after this one.
    monkeypatch.setitem(sys.modules, "pelicanconf", ModuleType("pelicanconf"))
    monkeypatch.setattr(log.FatalLogger, "fatal_lvl", log.FatalLogger.fatal_lvl)
    monkeypatch.setattr(formats.files, "durable", True)
    # Nobody waits for the disk, neither in a build nor for a saved page.
    synced: list[object] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    monkeypatch.setattr(os, "sync", lambda: synced.append("all"))
    monkeypatch.setattr(log.LimitFilter, "LOGS_DEDUP_MIN_LEVEL", logging.WARNING)
    (tmp_path / "content").mkdir()
    for name in ("gulls", "terns"):
        (tmp_path / "content" / f"{name}.md").write_text(
            f"Title: {name}\nDate: 2026-01-01\n\nOf {name}.\n", encoding="utf-8"
        )
    (tmp_path / "pelicanconf.py").write_text(
        "from plugins import bake, files, manifest, preview, saved, writing\n"
        'SITENAME, SITEURL, TIMEZONE = "X", "https://example.org", "UTC"\n'
        'PATH, OUTPUT_PATH = "content", "output"\n'
        'ARTICLE_SAVE_AS, ARTICLE_URL = "{slug}/index.html", "{slug}/"\n'
        "PLUGINS = [writing, manifest, saved, preview, bake]\nPREVIEW = True\nCACHE_PATH = 'cache'\n",
        encoding="utf-8",
    )
    builder = Builder(tmp_path)
    builder.build([])
    told = json.loads(capsys.readouterr().out)
    assert told["what"] == "built", told["report"]
    article = tmp_path / "content" / "gulls.md"
    article.write_text("Title: gulls\nDate: 2026-01-01\n\nOf other gulls.\n", encoding="utf-8")

    class Gone:
        def __del__(self) -> None:
            builder.changed({"content/gulls.md"})

    def somebody_saves(*_: object, **__: object) -> None:
        # As late as can be: when the first page is to be written, and the folder is locked.
        if unheard:
            Gone()  # Python passes over what is raised in here.
        else:
            builder.changed({"content/gulls.md"})

    monkeypatch.setattr(saved_page, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr("authoring.preview.builder.AGAIN_SECONDS", again)
    before = signal.getsignal(GIVE_WAY), sys.unraisablehook
    builder.hear()
    try:
        with (
            signals.article_generator_write_article.connected_to(somebody_saves),
            pytest.raises(Interrupted),
        ):
            builder.build(["content/terns.md"])
    finally:
        for thread in enumerate_threads():
            if thread.name == "insist":
                thread.join()
        signal.signal(GIVE_WAY, before[0])
        sys.unraisablehook = before[1]
    assert builder.next() == {"content/gulls.md"}
    assert builder.saved(["content/gulls.md"])
    assert "Of other gulls." in (tmp_path / "output/gulls/index.html").read_text("utf-8")
    assert synced == []
    monkeypatch.undo()
    disconnect()


def test_what_stopped_a_build_is_told_once_and_from_its_beginning() -> None:
    messages = Messages()
    messages.lines = {"Could not process ./b.md": None}
    try:
        try:
            raise ValueError("'2026-99-01' is not a valid date")
        except ValueError as error:
            raise RuntimeError(builder.LOGGED) from error
    except RuntimeError as error:
        report = messages.take(error)
    assert report.splitlines() == [
        "Could not process ./b.md",
        "ValueError: '2026-99-01' is not a valid date",
    ]
    assert messages.take() == ""


def test_an_editor_that_empties_a_file_first_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "a.md").write_text("")
    assert not Builder(tmp_path).saved(["content/a.md"])
    assert not Builder(tmp_path).saved(["content/gone.md"])
    assert not Builder(tmp_path).saved([])
