"""A moderator's edit of somebody else's words: shown, kept or forgotten, and told to the writer."""

from typing import Any

import pytest
from flask import Flask

from comments_service.accounts import export
from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Account, Comment, CommentRevision, Role, Status
from tests import make
from tests.api.moderating import decide, queue
from tests.api.own_data import everything
from tests.api.people import by_json_and_form, of_role
from tests.conftest import Answer, Visitor, one_database

PHONE = "Call me: 555-017."
WITHOUT = "Call me."
REASON = "No phone numbers, please."


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"trust_after": 0}


@pytest.fixture
def moderator(app: Flask) -> Visitor:
    return of_role(app, "Mona", Role.MODERATOR)


@pytest.fixture
def writer(app: Flask) -> Visitor:
    """Rhea, whose comment with a phone number is published."""
    make.thread()
    rhea = of_role(app, "Rhea", Role.READER)
    assert rhea.call("POST", "threads/pelicans/comments", {"body": PHONE}).status_code == 201
    return rhea


def correct(moderator: Visitor, by: str, seen: str = "1", **given: Any) -> Answer:
    values = {"body": WITHOUT, "reason": REASON, **given}
    if by == "json":
        number, _, version = seen.partition(".")
        sent = {**values, "version": int(version or 1)}
        return moderator.call("POST", f"comments/{number}/correction", sent)
    if values.pop("forget", False):
        values["forget"] = "yes"
    path = f"/comments/moderation/comments/{seen.partition('.')[0]}/edit"
    return moderator.post(path, {"comment": seen, **values})


@by_json_and_form
def test_readers_see_the_new_words_and_who_changed_them(
    moderator: Visitor, writer: Visitor, fragment: Any, settings: Settings, by: str
) -> None:
    assert "555-017" in fragment()
    assert correct(moderator, by).status_code in (200, 303)
    html = fragment()
    assert "555-017" not in html
    assert '<span class="postil-edited">edited by a moderator</span>' in html
    assert '"edited_by":"moderator"' in fragment(name="{}.json")
    assert "555-017" not in fragment(name="{}.atom")
    page = moderator.get("/comments/moderation/comments/1").text
    assert "By the moderator <bdi>Mona</bdi>" in page
    assert REASON in page
    assert "555" in page.split("<del>")[1].split("</del>")[0]
    assert db.session.get_one(Comment, 1).status is Status.PUBLISHED


@by_json_and_form
def test_its_writer_is_told_why(
    app: Flask, moderator: Visitor, writer: Visitor, stranger: Visitor, by: str
) -> None:
    correct(moderator, by)
    told = f"A moderator has edited your comment: {REASON}"
    assert told in writer.get("/comments/threads/pelicans").text
    assert told not in stranger.get("/comments/threads/pelicans").text
    [mine] = writer.call("GET", "me?thread=pelicans").json["comments"]
    assert (mine["correction"], mine["edited_by"]) == (REASON, "moderator")
    rhea = db.session.query(Account).filter_by(name="Rhea").one()
    [given] = export.gathered(rhea)["comments"]
    assert given["edited_by_moderator"]
    [revision] = given["revisions"]
    assert (revision["source"], revision["reason"]) == (PHONE, REASON)
    mona = db.session.query(Account).filter_by(name="Mona").one()
    [made] = export.gathered(mona)["corrections"]
    assert (made["comment"], made["reason"]) == (1, REASON)


@by_json_and_form
def test_what_is_to_be_forgotten_is_nowhere_any_more(
    moderator: Visitor, writer: Visitor, fragment: Any, settings: Settings, by: str
) -> None:
    """Not in the words before an earlier edit either."""
    assert writer.call("PATCH", "comments/1", {"body": f"{PHONE} Or 555-018."}).status_code == 200
    fragment()
    assert "555-01" in everything(settings)
    assert correct(moderator, by, "1.2", forget=True).status_code in (200, 303)
    fragment()
    assert "555-01" not in everything(settings)
    # Who and why are kept, and that there were two versions.
    rows = db.session.query(CommentRevision).order_by(CommentRevision.id).all()
    assert [(each.source, each.reason) for each in rows] == [("", None), ("", REASON)]
    assert (
        "What it said before is not kept." in moderator.get("/comments/moderation/comments/1").text
    )


@by_json_and_form
def test_an_edit_of_its_writer_after_it_waits(
    moderator: Visitor, writer: Visitor, fragment: Any, by: str
) -> None:
    correct(moderator, by)
    if by == "json":
        edited = writer.call("PATCH", "comments/1", {"body": PHONE}).json
        assert edited["status"] == "pending"
    else:
        writer.post("/comments/comment/1/edit", {"body": PHONE})
    assert queue(moderator) == [1]
    assert "Edited after a moderator had edited it." in moderator.get("/comments/moderation/").text
    assert "555-017" not in fragment()
    # Once it is decided on, readers still see that a moderator had a hand in it.
    decide(moderator, "form", 1, "publish", comment="1.3")
    assert "edited by a moderator" in fragment()


@by_json_and_form
def test_what_was_edited_since_is_not_overwritten(
    moderator: Visitor, writer: Visitor, by: str
) -> None:
    writer.call("PATCH", "comments/1", {"body": "My own second thought."})
    answer = correct(moderator, by)
    assert answer.status_code == 409
    db.session.expire_all()
    assert db.session.get_one(Comment, 1).source == "My own second thought."
    if by == "form":
        # What was typed is still there, beside what the comment says now.
        assert f">{WITHOUT}</textarea>" in answer.text
        assert "Edited after you saw it:" in answer.text
        assert 'value="1.2"' in answer.text
    else:
        assert answer.json["comment"]["version"] == 2


@one_database
@by_json_and_form
@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"body": ""}, {"reason": "x" * 501}, {"body": "hid\u202eden"}]
)
def test_an_edit_needs_words_and_a_reason(
    moderator: Visitor, writer: Visitor, by: str, wrong: dict[str, str]
) -> None:
    assert correct(moderator, by, **wrong).status_code == 422
    assert db.session.query(CommentRevision).count() == 0


@by_json_and_form
def test_what_its_writer_deleted_is_not_edited(
    moderator: Visitor, writer: Visitor, by: str
) -> None:
    writer.call("DELETE", "comments/1")
    assert correct(moderator, by).status_code == 403


@by_json_and_form
def test_authors_edit_on_their_own_articles_only(app: Flask, writer: Visitor, by: str) -> None:
    ada, ben = (of_role(app, name, Role.AUTHOR) for name in ("Ada", "Ben"))
    assert correct(ben, by).status_code == 403
    if by == "form":
        assert ben.get("/comments/moderation/comments/1/edit").status_code == 403
    assert correct(ada, by).status_code in (200, 303)


def test_the_same_words_again_are_no_edit(moderator: Visitor, writer: Visitor) -> None:
    assert correct(moderator, "json", body=PHONE).json["version"] == 1
    assert db.session.query(CommentRevision).count() == 0
