"""Blog and service on two sites, on two ports of one, and on one: signing in lasts in all of them.

`blog.localhost` and `comments.localhost` are two sites to a browser, and Secure cookies are taken
there without TLS. The blog is plain files behind a plain file server; Chromium blocks third-party
cookies, which a cookie that has to be dropped proves each time.
"""

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask_migrate import upgrade
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
)

from comments_service.models import Role
from formats import http_headers
from tests import make, service, sites
from tests.browser.conftest import PATIENCE_SECONDS, Credentials, until

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
        """What a pattern finds in the newest letter to an address, once the postman has been."""
        found: list[str] = []

        def arrived() -> bool:
            for path in sorted((self.folder / "var/mail").glob("*.eml")):
                letter = message_from_bytes(path.read_bytes(), policy=default)
                body = letter.get_body(("plain",))
                if body is not None and address in str(letter["To"]):
                    found.extend(re.findall(part, body.get_content()))
            return bool(found)

        until(arrived)
        return found[-1]

    def close(self) -> None:
        self.server.stop()
        self.files.shutdown()
        self.files.server_close()


class Files(SimpleHTTPRequestHandler):
    """A static host, which sends the policy that `docs/sign-in.md` asks for; not for one bare page."""

    def __init__(self, *args: Any, apart: Apart) -> None:
        self.apart = apart
        super().__init__(*args, directory=str(apart.output))

    def end_headers(self) -> None:
        if self.path != "/bare.html":
            said = http_headers.of_page(self.apart.server.settings.base)
            self.send_header("Content-Security-Policy", said)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    apart = Apart(tmp_path_factory.mktemp("two-sites"), "blog.localhost", "comments.localhost")
    yield apart
    apart.close()


@pytest.fixture(scope="module")
def two_ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    apart = Apart(tmp_path_factory.mktemp("two-ports"), "blog.localhost", "blog.localhost")
    yield apart
    apart.close()


@pytest.fixture(scope="module")
def without_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """Plain HTTP between two hosts: the session's cookie cannot be Secure, so no page keeps it."""
    apart = Apart(tmp_path_factory.mktemp("without-tls"), "blog.localhost", "comments.test")
    yield apart
    apart.close()


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


@pytest.fixture(scope="module")
def control() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Control)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://control.localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


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


def wake(page: Page) -> Page:
    page.locator("comment-thread").evaluate("thread => thread.scrollIntoView()")
    expect(form(page).locator(".postil-account")).to_be_visible()
    return page


def form(page: Page) -> Locator:
    return page.locator("form#reply")


@pytest.fixture
def reading(browser: Browser) -> Iterator[Callable[..., Reader]]:
    readers: list[Reader] = []

    def begin(apart: Apart, *allowed: str, **options: Any) -> Reader:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, locale="en-GB", **options
        )
        readers.append(Reader(context, apart, allowed))
        return readers[-1]

    yield begin
    for reader in readers:
        reader.context.close()
    assert [error for reader in readers for error in reader.errors] == []


def blocks_third_parties(reader: Reader, control: str) -> bool:
    """Whether this browser drops the cookie of a tracker, and keeps the one that is partitioned."""
    page = reader.context.new_page()
    page.goto(f"{reader.apart.blog}/bare.html")
    kept = page.evaluate(ASK_CONTROL, control)
    page.close()
    return bool(kept == "apart=1")


_numbers = iter(range(THREADS * 10))


@pytest.fixture
def thread() -> str:
    return f"fish-{next(_numbers) % THREADS}"


def dialog(page: Page) -> Locator:
    form(page).get_by_role("button", name="Sign in").click()
    found = page.get_by_role("dialog", name="Sign in")
    expect(found.get_by_label("E-mail")).to_be_focused()
    return found


def by_password(page: Page, who: Credentials) -> None:
    shown = dialog(page)
    shown.get_by_label("E-mail").fill(who.email)
    shown.get_by_label("Password").fill(who.password)
    shown.get_by_role("button", name="Sign in").click()
    expect(shown).to_have_count(0)


def signed_in(page: Page, name: str = "Rhea") -> None:
    expect(form(page)).to_contain_text(f"Signed in as {name}")


def post(page: Page, words: str) -> None:
    form(page).locator("textarea").fill(words)
    form(page).get_by_role("button", name="Post comment").click()
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


# ---- two sites


def test_one_signs_in_posts_reloads_and_is_still_there(
    two_sites: Apart, reading: Callable[..., Reader], thread: str, control: str
) -> None:
    reader = reading(two_sites)
    assert blocks_third_parties(reader, control)
    page = reader.open(thread)
    form(page).locator("textarea").fill("Typed before.")
    by_password(page, two_sites.rhea)
    signed_in(page)
    expect(form(page).locator("textarea")).to_have_value("Typed before.")
    post(page, "Written across two sites.")
    reader.reload()
    signed_in(page)
    mine = page.locator("li.postil-comment", has_text="Written across two sites.")
    expect(mine.get_by_role("button", name="Edit")).to_be_visible()
    form(page).get_by_role("button", name="Sign out").click()
    expect(form(page).get_by_label("Name")).to_be_visible()
    reader.reload()
    expect(form(page).get_by_role("button", name="Sign in")).to_be_visible()
    assert "postil-known" not in page.evaluate("document.cookie")


