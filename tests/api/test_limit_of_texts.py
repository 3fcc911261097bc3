"""A network's texts are counted before anything is rendered, and what was taken is never counted twice."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments
from comments_service.comments import posting
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import Comment, Policy, RateCount, Status, Thread
from tests import make
from tests.api.commenting import edit, post
from tests.api.people import by_json_and_form
from tests.conftest import Answer, Visitor

GUEST = {"body": "They scoop.", "name": "Gus", "key": "one-key-of-mine"}
# Refused once it is rendered, and not before.
TOO_DEEP = "> " * 11 + "x"
LIMIT = 3


def preview(visitor: Visitor, by: str, body: str) -> Answer:
    if by == "json":
        return visitor.call("POST", "preview", {"body": body})
    return visitor.post("/comments/threads/pelicans", {"body": body, "act": "preview"})


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_posts": (Rate(LIMIT, 3_600),)}


def statuses(answers: list[Answer]) -> list[int]:
    return [each.status_code for each in answers]


@by_json_and_form
def test_a_text_that_is_refused_counts_and_then_is_not_rendered(guest: Visitor, by: str) -> None:
    make.thread()
    bomb = {**GUEST, "body": TOO_DEEP}
    found = statuses([post(guest, by, {**bomb, "key": f"some-key-{n}"}) for n in range(LIMIT + 2)])
    assert found == [422] * LIMIT + [429] * 2


@by_json_and_form
def test_an_edit_that_is_refused_counts_and_then_is_not_rendered(guest: Visitor, by: str) -> None:
    make.thread()
    post(guest, "json", GUEST)
    found = statuses([edit(guest, by, 1, TOO_DEEP) for _ in range(LIMIT)])
    assert found == [422] * (LIMIT - 1) + [429]
    assert db.session.get_one(Comment, 1).source == GUEST["body"]


@by_json_and_form
def test_who_may_not_edit_a_comment_renders_nothing(app: Flask, guest: Visitor, by: str) -> None:
    make.thread()
    make.comment()
    assert edit(guest, by, 1, TOO_DEEP).status_code == 403
    assert db.session.query(RateCount).count() == 0


@by_json_and_form
def test_a_preview_is_counted_before_it_is_rendered(guest: Visitor, by: str) -> None:
    make.thread()
    assert preview(guest, by, TOO_DEEP).status_code == 422
    with writing():
        db.session.execute(sa.update(RateCount).values(count=posting.PREVIEWS[0].count))
    assert statuses([preview(guest, by, body) for body in (TOO_DEEP, "They dive.")]) == [429] * 2
    # Who has looked a lot may post all the same.
    assert post(guest, by, GUEST).status_code in (202, 303)


def used_up(guest: Visitor) -> None:
    for number in range(LIMIT):
        post(guest, "json", {**GUEST, "key": f"another-{number}"})


def closed(_guest: Visitor) -> None:
    with writing():
        db.session.get_one(Thread, "pelicans").policy = Policy.CLOSED


@pytest.mark.parametrize("meanwhile", [used_up, closed])
@by_json_and_form
def test_what_was_taken_is_answered_as_it_was_whatever_holds_by_now(
    guest: Visitor, by: str, meanwhile: Any
) -> None:
    make.thread()
    first = post(guest, by, GUEST)
    meanwhile(guest)
    again = post(guest, by, GUEST)
    assert again.status_code == first.status_code
    assert db.session.query(Comment).filter_by(key=GUEST["key"]).count() == 1
    if by == "json":
        assert again.json["id"] == first.json["id"]


@by_json_and_form
def test_an_answer_to_what_is_gone_by_now_is_known_again(guest: Visitor, by: str) -> None:
    make.thread()
    parent = make.comment()
    answer = {**GUEST, "parent": parent.id}
    first = post(guest, by, answer)
    with comments.changing():
        db.session.get_one(Comment, parent.id).status = Status.REJECTED
    assert post(guest, by, answer).status_code == first.status_code
    assert post(guest, by, {**answer, "key": "another-key"}).status_code == 409


@by_json_and_form
def test_what_is_sent_again_is_not_counted(guest: Visitor, by: str) -> None:
    make.thread()
    for _ in range(LIMIT + 2):
        post(guest, by, GUEST)
    [counted] = db.session.query(RateCount).filter(RateCount.subject.startswith("post:"))
    assert counted.count == 1
