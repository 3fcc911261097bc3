"""Journeys on the service's own pages with scripts switched off: what comes back, and what can be seen of it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Visit = Callable[..., Page]


def test_going_back_after_a_form_came_back_shows_a_page(visit: Visit, held_thread: str) -> None:
    page = visit(f"/comments/threads/{held_thread}", java_script_enabled=False, allowed=("422",))
    page.get_by_label("Your comment").fill("Typed *once*.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".postil-preview em")).to_have_text("once")
    page.get_by_label("Name").fill("Zoe")
    page.get_by_role("button", name="Post comment").click()
    expect(page.get_by_role("heading", name="waiting for a moderator")).to_be_visible()
    page.go_back()
    expect(page.locator(".postil-preview em")).to_have_text("once")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_message_lies_over_nothing_that_the_address_leads_to(
    visit: Visit, held_thread: str, width: int
) -> None:
    page = visit(
        f"/comments/threads/{held_thread}",
        java_script_enabled=False,
        viewport={"width": width, "height": 844},
    )
    page.get_by_label("Your comment").fill("Waits.")
    page.get_by_label("Name").fill("Zoe")
    page.get_by_role("button", name="Post comment").click()
    heading = page.get_by_role("heading", name="waiting for a moderator")
    expect(heading).to_be_in_viewport()
    message, words = page.locator(".flashes").bounding_box(), heading.bounding_box()
    assert message is not None
    assert words is not None
    assert words["y"] >= message["y"] + message["height"]
