"""Deciding on many at once: those named, or all that a list holds; and one undo for all of it."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.db import db
from comments_service.models import Comment, Decision, Role, Status
from tests import make
from tests.api.moderating import queue
from tests.api.people import by_json_and_form, of_role, read, text
from tests.conftest import Answer, Visitor

ALL = "/comments/moderation/all"
DECISIONS = "/comments/moderation/decisions"


@pytest.fixture
def moderator(app: Flask) -> Visitor:
    return of_role(app, "Mona", Role.MODERATOR)


def waiting(many: int, first: int = 1, thread_id: str = "pelicans", **values: Any) -> None:
    numbers = range(first, first + many)
    make.many([{"id": n, "status": Status.PENDING, **values} for n in numbers], thread_id)


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's last form that decides."""
    return {
        str(each.attributes["name"]): str(each.attributes["value"])
        for each in read(page).elements
        if each.tag == "input" and each.attributes.get("type") == "hidden"
    }


def asked(moderator: Visitor, by: str, **query: str) -> dict[str, Any]:
    """What goes back with a decision on all that a list holds, as it is shown now."""
    if by == "form":
        return fields(moderator.get(ALL, query_string=query).text)
    as_of = moderator.call("GET", "moderation/queue", query_string=query).json["as_of"]
    return {"matching": {**query, "until": as_of}}


def decide_all(moderator: Visitor, by: str, decision: str, asked: dict[str, Any]) -> Answer:
    if by == "form":
        return moderator.post(ALL, {**asked, "decision": decision})
    return moderator.call("POST", "moderation/decisions", {**asked, "decision": decision})


def statuses() -> dict[str, int]:
    db.session.rollback()
    rows = db.session.execute(sa.select(Comment.status, sa.func.count()).group_by(Comment.status))
    return {str(row[0]): row[1] for row in rows}


@by_json_and_form
def test_all_that_match_are_decided_on_over_all_pages_and_undone_at_once(
    moderator: Visitor, by: str
) -> None:
    make.thread()
    waiting(60, source="casino")
    waiting(2, 100, source="They scoop.")
    found = asked(moderator, by, status="pending", q="casino")
    answer = decide_all(moderator, by, "spam", found)
    assert answer.status_code == (200 if by == "json" else 303)
    assert statuses() == {"rejected": 60, "pending": 2}
    if by == "json":
        assert len(answer.json["decided"]) == 60
        assert (answer.json["left"], answer.json["changed"], answer.json["refused"]) == (0, [], {})
        undo = {"decision": "undo", "batch": answer.json["batch"]}
        undone = moderator.call("POST", "moderation/decisions", undo)
    else:
        page = moderator.get(answer.location).text
        assert "Marked as spam. (60)" in page
        batch = fields(page)["batch"]
        undone = moderator.post(DECISIONS, {"decision": "undo", "batch": batch, "in_q": "casino"})
        assert "at=1&" in undone.location or undone.location.endswith("at=1#comment-1")
    assert undone.status_code in (200, 303)
    assert statuses() == {"pending": 62}
    assert db.session.query(Decision).count() == 120


def test_the_number_is_asked_about_before_anything_is_decided(moderator: Visitor) -> None:
    make.thread()
    waiting(60)
    page = moderator.get("/comments/moderation/").text
    assert "Decide on all 60 comments that this list holds" in page
    page = text(moderator.get(f"{ALL}?status=pending&thread=pelicans").text)
    assert "Decide on 60 comments" in page
    assert "Pelicans" in page
    assert statuses() == {"pending": 60}


@by_json_and_form
def test_what_came_or_was_edited_after_the_question_is_left(
    moderator: Visitor, guest: Visitor, by: str
) -> None:
    make.thread()
    for body in ("Edited.", "Not edited."):
        guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": body})
    found = asked(moderator, by, status="pending")
    guest.call("PATCH", "comments/1", {"body": "Something else."})
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Came later."})
    decide_all(moderator, by, "publish", found)
    assert queue(moderator) == [1, 3]
    assert queue(moderator, "?status=published") == [2]


@by_json_and_form
def test_what_was_decided_on_again_is_left_by_the_undo_of_all(moderator: Visitor, by: str) -> None:
    make.thread()
    waiting(3)
    answer = decide_all(moderator, by, "spam", asked(moderator, by, status="pending"))
    if by == "form":
        batch = fields(moderator.get(answer.location).text)["batch"]
    else:
        batch = answer.json["batch"]
    moderator.call("POST", "comments/2/decisions", {"decision": "publish"})
    if by == "form":
        moderator.post(DECISIONS, {"decision": "undo", "batch": batch})
    else:
        moderator.call("POST", "moderation/decisions", {"decision": "undo", "batch": batch})
    assert statuses() == {"pending": 2, "published": 1}


@by_json_and_form
def test_an_author_decides_on_all_of_his_own_articles_only(app: Flask, by: str) -> None:
    make.thread()
    make.thread("gulls", authors=["Ben"])
    waiting(2)
    waiting(2, 10, "gulls")
    ada = of_role(app, "Ada", Role.AUTHOR)
    decide_all(ada, by, "publish", asked(ada, by, status="all"))
    assert statuses() == {"published": 2, "pending": 2}


