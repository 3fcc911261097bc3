"""Votes and the order of comments: with a script, by keyboard and by touch, and without one."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from comments_service import sessions
from comments_service.db import db, writing
from comments_service.models import Account, Thread, now
from tests import make
from tests.browser.conftest import Live, Writer, until
from tests.browser.embed import Visit, article, comment, order, wake

LIKE = "I like this comment"


def signed_in(live: Live, person: Account) -> dict[str, Any]:
    """What a browser keeps of somebody who has signed in: an option for `visit`."""
    with live.app.app_context(), writing():
        token = sessions.begin(person, make.visitor())[1]
    kept = {"postil": token, "postil-known": "1"}
    return {
        "storage_state": {
            "cookies": [
                {"name": name, "value": value, "url": live.url} for name, value in kept.items()
            ]
        }
    }


def like(page: Page, number: int) -> Locator:
    return comment(page, number).get_by_role("button", name=LIKE)


def opened(visit: Visit, path: str, live: Live, person: Account, **options: Any) -> Page:
    return wake(visit(path, **signed_in(live, person), **options))


def test_one_votes_by_keyboard_and_everybody_sees_it(
    visit: Visit, live: Live, thread: str, writer: Writer, person: Account
) -> None:
    number = writer.post(thread, "Pelicans scoop.")
    page = opened(visit, f"/{thread}/", live, person)
    like(page, number).focus()
    page.keyboard.press("Enter")
    expect(like(page, number)).to_have_attribute("aria-pressed", "true")
    expect(like(page, number)).to_have_text(f"▲ 1 {LIKE}")
    expect(like(page, number)).to_be_focused()
    until(lambda: "▲ 1" in live.page(thread))
    assert "1 reader liked this" in live.page(thread)
    # What the file says by now is what stands there, and it can be taken back.
    page.locator("comment-thread").evaluate("thread => thread.refresh()")
    expect(like(page, number)).to_have_text(f"▲ 1 {LIKE}")
    page.reload()
    wake(page)
    expect(like(page, number)).to_have_attribute("aria-pressed", "true")
    like(page, number).press("Space")
    expect(like(page, number)).to_have_text(f"△ {LIKE}")
    until(lambda: "▲" not in live.page(thread))


def test_one_votes_with_a_thumb(
    visit: Visit, live: Live, thread: str, writer: Writer, person: Account
) -> None:
    number = writer.post(thread, "Pelicans scoop.")
    small = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = opened(visit, f"/{thread}/", live, person, **small)
    button = like(page, number)
    expect(button).to_be_visible()
    box = button.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_has_a_style_is_not_there_before_it(
    visit: Visit, live: Live, thread: str, writer: Writer, person: Account
) -> None:
    number = writer.post(thread, "Pelicans preen.")
    writer.post(thread, "Pelicans glide.")
    page = visit(f"/{thread}/", **signed_in(live, person))
    held: list[Route] = []
    page.route("**/embed-votes.css", lambda route: held.append(route))
    wake(page)
    page.locator("comment-thread").hover()
    parts = like(page, number), page.locator(".postil-order select")
    page.wait_for_timeout(500)
    for part in parts:
        expect(part).to_have_count(0)
    held[0].continue_()
    for part in parts:
        expect(part).to_be_visible()
        box = part.bounding_box()
        assert box
        assert box["height"] >= 30


def test_nothing_is_offered_on_a_draft_that_nobody_may_do(
    visit: Visit, thread: str, writer: Writer, live: Live, person: Account
) -> None:
    number = writer.post(thread, "Of a draft.")
    writer.post(thread, "Of the same.")
    of_thread = sa.update(Thread).where(Thread.id == thread)
    shared = of_thread.values(shared_until=now() + timedelta(days=1), revision=Thread.revision + 1)
    with live.app.app_context(), writing():
        db.session.execute(shared)
    live.comments("publish")
    until(lambda: "data-shared" in live.page(thread))
    page = opened(visit, f"/{thread}/", live, person)
    with page.expect_response("**/embed-report*.js"):
        comment(page, number).hover()
    orders = page.locator(".postil-order option")
    expect(orders).to_have_text(["Oldest first", "Newest first"])
    page.wait_for_load_state("networkidle")
    assert page.get_by_role("button", name="Report").count() == 0
    assert page.locator(".postil-ballot").count() == 0


def test_nobody_is_offered_a_vote_on_his_own_comment_nor_without_an_account(
    visit: Visit, live: Live, thread: str, writer: Writer
) -> None:
    writer.post(thread, "Pelicans scoop.")
    asked: list[str] = []
    page = visit("/")
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/{thread}/")
    wake(page).locator("#comments").hover()
    expect(page.locator(".postil-order")).to_be_attached()
    expect(page.get_by_role("button", name=LIKE)).to_have_count(0)
    assert not [url for url in asked if "/api/" in url]


def test_a_reader_chooses_the_newest_or_the_best_first_and_finds_it_so_again(
    visit: Visit, live: Live, thread: str, writer: Writer, person: Account
) -> None:
    first = writer.send(thread, "The first.")
    second = writer.send(thread, "The second.")
    third = writer.send(thread, "The third.")
    answer = writer.post(thread, "An answer to the first.", parent=first)
    page = opened(visit, f"/{thread}/", live, person)
    like(page, second).click()
    expect(like(page, second)).to_have_attribute("aria-pressed", "true")
    choice = page.get_by_label("Order of the comments")
    choice.select_option("Best first")
    assert order(page) == [second, first, answer, third]
    choice.select_option("Newest first")
    assert order(page) == [third, second, first, answer]
    later = writer.post(thread, "Written meanwhile.")
    page.locator("comment-thread").evaluate("thread => thread.refresh()")
    page.get_by_role("button", name="1 new comment").click()
    expect(comment(page, later)).to_be_focused()
    assert order(page) == [later, third, second, first, answer]
    page.reload()
    wake(page)
    expect(choice).to_have_value("newest")
    assert order(page) == [later, third, second, first, answer]
    choice.select_option("Oldest first")
    assert order(page) == [first, answer, second, third, later]
    assert page.evaluate("localStorage.getItem('postil:order')") is None


def test_a_single_comment_has_no_order(visit: Visit, thread: str, writer: Writer) -> None:
    number = writer.post(thread, "Alone.")
    page = article(visit, thread)
    comment(page, number).hover()
    expect(page.locator(".postil-order")).to_be_hidden()


def test_of_a_long_thread_the_files_are_read(
    visit: Visit, live: Live, thread: str, writer: Writer, person: Account
) -> None:
    numbers = [writer.send(thread, f"Number {each}.") for each in range(23)]
    until(lambda: f'id="comment-{numbers[-1]}"' in live.snapshots(thread))
    page = opened(visit, f"/{thread}/", live, person)
    like(page, numbers[4]).click()
    expect(like(page, numbers[4])).to_have_attribute("aria-pressed", "true")
    best = live.published / "threads" / f"{thread}.best.html"
    until(lambda: "Number 4." in best.read_text())
    choice = page.get_by_label("Order of the comments")
    choice.select_option("Best first")
    shown = page.locator(".postil-view > li")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("Number 4.")
    expect(comment(page, numbers[0])).to_be_hidden()
    choice.select_option("Newest first")
    expect(shown.first).to_contain_text("Number 22.")
    # Its time leads to where it is answered.
    shown.nth(1).locator(".postil-when").click()
    expect(comment(page, numbers[21])).to_be_focused()
    expect(comment(page, numbers[21]).get_by_role("link", name="Reply")).to_be_visible()
    expect(choice).to_have_value("oldest")


def test_without_scripts_one_votes_and_sorts_by_forms_and_links(
    visit: Visit, live: Live, thread: str, writer: Writer, person: Account
) -> None:
    first = writer.send(thread, "The first.")
    second = writer.post(thread, "The second.")
    path = f"/comments/threads/{thread}"
    page = opened_plain(visit, path, live, person)
    like(page, second).click()
    expect(like(page, second)).to_have_attribute("aria-pressed", "true")
    expect(like(page, second)).to_contain_text("▲ 1")
    expect(comment(page, second)).to_be_in_viewport()
    page.get_by_role("link", name="Best first").click()
    assert order(page) == [second, first]
    like(page, second).click()
    expect(like(page, second)).to_have_attribute("aria-pressed", "false")
    assert "sort=best" in page.url


def opened_plain(visit: Visit, path: str, live: Live, person: Account, **options: Any) -> Page:
    return visit(path, java_script_enabled=False, **signed_in(live, person), **options)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_votes(
    visit: Visit,
    live: Live,
    thread: str,
    writer: Writer,
    person: Account,
    scheme: str,
    width: int,
) -> None:
    number = writer.send(thread, "The first.")
    writer.post(thread, "The second.")
    options = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    page = opened(visit, f"/{thread}/", live, person, **options)
    like(page, number).click()
    expect(like(page, number)).to_have_attribute("aria-pressed", "true")
    for where in ("article", "service"):
        if where == "service":
            page.goto(f"/comments/threads/{thread}")
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
