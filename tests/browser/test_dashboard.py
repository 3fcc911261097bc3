"""A moderator's journeys: with nothing but the keyboard, and with scripts switched off."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Credentials, Live, Writer, until

Visit = Callable[..., Page]
Queue = Callable[..., Page]


@pytest.fixture
def queue(visit: Visit, owner: Credentials) -> Queue:
    """Ask for an article's queue as a stranger, sign in, and land where one wanted to be."""

    def open_queue(thread: str, **options: object) -> Page:
        wanted = f"/comments/moderation/?thread={thread}"
        page = visit(wanted, **options)
        expect(page).to_have_url(f"/comments/sign-in?next={quote(wanted, safe='')}")
        page.get_by_label("E-mail").fill(owner.email)
        page.get_by_label("Password").fill(owner.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(wanted)
        if options.get("java_script_enabled", True):
            # Marked by the script, once it listens.
            expect(current(page)).to_have_count(1)
        return page

    return open_queue


def card(page: Page, number: int) -> Locator:
    return page.locator(f"#comment-{number}")


def current(page: Page) -> Locator:
    return page.locator(".card[aria-current]")


def flash(page: Page) -> Locator:
    return page.get_by_role("status")


def test_a_moderator_decides_by_keys_and_takes_it_back(
    queue: Queue, live: Live, held_thread: str, writer: Writer
) -> None:
    first, second, third = (writer.send(held_thread, f"Number {n}.") for n in "123")
    page = queue(held_thread)
    expect(current(page)).to_have_id(f"comment-{first}")
    page.keyboard.press("j")
    expect(card(page, second)).to_be_focused()
    page.keyboard.press("p")
    expect(flash(page)).to_have_text("Published.")
    expect(card(page, second)).to_have_count(0)
    # The next one is in focus, so that the queue is worked off without a mouse.
    expect(card(page, third)).to_be_focused()
    until(lambda: f'id="comment-{second}"' in live.page(held_thread))
    page.keyboard.press("u")
    expect(flash(page)).to_have_text("Undone.")
    # Who repairs a slip is at the comment that came back, and nowhere else.
    expect(card(page, second)).to_be_focused()
    expect(current(page)).to_have_id(f"comment-{second}")
    until(lambda: f'id="comment-{second}"' not in live.page(held_thread))
    page.keyboard.press("k")
    expect(card(page, first)).to_be_focused()
    page.keyboard.press("s")
    expect(flash(page)).to_have_text("Marked as spam.")
    expect(card(page, second)).to_be_focused()


def test_keys_decide_on_all_that_is_selected(
    queue: Queue, held_thread: str, writer: Writer
) -> None:
    first, second, third = (writer.send(held_thread, f"Offer {n}.") for n in "123")
    page = queue(held_thread)
    for key in "xjjx":
        page.keyboard.press(key)
    expect(page.locator(".select :checked")).to_have_count(2)
    page.keyboard.press("d")
    expect(flash(page)).to_have_text("Deleted. (2)")
    # Nobody has gone to a comment yet, so a key decides on none.
    expect(current(page)).to_have_count(0)
    expect(card(page, first)).to_have_count(0)
    expect(card(page, third)).to_have_count(0)
    expect(card(page, second)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(flash(page)).to_have_text("Undone. (2)")
    expect(page.locator(".card")).to_have_count(3)
    page.get_by_role("button", name="Select all").click()
    expect(page.locator(".select :checked")).to_have_count(3)


def test_keys_are_letters_again_where_one_types(
    queue: Queue, held_thread: str, writer: Writer
) -> None:
    number = writer.send(held_thread, "Passed by the shore.")
    page = queue(held_thread)
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("shdpjk")
    expect(search).to_have_value("shdpjk")
    search.fill("shore")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=shore"))
    expect(card(page, number)).to_be_visible()
    card(page, number).get_by_text("With a reason").click()
    reason = card(page, number).get_by_label("Reason")
    reason.press_sequentially("spd")
    expect(reason).to_have_value("spd")
    page.keyboard.press("Control+d")
    expect(card(page, number)).to_be_visible()
    expect(flash(page)).to_have_count(0)


def test_keys_are_explained_and_can_be_switched_off(
    queue: Queue, held_thread: str, writer: Writer
) -> None:
    number = writer.send(held_thread, "Still here.")
    page = queue(held_thread)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    # As all dialogs look: the page's surface, a hairline, round corners.
    expect(dialog).to_have_css("border-radius", "6px")
    expect(dialog).to_have_css("border-top-width", "1px")
    expect(dialog.get_by_role("heading")).to_have_css("margin-top", "0px")
    page.keyboard.press("p")
    dialog.get_by_label("Listen to these keys").uncheck()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("p")
    page.reload()
    expect(current(page)).to_have_count(1)
    page.keyboard.press("p")
    expect(card(page, number)).to_be_visible()
    page.get_by_role("button", name="Keys").click()
    dialog.get_by_label("Listen to these keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(flash(page)).to_have_text("Published.")


def test_the_whole_day_of_a_moderator_without_scripts(
    queue: Queue, live: Live, held_thread: str, writer: Writer
) -> None:
    good = writer.send(held_thread, "They herd the fish.", name="李晓明")
    rude, cheap, cheaper = (writer.send(held_thread, f"Bad {n}.") for n in "123")
    page = queue(held_thread, java_script_enabled=False)
    expect(page.get_by_role("button", name="Keys")).to_have_count(0)

    card(page, good).get_by_text("With a reason").click()
    card(page, good).get_by_label("Reason").fill("Knows pelicans")
    card(page, good).get_by_role("button", name="Publish").click()
    expect(flash(page)).to_have_text("Published.")
    assert page.url.endswith(f"#comment-{rude}")
    until(lambda: "They herd the fish." in live.page(held_thread))

    card(page, rude).get_by_role("button", name="Delete").click()
    expect(flash(page)).to_have_text("Deleted.")
    page.get_by_role("button", name="Undo").click()
    expect(flash(page)).to_have_text("Undone.")

    for number in (cheap, cheaper):
        card(page, number).get_by_role("checkbox").check()
    bulk = page.locator("#bulk")
    bulk.get_by_label("Reason").fill("Advertising")
    bulk.get_by_role("button", name="Spam").click()
    expect(flash(page)).to_have_text("Marked as spam. (2)")
    expect(page.locator(".card")).to_have_count(1)

    bulk.get_by_role("button", name="Spam").click()
    expect(flash(page)).to_have_text("Select at least one comment first.")

    page.get_by_role("link", name="Published").click()
    card(page, good).get_by_role("link", name="Details").click()
    expect(page.get_by_role("region", name="Decisions")).to_contain_text("Olga published it")
    expect(page.get_by_role("region", name="Decisions")).to_contain_text("Knows pelicans")
    page.get_by_role("button", name="Undo the last decision").click()
    expect(page.get_by_role("region", name="Decisions")).to_contain_text("Olga undid a decision")
    expect(page.get_by_role("link", name="Waiting", exact=True)).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(flash(page)).to_have_text("You are signed out.")
    page.goto("/comments/moderation/")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))


def test_markup_in_a_comment_is_text_to_a_moderator(
    queue: Queue, held_thread: str, writer: Writer
) -> None:
    hostile = "<script>document.title = 'taken'</script> <img src=x onerror=alert(1)>"
    number = writer.send(held_thread, hostile, name='"><b>Bo</b>')
    page = queue(held_thread)
    expect(card(page, number)).to_contain_text("<script>")
    expect(card(page, number).locator("script, img, b")).to_have_count(0)
    card(page, number).get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", name="Decisions")).to_be_visible()
    assert "taken" not in page.title()


def test_an_owner_tries_whether_an_email_arrives(
    queue: Queue, held_thread: str, writer: Writer
) -> None:
    writer.send(held_thread, "They scoop.")
    page = queue(held_thread)
    page.get_by_role("link", name="E-mails").click()
    expect(page.get_by_role("heading", name="E-mails", level=1)).to_be_visible()
    page.get_by_label("To").fill("me@example.org")
    page.get_by_role("button", name="Send a test e-mail").click()
    expect(page.get_by_role("status")).to_contain_text("Sent: look whether it has arrived")
    expect(page.get_by_role("group", name="What was said with the mail server")).to_contain_text(
        "var/mail/"
    )
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_the_service(
    queue: Queue, held_thread: str, writer: Writer, scheme: str
) -> None:
    body = "Code:\n\n```\n" + "pelican.fish() " * 30 + "\n```\n\n" + "And words. " * 200
    number = writer.send(held_thread, body, name="ليلى")
    writer.send(held_thread, "Another of hers.", name="ليلى")
    page = queue(held_thread, color_scheme=scheme)
    for path in (
        None,
        f"moderation/comments/{number}",
        "moderation/mail",
        "moderation/numbers",
        f"threads/{held_thread}",
        "account",
        "sign-in",
        "sign-up",
        "forgot",
    ):
        if path is not None:
            page.goto(f"/comments/{path}")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
