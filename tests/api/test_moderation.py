"""Deciding on comments, through the dashboard's forms and through the API."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, threads
from comments_service.db import db
from comments_service.errors import NotAllowed
from comments_service.inputs import NewDecision
from comments_service.models import Account, Decision, Status
from tests import make
from tests.api.moderating import decide, done, queue, status
from tests.api.people import by_json_and_form
from tests.conftest import Visitor

# ---- one decision


@by_json_and_form
@pytest.mark.parametrize(
    ("decision", "after", "said"),
    [
        ("publish", Status.PUBLISHED, "Published."),
        ("spam", Status.REJECTED, "Marked as spam."),
        ("delete", Status.DELETED, "Deleted."),
    ],
)
def test_a_decision_changes_the_comment_and_is_kept_with_who_and_why(
    moderator: Visitor, fragment: Any, by: str, decision: str, after: Status, said: str
) -> None:
    make.thread()
    make.comment(held=True)
    answer = decide(moderator, by, 1, decision, "  Because   of that. ")
    assert done(answer)
    assert status() is after
    assert ("They scoop." in fragment()) == (decision == "publish")
    row = db.session.query(Decision).one()
    assert (row.act, row.reason) == (decision, "Because of that.")
    assert (row.status_before, row.status_after) == (Status.PENDING, after)
    assert row.moderator_id == db.session.query(Account).one().id
    page = moderator.get("/comments/moderation/comments/1").text
    assert "Because of that." in page
    assert "Mona" in page
    if by == "form":
        listed = moderator.get("/comments/moderation/").text if said not in page else page
        assert f'<p class="flash" role="status">{said}</p>' in listed
        assert said not in moderator.get("/comments/moderation/comments/1").text.split("<main")[0]
    else:
        assert answer.json["decision"] == decision
        assert answer.json["reason"] == "Because of that."
        assert answer.json["comment"]["status"] == str(after)
        assert answer.json["comment"]["source"] == "They scoop."


@by_json_and_form
@pytest.mark.parametrize("first", ["publish", "spam", "delete"])
def test_undo_takes_a_decision_back(moderator: Visitor, fragment: Any, by: str, first: str) -> None:
    make.thread()
    make.comment(held=True)
    decide(moderator, by, 1, first)
    assert done(decide(moderator, by, 1, "undo", "A slip."))
    assert status() is Status.PENDING
    assert "They scoop." not in fragment()
    rows = db.session.query(Decision).order_by(Decision.id).all()
    assert [row.act for row in rows] == [first, "undo"]
    assert rows[1].undoes_id == rows[0].id


@by_json_and_form
def test_undo_goes_back_step_by_step_and_then_says_that_nothing_is_left(
    moderator: Visitor, by: str
) -> None:
    """An undo is not undone: the next one takes back the decision before it."""
    make.thread()
    make.comment(held=True)
    for decision in ("spam", "publish", "delete"):
        decide(moderator, by, 1, decision)
    seen = []
    for _ in range(3):
        assert done(decide(moderator, by, 1, "undo"))
        seen.append(status())
    assert seen == [Status.PUBLISHED, Status.REJECTED, Status.PENDING]
    answer = decide(moderator, by, 1, "undo")
    assert answer.status_code == 409
    if by == "json":
        assert answer.json["code"] == "nothing_to_undo"
    assert db.session.query(Decision).count() == 6


@by_json_and_form
def test_after_an_undo_one_decides_anew(moderator: Visitor, fragment: Any, by: str) -> None:
    make.thread()
    make.comment(held=True)
    for decision in ("spam", "undo", "publish"):
        assert done(decide(moderator, by, 1, decision))
    assert "They scoop." in fragment()


@by_json_and_form
@pytest.mark.parametrize("decision", ["publish", "spam", "delete", "undo"])
def test_what_its_writer_deleted_stays_deleted(
    app: Flask, moderator: Visitor, guest: Visitor, fragment: Any, by: str, decision: str
) -> None:
    make.thread()
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Oh dear."})
    decide(moderator, by, 1, "publish")
    assert guest.call("DELETE", "comments/1").status_code == 200
    answer = decide(moderator, by, 1, decision)
    assert answer.status_code == (409 if decision == "undo" else 403)
    assert status() is Status.DELETED
    assert "Gus" not in fragment()
    page = moderator.get("/comments/moderation/comments/1").text
    assert "there is nothing left to decide" in page
    assert 'value="publish"' not in page


def test_a_writer_who_deletes_while_a_moderator_publishes_wins(
    app: Flask, moderator: Visitor, guest: Visitor
) -> None:
    """The moderator has the comment before him; a moment later it is gone."""
    make.thread()
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Oh dear."})
    before = threads.comment(1)
    assert before.source
    # Another process deletes: this one's copy still has the words.
    with db.engine.begin() as other:
        other.execute(
            sa.text("UPDATE comments SET status='deleted', source='', html='', name=NULL")
        )
    with pytest.raises(NotAllowed):
        comments.decide(1, None, NewDecision(decision="publish"))
    assert status() is Status.DELETED


@by_json_and_form
def test_a_placeholder_is_what_readers_see_of_a_deleted_comment_with_answers(
    moderator: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    first = make.comment(name="Nadia")
    make.comment(body="Indeed.", parent=first)
    decide(moderator, by, 1, "delete")
    html = fragment()
    assert "Nadia" not in html
    assert "They scoop." not in html
    assert "This comment was deleted." in html
    assert "Indeed." in html
    decide(moderator, by, 1, "undo")
    assert "Nadia" in fragment()


@by_json_and_form
@pytest.mark.parametrize(
    ("decision", "reason"),
    [("approve", ""), ("", ""), ("publish", "x" * 501), ("publish", "hid\u202eden")],
)
def test_what_is_no_decision_is_refused(
    moderator: Visitor, by: str, decision: str, reason: str
) -> None:
    make.thread()
    make.comment(held=True)
    answer = decide(moderator, by, 1, decision, reason)
    assert answer.status_code == 422
    if by == "json":
        assert set(answer.json["fields"]) == {"reason" if reason else "decision"}
    assert status() is Status.PENDING
    assert db.session.query(Decision).count() == 0


@by_json_and_form
def test_a_comment_that_does_not_exist_is_404(moderator: Visitor, by: str) -> None:
    for number in (17, 10**17):
        assert decide(moderator, by, number, "publish").status_code == 404
    assert moderator.get("/comments/moderation/comments/17").status_code == 404


# ---- several at once


def test_several_comments_are_decided_on_at_once(moderator: Visitor, fragment: Any) -> None:
    make.thread()
    for number in range(4):
        make.comment(body=f"Number {number}.", held=True)
    answer = moderator.post(
        "/comments/moderation/decisions",
        {"comment": ["1", "3", "4"], "decision": "publish", "reason": "All fine."},
    )
    assert answer.status_code == 303
    assert "decided=1,3,4" in answer.location
    assert [status(number) for number in (1, 2, 3, 4)] == [
        Status.PUBLISHED,
        Status.PENDING,
        Status.PUBLISHED,
        Status.PUBLISHED,
    ]
    page = moderator.get(answer.location).text
    assert "Published. (3)" in page
    assert page.count('value="undo"') == 1

    moderator.post(
        "/comments/moderation/decisions", {"comment": ["1", "3", "4"], "decision": "undo"}
    )
    assert queue(moderator) == [1, 2, 3, 4]


def test_what_fails_among_several_is_named_and_the_rest_is_done(moderator: Visitor) -> None:
    make.thread()
    make.comment(held=True)
    make.comment(held=True, body="Another.")
    numbers = ["1", "99", "2", "1", "x", "", "-1", "²", str(2**70), "2 or 1"]
    answer = moderator.post(
        "/comments/moderation/decisions", {"comment": numbers, "decision": "spam"}
    )
    assert answer.status_code == 303
    assert (status(1), status(2)) == (Status.REJECTED, Status.REJECTED)
    assert db.session.query(Decision).count() == 2
    page = moderator.get(answer.location).text
    assert "99: There is no such comment" in page


def test_the_same_comment_selected_twice_is_decided_on_once(moderator: Visitor) -> None:
    make.thread()
    make.comment(held=True)
    for decision in ("spam", "publish"):
        decide(moderator, "form", 1, decision)
    moderator.post("/comments/moderation/decisions", {"comment": ["1", "1"], "decision": "undo"})
    assert status() is Status.REJECTED


def test_undo_takes_back_what_another_decided_only_when_that_is_meant(
    moderator: Visitor, owner: Visitor
) -> None:
    make.thread()
    make.comment(held=True)
    decide(moderator, "form", 1, "publish")
    page = "/comments/moderation/comments/1"
    queue = moderator.get("/comments/moderation/?decided=1").text
    assert '<input type="hidden" name="mine" value="yes">' in queue
    assert "Undo a decision of somebody else" not in moderator.get(page).text
    decide(owner, "form", 1, "spam")
    # The button beside the message, and a program that means its own decision.
    said = "Olga has decided on it since. Look at the comment before you undo that."
    refused = decide(moderator, "form", 1, "undo", mine="yes")
    assert refused.status_code == 403
    assert said in refused.text
    values = {"decision": "undo", "mine": True}
    refused = moderator.call("POST", "comments/1/decisions", values)
    assert (refused.json["code"], refused.json["detail"]) == ("not_allowed", said)
    form = {"comment": ["1", "1"], "decision": "undo", "mine": "yes"}
    moderator.post("/comments/moderation/decisions", {**form, "batch": ""})
    assert status() is Status.REJECTED
    # On the comment's page it says whose it is, and asks.
    shown = moderator.get(page).text
    assert "Undo a decision of somebody else" in shown
    assert "The last decision was not yours, but that of: Olga." in shown
    assert done(decide(moderator, "form", 1, "undo"))
    assert status() is Status.PUBLISHED
    # Now the latest that stands is the moderator's own again.
    assert "Undo a decision of somebody else" not in moderator.get(page).text
    assert done(decide(moderator, "form", 1, "undo", mine="yes"))
    assert status() is Status.PENDING


def test_nothing_selected_is_said_kindly(moderator: Visitor) -> None:
    answer = moderator.post("/comments/moderation/decisions", {"decision": "publish"})
    assert answer.status_code == 303
    assert "Select at least one comment" in moderator.get(answer.location).text


def test_after_a_decision_one_is_back_where_one_was(moderator: Visitor) -> None:
    make.thread()
    make.comment(held=True)
    answer = decide(
        moderator,
        "form",
        1,
        "spam",
        in_status="pending",
        in_thread="pelicans",
        in_q="a b&c",
        in_page="2",
        next="7",
    )
    assert answer.location == (
        "/comments/moderation/?status=pending&thread=pelicans&q=a+b%26c&page=2&decided=1#comment-7"
    )
    answer = decide(moderator, "form", 1, "undo", in_comment="1")
    assert answer.location == "/comments/moderation/comments/1"
    for hostile in ("//evil.example", "1/../../..", "javascript:x", "\r\nX: y"):
        answer = decide(moderator, "form", 1, "spam", in_comment=hostile, next=hostile)
        assert answer.location == "/comments/moderation/?decided=1"
