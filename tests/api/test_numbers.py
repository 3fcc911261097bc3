"""Numbers of the last ninety days: drawn, as a table and as JSON, in as many queries for any blog."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, numbers
from comments_service.db import db
from comments_service.errors import Message
from comments_service.models import Act, Comment, Decision, Role, Status, now
from tests import make
from tests.api.people import of_role, read
from tests.conftest import Visitor
from tests.plans import read_whole, sent

LIKE_SPAM = Message("Looks like spam: {words}.", words="casino")


@pytest.fixture
def moderator(app: Flask) -> Visitor:
    make.thread()
    return of_role(app, "Mona", Role.MODERATOR)


def noon(days_ago: int) -> datetime:
    today = now().replace(hour=12, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days_ago)


def commented(
    days_ago: int,
    *reasons: Message,
    act: Act | None = None,
    hours: float = 0,
    undone: bool = False,
) -> None:
    """A comment of a day's noon that was decided on so many hours later, if it was."""
    comment = make.comment(held=bool(reasons), reasons=list(reasons))
    with comments.changing("pelicans"):
        db.session.execute(
            sa.update(Comment).where(Comment.id == comment.id).values(created_at=noon(days_ago))
        )
        if act is None:
            return
        made: dict[str, Any] = {
            "comment_id": comment.id,
            "act": act,
            "status_before": Status.PENDING,
            "status_after": Status.PUBLISHED,
            "made_at": noon(days_ago) + timedelta(hours=hours),
        }
        decision = Decision(**made)
        db.session.add(decision)
        db.session.flush()
        if undone:
            db.session.add(Decision(**{**made, "act": Act.UNDO}, undoes_id=decision.id))


def days(moderator: Visitor) -> list[dict[str, Any]]:
    answer = moderator.call("GET", "moderation/numbers")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json["days"]
    return found


def test_each_day_has_what_came_what_was_held_and_what_was_spam(moderator: Visitor) -> None:
    commented(3)
    commented(3, LIKE_SPAM, act=Act.SPAM, hours=1)
    commented(3, Message("First comment of this writer."), act=Act.PUBLISH, hours=4)
    commented(91)
    found = days(moderator)
    assert len(found) == numbers.DAYS
    assert found[-4] == {
        "at": f"{noon(3):%Y-%m-%d}T00:00:00Z",
        "comments": 3,
        "held": 2,
        "spam": 1,
        "precision": 1.0,
        "median_hours": pytest.approx(2.5, abs=0.01),
    }
    assert sum(each["comments"] for each in found) == 3


def test_what_was_not_measured_is_nothing_rather_than_naught(moderator: Visitor) -> None:
    commented(3, LIKE_SPAM)
    found = days(moderator)[-4]
    assert (found["comments"], found["held"], found["spam"]) == (1, 1, 0)
    assert (found["precision"], found["median_hours"]) == (None, None)


def test_the_filter_was_right_where_a_moderator_agreed(moderator: Visitor) -> None:
    for act in (Act.SPAM, Act.SPAM, Act.SPAM, Act.PUBLISH):
        commented(5, LIKE_SPAM, act=act)
    commented(5, LIKE_SPAM, act=Act.DELETE)
    commented(5, Message("Many links: {number}.", number=9), act=Act.PUBLISH)
    assert days(moderator)[-6]["precision"] == 0.75


def test_what_was_undone_was_never_decided(moderator: Visitor) -> None:
    commented(5, LIKE_SPAM, act=Act.SPAM, hours=2, undone=True)
    found = days(moderator)[-6]
    assert (found["spam"], found["precision"], found["median_hours"]) == (0, None, None)


@pytest.mark.parametrize("many", [1, 30])
def test_it_takes_three_queries_by_an_index_however_much_there_is(app: Flask, many: int) -> None:
    make.thread()
    mona = make.account("Mona", role=Role.MODERATOR)
    for number in range(many):
        commented(number, LIKE_SPAM, act=Act.SPAM, hours=number)
    with sent() as statements:
        numbers.by_day(mona)
    assert len(statements) == 3
    assert [step for each in statements for step in read_whole(*each)] == []


def test_the_page_draws_them_and_lists_them_without_a_style_or_script(moderator: Visitor) -> None:
    commented(3, LIKE_SPAM, act=Act.SPAM, hours=1.5)
    answer = moderator.get("/comments/moderation/numbers")
    assert answer.status_code == 200
    page = read(answer.text)
    bars = [each for each in page.elements if each.tag == "rect"]
    # One day, and a number of each kind.
    assert len(bars) == 5
    assert all(0 <= float(each.attributes["y"] or "") <= 99 for each in bars)
    titles = [each for each in page.elements if each.tag in ("title", "desc")]
    assert len(titles) == 1 + 2 * 5
    assert len([each for each in page.elements if each.tag == "tr"]) == 1 + numbers.DAYS
    assert "1.5" in answer.text
    assert 'style="' not in answer.text


def test_a_day_on_which_the_filter_was_wrong_is_told_from_one_without(moderator: Visitor) -> None:
    commented(5, LIKE_SPAM, act=Act.PUBLISH)
    page = read(moderator.get("/comments/moderation/numbers").text)
    heights = [each.attributes["height"] for each in page.elements if each.tag == "rect"]
    # One comment, held, decided on at once, and in no case rightly held.
    assert heights == ["100.0", "100.0", "1.0", "1.0"]


def test_a_blog_without_comments_has_a_page_too(moderator: Visitor) -> None:
    answer = moderator.get("/comments/moderation/numbers")
    assert answer.status_code == 200
    assert "<rect" not in answer.text


@pytest.mark.parametrize(
    ("role", "status", "linked"),
    [(Role.AUTHOR, 403, False), (Role.MODERATOR, 200, True), (Role.OWNER, 200, True)],
)
def test_it_is_for_those_who_moderate_the_whole_blog(
    app: Flask, role: Role, status: int, linked: bool
) -> None:
    somebody = of_role(app, "Sam", role)
    assert somebody.get("/comments/moderation/numbers").status_code == status
    assert somebody.call("GET", "moderation/numbers").status_code == status
    assert ("moderation/numbers" in somebody.get("/comments/moderation/").text) is linked
