"""Readers report, with the script and without; moderators pin, move and lock by hand."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from comments_service import comments
from comments_service.inputs import NewReport
from comments_service.sessions import Visitor
from tests.browser.conftest import Credentials, Live, Writer, until
from tests.browser.embed import comment, wake

Visit = Callable[..., Page]


@pytest.fixture
def signed_in(visit: Visit, owner: Credentials) -> Callable[..., Page]:
    """Ask for a page of the moderation as a stranger, sign in, and land there."""

    def open_page(path: str, **options: object) -> Page:
        page = visit(f"/comments/{path}", **options)
        page.get_by_label("E-mail").fill(owner.email)
        page.get_by_label("Password").fill(owner.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        return page

    return open_page


@pytest.mark.parametrize("touch", [False, True])
def test_a_reader_reports_from_the_article_and_keeps_what_was_typed(
    visit: Visit, thread: str, writer: Writer, touch: bool
) -> None:
    number = writer.post(thread, "Buy cheap fish!", name="Fishmonger")
    viewport = {"width": 390, "height": 844} if touch else {"width": 1280, "height": 900}
    page = visit(f"/{thread}/", allowed=("409",), has_touch=touch, viewport=viewport)
    wake(page)
    item = comment(page, number)
    height = item.bounding_box()
    body = item.locator(".postil-body")
    if touch:
        body.tap()
    else:
        body.hover()
    button = item.get_by_role("button", name="Report the comment by Fishmonger")
    expect(button).to_be_visible()
    # What is being read stays where it is.
    assert item.bounding_box() == height
    button.click()
    dialog = page.get_by_role("dialog", name="Report this comment")
    dialog.get_by_label("What is wrong with it?").select_option("other")
    dialog.get_by_label("What should the moderators know?").fill("He does so everywhere.")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    text = dialog.get_by_label("What should the moderators know?")
    expect(text).to_have_value("He does so everywhere.")
    dialog.get_by_role("button", name="Send the report").click()
    expect(item.get_by_role("status")).to_contain_text("noted for the moderators")
    expect(button).to_have_count(0)
    assert not [each for each in page.context.cookies() if each["name"] == "postil"]
    page.reload()
    wake(page)
    comment(page, number).locator(".postil-body").hover()
    button.click()
    dialog.get_by_role("button", name="Send the report").click()
    expect(dialog.get_by_role("status")).to_contain_text("reported this comment already")


def test_a_reader_reports_without_scripts(visit: Visit, thread: str, writer: Writer) -> None:
    writer.post(thread, "Buy cheap fish!", name="Fishmonger")
    page = visit(f"/comments/threads/{thread}", java_script_enabled=False, allowed=("409",))
    page.get_by_role("link", name="Report the comment by Fishmonger").click()
    page.get_by_label("What is wrong with it?").select_option("abuse")
    page.get_by_label("What should the moderators know?").fill("Loud.")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("status")).to_contain_text("noted for the moderators")
    page.get_by_role("link", name="Report the comment by Fishmonger").click()
    page.get_by_label("What should the moderators know?").fill("Again.")
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator(".wrong")).to_contain_text("reported this comment already")
    expect(page.get_by_label("What should the moderators know?")).to_have_value("Again.")


def test_a_moderator_pins_moves_and_locks_without_scripts(
    visit: Visit,
    signed_in: Callable[..., Page],
    live: Live,
    thread: str,
    held_thread: str,
    writer: Writer,
) -> None:
    first = writer.post(thread, "First of all.")
    second = writer.post(thread, "Second to none.")
    answer = writer.post(thread, "An answer.", parent=second)
    page = signed_in(f"moderation/threads/{thread}?comment={second}", java_script_enabled=False)
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Pinned.")

    def stands(number: int) -> int:
        return live.page(thread).find(f'id="comment-{number}"')

    until(lambda: 0 < stands(second) < stands(answer) < stands(first))
    page.goto(f"/comments/threads/{thread}")
    page.get_by_role("link", name="Pin or move").first.click()
    page.get_by_label("The other conversation").first.fill(
        f"/comments/moderation/threads/{held_thread}"
    )
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Moved, with its answers.")
    until(lambda: f'id="comment-{answer}"' in live.page(held_thread))
    # Whoever has an old link is led on by the script, and on the service's own page.
    reader = visit(f"/{thread}/#comment-{answer}")
    reader.wait_for_url(f"**/{held_thread}/#comment-{answer}")
    reader.goto(f"/comments/threads/{thread}?comment={answer}")
    assert f"/threads/{held_thread}?comment={answer}" in reader.url
    page.get_by_role("button", name="Move back").click()
    expect(page.get_by_role("status")).to_have_text("Moved back.")
    until(lambda: stands(answer) > 0)
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    until(lambda: "A moderator has locked this conversation." in live.page(thread))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_conversations(
    signed_in: Callable[..., Page], thread: str, writer: Writer, scheme: str
) -> None:
    number = writer.post(thread, "They scoop.")
    page = signed_in("moderation/threads", color_scheme=scheme)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for path in (
            "moderation/threads",
            f"moderation/threads/{thread}?comment={number}",
            "moderation/reported",
            f"threads/{thread}",
            f"comment/{number}/report",
        ):
            page.goto(f"/comments/{path}")
            found = Axe().run(page)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{path} is wider than {width}"


def test_what_is_reported_leads_to_its_details_where_it_can_be_kept_as_well(
    signed_in: Callable[..., Page], live: Live, thread: str, writer: Writer
) -> None:
    number = writer.post(thread, "My neighbour lives at 7 Mill Lane.", name="Nils")
    with live.app.app_context():
        for each in range(3):
            visitor = Visitor(None, f"network {each}")
            comments.report(number, visitor, NewReport(kind="private"), live.server.settings)
    page = signed_in("moderation/reported", java_script_enabled=False)
    card = page.locator(f"#comment-{number}")
    expect(card.get_by_role("link", name="In the article")).to_be_visible()
    # What is private is taken out by an edit.
    expect(card.get_by_role("link", name=f"Edit comment {number} by Nils")).to_be_visible()
    card.get_by_role("link", name=f"Details of comment {number} by Nils").click()
    expect(page.get_by_role("region", name="Reports").get_by_text("Private data")).to_have_count(3)
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("button", name="Keep it")).to_have_count(0)
    expect(page.get_by_role("region", name="Reports")).to_contain_text("(decided)")
    page.goto("/comments/moderation/reported")
    expect(page.locator(f"#comment-{number}")).to_have_count(0)
