"""What an undo brings back of what readers reported, and what it leaves; by JSON and by form."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, sessions
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import EditedComment, parse
from comments_service.models import Report, Status
from tests import make
from tests.api.moderating import decide, done
from tests.api.people import text
from tests.api.test_reports import comment, report, taken, three
from tests.conftest import Visitor


def test_undoing_what_was_kept_brings_the_reports_back(app: Flask, moderator: Visitor) -> None:
    """As the page of reports offers it; what was decided before stays decided."""
    make.thread()
    number = make.comment().id
    three(app, "json", number)
    assert done(decide(moderator, "json", number, "publish"))
    assert taken(report(Visitor(app), "json", number, address="192.0.2.44"))
    assert done(decide(moderator, "json", number, "publish"))
    assert comment(number).reports == 0
    form = {"comment": f"{number}", "decision": "undo", "in_reported": "1", "mine": "yes"}
    assert moderator.post("/comments/moderation/decisions", form).status_code == 303
    assert comment(number).reports == 1
    assert moderator.post("/comments/moderation/decisions", form).status_code == 303
    assert comment(number).reports == 4
    assert comment(number).waits
    assert moderator.call("GET", "moderation/reported").json["total"] == 1
    assert db.session.scalars(sa.select(Report.decided_at)).all() == [None] * 4


def test_undoing_several_decisions_brings_the_reports_of_each_back(
    app: Flask, moderator: Visitor
) -> None:
    make.thread()
    numbers = [make.comment().id for _ in range(3)]
    for number in numbers[:2]:
        three(app, "json", number)
    given = {"comments": [{"id": each, "version": 1} for each in numbers], "decision": "spam"}
    answer = moderator.call("POST", "moderation/decisions", given)
    assert answer.status_code == 200, answer.text
    assert [comment(number).reports for number in numbers] == [0, 0, 0]
    undo = {"decision": "undo", "batch": answer.json["batch"]}
    assert moderator.call("POST", "moderation/decisions", undo).status_code == 200
    assert [comment(number).reports for number in numbers] == [3, 3, 0]


@pytest.mark.parametrize(
    "page",
    ["moderation/reported?decided={0}", "moderation/?decided={0}", "moderation/comments/{0}"],
)
def test_a_second_press_of_undo_takes_no_earlier_decision_back(
    app: Flask, moderator: Visitor, page: str
) -> None:
    """A browser sends a form twice for two quick clicks."""
    make.thread()
    number = make.comment(held=True).id
    for decision in ("spam", "publish"):
        assert done(decide(moderator, "form", number, decision))
    shown = moderator.get("/comments/" + page.format(number)).text
    undo = shown[shown.rindex("<form", 0, shown.index('name="undoes"')) :]
    form = dict(
        re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', undo[: undo.index("</form>")])
    )
    assert form["undoes"]
    for _ in range(2):
        answer = moderator.post("/comments/moderation/decisions", {**form, "decision": "undo"})
        assert answer.status_code == 303
        assert comment(number).status is Status.REJECTED
    undo_by_json = {"decision": "undo", "undoes": [int(form["undoes"])]}
    again = moderator.call("POST", f"comments/{number}/decisions", undo_by_json)
    assert (again.status_code, again.json["code"]) == (409, "nothing_to_undo")


def test_an_undo_publishes_nothing_that_is_held_since(
    app: Flask, settings: Settings, moderator: Visitor
) -> None:
    """By an edit of its writer, say: the moderator takes back what he decided on other words."""
    make.thread()
    with writing():
        session, token = sessions.begin(None, make.visitor())
    number = make.comment(session=session).id
    three(app, "json", number)
    assert done(decide(moderator, "json", number, "publish"))
    new = parse(EditedComment, {"body": "Buy at https://a.example https://b.example now."})
    comments.edit(number, make.visitor(session=sessions.of_token(token)), new, settings)
    assert comment(number).status is Status.PENDING
    undo = {"decision": "undo", "version": 2}
    assert done(moderator.call("POST", f"comments/{number}/decisions", undo))
    assert comment(number).status is Status.PENDING
    assert comment(number).reports == 3


def test_who_has_reported_a_later_version_counts_once_after_an_undo(
    app: Flask, settings: Settings, guest: Visitor, reader: Visitor, moderator: Visitor
) -> None:
    make.thread()
    number = make.comment().id
    for each in (guest, reader):
        assert taken(report(each, "json", number))
    assert done(decide(moderator, "json", number, "publish"))
    with comments.changing():
        comment(number).version = 2
    for each in (guest, reader):
        assert taken(report(each, "json", number))
    assert comment(number).reports == 2
    undo = {"decision": "undo", "version": 2}
    assert done(moderator.call("POST", f"comments/{number}/decisions", undo))
    assert comment(number).reports == 2


def test_the_page_of_a_comment_shows_what_readers_reported(
    app: Flask, guest: Visitor, moderator: Visitor
) -> None:
    make.thread()
    number = make.comment().id
    page = f"/comments/moderation/comments/{number}"
    assert "Reports" not in text(moderator.get(page).text)
    assert taken(report(guest, "json", number, "other", "He <b>wrote</b> this of me."))
    assert "He <b>wrote</b> this of me." in text(moderator.get(page).text)
    assert done(decide(moderator, "json", number, "publish"))
    assert "(decided)" in text(moderator.get(page).text)