@by_json_and_form
def test_among_many_those_that_were_edited_come_back_with_the_difference(
    moderator: Visitor, guest: Visitor, by: str
) -> None:
    make.thread()
    for body in ("They scoop.", "They dive.", "They glide."):
        guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": body})
    guest.call("PATCH", "comments/2", {"body": "They dive for <b>pills</b>."})
    if by == "json":
        seen = [{"id": number} for number in (1, 2, 3, 99)]
        sent = {"decision": "publish", "comments": seen}
        answer = moderator.call("POST", "moderation/decisions", sent).json
        assert answer["decided"] == [1, 3]
        assert answer["refused"] == {"99": "There is no such comment"}
        [changed] = answer["changed"]
        assert (changed["comment"]["id"], changed["before"]) == (2, "They dive.")
        assert {"kind": "new", "text": "<"} in changed["difference"] or any(
            each["kind"] == "new" and "pills" in each["text"] for each in changed["difference"]
        )
    else:
        sent = {"decision": "publish", "comment": ["1", "2", "3", "99"], "in_status": "all"}
        answer = moderator.post(DECISIONS, sent)
        assert answer.location.endswith("#comment-2")
        page = moderator.get(answer.location).text
        assert page.count('id="comment-2"') == 1
        first = page.split('id="edited"')[1].split("</section>")[0]
        assert 'id="comment-2"' in first
        assert "Edited after you saw it:" in first
        assert "pills" in first.split("<ins>")[1].split("</ins>")[0]
        # It stays first while others are decided on, until it is itself.
        again = fields(page)["in_edited"]
        assert again == "2"
        other = {"decision": "spam", "comment": "1", "in_status": "all", "in_edited": again}
        assert "edited=2" in moderator.post(DECISIONS, other).location
        own = {**other, "comment": "2.2"}
        assert "edited" not in moderator.post(DECISIONS, own).location
    assert db.session.get_one(Comment, 3).status is Status.PUBLISHED


@by_json_and_form
def test_a_decision_on_what_was_edited_shows_both_texts(
    moderator: Visitor, guest: Visitor, by: str
) -> None:
    make.thread()
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "They scoop."})
    guest.call("PATCH", "comments/1", {"body": "They sell."})
    if by == "json":
        answer = moderator.call("POST", "comments/1/decisions", {"decision": "publish"})
        assert (answer.json["before"], answer.json["comment"]["source"]) == (
            "They scoop.",
            "They sell.",
        )
        kinds = [each["kind"] for each in answer.json["difference"]]
        assert kinds == ["same", "gone", "new", "same"]
    else:
        answer = moderator.post(DECISIONS, {"decision": "publish", "comment": "1"})
        part = answer.text.split('class="edited-since"')[1].split("</div>")[0]
        assert "scoop" in part.split("<del>")[1].split("</del>")[0]
        assert "sell" in part.split("<ins>")[1].split("</ins>")[0]
    assert answer.status_code == 409


@pytest.mark.parametrize("until", ["", "yesterday", "2026-11-29T10:00:00", "1"])
def test_what_is_no_moment_decides_on_nothing(moderator: Visitor, until: str) -> None:
    make.thread()
    waiting(1)
    sent = {"decision": "spam", "matching": {"until": until}}
    assert moderator.call("POST", "moderation/decisions", sent).status_code == 422
    assert moderator.post(ALL, {"decision": "spam", "until": until}).status_code == 422
    assert statuses() == {"pending": 1}


@pytest.mark.parametrize("decision", ["spam", "publish"])
def test_many_cost_no_more_statements_than_few(
    moderator: Visitor, statements: list[str], decision: str
) -> None:
    """500 are one transaction; more than 200 of one thread are placed together."""
    make.thread()
    waiting(1_000)
    found = {}
    for first, many in ((1, 210), (300, 500)):
        seen = [{"id": number} for number in range(first, first + many)]
        statements.clear()
        sent = {"decision": decision, "comments": seen}
        answer = moderator.call("POST", "moderation/decisions", sent)
        assert len(answer.json["decided"]) == many
        found[many] = len(statements)
    assert found[500] == found[210] <= {"spam": 16, "publish": 24}[decision]


def test_a_thread_is_raised_once_for_all_of_its_comments(moderator: Visitor) -> None:
    """One revision is one publication, however many of its comments were published."""
    first = make.thread()
    make.thread("gulls")
    for number in range(1, 41):
        make.many([{"id": number, "status": Status.PENDING}], ("pelicans", "gulls")[number % 2])
    db.session.refresh(first)
    before = first.revision
    found = asked(moderator, "json", status="pending")
    assert len(decide_all(moderator, "json", "publish", found).json["decided"]) == 40
    db.session.refresh(first)
    assert first.revision == before + 1


@by_json_and_form
def test_undo_leads_to_the_page_on_which_the_comment_stands_again(
    moderator: Visitor, by: str
) -> None:
    make.thread()
    waiting(60)
    if by == "json":
        moderator.call("POST", "comments/40/decisions", {"decision": "spam"})
        moderator.call("POST", "comments/40/decisions", {"decision": "undo"})
        assert queue(moderator, "?at=40") == list(range(26, 51))
        return
    back = {"in_status": "pending", "in_page": "1"}
    moderator.post(DECISIONS, {"comment": "40", "decision": "spam", **back})
    undone = moderator.post(DECISIONS, {"comment": "40", "decision": "undo", **back})
    assert undone.location.endswith("at=40#comment-40")
    assert 40 in queue(moderator, "?" + undone.location.partition("?")[2].partition("#")[0])
    # In a list that does not hold it, one stays where one was.
    assert queue(moderator, "?status=pending&page=3&at=999") == list(range(51, 61))
