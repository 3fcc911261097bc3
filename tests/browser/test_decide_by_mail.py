"""A moderator's journey from an e-mail to a decision, signed in nowhere, with scripts and without."""

import itertools
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from comments_service.models import Role
from tests import make
from tests.browser.conftest import Live, Writer, until
from tests.browser.emails import newest_email

Visit = Callable[..., Page]
_numbers = itertools.count()


@pytest.fixture
def moderator(live: Live) -> str:
    """The address of one who was told of nothing yet, and so is told of the first at once."""
    with live.app.app_context():
        return make.account(f"Mona{next(_numbers)}", role=Role.MODERATOR).email or ""


def link(live: Live, address: str, act: str) -> str:
    """The path of a link in the newest e-mail to somebody."""
    found = newest_email(live.folder, address, rf"http://\S+/decide/\S+\?act={act}")
    parts = urlsplit(found)
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("scripts", [True, False])
def test_an_owner_publishes_from_the_page_of_an_email(
    visit: Visit, live: Live, moderator: str, held_thread: str, writer: Writer, scripts: bool
) -> None:
    number = writer.send(held_thread, "From *the* e-mail.")
    path = link(live, moderator, "publish")
    assert "From" not in live.page(held_thread)
    page = visit(path, java_script_enabled=scripts)
    expect(page.locator(".postil-body em")).to_have_text("the")
    page.get_by_text("With a reason").click()
    page.get_by_label("Reason, for the record").fill("As ever.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Published.")).to_be_visible()
    until(lambda: "From <em>the</em> e-mail." in live.page(held_thread))
    page.get_by_role("link", name="In the article").click()
    expect(page.locator(f"#comment-{number}")).to_be_visible()


def test_the_page_of_an_email_signs_nobody_in_and_decides_once(
    visit: Visit, live: Live, moderator: str, held_thread: str, writer: Writer
) -> None:
    writer.send(held_thread, "Buy pills.")
    path = link(live, moderator, "spam")
    page = visit(path, allowed=("404",))
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Spam").click()
    expect(page.get_by_role("heading", name="Marked as spam.")).to_be_visible()
    page.get_by_role("link", name="Undo it in the moderation").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.goto(path)
    expect(page.locator("main")).to_contain_text("has been used")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_the_page_of_an_email(
    visit: Visit,
    live: Live,
    moderator: str,
    held_thread: str,
    writer: Writer,
    scheme: str,
    width: int,
) -> None:
    number = writer.send(held_thread, "Before. " * 50, name="ليلى")
    path = link(live, moderator, "delete")
    writer.call("PATCH", f"comments/{number}", {"body": "After.\n\n```\n" + "x " * 300 + "\n```"})
    page = visit(path, color_scheme=scheme, viewport={"width": width, "height": 844})
    expect(page.get_by_role("heading", name="As it stands now")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
