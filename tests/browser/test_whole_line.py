"""The whole line: from a form without scripts to a page that somebody else has open, and back."""

import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Credentials, Live, Writer, until
from tests.browser.emails import newest_email
from tests.make import PASSWORD

Visit = Callable[..., Page]

# The embed asks every 30 s; ten more are for a slow machine.
LIVE_SECONDS = 40


def wake(page: Page) -> None:
    """Go to the comments and wait until the embed has taken them over."""
    page.locator("#comments").evaluate("heading => heading.scrollIntoView()")
    expect(page.locator("form#reply .postil-account")).to_be_visible()


def sign_in(page: Page, who: Credentials) -> None:
    page.goto("/comments/sign-in")
    page.get_by_label("E-mail").fill(who.email)
    page.get_by_label("Password").fill(who.password)
    page.get_by_role("button", name="Sign in").click()


def test_a_comment_travels_from_a_plain_form_into_an_open_browser(
    visit: Visit, live: Live, held_thread: str, owner: Credentials
) -> None:
    # Somebody has the article open, and reads.
    reading = visit(f"/{held_thread}/")
    wake(reading)

    # Somebody else, without JavaScript, comments as a guest, and sees that the comment waits.
    guest = visit(f"/{held_thread}/", java_script_enabled=False)
    guest.get_by_label("Your comment").fill("They *scoop*, I saw it.")
    guest.get_by_label("Name").fill("Gus")
    guest.get_by_role("button", name="Post comment").click()
    expect(guest).to_have_url(re.compile(rf"/comments/threads/{held_thread}.*#comment-\d+$"))
    expect(guest.get_by_role("status")).to_contain_text("is waiting for a moderator")
    expect(guest.get_by_text("They scoop, I saw it.")).to_be_visible()
    assert "I saw it" not in live.page(held_thread)
    assert "I saw it" not in live.snapshots(held_thread)

    # The owner publishes it.
    moderating = visit("/comments/sign-in", java_script_enabled=False)
    sign_in(moderating, owner)
    moderating.goto(f"/comments/moderation/?thread={held_thread}")
    moderating.get_by_role("button", name="Publish").first.click()
    expect(moderating.get_by_role("status")).to_have_text("Published.")

    # It stands in the page's source, and in the browser that was open all the time.
    until(lambda: "They <em>scoop</em>, I saw it." in live.page(held_thread))
    assert "postil:heading" in live.page(held_thread)
    offer = reading.get_by_role("button", name="1 new comment")
    expect(offer).to_be_visible(timeout=LIVE_SECONDS * 1000)
    offer.click()
    expect(reading.get_by_text("They scoop, I saw it.")).to_be_visible()
    guest.goto(f"/{held_thread}/")
    expect(guest.get_by_text("They scoop, I saw it.")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_reader_signs_up_replies_edits_and_deletes(
    visit: Visit, live: Live, thread: str, writer: Writer, scripts: bool
) -> None:
    first = writer.post(thread, "The first word.")
    name = "Rhea" if scripts else "Rosa"
    email = f"{name.lower()}@example.org"
    page = visit("/comments/sign-up", java_script_enabled=scripts)
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create an account").click()
    expect(page.locator("main")).to_contain_text(email)

    page.goto(newest_email(live.folder, email, r"(?s)open this link.*?(http://\S+)"))
    page.locator("main").get_by_role("button").click()
    expect(page).to_have_url("/comments/account")

    page.goto(f"/{thread}/")
    if scripts:
        wake(page)
    answered = page.locator(f"#comment-{first}")
    answered.get_by_role("link", name="Reply").click()
    form = answered.locator("form") if scripts else page.locator("form#reply")
    form.get_by_label("Your comment").fill("A reply of mine.")
    form.get_by_role("button", name="Post comment").click()
    mine = page.locator("li.postil-comment", has_text="A reply of mine.")
    expect(mine).to_contain_text("In reply to Wanda")
    expect(mine.locator(".postil-name")).to_have_text(name)
    until(lambda: "A reply of mine." in live.page(thread))

    if not scripts:
        page.goto(f"/comments/threads/{thread}")
    mine.get_by_role("button" if scripts else "link", name="Edit").click()
    editing = mine.locator("form") if scripts else page.locator("main form")
    editing.get_by_label("Your comment").fill("A better reply.")
    editing.get_by_role("button", name="Save").click()
    until(lambda: "A better reply." in live.page(thread))

    if not scripts:
        page.goto(f"/comments/threads/{thread}")
    better = page.locator("li.postil-comment", has_text="A better reply.")
    better.get_by_role("button" if scripts else "link", name="Delete").click()
    asking = page.get_by_role("dialog") if scripts else page.locator("main form")
    asking.get_by_role("button", name="Delete").click()
    until(lambda: "A better reply." not in live.page(thread))
    expect(page.get_by_text("A better reply.")).to_have_count(0)
    assert "The first word." in live.page(thread)


@pytest.fixture
def files_alone(live: Live) -> Iterator[str]:
    """The built blog, handed out by something that knows nothing of comments."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(live.output)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_with_the_service_gone_every_comment_is_still_there(
    visit: Visit, live: Live, thread: str, writer: Writer, files_alone: str
) -> None:
    writer.post(thread, "Here to stay.")
    # Only then do they come, for what a page still loads while the service stops is an error too.
    live.stop()
    article = f"{files_alone}/{thread}/"
    page = visit(article, allowed=("Failed to load resource", "ERR_CONNECTION_REFUSED"))
    bare = visit(article, java_script_enabled=False)
    for reader in (page, bare):
        reader.locator("#comments").scroll_into_view_if_needed()
        expect(reader.get_by_text("Here to stay.")).to_be_visible()
        expect(reader.locator("form#reply")).to_be_visible()

    # With the script one may write, learns that it cannot be sent, and keeps the text.
    form = page.locator("form#reply")
    form.get_by_label("Your comment").fill("Written into the void.")
    form.get_by_label("Name").fill("Zoe")
    form.get_by_role("button", name="Post comment").click()
    expect(form).to_contain_text("cannot be reached just now")
    page.reload()
    page.locator("#comments").scroll_into_view_if_needed()
    expect(form.get_by_label("Your comment")).to_have_value("Written into the void.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_an_article_with_comments(
    visit: Visit, live: Live, thread: str, writer: Writer, scheme: str, width: int
) -> None:
    code = "pelican.fish() " * 30
    first = writer.post(thread, f"> They scoop.\n\nDo they? See `x` and\n\n```\n{code}\n```")
    writer.post(thread, "نعم", parent=first, name="ليلى")
    page = visit(f"/{thread}/", color_scheme=scheme, viewport={"width": width, "height": 844})
    wake(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