def test_a_letters_code_signs_in_where_it_was_asked_for(
    two_sites: Apart, reading: Callable[..., Reader], thread: str, control: str
) -> None:
    reader = reading(two_sites, "422")
    assert blocks_third_parties(reader, control)
    page = reader.open(thread)
    shown = dialog(page)
    shown.get_by_label("E-mail").fill(two_sites.rhea.email)
    two_sites.delete_emails()
    shown.get_by_role("button", name="E-mail me a sign-in link instead").click()
    code = shown.get_by_label("Six-digit code")
    expect(code).to_be_focused()
    expect(shown).to_contain_text(two_sites.rhea.email)
    digits = two_sites.letter(two_sites.rhea.email, r"\b\d{3} \d{3}\b")
    code.fill("000000" if digits != "000 000" else "111111")
    page.keyboard.press("Enter")
    expect(code).to_have_accessible_description(re.compile("not the code"))
    code.fill(digits)
    page.keyboard.press("Enter")
    signed_in(page)
    reader.reload()
    signed_in(page)


def test_a_letters_link_in_the_same_browser_signs_the_page_in_as_well(
    two_sites: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    reader = reading(two_sites)
    page = reader.open(thread)
    shown = dialog(page)
    shown.get_by_label("E-mail").fill(two_sites.rhea.email)
    two_sites.delete_emails()
    shown.get_by_role("button", name="E-mail me a sign-in link instead").click()
    expect(shown.get_by_label("Six-digit code")).to_be_focused()
    link = re.escape(two_sites.comments) + r"link/\S+"
    window = reader.context.new_page()
    window.goto(two_sites.letter(two_sites.rhea.email, link))
    window.get_by_role("button", name="Sign in").click()
    number = window.locator(".handoff-number").text_content() or ""
    expect(shown.get_by_text(number, exact=True).filter(visible=True)).to_be_visible()
    window.get_by_role("button", name="Yes, sign in there").click()
    expect(window.get_by_role("heading", name="You can close this window")).to_be_visible()
    page.bring_to_front()
    signed_in(page)


def test_a_window_signs_in_for_the_page(
    two_sites: Apart, reading: Callable[..., Reader], thread: str, control: str
) -> None:
    reader = reading(two_sites)
    assert blocks_third_parties(reader, control)
    page = reader.open(thread)
    shown = dialog(page)
    with reader.context.expect_page() as opened:
        shown.get_by_role("button", name="(new window)").click()
    expect(shown.get_by_role("status")).to_have_text("Waiting for the window …")
    say_yes_in(opened.value, page, two_sites, two_sites.rhea)
    signed_in(page)
    opened.value.close()
    reader.reload()
    signed_in(page)
    post(page, "After a window had said yes.")


def test_a_window_that_was_closed_can_be_opened_again(
    two_sites: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    reader = reading(two_sites)
    page = reader.open(thread)
    shown = dialog(page)
    with reader.context.expect_page() as opened:
        shown.get_by_role("button", name="(new window)").click()
    opened.value.wait_for_load_state()
    opened.value.close()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(shown.get_by_role("status")).to_contain_text("You are not signed in there yet.")
    with reader.context.expect_page() as again:
        shown.get_by_role("link", name="Open the window").click()
    say_yes_in(again.value, page, two_sites, two_sites.rhea)
    signed_in(page)


def test_a_browser_that_opens_no_windows_leaves_a_link(
    two_sites: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    reader = reading(two_sites)
    page = reader.open(thread)
    page.evaluate("window.open = () => null")
    shown = dialog(page)
    shown.get_by_role("button", name="(new window)").click()
    expect(shown.get_by_role("status")).to_contain_text("Please open it yourself.")
    expect(shown.get_by_role("link", name="Open the window")).to_be_focused()
    with reader.context.expect_page() as opened:
        page.keyboard.press("Enter")
    say_yes_in(opened.value, page, two_sites, two_sites.rhea)
    signed_in(page)


def test_the_page_stops_asking_once_the_dialog_is_closed(
    two_sites: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    reader = reading(two_sites)
    page = reader.open(thread)
    shown = dialog(page)
    page.evaluate("window.open = () => null")
    with page.expect_response("**/session/handoff?*"):
        shown.get_by_role("button", name="(new window)").click()
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    # Twice as long as between two questions.
    page.wait_for_timeout(4500)
    assert not [url for url in asked if "session/handoff" in url]


def test_what_was_written_as_a_guest_is_taken_over(
    two_sites: Apart, reading: Callable[..., Reader], thread: str, control: str
) -> None:
    reader = reading(two_sites)
    assert blocks_third_parties(reader, control)
    page = reader.open(thread)
    form(page).get_by_label("Name").fill("Gus")
    post(page, "Written as a guest.")
    reader.reload()
    by_password(page, two_sites.rhea)
    signed_in(page)
    form(page).get_by_role("button", name="What you wrote as a guest").click()
    shown = page.get_by_role("dialog", name="Is this yours?")
    expect(shown).to_contain_text("1 comment was written in this browser")
    shown.get_by_role("button", name="Add to my account").click()
    expect(shown).to_have_count(0)
    mine = page.locator("li.postil-comment", has_text="Written as a guest.")
    expect(mine.locator(".postil-name")).to_contain_text("Rhea")
    expect(form(page).get_by_role("button", name="What you wrote as a guest")).to_be_hidden()


def test_where_no_cookie_is_kept_the_threads_own_page_takes_over(
    without_tls: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    """As in browsers that know nothing of Partitioned and let no third party keep a cookie."""
    reader = reading(without_tls, "Cross-Origin-Opener-Policy header has been ignored")
    page = reader.open(thread)
    form(page).locator("textarea").fill("A thought that comes along.")
    shown = dialog(page)
    shown.get_by_label("E-mail").fill(without_tls.rhea.email)
    shown.get_by_label("Password").fill(without_tls.rhea.password)
    shown.get_by_role("button", name="Sign in").click()
    expect(shown).to_contain_text("Welcome, Rhea.")
    expect(shown.get_by_role("link", name="Continue there")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("E-mail").fill(without_tls.rhea.email)
    page.get_by_label("Password").fill(without_tls.rhea.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(f"/comments/threads/{thread}"))
    expect(page.get_by_label("Your comment")).to_have_value("A thought that comes along.")


def test_a_stranger_asks_the_service_for_files_only(
    two_sites: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    reader = reading(two_sites)
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url))
    page = reader.open(thread)
    form(page).locator("textarea").fill("A thought.")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "/api/" in url]
    theirs = [url.removeprefix(two_sites.comments) for url in asked if two_sites.comments in url]
    parts = ("difference", "drafts", "own", "transport", "writing")
    scripts = [*(f"embed-{part}.js" for part in parts), "embed.js"]
    assert sorted(theirs) == [*scripts, f"threads/{thread}.html", "ui.en.html"]
    assert reader.context.cookies() == []


def test_a_plain_form_reaches_the_service_and_leads_back(
    two_sites: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    reader = reading(two_sites, java_script_enabled=False)
    page = reader.page
    # The form stands in the article once a build has baked the snapshot into it.
    fragment = (two_sites.folder / "published" / "threads" / f"{thread}.html").read_text()
    place = two_sites.output / thread / "index.html"
    bare = place.read_text()
    place.write_text(re.sub(r'<p class="postil-missing".*?</p>', lambda _: fragment, bare))
    page.goto(f"{two_sites.blog}/{thread}/")
    page.get_by_label("Your comment").fill("Without a script.")
    page.get_by_label("Name").fill("Zoe")
    page.get_by_role("button", name="Post comment").click()
    expect(page).to_have_url(
        re.compile(f"{re.escape(two_sites.comments)}threads/{thread}#comment-")
    )
    expect(page.get_by_text("Without a script.")).to_be_visible()
    number = page.locator("li.postil-comment", has_text="Without a script.").get_attribute(
        "data-id"
    )
    # Whoever may edit the comment there has the session of the window, which is no third party.
    page.goto(f"{two_sites.comments}comment/{number}/edit")
    page.get_by_label("Your comment").fill("Without any script.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Without any script.")).to_be_visible()
    page.locator("main h1 a").click()
    expect(page).to_have_url(f"{two_sites.blog}/{thread}/")


# ---- two ports of one host, and one origin


def test_on_two_ports_of_one_host_one_signs_in_as_well(
    two_ports: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    reader = reading(two_ports)
    page = reader.open(thread)
    by_password(page, two_ports.rhea)
    signed_in(page)
    post(page, "Written across two ports.")
    reader.reload()
    signed_in(page)
    # One host, one jar: the service's own pages know who it is, too.
    page.goto(f"{two_ports.comments}account")
    expect(page.get_by_role("heading", name="Rhea")).to_be_visible()


def test_on_two_ports_a_window_signs_in_for_the_page(
    two_ports: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    reader = reading(two_ports)
    page = reader.open(thread)
    shown = dialog(page)
    with reader.context.expect_page() as opened:
        shown.get_by_role("button", name="(new window)").click()
    say_yes_in(opened.value, page, two_ports, two_ports.rhea)
    signed_in(page)
