"""A blog that is really built, its service really running, and people who read it in Chromium.

One site and one server serve the whole session; every test takes an article of its own, so that
none sees what another wrote. A trace of each failure is kept in test-results/.
"""

import itertools
import json
import shutil
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from flask_migrate import upgrade
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from comments_service.models import NO_NEAR, Account, Role, near_columns
from tests import make, service, sites

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # A host that browsers do not take for their own machine.
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]
# Long enough that the comments begin far below the first screen.
WORDS = "\n\n".join(
    [
        *["Pelicans fish together, in a line, and the line closes like a net. " * 6] * 12,
        # Words that stand there once.
        "A colony needs a lake that is *shallow*, and islands where no fox comes. Nobody leads it.",
    ]
)
# One for each test that writes; the page of discussions lists the latest hundred.
ARTICLES = {"open": 180, "held": 60}
# A shared machine may take seconds for what takes milliseconds alone.
PATIENCE_SECONDS = 20
expect.set_options(timeout=PATIENCE_SECONDS * 1000)
_failed = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.enable_socket)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    return report


class Live:
    """The blog and its service on one port, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"
        self.published = folder / "published"
        self.elsewhere = Elsewhere()
        port = service.free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.server = service.postil(
            folder,
            f"sqlite:///{folder / 'comments.sqlite3'}",
            port=port,
            SITE_URL=self.url,
            COMMENTS_ALLOWED_ORIGINS=self.elsewhere.url,
            COMMENTS_LIMIT_SIGN_IN="1000/60",
            COMMENTS_LIMIT_SIGN_UP="1000/60",
            COMMENTS_PAGE_SIZE="20",
            # Articles whose comments wait say so themselves.
            COMMENTS_TRUST_AFTER="0",
            # What a moderator decides in one test says nothing about the words of another, as below.
            COMMENTS_SPAM_FILTER="no",
        )
        self.app = self.server.app
        self.running = False

    def prepare(self) -> None:
        """Build the blog's own articles and the ones for tests; make the database."""
        content = self.folder / "content"
        shutil.copytree(sites.BLOG / "content", content)
        for kind, number in ((kind, n) for kind, many in ARTICLES.items() for n in range(many)):
            (content / f"{kind}-{number}.md").write_text(
                f"Title: An {kind} article, {number}\nDate: 2026-01-01\nCategory: Tests\n"
                f"Slug: {kind}-{number}\nComments: {kind}\nSummary: For a test.\n\n{WORDS}\n"
            )
        facts = {"SITE_URL": self.url, "COMMENTS_PUBLISHED": str(self.published)}
        built = sites.pelican(content, self.output, COMMENTS_OUTPUT=str(self.output), **facts)
        assert built.returncode == 0, built.stderr
        with self.app.app_context():
            upgrade()

    def start(self) -> None:
        if not self.running:
            self.server.start()
            self.running = True
            # Every thread is published before that: on a machine that others keep busy it takes its time.
            until(lambda: (self.published / "ui.en.html").exists(), 6 * PATIENCE_SECONDS)

    def stop(self) -> None:
        if self.running:
            self.server.stop()
            self.running = False

    def close(self) -> None:
        self.stop()
        self.elsewhere.close()

    def page(self, thread: str) -> str:
        """The article's page as it lies on disk, comments included."""
        return (self.output / thread / "index.html").read_text()

    def snapshots(self, thread: str) -> str:
        """All pages of a thread, as everybody can fetch them."""
        folder = self.published / "threads"
        return "".join(
            path.read_text()
            for path in (folder / f"{thread}.html", *folder.glob(f"{thread}.[0-9]*.html"))
            if path.exists()
        )

    def comments(self, *command: str) -> None:
        """Run `flask comments …`."""
        done = self.app.test_cli_runner().invoke(args=["comments", *command])
        assert done.exit_code == 0, done.output


