"""Two moderators, or two windows of one, decide on the same comments; each learns what the other did."""

from typing import Any

import pytest
from flask import Flask

from comments_service.db import db
from comments_service.inputs import as_seen
from comments_service.models import Comment, Role, Status
from tests import make
from tests.api.people import of_role, text
from tests.conftest import Visitor

DECISIONS = "/comments/moderation/decisions"
LEARNT = "Decided otherwise meanwhile, by somebody else or in another window: {}."


@pytest.fixture
def two(app: Flask) -> tuple[Visitor, Visitor]:
    make.thread()
    return of_role(app, "Mona", Role.MODERATOR), of_role(app, "Olga", Role.OWNER)


def decide(who: Visitor, decision: str, *numbers: int, **form: Any) -> str:
    """By the form of a list that still shows them as waiting; gives the page that follows."""
    named = [as_seen(each, 1) for each in numbers]
    sent = {"decision": decision, "comment": named, "in_status": "pending", **form}
    answer = who.post(DECISIONS, sent)
    assert answer.status_code == 303, answer.text
    db.session.rollback()
    return text(who.get(answer.location).text)


def status(number: int) -> Status:
    return db.session.get_one(Comment, number, populate_existing=True).status


@pytest.mark.parametrize("together", [False, True])
def test_who_decides_otherwise_is_told_and_may_bring_the_other_back(
    two: tuple[Visitor, Visitor], together: bool
) -> None:
    mona, olga = two
    first, second = (make.comment(held=True).id for _ in range(2))
    numbers = (first, second) if together else (first,)
    assert "meanwhile" not in decide(mona, "publish", first)
    page = decide(olga, "spam", *numbers)
    assert LEARNT.format(1) in page
    assert status(first) is Status.REJECTED
    assert "meanwhile" not in decide(olga, "undo", first, mine="yes")
    assert status(first) is Status.PUBLISHED


def test_who_decides_alike_has_nothing_to_undo(two: tuple[Visitor, Visitor]) -> None:
    mona, olga = two
    number = make.comment(held=True).id
    decide(mona, "publish", number)
    page = decide(olga, "publish", number)
    assert "Published." in page
    assert "meanwhile" not in page
    others = make.comment(held=True).id
    answer = olga.post(
        DECISIONS,
        {
            "decision": "publish",
            "comment": [as_seen(each, 1) for each in (number, others)],
            "in_status": "pending",
        },
    )
    assert f"decided={as_seen(others, 1)}" in answer.location
    assert status(number) is Status.PUBLISHED


def test_in_a_list_of_all_states_nothing_is_new(two: tuple[Visitor, Visitor]) -> None:
    mona, olga = two
    number = make.comment(held=True).id
    decide(mona, "publish", number)
    assert "meanwhile" not in decide(olga, "spam", number, in_status="all")
