"""Journeys with the embed: what the script adds to comments that stand in the page already."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Live, Writer, until
from tests.browser.embed import (
    STATUS,
    Visit,
    article,
    comment,
    main_form,
    newest,
    order,
    post,
    refresh,
    wake,
    write,
)


def test_nothing_is_fetched_before_the_comments_are_near(
    visit: Visit, thread: str, writer: Writer
) -> None:
    writer.post(thread, "Far below.")
    page = visit("/about/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/{thread}/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "/comments/" in url]
    wake(page)
    page.wait_for_load_state("networkidle")
    paths = [url.split("/comments/")[1] for url in asked if "/comments/" in url]
    assert sorted(paths) == [f"threads/{thread}.html", "ui.en.html"]


def scripts(page: Page) -> list[str]:
    """The parts of the embed that the page has fetched, without what the build adds to their names."""
    entries = "performance.getEntriesByType('resource').map(each => each.name)"
    names = [url.rpartition("/")[2] for url in page.evaluate(entries)]
    return sorted(name.partition(".")[0] for name in names if re.match(r"embed.*\.js$", name))


def test_the_parts_that_write_come_once_somebody_turns_to_a_form(
    visit: Visit, thread: str, writer: Writer
) -> None:
    writer.post(thread, "To be read.")
    page = article(visit, thread)
    page.wait_for_load_state("networkidle")
    assert scripts(page) == ["embed"]
    main_form(page).locator("textarea").focus()
    page.keyboard.type("Not lost, however early it is typed.")
    expect(main_form(page)).to_have_attribute("data-draft", f"postil:{thread}:")
    # Whoever turns to a thread may want it in another order.
    expect(page.locator(".postil-order")).to_be_attached()
    others = ("counts", "difference", "drafts", "order", "own", "style", "transport", "writing")
    assert scripts(page) == ["embed", *(f"embed-{part}" for part in others)]
    expect(main_form(page).locator("textarea")).to_have_value(
        "Not lost, however early it is typed."
    )
    page.reload()
    wake(page)
    expect(main_form(page).locator("textarea")).to_have_value(
        "Not lost, however early it is typed."
    )


def test_a_button_that_is_pressed_while_its_part_arrives_stays_the_same(
    visit: Visit, thread: str
) -> None:
    page = article(visit, thread)
    button = main_form(page).get_by_role("button", name="Sign in")
    late: list[Route] = []
    page.route("**/embed-writing.*", lambda route: late.append(route))
    with page.expect_request("**/embed-writing.*"):
        button.hover()
    page.mouse.down()
    late[0].continue_()
    expect(main_form(page)).to_have_attribute("data-draft", f"postil:{thread}:")
    page.evaluate("new Promise(requestAnimationFrame)")
    page.mouse.up()
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()


def test_a_form_whose_part_cannot_be_fetched_says_so_and_keeps_the_text(
    visit: Visit, thread: str
) -> None:
    page = article(visit, thread, allowed=("ERR_FAILED",))
    page.route("**/embed-writing.*", lambda route: route.abort())
    write(main_form(page), "Written in a tunnel.")
    post(main_form(page))
    expect(main_form(page)).to_contain_text("cannot be reached")
    page.unroute("**/embed-writing.*")
    page.reload()
    wake(page)
    expect(main_form(page).locator("textarea")).to_have_value("Written in a tunnel.")
    post(main_form(page))
    expect(newest(page, "Written in a tunnel.")).to_be_focused()


def test_a_part_that_could_not_be_fetched_is_asked_for_again(visit: Visit, thread: str) -> None:
    page = article(visit, thread, allowed=("ERR_FAILED",))
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.url)
        route.abort()

    page.route("**/embed-writing.*", lose, times=1)
    write(main_form(page), "Asked for again.")
    post(main_form(page))
    expect(newest(page, "Asked for again.")).to_be_focused()
    assert len(lost) == 1


def test_new_comments_are_offered_without_moving_the_text(
    visit: Visit, thread: str, writer: Writer
) -> None:
    first = writer.post(thread, "One.\n\n" + "A long comment. " * 60)
    last = writer.post(thread, "Two.\n\n" + "Another long comment. " * 60)
    page = article(visit, thread)
    comment(page, last).scroll_into_view_if_needed()
    place = comment(page, last).bounding_box()
    answer = writer.post(thread, "An answer between them.", parent=first)
    later = writer.post(thread, "Three.")
    refresh(page)
    offer = page.get_by_role("button", name="2 new comments")
    expect(offer).to_be_in_viewport()
    assert comment(page, last).bounding_box() == place
    assert order(page) == [first, last]
    offer.click()
    expect(comment(page, answer)).to_be_focused()
    expect(offer).to_have_count(0)
    assert order(page) == [first, answer, last, later]


def test_a_change_leaves_the_open_form_under_it_alone(
    visit: Visit, thread: str, writer: Writer
) -> None:
    number = writer.post(thread, "As first written.")
    page = article(visit, thread)
    comment(page, number).get_by_role("link", name="Reply").click()
    text = comment(page, number).locator("textarea")
    expect(text).to_be_focused()
    page.keyboard.type("In the middle of")
    writer.call("PATCH", f"comments/{number}", {"body": "As written later."})
    until(lambda: "As written later." in writer.live.snapshots(thread))
    refresh(page)
    expect(comment(page, number)).to_contain_text("As written later.")
    page.keyboard.type(" a sentence")
    expect(text).to_be_focused()
    expect(text).to_have_value("In the middle of a sentence")


def long_thread(writer: Writer, thread: str) -> list[int]:
    """The comments of a thread of two pages, the second of which has two."""
    numbers = [writer.send(thread, f"Comment number {number}.") for number in range(22)]
    until(lambda: f'id="comment-{numbers[-1]}"' in writer.live.snapshots(thread))
    return numbers


def test_a_link_to_a_comment_on_another_page_is_followed(
    visit: Visit, thread: str, writer: Writer
) -> None:
    numbers = long_thread(writer, thread)
    page = visit("/about/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/{thread}/#comment-{numbers[-1]}")
    for linked, shown, number in (
        (numbers[-1], numbers[20:], "2"),
        (numbers[3], numbers[:20], "1"),
    ):
        expect(comment(page, linked)).to_be_focused()
        expect(comment(page, linked)).to_be_in_viewport()
        expect(page.locator(f"#comment-{linked}:target")).to_have_count(1)
        expect(page.locator(".postil-pages [aria-current]")).to_have_text(number)
        expect(page.locator(".postil-new")).to_have_count(0)
        expect(page.locator(STATUS)).to_have_text("")
        assert order(page) == shown
        assert len([url for url in asked if f"/{thread}/comments?comment={linked}" in url]) == 1
        assert not [url for url in asked if f"{thread}.2.html" in url]
        page.evaluate("hash => location.hash = hash", f"#comment-{numbers[3]}")


def test_a_new_comment_is_offered_on_a_later_page_too(
    visit: Visit, thread: str, writer: Writer
) -> None:
    numbers = long_thread(writer, thread)
    page = visit(f"/{thread}/#comment-{numbers[-1]}")
    expect(comment(page, numbers[-1])).to_be_focused()
    later = writer.send(thread, "One more.")
    # Page 1, which tells of it, is written last.
    front = writer.live.published / "threads" / f"{thread}.html"
    until(lambda: f">{len(numbers) + 1} comments<" in front.read_text())
    refresh(page)
    page.get_by_role("button", name="1 new comment").click()
    expect(comment(page, later)).to_be_focused()
    assert order(page) == [*numbers[20:], later]


def test_a_page_that_is_no_more_gives_way_to_the_first(
    visit: Visit, thread: str, writer: Writer
) -> None:
    numbers = long_thread(writer, thread)
    page = visit(f"/{thread}/#comment-{numbers[-1]}", allowed=("404",))
    expect(comment(page, numbers[-1])).to_be_focused()
    for number in numbers[20:]:
        writer.call("DELETE", f"comments/{number}")
    until(lambda: f'id="comment-{numbers[20]}"' not in writer.live.snapshots(thread))
    until(lambda: f'id="comment-{numbers[21]}"' not in writer.live.snapshots(thread))
    refresh(page)
    expect(comment(page, numbers[0])).to_be_visible()
    assert order(page) == numbers[:20]


def test_a_link_to_a_later_page_is_followed_while_the_service_is_away(
    visit: Visit, thread: str, writer: Writer
) -> None:
    numbers = long_thread(writer, thread)
    page = visit("/about/", allowed=("ERR_FAILED",))
    page.route("**/api/v1/**", lambda route: route.abort())
    page.goto(f"/{thread}/#comment-{numbers[-1]}")
    expect(comment(page, numbers[-1])).to_be_focused()
    assert order(page) == numbers[20:]


def test_a_link_to_a_page_that_began_after_the_bake_is_followed(
    visit: Visit, thread: str, writer: Writer
) -> None:
    first = writer.post(thread, "Comment number 0.")
    baked = writer.live.page(thread)
    numbers = [first] + [writer.send(thread, f"Comment number {n}.") for n in range(1, 22)]
    until(lambda: f'id="comment-{numbers[-1]}"' in writer.live.snapshots(thread))
    page = visit("/about/")
    page.route(f"**/{thread}/", lambda route: route.fulfill(body=baked, content_type="text/html"))
    page.goto(f"/{thread}/#comment-{numbers[-1]}")
    expect(comment(page, numbers[-1])).to_be_in_viewport()
    assert order(page) == numbers[20:]


def test_a_translated_page_keeps_to_its_language(visit: Visit, writer: Writer) -> None:
    writer.send("marginal-company", "In whichever language.")
    until(lambda: "In whichever" in writer.live.page("zh-cn/marginal-company"))
    page = visit("/about/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto("/zh-cn/marginal-company/#comments")
    wake(page)
    page.wait_for_load_state("networkidle")
    assert "marginal-company.zh-cn.html" in asked
    expect(page.locator(".postil")).to_have_attribute("lang", "zh-cn")
    asked.clear()
    refresh(page)
    page.wait_for_load_state("networkidle")
    assert asked == ["marginal-company.zh-cn.html"]


def test_another_site_needs_a_script_and_an_element(
    visit: Visit, thread: str, writer: Writer, live: Live
) -> None:
    number = writer.post(thread, "Read from afar.")
    live.elsewhere.html = (
        "<!doctype html><title>Elsewhere</title><p>Some words."
        f'<comment-thread thread="{thread}" src="{live.url}/comments/"></comment-thread>'
        f'<script type="module" src="{live.url}/comments/embed.js"></script>'
    )
    page = visit(f"{live.elsewhere.url}/page")
    expect(comment(page, number)).to_contain_text("Read from afar.")
    expect(page.locator(".postil-trap")).to_be_hidden()
    write(main_form(page), "Written from afar.")
    post(main_form(page))
    expect(newest(page, "Written from afar.")).to_be_focused()
    until(lambda: "Written from afar." in live.snapshots(thread))
