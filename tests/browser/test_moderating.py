"""Clearing a queue: by keys, by thumb, without scripts; answers, edits and what changed meanwhile."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from comments_service import comments, saved_replies
from comments_service.db import db
from comments_service.errors import Message
from comments_service.inputs import NewNote, ReplyToKeep
from comments_service.models import Account, Comment, Status
from tests import make
from tests.browser.conftest import Credentials, Live, Writer, until

Queue = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MANY = 60
LONG = "A line of it.\n\n" * 60


@pytest.fixture
def queue(visit: Callable[..., Page], owner: Credentials) -> Queue:
    """The queue of an article, for its owner, who has signed in."""

    def open_queue(thread: str, **options: object) -> Page:
        wanted = f"/comments/moderation/?thread={thread}"
        page = visit(f"/comments/sign-in?next={quote(wanted, safe='')}", **options)
        page.get_by_label("E-mail").fill(owner.email)
        page.get_by_label("Password").fill(owner.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(wanted)
        return page

    return open_queue


@pytest.fixture
def waiting(live: Live, held_thread: str, writer: Writer) -> list[int]:
    """Comments that wait, in their order; the last is the writer's own, who can still edit it."""
    with live.app.app_context():
        numbers = [
            make.comment(
                held_thread,
                LONG if number % 10 == 3 else f"Number {number}.",
                held=True,
                minutes_ago=MANY - number,
            ).id
            for number in range(MANY - 1)
        ]
    return [*numbers, writer.send(held_thread, "I sell nothing.")]


def card(page: Page, number: int) -> Locator:
    return page.locator(f"#comment-{number}")


def current(page: Page) -> Locator:
    return page.locator(".card[aria-current]")


def status(live: Live, number: int) -> Status:
    with live.app.app_context():
        found = db.session.get_one(Comment, number).status
        db.session.rollback()
        return found


def decided_last(
    page: Page, live: Live, writer: Writer, last: int, press: Callable[[], None]
) -> None:
    """What was edited while he looked is shown beside what it said, and decided on only then."""
    writer.call("PATCH", f"comments/{last}", {"body": "I sell pills."})
    press()
    expect(page.get_by_text("Edited after you saw it:")).to_be_visible()
    expect(page.locator(".edited-since del")).to_contain_text("nothing")
    expect(page.locator(".edited-since ins")).to_contain_text("pills")
    assert status(live, last) is Status.PENDING
    press()
    expect(page.get_by_role("status")).to_have_text("Marked as spam.")
    assert status(live, last) is Status.REJECTED


