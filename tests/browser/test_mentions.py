"""Mentions: who is offered behind an "@", and how one of them is chosen."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Live, Writer
from tests.browser.embed import Visit, article, comment, main_form, newest, post, write


def text(page: Page) -> Locator:
    return main_form(page).locator("textarea")


def offered(page: Page) -> Locator:
    return page.get_by_role("listbox", name="People in this conversation").get_by_role("option")


def test_a_mention_is_offered_and_chosen_by_keyboard(
    visit: Visit, thread: str, writer: Writer
) -> None:
    for name in ("Anna Maria", "Annika", "王小明"):
        writer.post(thread, f"A word of {name}.", name=name)
    page = article(visit, thread)
    write(main_form(page), "Thank you, ", "Zoe")
    text(page).press("End")
    page.keyboard.type("@")
    # The latest first.
    expect(offered(page)).to_have_text(["王小明", "Annika", "Anna Maria"])
    expect(offered(page).last).to_be_in_viewport()
    page.keyboard.type("ann")
    expect(offered(page)).to_have_text(["Annika", "Anna Maria"])
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("listbox").get_by_role("option", selected=True)
    expect(chosen).to_have_text("Anna Maria")
    active = text(page).get_attribute("aria-activedescendant")
    assert active
    assert active == chosen.get_attribute("id")
    page.keyboard.press("Enter")
    expect(text(page)).to_have_value("Thank you, @Anna Maria ")
    expect(offered(page)).to_have_count(0)
    page.keyboard.type("for this, and @王")
    expect(offered(page)).to_have_text(["王小明"])
    page.keyboard.press("Tab")
    expect(text(page)).to_be_focused()
    expect(text(page)).to_have_value("Thank you, @Anna Maria for this, and @王小明 ")
    post(main_form(page))
    expect(newest(page, "Thank you").locator(".postil-body")).to_have_text(
        "Thank you, @Anna Maria for this, and @王小明"
    )


def test_escape_closes_the_offer_and_not_the_answer(
    visit: Visit, thread: str, writer: Writer
) -> None:
    number = writer.post(thread, "Reply to me.", name="José")
    writer.post(thread, "Another.", name="Walter")
    page = article(visit, thread)
    comment(page, number).get_by_role("link", name="Reply").click()
    answer = comment(page, number).locator("textarea")
    expect(answer).to_be_focused()
    page.keyboard.type("@")
    # Who is answered comes first.
    expect(offered(page)).to_have_text(["José", "Walter"])
    page.keyboard.press("Escape")
    expect(offered(page)).to_have_count(0)
    expect(answer).to_have_value("@")
    page.keyboard.type("jose")
    # The whole name is there, but for its accent; Enter is a new line again.
    page.keyboard.press("Enter")
    expect(answer).to_have_value("@jose\n")


def test_an_address_and_a_caret_elsewhere_offer_nobody(
    visit: Visit, thread: str, writer: Writer
) -> None:
    writer.post(thread, "A word.", name="Walter")
    page = article(visit, thread)
    text(page).click()
    page.keyboard.type("@wal")
    expect(offered(page)).to_have_count(1)
    page.keyboard.press("Home")
    expect(offered(page)).to_have_count(0)
    page.keyboard.press("End")
    page.keyboard.type("t")
    expect(offered(page)).to_have_count(1)
    page.keyboard.press("Control+a")
    page.keyboard.type("me@wal")
    expect(offered(page)).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_mention_is_chosen_by_touch(
    visit: Visit, thread: str, writer: Writer, live: Live, width: int
) -> None:
    writer.post(thread, "A word.", name="نور")
    page = visit(f"/{thread}/#comments", has_touch=True, viewport={"width": width, "height": 700})
    text(page).tap()
    page.keyboard.type("@")
    expect(offered(page)).to_have_text(["نور"])
    # As large as a finger, and on the page.
    box = offered(page).bounding_box()
    assert box
    assert box["height"] >= 30
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    offered(page).tap()
    expect(text(page)).to_have_value("@نور ")
    expect(text(page)).to_be_focused()
