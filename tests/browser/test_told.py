"""Journeys of those who are told by e-mail: asked for, confirmed, chosen, stopped; and axe on each page."""

import re
import urllib.request
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from comments_service.db import writing
from comments_service.models import Account, Recipient, now
from comments_service.notifications import signed_links, subscriptions
from comments_service.notifications.subscriptions import Level
from tests import make
from tests.browser.conftest import PATIENCE_SECONDS, Live, Writer
from tests.browser.emails import newest_email
from tests.browser.embed import (
    Visit,
    article,
    dialog,
    main_form,
    newest,
    post,
    refresh,
    signed_in,
    wake,
    write,
)
from tests.browser.test_mentions import offered

ASKED = "Answers are e-mailed to you once your address is confirmed"
LABEL = "E-mails about this conversation"


def enter(page: Page, who: Account) -> None:
    shown = dialog(page)
    shown.get_by_label("E-mail").fill(who.email or "")
    shown.get_by_label("Password").fill(make.PASSWORD)
    shown.get_by_role("button", name="Sign in", exact=True).click()
    signed_in(page, who.name)


def link_to(folder: Live, address: str) -> str:
    return newest_email(folder.folder, address, r"http\S+/subscribe/\S+")


def test_a_guest_asks_is_answered_and_stops_it_with_one_click(
    visit: Visit, live: Live, thread: str, writer: Writer
) -> None:
    page = article(visit, thread, allowed=("422",))
    form = main_form(page)
    write(form, "Does anybody know?")
    form.get_by_label("E-mail me answers").check()
    post(form)
    # Without an address there is nowhere to send them, and the box says so.
    box = form.get_by_label("E-mail me answers")
    expect(box).to_be_focused()
    expect(form).to_contain_text("please enter your address as well")
    form.get_by_label("E-mail (optional, never shown)").fill(f"{thread}@example.org")
    post(form)
    mine = newest(page, "Does anybody know?")
    expect(mine).to_contain_text(ASKED)
    # It stays when the snapshot has the comment.
    refresh(page)
    expect(mine).to_contain_text(ASKED)
    page.goto(link_to(live, f"{thread}@example.org"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Do you want these e-mails?")
    expect(page.get_by_label("Answers to my comments")).to_be_checked()
    page.get_by_role("button", name="Yes, e-mail me").click()
    expect(page.get_by_role("status")).to_contain_text("From now on these e-mails come to you.")
    expect(page.get_by_role("combobox").last).to_have_value("answers")
    number = next(iter(re.findall(r'id="comment-(\d+)"', live.snapshots(thread))))
    writer.post(thread, "I do.", parent=int(number))
    to, answered = f"{thread}@example.org", r"http\S+/unsubscribe/\S+"
    stop = newest_email(live.folder, to, answered)
    # As a mail program presses it: from no page, with no cookie.
    body = b"List-Unsubscribe=One-Click"
    with urllib.request.urlopen(stop, body, timeout=PATIENCE_SECONDS) as done:
        assert "No e-mail about this conversation comes to you any more" in str(
            done.read(), "utf-8"
        )
    page.reload()
    expect(page.get_by_role("combobox").last).to_have_value("nothing")


def test_a_ticked_box_is_kept_in_the_draft(visit: Visit, thread: str) -> None:
    page = article(visit, thread)
    main_form(page).get_by_label("E-mail me answers").check()
    write(main_form(page), "Half a thought")
    page.reload()
    wake(page)
    expect(main_form(page).get_by_label("E-mail me answers")).to_be_checked()
    main_form(page).get_by_label("E-mail me answers").uncheck()
    page.reload()
    wake(page)
    expect(main_form(page).locator("textarea")).to_have_value("Half a thought")
    expect(main_form(page).get_by_label("E-mail me answers")).not_to_be_checked()


def test_a_reader_mutes_a_thread_where_it_is_read(
    visit: Visit, live: Live, thread: str, writer: Writer, person: Account
) -> None:
    writer.post(thread, "A word.")
    page = article(visit, thread)
    # A guest is not asked for what only an account has.
    expect(page.get_by_label(LABEL)).to_have_count(0)
    enter(page, person)
    choice = main_form(page).get_by_label(LABEL)
    expect(choice).to_have_value("answers")
    choice.select_option("Nothing")
    expect(main_form(page)).to_contain_text("Your changes are saved.")
    page.goto("/comments/account/notifications")
    said = page.get_by_role("combobox").last
    expect(said).to_have_value("nothing")
    said.select_option("Every new comment")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page.goto(f"/{thread}/")
    wake(page)
    expect(main_form(page).get_by_label(LABEL)).to_have_value("all")


def test_without_scripts_a_guest_follows_and_a_reader_chooses(
    visit: Visit, live: Live, thread: str, person: Account
) -> None:
    page = visit(f"/{thread}/", java_script_enabled=False)
    page.get_by_role("link", name="New comments by e-mail").click()
    page.get_by_label("E-mail").fill(f"no-script-{thread}@example.org")
    page.get_by_role("button", name="E-mail me new comments").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    page.goto(link_to(live, f"no-script-{thread}@example.org"))
    page.get_by_role("button", name="Yes, e-mail me").click()
    expect(page.get_by_role("combobox").last).to_have_value("all")
    page.get_by_role("button", name="Forget this address").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your address is forgotten")


@pytest.fixture
def pages(live: Live, thread: str) -> Callable[[], list[str]]:
    """The addresses of every page about e-mails that a link leads to."""

    def made() -> list[str]:
        with live.app.app_context():
            with writing():
                guest = subscriptions.of_guest(f"axe-{thread}@example.org", "en")
                guest.confirmed_at = now()
                subscriptions.choose(guest, thread, Level.ALL)
            off = make.account(f"Off{thread.replace('-', '')}")
            with writing():
                muted: Recipient = subscriptions.of_account(off.id)
                muted.all_off = True
            stops = (("thread", thread), ("answer", thread), ("moderation",))
            return [
                *(f"notifications/{signed_links.preferences(each)}" for each in (guest, muted)),
                *(f"unsubscribe/{signed_links.unsubscribe(guest, *each)}" for each in stops),
                f"threads/{thread}/notifications",
            ]

    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_the_pages_about_e_mails(
    visit: Visit, pages: Callable[[], list[str]], scheme: str, width: int
) -> None:
    page = visit("/comments/sign-in", color_scheme=scheme, viewport={"width": width, "height": 800})
    for address in pages():
        page.goto(f"/comments/{address}")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        # Nothing has to be scrolled sideways.
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width


def test_axe_finds_nothing_where_a_mention_is_offered(
    visit: Visit, thread: str, writer: Writer, person: Account
) -> None:
    writer.post(thread, "A word.", name="Anna Maria")
    page = article(visit, thread)
    enter(page, person)
    main_form(page).locator("textarea").click()
    page.keyboard.type("@")
    expect(offered(page)).to_have_count(1)
    found = Axe().run(page, "comment-thread")
    assert found.violations_count == 0, found.generate_report()