def test_a_moderator_clears_sixty_comments_by_keys(
    queue: Queue, live: Live, held_thread: str, writer: Writer, waiting: list[int]
) -> None:
    page = queue(held_thread, allowed=("409",))
    *others, last = waiting
    for place, number in enumerate(others):
        expect(current(page)).to_have_id(f"comment-{number}")
        page.keyboard.press("p" if place % 7 == 0 else "s")
        expect(card(page, number)).to_have_count(0)
        if place == MANY // 2:
            page.keyboard.press("u")
            expect(page.get_by_role("status")).to_have_text("Undone.")
            # The cursor is on what came back: it is in focus, and in sight.
            expect(card(page, number)).to_be_focused()
            expect(card(page, number)).to_be_in_viewport()
            page.keyboard.press("d")
            expect(card(page, number)).to_have_count(0)
    expect(current(page)).to_have_id(f"comment-{last}")
    decided_last(page, live, writer, last, lambda: page.keyboard.press("s"))
    published = [each for each in others if status(live, each) is Status.PUBLISHED]
    assert len(published) == len(range(0, MANY - 1, 7))
    assert status(live, others[MANY // 2]) is Status.DELETED
    page.goto(f"/comments/moderation/?thread={held_thread}")
    expect(page.get_by_text("Nothing here.")).to_be_visible()


def test_a_moderator_clears_sixty_comments_by_thumb(
    queue: Queue, live: Live, held_thread: str, writer: Writer, waiting: list[int]
) -> None:
    page = queue(held_thread, allowed=("409",), **PHONE)
    *others, last = waiting

    def tap(number: int, name: str) -> None:
        """The button is large and on the screen as it stands, so that one thumb reaches it."""
        button = card(page, number).get_by_role("button", name=name, exact=True)
        expect(button).to_be_in_viewport(ratio=1)
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["width"] >= 44
        button.tap()

    for place, number in enumerate(others):
        tap(number, "Publish" if place % 7 == 0 else "Spam")
        expect(card(page, number)).to_have_count(0)
        if place == MANY // 2:
            page.get_by_role("button", name="Undo").tap()
            expect(page.get_by_role("status")).to_have_text("Undone.")
            expect(card(page, number)).to_be_in_viewport()
            tap(number, "Delete")
            expect(card(page, number)).to_have_count(0)
    decided_last(page, live, writer, last, lambda: tap(last, "Spam"))
    assert status(live, others[MANY // 2]) is Status.DELETED


def test_without_scripts_undo_and_a_saved_reply_lead_back_to_the_comment(
    queue: Queue, live: Live, held_thread: str, waiting: list[int]
) -> None:
    with live.app.app_context():
        saved_replies.add(ReplyToKeep(title="Welcome", body="Welcome here!"))
    page = queue(held_thread, java_script_enabled=False)
    number = waiting[20]
    card(page, number).get_by_role("button", name="Spam").click()
    page.get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile(rf"at={number}#comment-{number}$"))
    expect(card(page, number)).to_be_in_viewport()

    card(page, number).get_by_text("Reply", exact=True).click()
    card(page, number).get_by_label("Your answer").fill("Dear Gus,")
    card(page, number).get_by_label("Saved reply").select_option("Welcome")
    card(page, number).get_by_role("button", name="Insert").click()
    expect(page.get_by_label("Your answer")).to_have_value("Dear Gus,\n\nWelcome here!")
    page.get_by_role("button", name="Reply and publish").click()
    expect(page.get_by_role("status")).to_have_text("Your answer is published.")
    until(lambda: "Welcome here!" in live.page(held_thread))

    page.goto(f"/comments/moderation/?thread={held_thread}")
    page.get_by_role("link", name=f"Decide on all {MANY - 1} comments that this list holds").click()
    page.get_by_role("button", name="Spam").click()
    expect(page.get_by_role("status")).to_have_text(f"Marked as spam. ({MANY - 1})")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_have_text(f"Undone. ({MANY - 1})")
    expect(page.locator(".card")).to_have_count(25)


def test_an_answer_is_kept_until_it_was_sent(
    queue: Queue, live: Live, held_thread: str, waiting: list[int]
) -> None:
    with live.app.app_context():
        saved_replies.add(ReplyToKeep(title="Thanks", body="Thank you!"))
    page = queue(held_thread)
    first, second = waiting[:2]
    expect(current(page)).to_have_id(f"comment-{first}")
    page.keyboard.press("r")
    answer = card(page, first).get_by_label("Your answer")
    expect(answer).to_be_focused()
    page.keyboard.type("Dear jpsd, ")
    card(page, first).get_by_label("Saved reply").select_option("Thanks")
    card(page, first).get_by_role("button", name="Insert").click()
    expect(answer).to_have_value("Dear jpsd, Thank you!")
    expect(answer).to_be_focused()
    # Out of the text, keys are keys again, and what was typed stays.
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(current(page)).to_have_id(f"comment-{second}")
    page.reload()
    expect(answer).to_have_value("Dear jpsd, Thank you!")
    expect(answer).to_be_visible()
    card(page, first).get_by_role("button", name="Reply and publish").click()
    expect(page.get_by_role("status")).to_have_text("Your answer is published.")
    expect(card(page, first)).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('answer'))") == []

    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="Edit what Gus wrote")).to_be_visible()
    page.get_by_label("The comment").fill("Number one, without a phone number.")
    page.get_by_label("Reason").fill("No phone numbers")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#edits + ol")).to_contain_text("By the moderator Olga")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_what_moderators_see(
    queue: Queue,
    live: Live,
    held_thread: str,
    writer: Writer,
    waiting: list[int],
    scheme: str,
    width: int,
) -> None:
    number = waiting[-1]
    writer.call("PATCH", f"comments/{number}", {"body": "I sell *pills*."})
    with live.app.app_context():
        olga = db.session.query(Account).filter_by(name="Olga").one()
        saved_replies.add(ReplyToKeep(title="Welcome", body="Welcome here!"))
        comments.note(number, olga, NewNote(text="He wrote by e-mail as well."))
        db.session.rollback()
        make.comment(
            held_thread,
            "An answer.",
            held=True,
            minutes_ago=90,
            parent=db.session.get_one(Comment, number),
            reasons=[Message("First comment of this writer.")],
        )
    size = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = queue(held_thread, allowed=("409",), **size)
    lists = (
        f"?status=all&thread={held_thread}&person=name:Gus&q=n&why=First comment of this writer."
    )
    for path in (
        f"?status=all&thread={held_thread}",
        lists,
        f"?status=all&thread={held_thread}&edited={number}",
        f"all?thread={held_thread}",
        f"comments/{number}",
        f"comments/{number}/edit",
        "replies",
    ):
        page.goto(f"/comments/moderation/{path}")
        for details in page.locator("details").all()[:8]:
            details.evaluate("(each) => { each.open = true; }")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path


WRAPPED = """
  () => [...document.querySelectorAll(".decide button, .card-links a")]
    .filter((each) => each.checkVisibility())
    .filter((each) => {
      const words = document.createRange();
      words.selectNodeContents(each);
      return new Set([...words.getClientRects()].map((rect) => Math.round(rect.top))).size > 1;
    })
    .map((each) => each.textContent.trim())
"""


def test_no_button_breaks_its_word_on_a_phone(
    queue: Queue, visit: Callable[..., Page], live: Live, thread: str
) -> None:
    """In German, whose words for it are the longest of those that there are."""
    with live.app.app_context():
        number = make.comment(thread, "Waits.", held=True).id
    signed_in = queue(thread).context.storage_state()
    for path in (f"?thread={thread}", f"comments/{number}"):
        page = visit(
            f"/comments/moderation/{path}", locale="de-DE", storage_state=signed_in, **PHONE
        )
        expect(page.get_by_role("button", name="Veröffentlichen").first).to_be_visible()
        assert page.evaluate(WRAPPED) == []
