"""The preview of `tasks.py up`: what its author saves is on the screen before the hand leaves the keys."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import service
from tests.browser.conftest import PATIENCE_SECONDS, WORDS, until

PARTS = (
    "authoring",
    "comments_service",
    "formats",
    "plugins",
    "theme",
    "tasks.py",
    "tests/samples/blog/pelicanconf.py",
    "publishconf.py",
)
UP = "import sys, tasks; tasks.up.body(None, port=int(sys.argv[1]))"


class Desk:
    """A blog of its own with `tasks.py up` running on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in PARTS:
            source = service.ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder)
        (folder / "content" / "images").mkdir(parents=True)
        self.write("gulls", "Title: Gulls\nDate: 2026-01-01", f"{WORDS}\n\nThe old end.")
        self.write("terns", "Title: Terns\nDate: 2026-01-02", "Of terns.")
        self.write("later", "Title: Later\nDate: 2099-01-02 09:00", "Of another day.")
        self.write("rough", "Title: Rough\nDate: 2026-01-03\nStatus: draft", "Half a thought.")
        self.write("moewe", "Title: Möwe\nDate: 2025-12-31\nLang: de", "Von Möwen.")
        port = service.free_port()
        self.url = f"http://localhost:{port}"
        self.log = folder / "up.log"
        outside = {name: v for name, v in os.environ.items() if "COMMENTS_" not in name}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", UP, str(port)],
                cwd=folder,
                env={**outside, "SITE_URL": self.url, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def write(self, name: str, head: str, body: str) -> None:
        path = self.folder / "content" / f"{name}.md"
        path.write_text(f"{head}\n\n{body}\n", encoding="utf-8")

    def said(self, words: str) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return words in self.log.read_text()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    try:
        # A first build, a new database and a server: the longest wait of all, and no promise.
        until(lambda: desk.said("Ctrl-C stops everything"), seconds=3 * PATIENCE_SECONDS)
        yield desk
    finally:
        desk.stop()


@pytest.fixture
def read(browser: Browser, desk: Desk) -> Iterator[Callable[[str], Page]]:
    contexts = []

    def open_page(path: str) -> Page:
        context = browser.new_context(base_url=desk.url, viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        # From here on the page asks by itself.
        expect(page.locator(".preview summary")).to_be_visible()
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_a_saved_article_appears_where_one_was_reading(
    desk: Desk, read: Callable[[str], Page]
) -> None:
    page = read("/gulls/")
    page.evaluate("scrollTo(0, 900)")
    until(lambda: bool(page.evaluate("scrollY === 900")))
    began = time.monotonic()
    desk.write("gulls", "Title: Gulls\nDate: 2026-01-01", f"{WORDS}\n\nThe new end.")
    expect(page.get_by_text("The new end.")).to_be_attached()
    print(f"saved to seen: {time.monotonic() - began:.2f} s")
    until(lambda: bool(page.evaluate("scrollY === 900")))


def test_a_page_that_did_not_change_is_not_loaded_again(
    desk: Desk, read: Callable[[str], Page]
) -> None:
    page = read("/terns/")
    page.evaluate("window.untouched = true")
    desk.write("gulls", "Title: Gulls\nDate: 2026-01-01", f"{WORDS}\n\nAn end that is newer.")
    asked = page.expect_response(lambda answer: answer.url.endswith("/drafts/list.json"))
    with asked:
        pass
    assert page.evaluate("window.untouched")


def test_an_error_is_told_in_page_and_terminal_and_goes_when_it_is_corrected(
    desk: Desk, read: Callable[[str], Page]
) -> None:
    page = read("/terns/")
    desk.write("terns", "Title: Terns\nDate: 2026-01-02\nComments: perhaps", "Of terns.")
    told = page.locator(".preview-said")
    expect(told).to_contain_text("The build failed")
    expect(told).to_contain_text("content/terns.md:3")
    expect(page.get_by_text("Of terns.")).to_be_visible()
    until(lambda: desk.said("and the build failed"))
    page.reload()
    expect(told).to_contain_text("content/terns.md:3")
    desk.write("terns", "Title: Terns\nDate: 2026-01-02", "Of arctic terns.")
    expect(page.get_by_text("Of arctic terns.")).to_be_visible()
    expect(told).to_be_empty()


def test_drafts_and_what_is_due_later_are_listed_and_marked(read: Callable[[str], Page]) -> None:
    page = read("/")
    page.locator(".preview summary").click()
    expect(page.locator(".preview li")).to_have_text(["Rough · Draft", "Later · 2099-01-02 09:00"])
    page.get_by_role("link", name="Later").click()
    expect(page.locator(".preview summary")).to_contain_text("Scheduled for 2099-01-02 09:00")
    expect(page.get_by_text("Of another day.")).to_be_visible()
    page = read("/drafts/rough/")
    expect(page.locator(".preview summary")).to_contain_text("Draft · 2 not published")
    page = read("/de/moewe/")
    expect(page.locator(".preview summary")).to_have_text("Vorschau · 2 nicht veröffentlicht")


def test_a_half_typed_comment_outlives_the_renewal(desk: Desk, read: Callable[[str], Page]) -> None:
    page = read("/gulls/")
    page.locator("comment-thread").scroll_into_view_if_needed()
    field = page.locator("comment-thread textarea").first
    field.click()
    until(lambda: bool(page.evaluate("!!customElements.get('comment-thread')")))
    field.press_sequentially("I had only just begun to")
    desk.write("gulls", "Title: Gulls\nDate: 2026-01-01", f"{WORDS}\n\nWhile somebody typed.")
    expect(page.get_by_text("While somebody typed.")).to_be_attached()
    page.locator("comment-thread").scroll_into_view_if_needed()
    expect(page.locator("comment-thread textarea").first).to_have_value("I had only just begun to")


def test_a_build_for_readers_has_nothing_of_the_preview(desk: Desk) -> None:
    desk.stop()
    output = desk.folder / "output"
    assert not (output / "preview.json").exists()
    assert (output / "drafts" / "later" / "index.html").exists()
    done = subprocess.run(
        [sys.executable, "-m", "pelican", "--fatal", "errors", "-s", "publishconf.py"],
        cwd=desk.folder,
        env={**os.environ, "SITE_URL": "https://example.org", "POSTIL_PREVIEW": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not (output / "drafts").exists()
    for name in ("preview", "live_reload"):
        assert [path for path in output.rglob("*") if name in path.name] == []
    for path in output.rglob("*.html"):
        assert "preview.json" not in path.read_text("utf-8"), path
        assert "Of another day" not in path.read_text("utf-8"), path
