"""A moderator looks at one person, with a thumb and without scripts; and how a ban reads to whoever is banned."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Credentials, Live
from tests.browser.embed import STATUS, article, main_form, post, write

Visit = Callable[..., Page]
THUMB = {"width": 390, "height": 844}


def signed_in(visit: Visit, owner: Credentials, path: str, **options: object) -> Page:
    page = visit(path, **options)
    page.get_by_label("E-mail").fill(owner.email)
    page.get_by_label("Password").fill(owner.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(path)
    return page


def test_a_guest_is_banned_from_the_queue_and_reads_why_beside_what_he_typed(
    visit: Visit, live: Live, owner: Credentials, held_thread: str
) -> None:
    guest = article(visit, held_thread, allowed=("403",))
    write(main_form(guest), "You are all fools.", "Bo")
    post(main_form(guest))
    expect(guest.locator(STATUS)).to_contain_text("waiting for a moderator")

    queue = f"/comments/moderation/?thread={held_thread}"
    page = signed_in(visit, owner, queue, viewport=THUMB, java_script_enabled=False)
    page.get_by_role("link", name="Bo", exact=True).click()
    expect(page.get_by_role("heading", name="Bo", level=1)).to_be_visible()
    page.get_by_label("What other moderators should know").fill("The third time.")
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_role("status")).to_have_text("Noted.")
    page.get_by_text("Ban, or a time-out").click()
    page.get_by_label("Reason", exact=True).fill("Insults.")
    page.get_by_label("Mark all that wait as spam (1)").check()
    page.get_by_role("button", name="1 day").click()
    expect(page.get_by_role("status").first).to_contain_text("Banned.")
    expect(page.get_by_text("Banned until")).to_be_visible()

    write(main_form(guest), "And you most of all.", "Bo")
    post(main_form(guest))
    expect(guest.locator("comment-thread")).to_contain_text("You cannot write here until")
    expect(guest.locator("comment-thread")).to_contain_text("Insults.")
    expect(main_form(guest).locator("textarea")).to_have_value("And you most of all.")

    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_role("status")).to_have_text("The ban is over.")
    post(main_form(guest))
    expect(guest.locator(STATUS)).to_contain_text("waiting for a moderator")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_the_pages_of_people(
    visit: Visit, live: Live, owner: Credentials, held_thread: str, scheme: str, width: int
) -> None:
    guest = article(visit, held_thread)
    write(main_form(guest), "Pelicans scoop.", "Wanda")
    post(main_form(guest))
    expect(guest.locator(STATUS)).to_contain_text("waiting for a moderator")
    view = {"width": width, "height": 844}
    page = signed_in(
        visit, owner, "/comments/moderation/people", viewport=view, color_scheme=scheme
    )
    queue = f"/comments/moderation/?thread={held_thread}"
    for step in ("People", "Banned networks", "Olga", "Wanda"):
        if step == "Banned networks":
            page.get_by_role("link", name=step).click()
        elif step == "Olga":
            page.goto("/comments/moderation/people?q=Olga")
            page.get_by_role("main").get_by_role("link", name=step).click()
        elif step == "Wanda":
            page.goto(queue)
            page.get_by_role("link", name=step, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(step)
        for each in page.locator("details").all():
            each.evaluate("details => details.open = true")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{step}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{step} is wider than the page"
