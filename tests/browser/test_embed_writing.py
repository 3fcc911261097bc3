"""Journeys with the embed's forms: answers, drafts, previews, edits, and what is said of a mistake."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Credentials, Live, Writer, until
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
    # Right below what it answers nobody needs to be told.
    expect(mine.locator(".postil-context")).to_be_hidden()
    expect(page.locator("#comments")).to_have_text("3 comments")
    expect(page.locator("[data-postil-heading]")).to_have_text("3 comments")
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
    # The browser knows that it is required; what only the service knows, it says.
    expect(name).to_be_focused()
    name.fill("\u3164")
    post(form)
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("A name cannot contain invisible characters.")
    name.fill("Zoe")
    post(form)
    expect(newest(page, "Somebody wrote this.")).to_be_focused()
    expect(form.locator(".postil-error")).to_have_count(0)


def test_what_was_wrong_is_not_said_of_what_was_changed(visit: Visit, thread: str) -> None:
    page = article(visit, thread, allowed=("422",))
    form = main_form(page)
    form.locator("[name=website]").fill("no address")
    write(form, "Words.")
    form.get_by_role("button", name="Post comment").click()
    expect(form.locator(".postil-error")).to_contain_text("web address")
    form.locator("[name=email]").fill("nobody")
    expect(form.locator(".postil-error")).to_have_count(1)
    form.locator("[name=website]").fill("example.org")
    expect(form.locator(".postil-error")).to_have_count(0)
    expect(form.locator("[aria-invalid]")).to_have_count(0)


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


def test_words_typed_before_anybody_listened_have_a_draft(visit: Visit, thread: str) -> None:
    page = visit(f"/{thread}/")
    form = main_form(page)
    # As on a slow connection: whoever listens is not there yet, and nothing is typed afterwards.
    form.evaluate("form => { form.elements.body.value = 'Quicker than the script.'; }")
    wake(page)
    expect(form).to_have_attribute("data-draft", f"postil:{thread}:")
    page.reload()
    expect(wake(page).locator("form#reply textarea")).to_have_value("Quicker than the script.")


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


@pytest.mark.parametrize("waits", [True, False])
def test_what_nobody_answered_is_gone_once_it_is_deleted(
    visit: Visit, thread: str, held_thread: str, writer: Writer, waits: bool
) -> None:
    where = held_thread if waits else thread
    page = article(visit, where)
    write(main_form(page), "Better not.")
    post(main_form(page))
    mine = newest(page, "Better not.")
    expect(mine).to_be_focused()
    mine.get_by_role("button", name="Delete").click()
    # Nothing more is asked of the service: what the page does by itself is looked at.
    page.route("**/threads/*.html", lambda route: route.abort())
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(STATUS)).to_have_text("Your comment is deleted.")
    expect(page.locator("li.postil-comment")).to_have_count(0)
    expect(page.locator(".postil-heading")).to_be_focused()


def test_what_was_answered_leaves_a_note(
    visit: Visit, thread: str, live: Live, writer: Writer
) -> None:
    page = article(visit, thread)
    write(main_form(page), "Asked and answered.")
    post(main_form(page))
    mine = newest(page, "Asked and answered.")
    expect(mine).to_be_focused()
    number = int(mine.get_attribute("data-id") or "")
    answer = writer.post(thread, "Indeed.", parent=number)
    refresh(page)
    page.get_by_role("button", name="1 new comment").click()
    expect(comment(page, answer)).to_be_visible()
    comment(page, number).get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(comment(page, number)).to_have_text("This comment was deleted.")
    expect(comment(page, number)).to_be_focused()


def test_what_will_be_said_has_its_place_before(visit: Visit, thread: str) -> None:
    page = article(visit, thread)
    expect(page.locator(f"{STATUS}[role=status]")).to_have_text("")
    expect(main_form(page).locator("[role=status]")).to_have_text("")
