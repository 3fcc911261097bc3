"""Journeys with the embed: what the script adds to comments that stand in the page already."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Credentials, Live, Writer, until

Visit = Callable[..., Page]

STATUS = "comment-thread > .postil-status"


def article(visit: Visit, thread: str, allowed: tuple[str, ...] = ()) -> Page:
    """Open an article, go to its comments, and wait until the embed has taken them over."""
    return wake(visit(f"/{thread}/", allowed=allowed))


def wake(page: Page) -> Page:
    page.locator("#comments").evaluate("heading => heading.scrollIntoView()")
    expect(page.locator("form#reply .postil-account")).to_be_visible()
    return page


def comment(page: Page, number: int) -> Locator:
    return page.locator(f"#comment-{number}")


def newest(page: Page, words: str) -> Locator:
    return page.locator("li.postil-comment", has_text=words).last


def order(page: Page) -> list[int]:
    found = page.locator("li.postil-comment").evaluate_all("all => all.map(li => +li.dataset.id)")
    return [int(each) for each in found]


def refresh(page: Page) -> None:
    """Ask again now, rather than after half a minute."""
    page.locator("comment-thread").evaluate("thread => thread.refresh()")


def main_form(page: Page) -> Locator:
    return page.locator("form#reply")


def write(form: Locator, body: str, name: str = "Zoe") -> None:
    form.locator("[name=body]").fill(body)
    form.locator("[name=name]").fill(name)


def post(form: Locator) -> None:
    form.get_by_role("button", name="Post comment").click()


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
    parts = ("", "-difference", "-drafts", "-own", "-transport", "-writing")
    assert scripts(page) == [f"embed{part}" for part in parts]
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


def test_a_reply_opens_below_its_comment_and_lands_there(
    visit: Visit, thread: str, writer: Writer
) -> None:
    first = writer.post(thread, "The first one.")
    second = writer.post(thread, "The second one.")
    page = article(visit, thread)
    comment(page, first).get_by_role("link", name="Reply").click()
    form = comment(page, first).locator("form")
    expect(form.locator("textarea")).to_be_focused()
    write(form, "An answer to the **first**.")
    form.locator("textarea").press("Control+Enter")
    mine = newest(page, "An answer to the")
    expect(mine).to_be_focused()
    expect(mine.locator("strong")).to_have_text("first")
    expect(page.locator(STATUS)).to_have_text("Your comment is published.")
    found = order(page)
    assert (found[0], found[2]) == (first, second)
    expect(page.locator("#comments")).to_have_text("3 comments")
    expect(comment(page, first).locator("form")).to_have_count(0)


def test_escape_and_cancel_give_the_focus_back_and_keep_the_text(
    visit: Visit, thread: str, writer: Writer
) -> None:
    number = writer.post(thread, "Reply to me.")
    page = article(visit, thread)
    reply = comment(page, number).get_by_role("link", name="Reply")
    text = comment(page, number).locator("textarea")
    reply.click()
    expect(text).to_be_focused()
    page.keyboard.type("Half a thought")
    page.keyboard.press("Escape")
    expect(reply).to_be_focused()
    page.keyboard.press("Enter")
    expect(text).to_have_value("Half a thought")
    comment(page, number).get_by_role("button", name="Cancel").click()
    expect(reply).to_be_focused()
    expect(text).to_have_count(0)


def test_the_preview_follows_what_is_typed(visit: Visit, thread: str) -> None:
    page = article(visit, thread)
    form = main_form(page)
    form.locator("textarea").fill("Some *emphasis*.")
    form.get_by_role("button", name="Preview").click()
    preview = form.get_by_role("region", name="Preview")
    expect(preview.locator("em")).to_have_text("emphasis")
    form.locator("textarea").fill("Some **strength**.")
    expect(preview.locator("strong")).to_have_text("strength")
    form.get_by_role("button", name="Preview").click()
    expect(preview).to_have_count(0)


def test_what_is_wrong_is_said_at_the_field(visit: Visit, thread: str) -> None:
    page = article(visit, thread, allowed=("422",))
    form = main_form(page)
    form.locator("textarea").fill("Somebody wrote this.")
    post(form)
    name = form.get_by_label("Name")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("Please enter a name.")
    name.fill("Zoe")
    post(form)
    expect(newest(page, "Somebody wrote this.")).to_be_focused()
    expect(form.locator(".postil-error")).to_have_count(0)


def test_a_draft_outlives_a_reload_and_the_service(
    visit: Visit, thread: str, writer: Writer, live: Live
) -> None:
    number = writer.post(thread, "Still readable.")
    page = article(visit, thread, allowed=("ERR_CONNECTION_REFUSED",))
    comment(page, number).get_by_role("link", name="Reply").click()
    write(comment(page, number).locator("form"), "A reply that took a while.")
    write(main_form(page), "A long and careful comment.")
    page.reload()
    wake(page)
    expect(comment(page, number).locator("textarea")).to_have_value("A reply that took a while.")
    expect(main_form(page).locator("textarea")).to_have_value("A long and careful comment.")

    live.stop()
    post(main_form(page))
    expect(main_form(page)).to_contain_text("The comment service cannot be reached just now.")
    expect(main_form(page).locator("textarea")).to_have_value("A long and careful comment.")
    expect(comment(page, number)).to_contain_text("Still readable.")

    live.start()
    post(main_form(page))
    expect(newest(page, "A long and careful comment.")).to_be_focused()
    expect(main_form(page).locator("textarea")).to_have_value("")


def test_an_answer_that_got_lost_does_not_make_two_comments(
    visit: Visit, thread: str, live: Live
) -> None:
    page = article(visit, thread, allowed=("ERR_FAILED",))
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/api/v1/threads/**", lose, times=1)
    write(main_form(page), "Said once.")
    post(main_form(page))
    expect(main_form(page)).to_contain_text("cannot be reached")
    assert lost == [201]
    post(main_form(page))
    expect(newest(page, "Said once.")).to_be_focused()
    until(lambda: "Said once." in live.snapshots(thread))
    assert live.snapshots(thread).count("Said once.") == 1


def test_one_edits_and_deletes_what_one_wrote(visit: Visit, thread: str, writer: Writer) -> None:
    number = writer.post(thread, "Somebody else's.")
    page = article(visit, thread)
    write(main_form(page), "With a mistkae.")
    post(main_form(page))
    mine = newest(page, "With a mistkae.")
    mine.get_by_role("button", name="Edit").click()
    text = page.locator("li form.postil-edit textarea")
    expect(text).to_be_focused()
    expect(text).to_have_value("With a mistkae.")
    text.fill("Without a mistake.")
    page.get_by_role("button", name="Save").click()
    mine = newest(page, "Without a mistake.")
    expect(mine).to_be_focused()
    expect(page.locator(STATUS)).to_have_text("Your changes are saved.")

    page.reload()
    wake(page)
    expect(comment(page, number).get_by_role("button", name="Edit")).to_have_count(0)
    mine.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Keep it").click()
    expect(mine).to_contain_text("Without a mistake.")
    mine.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(STATUS)).to_have_text("Your comment is deleted.")
    expect(page.get_by_text("Without a mistake.")).to_have_count(0)


def test_what_one_has_just_written_stands_there_though_the_files_are_older(
    visit: Visit, thread: str, live: Live
) -> None:
    page = article(visit, thread)
    older = live.page(thread), live.snapshots(thread)
    write(main_form(page), "Quicker than the publisher.")
    post(main_form(page))
    expect(newest(page, "Quicker than the publisher.")).to_be_focused()
    page.route(
        f"**/{thread}/", lambda route: route.fulfill(body=older[0], content_type="text/html")
    )
    page.route(f"**/{thread}.html", lambda route: route.fulfill(body=older[1]))
    page.reload()
    wake(page)
    mine = newest(page, "Quicker than the publisher.")
    expect(mine.get_by_role("button", name="Edit")).to_be_visible()


def test_a_held_comment_is_seen_by_its_writer_only(
    visit: Visit, held_thread: str, live: Live
) -> None:
    page = article(visit, held_thread)
    write(main_form(page), "May I?")
    post(main_form(page))
    mine = newest(page, "May I?")
    expect(mine).to_be_focused()
    expect(mine).to_contain_text("Your comment is waiting for a moderator. Only you can see it.")
    number = order(page)[0]
    page.reload()
    wake(page)
    expect(comment(page, number)).to_contain_text("Only you can see it.")

    other = article(visit, held_thread)
    assert order(other) == []
    live.comments("decide", "publish", str(number))
    until(lambda: "May I?" in live.snapshots(held_thread))
    refresh(page)
    expect(comment(page, number).get_by_role("link", name="Reply")).to_be_visible()
    expect(comment(page, number).locator(".postil-held")).to_have_count(0)
    refresh(other)
    other.get_by_role("button", name="1 new comment").click()
    expect(comment(other, number)).to_contain_text("May I?")


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


def test_signing_in_and_out_loses_no_text(visit: Visit, thread: str, owner: Credentials) -> None:
    page = article(visit, thread, allowed=("401",))
    form = main_form(page)
    form.locator("textarea").fill("Typed before signing in.")
    form.get_by_role("button", name="Sign in").click()
    dialog = page.get_by_role("dialog", name="Sign in")
    dialog.get_by_label("E-mail").fill(owner.email)
    dialog.get_by_label("Password").fill("something else")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_role("status")).not_to_be_empty()
    dialog.get_by_label("Password").fill(owner.password)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(form).to_contain_text(f"Signed in as {owner.name}")
    expect(form.get_by_label("Name")).to_be_hidden()
    expect(form.locator("textarea")).to_be_focused()
    expect(form.locator("textarea")).to_have_value("Typed before signing in.")
    post(form)
    mine = newest(page, "Typed before signing in.")
    expect(mine).to_contain_text(owner.name)
    expect(mine.get_by_role("button", name="Edit")).to_be_visible()

    form.get_by_role("button", name="Sign out").click()
    expect(form.get_by_label("Name")).to_be_visible()
    expect(mine.get_by_role("button", name="Edit")).to_have_count(0)
    page.reload()
    wake(page)
    expect(main_form(page).get_by_role("button", name="Sign in")).to_be_visible()


def test_a_link_to_a_comment_on_a_later_page_is_followed(
    visit: Visit, thread: str, writer: Writer
) -> None:
    numbers = [writer.send(thread, f"Comment number {number}.") for number in range(22)]
    until(lambda: f'id="comment-{numbers[-1]}"' in writer.live.snapshots(thread))
    page = visit(f"/{thread}/#comment-{numbers[-1]}")
    expect(comment(page, numbers[-1])).to_be_in_viewport()
    assert order(page) == numbers


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
    assert order(page) == numbers


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
    expect(page.locator(".postil-trap")).to_have_css("position", "absolute")
    write(main_form(page), "Written from afar.")
    post(main_form(page))
    expect(newest(page, "Written from afar.")).to_be_focused()
    until(lambda: "Written from afar." in live.snapshots(thread))
