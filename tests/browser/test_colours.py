"""Colours: what a reader chose on the blog holds on the service's pages as well."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

Visit = Callable[..., Page]

COLOUR = "getComputedStyle(document.body).backgroundColor"


def test_light_or_dark_is_chosen_once_for_the_blog_and_the_service(visit: Visit) -> None:
    page = visit("/", color_scheme="light")
    day = page.evaluate(COLOUR)
    page.goto("/comments/sign-in")
    assert page.evaluate(COLOUR) == day
    page.goto("/")
    page.get_by_role("button", name="Dark").click()
    night = page.evaluate(COLOUR)
    assert night != day
    page.goto("/comments/sign-in")
    expect(page.get_by_label("E-mail")).to_be_visible()
    assert page.evaluate(COLOUR) == night
    page.goto("/comments/moderation/")
    assert page.evaluate(COLOUR) == night
