"""What narrows the queue: state, thread, person, reason and words, together; and what a card says."""

from typing import Any

import pytest
from flask import Flask

from comments_service import comments
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import Message
from comments_service.inputs import NewNote
from comments_service.models import Account, CommentRevision, Role, Status
from tests import make
from tests.api.moderating import queue
from tests.api.people import by_json_and_form, of_role, read, text
from tests.conftest import Visitor

FIRST = "First comment of this writer."


@pytest.fixture
def moderator(app: Flask) -> Visitor:
    return of_role(app, "Mona", Role.MODERATOR)


def listed(visitor: Visitor, by: str, **query: Any) -> list[int]:
    """The comments that a list holds, by its page or by the API."""
    if by == "form":
        return queue(visitor, "?" + "&".join(f"{k}={v}" for k, v in query.items()))
    answer = visitor.call("GET", "moderation/queue", query_string=query)
    return [each["id"] for each in answer.json["comments"]]


@by_json_and_form
def test_all_states_are_one_list_the_latest_first(moderator: Visitor, by: str) -> None:
    make.thread()
    for status in Status:
        make.comment(status=status)
    assert listed(moderator, by, status="all") == [4, 3, 2, 1]


@by_json_and_form
def test_a_list_holds_what_one_person_wrote(
    app: Flask, moderator: Visitor, guest: Visitor, by: str
) -> None:
    make.thread()
    rhea = make.account("Rhea")
    make.comment(by=rhea)
    make.comment(name="Rita", held=True)
    guest.call("POST", "threads/pelicans/comments", {"name": "Rita", "body": "In a browser."})
    public_id = rhea.public_id
    made = moderator.call("GET", "moderation/queue?status=all").json["comments"]
    assert [each["person"] for each in made] == [
        made[0]["person"],
        "name:Rita",
        f"account:{public_id}",
    ]
    assert made[0]["person"].startswith("session:")
    for number, each in zip((3, 2, 1), made, strict=True):
        asked = {"status": "all", "person": each["person"]}
        found = listed(moderator, by, **asked)
        # A name alone tells nobody from somebody else who types it.
        assert found == ([3, 2] if number == 2 else [number])
    for nobody in ("account:x", "session:99", "session:x", "session:²", "name:", "x"):
        assert listed(moderator, by, status="all", person=nobody) in ([], [3, 2, 1])


@by_json_and_form
def test_a_list_holds_what_waits_for_one_reason(moderator: Visitor, by: str) -> None:
    make.thread()
    links = [Message("Many links: {number}.", number=9), Message(FIRST)]
    make.comment(held=True, reasons=[Message(FIRST)])
    make.comment(held=True, reasons=links)
    make.comment(held=True, reasons=[Message('He said "First comment of this writer."')])
    assert listed(moderator, by, why=FIRST) == [1, 2]
    assert listed(moderator, by, why="Many links: {number}.") == [2]
    assert listed(moderator, by, why="comment of this writer.") == []
    assert listed(moderator, by, why="%") == []


def test_the_reasons_that_occur_are_offered_with_their_numbers(moderator: Visitor) -> None:
    make.thread()
    for number in (3, 4):
        make.comment(
            held=True, reasons=[Message(FIRST), Message("Many links: {number}.", number=number)]
        )
    make.comment(held=True, reasons=[Message(FIRST)])
    make.comment(reasons=[Message("Of a published one.")])
    page = moderator.get("/comments/moderation/").text
    assert f"{FIRST} (3)" in page
    assert "Many links: …. (2)" in page
    assert "Of a published one." not in page


@by_json_and_form
def test_filters_hold_together(moderator: Visitor, by: str) -> None:
    make.thread()
    make.thread("gulls")
    rhea = make.account("Rhea")
    for thread in ("pelicans", "gulls"):
        for body in ("Fish.", "Chips."):
            make.comment(thread, body, by=rhea, held=True, reasons=[Message(FIRST)])
            make.comment(thread, body, held=True)
    person = f"account:{rhea.public_id}"
    assert listed(moderator, by, thread="gulls", person=person, q="chips", why=FIRST) == [7]
    assert listed(moderator, by, thread="gulls", person=person) == [5, 7]
    assert listed(moderator, by, status="published", thread="gulls", person=person) == []


