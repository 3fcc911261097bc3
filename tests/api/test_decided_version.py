"""A decision is made on what the moderator saw: what was edited since is shown anew, not decided on."""

from typing import Any

import pytest
from flask import Flask

from comments_service.db import db
from comments_service.models import Comment, Decision, Role, Status
from tests import make
from tests.api.people import by_json_and_form, of_role, read
from tests.conftest import Answer, Visitor

HARMLESS = {"name": "Gus", "body": "Harmless."}
DECISIONS = "/comments/moderation/decisions"
every_decision = pytest.mark.parametrize("decision", ["publish", "spam", "delete"])


@pytest.fixture
def moderator(app: Flask) -> Visitor:
    return of_role(app, "Mona", Role.MODERATOR)


@pytest.fixture
def waiting(guest: Visitor) -> Visitor:
    """A guest whose harmless comment waits."""
    make.thread()
    assert guest.call("POST", "threads/pelicans/comments", HARMLESS).status_code == 202
    return guest


def edit(writer: Visitor, body: str = "Buy *pills*.") -> None:
    assert writer.call("PATCH", "comments/1", {"body": body}).status_code == 200


def seen(moderator: Visitor, by: str) -> dict[str, Any]:
    """What a moderator sees of the only comment, as that goes back with the decision."""
    if by == "json":
        [comment] = moderator.call("GET", "moderation/queue").json["comments"]
        return {"version": comment["version"]}
    return {"comment": named(moderator.get("/comments/moderation/").text)[0]}


def named(page: str) -> list[str]:
    """The comments that a page's forms send, as they are named there."""
    return [
        str(each.attributes["value"])
        for each in read(page).elements
        if each.tag == "input" and each.attributes.get("name") == "comment"
    ]


def decide(moderator: Visitor, by: str, decision: str, as_seen: dict[str, Any]) -> Answer:
    if by == "json":
        return moderator.call("POST", "comments/1/decisions", {"decision": decision, **as_seen})
    return moderator.post(DECISIONS, {"decision": decision, **as_seen})


def status(number: int = 1) -> Status:
    db.session.expire_all()
    return db.session.get_one(Comment, number).status


@by_json_and_form
@every_decision
def test_what_was_edited_since_is_shown_anew_and_not_decided_on(
    moderator: Visitor, waiting: Visitor, fragment: Any, by: str, decision: str
) -> None:
    before = seen(moderator, by)
    edit(waiting)
    answer = decide(moderator, by, decision, before)
    assert answer.status_code == 409
    assert status() is Status.PENDING
    assert db.session.query(Decision).count() == 0
    if by == "json":
        assert answer.mimetype == "application/problem+json"
        assert answer.json["code"] == "comment_changed"
        assert answer.json["comment"]["source"] == "Buy *pills*."
        now: dict[str, Any] = {"version": answer.json["comment"]["version"]}
    else:
        assert "Buy <em>pills</em>." in answer.text
        assert "nothing was changed" in answer.text
        [name, *_] = named(answer.text)
        now = {"comment": name}
    assert decide(moderator, by, decision, now).status_code in (201, 303)
    assert status() is not Status.PENDING
    assert ("pills" in fragment()) == (decision == "publish")


@by_json_and_form
def test_what_was_never_edited_needs_no_version(
    moderator: Visitor, waiting: Visitor, by: str
) -> None:
    """Whoever names none has seen the first one: of that there is no other text."""
    answer = decide(moderator, by, "publish", {} if by == "json" else {"comment": "1"})
    assert answer.status_code in (201, 303)
    assert status() is Status.PUBLISHED


@by_json_and_form
def test_who_names_no_version_decides_on_nothing_that_was_edited(
    moderator: Visitor, waiting: Visitor, by: str
) -> None:
    edit(waiting)
    answer = decide(moderator, by, "publish", {} if by == "json" else {"comment": "1"})
    assert answer.status_code == 409
    assert status() is Status.PENDING


@by_json_and_form
def test_an_undo_does_not_publish_what_was_edited_since_either(
    moderator: Visitor, waiting: Visitor, by: str
) -> None:
    before = seen(moderator, by)
    assert decide(moderator, by, "publish", before).status_code in (201, 303)
    edit(waiting)
    assert decide(moderator, by, "undo", before).status_code == 409
    assert status() is Status.PUBLISHED


def test_among_several_only_what_was_edited_since_is_left(
    moderator: Visitor, waiting: Visitor
) -> None:
    make.comment(held=True, body="Another.")
    page = moderator.get("/comments/moderation/").text
    numbers = sorted({*named(page)})
    assert numbers == ["1", "2"]
    edit(waiting)
    answer = moderator.post(DECISIONS, {"decision": "publish", "comment": numbers})
    assert answer.status_code == 303
    assert (status(1), status(2)) == (Status.PENDING, Status.PUBLISHED)
    after = moderator.get(answer.location).text
    assert "What was edited after you saw it is left undecided" in after
    assert "Buy <em>pills</em>." in after
    assert sorted({*named(after)}) == ["1.2", "2"]
    moderator.post(DECISIONS, {"decision": "spam", "comment": ["1.2"]})
    assert status(1) is Status.REJECTED


def test_the_undo_beside_the_message_names_the_version_that_was_decided_on(
    moderator: Visitor, waiting: Visitor
) -> None:
    edit(waiting)
    answer = moderator.post(DECISIONS, {"decision": "spam", "comment": "1.2"})
    assert answer.location.endswith("?decided=1.2")
    assert "1.2" in named(moderator.get(answer.location).text)
    assert moderator.post(DECISIONS, {"decision": "undo", "comment": "1.2"}).status_code == 303
    assert status() is Status.PENDING


@pytest.mark.parametrize("version", [0, -1, 2**70, "1", 1.5, None, True])
def test_what_is_no_version_is_refused(
    moderator: Visitor, waiting: Visitor, version: object
) -> None:
    answer = decide(moderator, "json", "publish", {"version": version})
    assert answer.status_code == 422
    assert status() is Status.PENDING


@pytest.mark.parametrize("name", ["1.0", "1.", ".1", "1.1.1", "1.-1", "1.x", "1.1e3", "0.1", "١"])
def test_what_names_no_comment_is_decided_on_by_nobody(
    moderator: Visitor, waiting: Visitor, name: str
) -> None:
    moderator.post(DECISIONS, {"decision": "publish", "comment": name})
    assert status() is Status.PENDING
