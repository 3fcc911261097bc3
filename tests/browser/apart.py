"""A blog and its service at two addresses, and readers whose browser keeps third parties' cookies out."""

from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from flask_migrate import upgrade
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
)

from comments_service.models import Role
from formats import http_headers
from tests import make, service, sites
from tests.browser.conftest import PATIENCE_SECONDS, Credentials, until
from tests.browser.emails import newest_email
from tests.browser.embed import dialog, main_form, wake
from tests.browser.plain import Quiet

WORDS = "\n\n".join(["Pelicans fish together, in a line. " * 6] * 12)
THREADS = 12


class Apart:
    """A blog of plain files at one address, and its comments' service at another."""

    def __init__(self, folder: Path, blog_host: str, service_host: str) -> None:
        self.folder = folder
        self.output = folder / "output"
        blog_port, port = service.free_port(), service.free_port()
        self.blog = f"http://{blog_host}:{blog_port}"
        self.comments = f"http://{service_host}:{port}/comments/"
        self.server = service.postil(
            folder,
            f"sqlite:///{folder / 'comments.sqlite3'}",
            port=port,
            SITE_URL=self.blog,
            COMMENTS_URL=self.comments,
            COMMENTS_OUTPUT="",
            COMMENTS_MANIFEST=str(self.output / "threads.json"),
            COMMENTS_LIMIT_SIGN_IN="1000/60",
            COMMENTS_LIMIT_SIGN_UP="1000/60",
            COMMENTS_TRUST_AFTER="0",
        )
        self.app = self.server.app
        self._build()
        with self.app.app_context():
            upgrade()
            rhea = make.account("Rhea", role=Role.READER)
            self.rhea = Credentials(rhea.name, rhea.email or "", make.PASSWORD)
        self.files = ThreadingHTTPServer(("127.0.0.1", blog_port), partial(Files, apart=self))
        Thread(target=self.files.serve_forever, daemon=True).start()
        self.server.start()
        until(lambda: (folder / "published" / "ui.en.html").exists())

    def _build(self) -> None:
        content = self.folder / "content"
        content.mkdir()
        for number in range(THREADS):
            (content / f"fish-{number}.md").write_text(
                f"Title: Fish, {number}\nDate: 2026-01-01\nCategory: Tests\nSlug: fish-{number}\n"
                f"Summary: For a test.\n\n{WORDS}\n"
            )
        built = sites.pelican(
            content,
            self.output,
            SITE_URL=self.blog,
            COMMENTS_URL=self.comments,
            COMMENTS_OUTPUT=str(self.output),
            COMMENTS_PUBLISHED=str(self.folder / "published"),
        )
        assert built.returncode == 0, built.stderr
        (self.output / "bare.html").write_text('<!doctype html><link rel="icon" href="data:,">')

    def delete_emails(self) -> None:
        for path in (self.folder / "var/mail").glob("*.eml"):
            path.unlink()

    def letter(self, address: str, part: str) -> str:
        return newest_email(self.folder, address, part)

    def close(self) -> None:
        self.server.stop()
        self.files.shutdown()
        self.files.server_close()


class Files(Quiet):
    """A static host, which sends the policy that `docs/sign-in.md` asks for; not for one bare page."""

    def __init__(self, *args: Any, apart: Apart) -> None:
        self.apart = apart
        super().__init__(*args, directory=str(apart.output))

    def end_headers(self) -> None:
        if self.path != "/bare.html":
            said = http_headers.of_page(self.apart.server.settings.base)
            self.send_header("Content-Security-Policy", said)
        super().end_headers()


class Control(BaseHTTPRequestHandler):
    """A third site that sets a cookie as trackers do, and says which ones come back."""

    def do_GET(self) -> None:
        body = self.headers.get("Cookie", "").encode()
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
        self.send_header("Access-Control-Allow-Credentials", "true")
        self.send_header("Set-Cookie", "followed=1; Secure; SameSite=None; Path=/")
        self.send_header("Set-Cookie", "apart=1; Secure; SameSite=None; Path=/; Partitioned")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


ASK_CONTROL = """async (url) => {
  const ask = () => fetch(url, {credentials: "include"}).then((answer) => answer.text());
  await ask();
  return ask();
}"""


class Reader:
    """Somebody with a browser that keeps third parties' cookies out, and a log that stays clean."""

    def __init__(self, context: BrowserContext, apart: Apart, allowed: tuple[str, ...]) -> None:
        self.context = context
        self.apart = apart
        self.errors: list[str] = []
        self.allowed = allowed
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._note(str(error.error)))
        self.page = context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(message.text)

    def _note(self, text: str) -> None:
        if not any(word in text for word in self.allowed):
            self.errors.append(text)

    def open(self, thread: str) -> Page:
        self.page.goto(f"{self.apart.blog}/{thread}/")
        return wake(self.page)

    def reload(self) -> Page:
        self.page.reload()
        return wake(self.page)


def blocks_third_parties(reader: Reader, control: str) -> bool:
    """Whether this browser drops the cookie of a tracker, and keeps the one that is partitioned."""
    page = reader.context.new_page()
    page.goto(f"{reader.apart.blog}/bare.html")
    kept = page.evaluate(ASK_CONTROL, control)
    page.close()
    return bool(kept == "apart=1")


def by_password(page: Page, who: Credentials) -> None:
    shown = dialog(page)
    shown.get_by_label("E-mail").fill(who.email)
    shown.get_by_label("Password").fill(who.password)
    shown.get_by_role("button", name="Sign in").click()
    expect(shown).to_have_count(0)


def post(page: Page, words: str) -> None:
    main_form(page).locator("textarea").fill(words)
    main_form(page).get_by_role("button", name="Post comment").click()
    expect(page.locator("li.postil-comment", has_text=words)).to_be_focused()


def say_yes_in(window: Page, page: Page, apart: Apart, who: Credentials) -> None:
    """Sign in on the service's own address, and let the page in."""
    window.get_by_label("E-mail").fill(who.email)
    window.get_by_label("Password").fill(who.password)
    window.get_by_role("button", name="Sign in", exact=True).click()
    expect(window.get_by_role("heading", name="Sign in on the blog?")).to_be_visible()
    expect(window.get_by_text(apart.blog)).to_be_visible()
    number = window.locator(".handoff-number").text_content() or ""
    shown = page.get_by_role("dialog").get_by_text(number, exact=True)
    expect(shown.filter(visible=True)).to_be_visible()
    window.get_by_role("button", name="Yes, sign in there").click()
    expect(window.get_by_role("heading", name="You can close this window")).to_be_visible()
