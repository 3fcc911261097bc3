"""What looks like spam waits: posted or edited, by JSON and by form; what does not is as it was."""

from typing import Any

import pytest
from flask import Flask

from comments_service import comments, sessions
from comments_service.db import db, writing
from comments_service.inputs import NewDecision, parse
from comments_service.models import Comment, Role, Status
from comments_service.spam import ENOUGH
from tests import make
from tests.api.commenting import edit, post
from tests.api.moderating import decide, done
from tests.api.people import by_json_and_form, of_role
from tests.conftest import Visitor

SPAM = "Casino winbet, write to us on telegram."
FINE = "Pelicans scoop fish out of rivers."
REASON = "Looks like spam: telegram, casino, winbet."
LONG = (
    "Pelicans scoop fish out of the river with a pouch that holds three times as much as their stomach,"
    " which one can watch from the old bridge on any morning in spring."
)


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"trust_after": 0}


def teach(number: int = ENOUGH) -> None:
    make.thread()
    make.thread("gulls")
    for body, decision in ((SPAM, "spam"), (FINE, "publish")):
        for _ in range(number):
            waiting = make.comment(body=body, held=True)
            comments.decide(waiting.id, None, parse(NewDecision, {"decision": decision}))


def newest() -> Comment:
    db.session.rollback()
    return db.session.query(Comment).order_by(Comment.id.desc()).first() or Comment()


def posted(visitor: Visitor, by: str, body: str, thread: str = "pelicans") -> Comment:
    answer = post(visitor, by, {"body": body, "name": "Gus"}, thread)
    assert answer.status_code in (201, 202, 303)
    return newest()


@by_json_and_form
def test_what_looks_like_spam_waits_with_the_words_that_decided(guest: Visitor, by: str) -> None:
    teach()
    found = posted(guest, by, f"{SPAM} Now!")
    assert (found.status, [str(each) for each in found.reasons]) == (
        Status.PENDING,
        ["Looks like spam: telegram, casino, winbet."],
    )
    assert posted(guest, by, "They dive as well.").status is Status.PUBLISHED


@by_json_and_form
def test_an_edit_is_judged_as_a_post_is(guest: Visitor, by: str) -> None:
    teach()
    with writing():
        _, token = sessions.begin(None, make.visitor())
    guest.client.set_cookie("postil", token, domain="blog.test")
    found = posted(guest, by, "They dive as well.")
    edit(guest, by, found.id, f"{SPAM} Now!")
    assert (newest().status, newest().reasons) == (Status.PENDING, [REASON])


@by_json_and_form
def test_nothing_is_held_by_too_few_examples(guest: Visitor, by: str) -> None:
    teach(ENOUGH - 1)
    assert posted(guest, by, f"{SPAM} Now!").status is Status.PUBLISHED


@by_json_and_form
def test_staff_are_not_judged(app: Flask, by: str) -> None:
    teach()
    owner = of_role(app, "Olga", Role.OWNER)
    assert posted(owner, by, f"{SPAM} Now!").status is Status.PUBLISHED


@by_json_and_form
def test_a_moderators_decision_and_its_undo_teach_by_either_door(app: Flask, by: str) -> None:
    teach(ENOUGH - 1)
    moderator = of_role(app, "Mona", Role.MODERATOR)
    for body, decision in ((SPAM, "spam"), (FINE, "publish")):
        assert done(decide(moderator, by, make.comment(body=body, held=True).id, decision))
    last = newest().id
    assert posted_by_somebody(app, by).status is Status.PENDING
    assert done(decide(moderator, by, last, "undo"))
    assert posted_by_somebody(app, by, "Again!").status is Status.PUBLISHED


def posted_by_somebody(app: Flask, by: str, more: str = "Now!") -> Comment:
    return posted(Visitor(app), by, f"{SPAM} {more}")


@by_json_and_form
def test_a_near_copy_of_what_waits_elsewhere_waits(guest: Visitor, by: str) -> None:
    teach(0)
    first = posted(guest, by, f"{LONG} https://a.example " + "https://b.example " * 4)
    assert first.status is Status.PENDING
    near = posted(guest, by, f"{LONG} See https://c.example", "gulls")
    assert near.reasons == ["Nearly the same text was posted elsewhere on this site today."]
    other = posted(guest, by, " ".join(reversed(LONG.split())), "gulls")
    assert other.status is Status.PUBLISHED


@by_json_and_form
def test_a_near_copy_in_the_same_thread_or_of_yesterday_is_none(guest: Visitor, by: str) -> None:
    teach(0)
    first = posted(guest, by, f"{LONG} https://a.example " + "https://b.example " * 4)
    assert posted(guest, by, f"{LONG} Indeed.").status is Status.PUBLISHED
    make.backdate(first.id, 25 * 60)
    assert posted(guest, by, f"{LONG} Really.", "gulls").status is Status.PUBLISHED


class TestSwitchedOff:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"trust_after": 0, "spam_filter": False}

    @by_json_and_form
    def test_the_filter_holds_nothing_and_goes_on_learning(self, guest: Visitor, by: str) -> None:
        teach()
        assert posted(guest, by, f"{SPAM} Now!").status is Status.PUBLISHED