class Elsewhere:
    """Another site on another port: one page, which a test writes."""

    def __init__(self) -> None:
        self.html = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = outer.html.encode() if self.path == "/page" else b""
                self.send_response(200 if body else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Writer:
    """Somebody who writes from elsewhere, through the API, with cookies of their own."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def call(self, method: str, path: str, data: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.live.url}/comments/api/v1/{path}",
            method=method,
            data=None if data is None else json.dumps(data).encode(),
            headers={"Origin": self.live.url, "Content-Type": "application/json"},
        )
        with self.opener.open(request, timeout=PATIENCE_SECONDS) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def send(self, thread: str, body: str, parent: int | None = None, name: str = "Wanda") -> int:
        """Comment, and give the comment's number."""
        data = {"body": body, "name": name, "parent": parent}
        return int(self.call("POST", f"threads/{thread}/comments", data)["id"])

    def post(self, thread: str, body: str, parent: int | None = None, name: str = "Wanda") -> int:
        """The same, and wait until the comment stands in the article's page."""
        number = self.send(thread, body, parent, name)
        until(lambda: f'id="comment-{number}"' in self.live.page(thread))
        return number


def until(true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for what another process does; fails when it does not come."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "What was waited for did not come."
        time.sleep(0.02)


@pytest.fixture(scope="session")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    live = Live(tmp_path_factory.mktemp("blog"))
    live.prepare()
    yield live
    live.close()


@pytest.fixture
def live(blog: Live) -> Live:
    """The running blog; what a test stopped runs again for the next."""
    blog.start()
    return blog


class Credentials(NamedTuple):
    name: str
    email: str
    password: str


@pytest.fixture(scope="session")
def owner(blog: Live) -> Credentials:
    """Olga, to whom the blog belongs."""
    with blog.app.app_context():
        account = make.account("Olga", role=Role.OWNER)
        return Credentials(account.name, account.email or "", make.PASSWORD)


_people = itertools.count()


@pytest.fixture
def person(live: Live) -> Account:
    """Somebody with a password, for this test only."""
    with live.app.app_context():
        return make.account(f"Pia{next(_people)}")


@pytest.fixture
def writer(live: Live) -> Writer:
    return Writer(live)


@pytest.fixture(autouse=True)
def said_by_nobody(request: pytest.FixtureRequest) -> None:
    """Let each test say what others have said: the same words under another article would wait for a moderator."""
    if "live" in request.fixturenames:
        live: Live = request.getfixturevalue("live")
        database = sqlite3.connect(live.folder / "comments.sqlite3", timeout=PATIENCE_SECONDS)
        with closing(database), database:
            near = ", ".join(f"{name} = NULL" for name in near_columns(NO_NEAR))
            database.execute(f"UPDATE comments SET html_hash = NULL, {near}")  # noqa: S608 - our own


_unused = {kind: iter(range(many)) for kind, many in ARTICLES.items()}


@pytest.fixture
def thread() -> str:
    """An article that no other test writes under."""
    return f"open-{next(_unused['open'])}"


@pytest.fixture
def held_thread() -> str:
    """The same, but every comment waits for a moderator."""
    return f"held-{next(_unused['held'])}"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, until the last test of this folder: while Playwright's event loop runs, tests
    elsewhere could not start loops of their own.
    """
    if CHROMIUM is None:
        pytest.skip("NO CHROMIUM on this machine: install Debian's `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(
    browser: Browser, live: Live, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Open a browser of somebody's own: `visit("/open-1/")`; options go to its context.

    A page that prints an error fails the test, but for those that it provokes and names in `allowed`.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(path: str, allowed: tuple[str, ...] = (), **options: Any) -> Page:
        given = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options}
        context = browser.new_context(base_url=live.url, **given)
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        # What a page held, step by step: pictures of it as well cost an eighth of the time.
        context.tracing.start(snapshots=True)
        contexts.append(context)

        def note(text: str) -> None:
            if not any(word in text for word in allowed):
                errors.append(text)

        def hear(message: ConsoleMessage) -> None:
            if message.type == "error":
                note(message.text)

        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: note(str(error)))
        page.goto(path)
        return page

    yield open_page
    failed = request.node.stash.get(_failed, False) or bool(errors)
    for number, context in enumerate(contexts):
        trace = service.ROOT / "test-results" / f"{request.node.name}-{number}.zip"
        context.tracing.stop(path=trace if failed else None)
        context.close()
    assert not errors
