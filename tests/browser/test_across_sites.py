"""Blog and service on two sites, on two ports of one, and on one: signing in lasts in all of them.

`blog.localhost` and `comments.localhost` are two sites to a browser, and Secure cookies are taken
there without TLS. The blog is plain files behind a plain file server; Chromium blocks third-party
cookies, which a cookie that has to be dropped proves each time.
"""

import re
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    expect,
)

from tests.browser.apart import (
    THREADS,
    Apart,
    Control,
    Reader,
    blocks_third_parties,
    by_password,
    post,
    say_yes_in,
)
from tests.browser.embed import dialog, main_form, signed_in, write


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


@pytest.fixture(scope="module")
def control() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Control)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://control.localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


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


_numbers = iter(range(THREADS * 10))


@pytest.fixture
def thread() -> str:
    return f"fish-{next(_numbers) % THREADS}"


# ---- two sites


def test_one_signs_in_posts_reloads_and_is_still_there(
    two_sites: Apart, reading: Callable[..., Reader], thread: str, control: str
) -> None:
    reader = reading(two_sites)
    assert blocks_third_parties(reader, control)
    page = reader.open(thread)
    main_form(page).locator("textarea").fill("Typed before.")
    by_password(page, two_sites.rhea)
    signed_in(page, "Rhea")
    expect(main_form(page).locator("textarea")).to_have_value("Typed before.")
    post(page, "Written across two sites.")
    reader.reload()
    signed_in(page, "Rhea")
    mine = page.locator("li.postil-comment", has_text="Written across two sites.")
    expect(mine.get_by_role("button", name="Edit")).to_be_visible()
    main_form(page).get_by_role("button", name="Sign out").click()
    expect(main_form(page).get_by_label("Name")).to_be_visible()
    reader.reload()
    expect(main_form(page).get_by_role("button", name="Sign in")).to_be_visible()
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
    signed_in(page, "Rhea")
    reader.reload()
    signed_in(page, "Rhea")


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
    signed_in(page, "Rhea")


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
    signed_in(page, "Rhea")
    opened.value.close()
    reader.reload()
    signed_in(page, "Rhea")
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
    signed_in(page, "Rhea")


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
    signed_in(page, "Rhea")


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
    main_form(page).get_by_label("Name").fill("Gus")
    post(page, "Written as a guest.")
    reader.reload()
    by_password(page, two_sites.rhea)
    signed_in(page, "Rhea")
    main_form(page).get_by_role("button", name="What you wrote as a guest").click()
    shown = page.get_by_role("dialog", name="Is this yours?")
    expect(shown).to_contain_text("1 comment was written in this browser")
    shown.get_by_role("button", name="Add to my account").click()
    expect(shown).to_have_count(0)
    mine = page.locator("li.postil-comment", has_text="Written as a guest.")
    expect(mine.locator(".postil-name")).to_contain_text("Rhea")
    expect(main_form(page).get_by_role("button", name="What you wrote as a guest")).to_be_hidden()


def test_where_no_cookie_is_kept_the_threads_own_page_takes_over(
    without_tls: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    """As in browsers that know nothing of Partitioned and let no third party keep a cookie."""
    reader = reading(without_tls, "Cross-Origin-Opener-Policy header has been ignored")
    page = reader.open(thread)
    main_form(page).locator("textarea").fill("A thought that comes along.")
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


def test_nothing_is_offered_that_a_dropped_cookie_lets_fail(
    without_tls: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    reader = reading(without_tls, "Cross-Origin-Opener-Policy header has been ignored")
    page = reader.open(thread)
    write(main_form(page), "Written, and known to nobody a moment later.")
    main_form(page).get_by_role("button", name="Post comment").click()
    mine = page.locator("li.postil-comment", has_text="known to nobody")
    expect(mine).to_be_focused()
    expect(mine.get_by_role("link", name="Reply")).to_be_visible()
    expect(mine.get_by_role("button")).to_have_count(0)
    assert "postil-known" not in page.evaluate("document.cookie")


def test_a_stranger_asks_the_service_for_files_only(
    two_sites: Apart, reading: Callable[..., Reader], thread: str
) -> None:
    reader = reading(two_sites)
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url))
    page = reader.open(thread)
    main_form(page).locator("textarea").fill("A thought.")
    expect(page.locator(".postil-order")).to_be_attached()
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "/api/" in url]
    theirs = [url.removeprefix(two_sites.comments) for url in asked if two_sites.comments in url]
    parts = ("counts", "difference", "drafts", "order", "own", "style", "transport", "writing")
    scripts = [*(f"embed-{part}.js" for part in parts), "embed-votes.css", "embed.js"]
    assert sorted(theirs) == sorted([*scripts, f"threads/{thread}.html", "ui.en.html"])
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
        re.compile(rf"{re.escape(two_sites.comments)}threads/{thread}\?comment=(\d+)#comment-\1$")
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
    signed_in(page, "Rhea")
    post(page, "Written across two ports.")
    reader.reload()
    signed_in(page, "Rhea")
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
    signed_in(page, "Rhea")
