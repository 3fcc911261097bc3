"""An owner's journey through the rules: tried, saved and undone, with scripts and without."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Credentials, Writer

Visit = Callable[..., Page]
PAGE = "/comments/moderation/rules"


def opened(visit: Visit, owner: Credentials, **options: object) -> Page:
    page = visit(PAGE, **options)
    page.get_by_label("E-mail").fill(owner.email)
    page.get_by_label("Password").fill(owner.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Rules", level=1)).to_be_visible()
    return page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_owner_tries_saves_and_undoes_a_rule_with_one_thumb(
    visit: Visit, owner: Credentials, held_thread: str, writer: Writer, scripts: bool
) -> None:
    word = "quagmire" if scripts else "morass"
    number = writer.send(held_thread, f"A {word} of herons.")
    page = opened(visit, owner, java_script_enabled=scripts, viewport={"width": 390, "height": 844})
    words = page.get_by_label("Comments with one of these words wait")
    words.fill(f"{word}\nno such word")
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_text("Tried, and not saved yet")).to_be_visible()
    row = page.locator(".rule").filter(has=words)
    expect(row).to_contain_text("Would have held 1 of the latest")
    row.locator("summary").click()
    expect(row.locator("mark")).to_have_text(word)
    expect(row.get_by_role("link", name=f"Comment {number}")).to_be_visible()
    expect(words).to_have_value(f"{word}\nno such word")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("From now on")
    changes = page.get_by_role("region", name="Changes")
    expect(changes.locator("li").first).to_contain_text(f"+ {word}, no such word")
    changes.get_by_role("button", name="Undo: Words").first.click()
    expect(page.get_by_role("status")).to_contain_text("Undone.")
    expect(words).to_have_value("")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_rules_before_and_after_trying(
    visit: Visit, owner: Credentials, held_thread: str, writer: Writer, scheme: str
) -> None:
    writer.send(held_thread, "Herons wade.")
    page = opened(visit, owner, color_scheme=scheme, allowed=("422",))
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(PAGE)
        for act in ("", "Try"):
            if act:
                page.get_by_label("Comments with one of these words wait").fill("herons")
                page.get_by_role("button", name=act).click()
                for each in page.locator(".rule summary").all():
                    each.click()
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_label("Comments of accounts younger than").fill("soon")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Please enter a whole number").first).to_be_visible()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