def test_each_filter_is_a_link_that_takes_it_away_and_keeps_the_others(moderator: Visitor) -> None:
    make.thread(title="Of <b>birds</b>")
    rhea = make.account("Rhea")
    make.comment(by=rhea, held=True, body="Fish & chips.", reasons=[Message(FIRST)])
    person = f"account%3A{rhea.public_id}"
    query = f"status=pending&thread=pelicans&person={person}&why={FIRST}&q=fish"
    page = moderator.get(f"/comments/moderation/?{query}").text
    chips = [
        each.attributes["href"] or ""
        for each in read(page).elements
        if each.tag == "a" and each.attributes.get("class") == "chip"
    ]
    assert len(chips) == 4
    for name, address in zip(("thread", "person", "why", "q"), chips, strict=True):
        kept = {"thread", "person", "why", "q"} - {name}
        assert all(f"{each}=" in address for each in kept), address
        assert f"{name}=" not in address
        assert queue(moderator, "?" + address.partition("?")[2]) == [1]
    for words in ("Of <b>birds</b>", "Rhea", FIRST, "fish"):
        assert words in text(page)
    # The tabs keep them, and so does the search's own form.
    tabs = [
        each
        for each in read(page).elements
        if each.tag == "a" and "status=rejected" in (each.attributes.get("href") or "")
    ]
    assert f"person={person}" in (tabs[0].attributes["href"] or "")


def test_a_card_shows_a_line_of_what_is_answered(moderator: Visitor) -> None:
    make.thread()
    first = make.comment(body="They <b>scoop</b>\n\nfish " + "and more fish " * 20)
    make.comment(body="Indeed.", parent=first, held=True)
    page = moderator.get("/comments/moderation/").text
    assert '<p class="answered" dir="auto">They &lt;b&gt;scoop&lt;/b&gt; fish and' in page
    [waiting] = moderator.call("GET", "moderation/queue").json["comments"]
    assert waiting["answers"].startswith("They <b>scoop</b> fish and more")
    assert len(waiting["answers"]) <= 140
    assert waiting["answers"].endswith("…")


@by_json_and_form
def test_what_was_edited_is_shown_as_a_difference(
    moderator: Visitor, guest: Visitor, by: str
) -> None:
    make.thread()
    for body in ("They scoop fish.", "Call <555> now."):
        guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": body})
    guest.call("PATCH", "comments/1", {"body": "They scoop <i>small</i> fish."})
    if by == "json":
        edited, not_edited = moderator.call("GET", "moderation/queue").json["comments"]
        assert edited["difference"] == [
            {"kind": "same", "text": "They scoop "},
            {"kind": "new", "text": "<i>small</i> "},
            {"kind": "same", "text": "fish."},
        ]
        assert not_edited["difference"] == []
        return
    for path in ("", "comments/1"):
        page = moderator.get(f"/comments/moderation/{path}").text
        # Marked for eyes by the element, for ears by words that are not shown.
        assert '<ins><span class="postil-hidden">[put in: </span>&lt;i&gt;small&lt;/i&gt; <' in page
        assert "What was edited" in page
    assert moderator.get("/comments/moderation/").text.count("<ins>") == 1


def test_each_edit_is_a_step_of_its_own_on_the_comments_page(
    app: Flask, settings: Settings, moderator: Visitor, guest: Visitor
) -> None:
    make.thread()
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "One."})
    for body in ("One two.", "One two three."):
        guest.call("PATCH", "comments/1", {"body": body})
    page = moderator.get("/comments/moderation/comments/1").text
    history = page.split('id="edits"')[1].split("</section>")[0]
    assert history.count("By its writer") == 2
    assert history.count("<ins>") == 2
    assert history.index("three") < history.rindex("two")


@pytest.mark.parametrize("many", [10, 10_000])
def test_a_list_costs_the_same_however_long_it_is(
    app: Flask, settings: Settings, statements: list[str], many: int
) -> None:
    """With everything that a card can have on each of the first: a parent, an edit, a note, a reason."""
    make.thread()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    mona = db.session.query(Account).filter_by(name="Mona").one()
    reasons = [Message("Many links: {number}.", number=3)]
    make.many(
        [
            {"id": n, "status": Status.PENDING, "parent_id": n - 1 or None, "reasons": reasons}
            for n in range(1, many + 1)
        ]
    )
    mine = make.account("Rhea")
    edited = make.comment(by=mine, held=True, minutes_ago=60 * 48, id=many + 1)
    with comments.changing():
        edited.version = 2
        db.session.add(
            CommentRevision(comment_id=edited.id, source="Before.", written_at=edited.created_at)
        )
    comments.note(edited.id, mona, NewNote(text="Look twice."))
    found = {}
    for query in ("", "?status=all", f"?thread=pelicans&why={reasons[0].template}", "?q=x"):
        statements.clear()
        assert moderator.get(f"/comments/moderation/{query}").status_code == 200
        found[query.partition("=")[0]] = len(statements)
    assert found == {"": 15, "?status": 15, "?thread": 14, "?q": 13}
