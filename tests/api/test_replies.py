"""What moderators write: answers that publish, saved replies, notes to each other."""

from typing import Any

import pytest
from flask import Flask

from comments_service import account_deletion, config
from comments_service.accounts import export
from comments_service.db import db
from comments_service.models import Account, Comment, Decision, Note, Role, SavedReply, Status
from tests import make
from tests.api.people import by_json_and_form, of_role, read
from tests.conftest import Answer, Visitor

KEY = "an-answer-of-mine"


@pytest.fixture
def moderator(app: Flask) -> Visitor:
    return of_role(app, "Mona", Role.MODERATOR)


def reply(moderator: Visitor, by: str, body: str, seen: str = "1", **more: str) -> Answer:
    if by == "json":
        number, _, version = seen.partition(".")
        sent = {"body": body, "version": int(version or 1), **more}
        return moderator.call("POST", f"comments/{number}/answer", sent)
    path = f"/comments/moderation/comments/{seen.partition('.')[0]}/reply"
    return moderator.post(path, {"comment": seen, "body": body, **more})


def states() -> list[Status]:
    db.session.expire_all()
    return [each.status for each in db.session.query(Comment).order_by(Comment.id)]


@by_json_and_form
def test_an_answer_publishes_what_it_answers(moderator: Visitor, fragment: Any, by: str) -> None:
    make.thread()
    make.comment(held=True)
    answer = reply(moderator, by, "*Indeed.*")
    assert answer.status_code == (201 if by == "json" else 303)
    assert states() == [Status.PUBLISHED, Status.PUBLISHED]
    html = fragment()
    assert "<em>Indeed.</em>" in html
    assert html.index("They scoop.") < html.index("Indeed.")
    decision = db.session.query(Decision).one()
    assert (decision.act, decision.comment_id) == ("publish", 1)
    assert db.session.get_one(Comment, 2).parent_id == 1
    if by == "form":
        assert "answered=1" in answer.location


@by_json_and_form
@pytest.mark.parametrize("body", ["", "   ", "&#8203;"])
def test_an_answer_that_is_refused_publishes_nothing(
    moderator: Visitor, by: str, body: str
) -> None:
    make.thread()
    make.comment(held=True)
    answer = reply(moderator, by, body)
    assert answer.status_code == 422
    assert states() == [Status.PENDING]
    assert db.session.query(Decision).count() == 0
    if by == "form":
        assert 'name="body"' in answer.text


@by_json_and_form
def test_where_comments_are_closed_neither_happens_and_the_text_comes_back(
    moderator: Visitor, by: str
) -> None:
    make.thread(policy="closed")
    make.comment(held=True)
    answer = reply(moderator, by, "Too late, I fear.")
    assert answer.status_code == 409
    assert states() == [Status.PENDING]
    if by == "form":
        assert "Too late, I fear." in answer.text


@by_json_and_form
def test_what_was_edited_since_is_not_answered(moderator: Visitor, guest: Visitor, by: str) -> None:
    make.thread()
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Harmless."})
    guest.call("PATCH", "comments/1", {"body": "Buy pills."})
    answer = reply(moderator, by, "Thank you.")
    assert answer.status_code == 409
    assert states() == [Status.PENDING]
    if by == "json":
        assert answer.json["before"] == "Harmless."
    else:
        assert "Thank you." in answer.text
        assert "Edited after you saw it:" in answer.text
    assert reply(moderator, by, "Thank you.", "1.2").status_code in (201, 303)


@by_json_and_form
def test_the_same_answer_sent_twice_is_one(moderator: Visitor, by: str) -> None:
    make.thread()
    make.comment(held=True)
    for _ in range(2):
        assert reply(moderator, by, "Indeed.", key=KEY).status_code in (201, 303)
    assert len(states()) == 2
    assert db.session.query(Decision).count() == 1


@by_json_and_form
def test_an_author_answers_on_his_own_articles_only(app: Flask, by: str) -> None:
    make.thread(authors=["Ben"])
    make.comment(held=True)
    assert reply(of_role(app, "Ada", Role.AUTHOR), by, "Mine?").status_code == 403
    assert states() == [Status.PENDING]


@by_json_and_form
def test_a_saved_reply_is_kept_changed_and_removed(moderator: Visitor, by: str) -> None:
    first, second = {"title": "Thanks", "body": "Thank you!"}, {"title": "Ta", "body": "*Ta!*"}
    page = "/comments/moderation/replies"

    def saved() -> list[tuple[str, str]]:
        if by == "form":
            assert moderator.get(page).status_code == 200
        else:
            listed = moderator.call("GET", "moderation/replies").json["replies"]
            assert [each["title"] for each in listed] == [
                each.title for each in db.session.query(SavedReply)
            ]
        db.session.expire_all()
        return [(each.title, each.body) for each in db.session.query(SavedReply)]

    if by == "json":
        assert moderator.call("POST", "moderation/replies", first).status_code == 201
    else:
        assert moderator.post(page, first).status_code == 303
    assert saved() == [("Thanks", "Thank you!")]
    if by == "json":
        assert moderator.call("PATCH", "moderation/replies/1", second).json["title"] == "Ta"
    else:
        assert moderator.post(f"{page}/1", second).status_code == 303
    assert saved() == [("Ta", "*Ta!*")]
    wrong = {"title": "", "body": "Kept."}
    if by == "json":
        assert moderator.call("POST", "moderation/replies", wrong).status_code == 422
        assert moderator.call("PATCH", "moderation/replies/7", second).status_code == 404
        assert moderator.call("DELETE", "moderation/replies/1").status_code == 204
    else:
        refused = moderator.post(f"{page}/1", wrong)
        assert refused.status_code == 422
        assert "Kept." in refused.text
        assert moderator.post(f"{page}/7", second).status_code == 404
        assert moderator.post(f"{page}/1", {"act": "remove"}).status_code == 303
    assert saved() == []


def test_without_scripts_a_saved_reply_is_inserted_behind_what_was_typed(
    moderator: Visitor,
) -> None:
    make.thread()
    make.comment(held=True)
    moderator.post("/comments/moderation/replies", {"title": "Thanks", "body": "Thank <b>you</b>!"})
    answer = reply(moderator, "form", "Dear Gus.", act="insert", saved="1")
    assert answer.status_code == 200
    assert "Dear Gus.\n\nThank &lt;b&gt;you&lt;/b&gt;!</textarea>" in answer.text
    assert states() == [Status.PENDING]
    # Nothing chosen, nothing there: what was typed stays all the same.
    for chosen in ("", "x"):
        kept = reply(moderator, "form", "Dear Gus.", act="insert", saved=chosen)
        assert ">Dear Gus.</textarea>" in kept.text
    keys = [
        each.attributes["value"]
        for each in read(answer.text).elements
        if each.tag == "input" and each.attributes.get("name") == "key"
    ]
    assert keys[0]


# ---- notes


@by_json_and_form
def test_a_note_is_seen_by_moderators_and_by_nobody_else(
    app: Flask, moderator: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    make.comment()
    words = "Asked <b>twice</b> by e-mail."
    if by == "json":
        made = moderator.call("POST", "comments/1/notes", {"text": words})
        assert (made.status_code, made.json["writer"]) == (201, "Mona")
    else:
        answer = moderator.post("/comments/moderation/comments/1/notes", {"text": words})
        assert answer.location.endswith("/comments/1#notes")
    other = of_role(app, "Max", Role.MODERATOR)
    assert "Asked &lt;b&gt;twice&lt;/b&gt;" in other.get("/comments/moderation/comments/1").text
    assert "1 note" in other.get("/comments/moderation/?status=published").text
    [listed] = other.call("GET", "comments/1/notes").json["notes"]
    assert (listed["text"], listed["writer"]) == (words, "Mona")
    assert "Asked" not in fragment()
    assert "Asked" not in other.get("/comments/threads/pelicans").text
    # One's own only is one's own to remove.
    remove = "moderation/notes/1"
    if by == "json":
        assert other.call("DELETE", remove).status_code == 404
        assert moderator.call("DELETE", remove).status_code == 204
    else:
        assert other.post(f"/comments/{remove}").status_code == 404
        assert moderator.post(f"/comments/{remove}").status_code == 303
    assert db.session.query(Note).count() == 0


@by_json_and_form
def test_a_note_that_cannot_be_taken_comes_back(moderator: Visitor, by: str) -> None:
    make.thread()
    make.comment()
    for words in ("", "x" * 2_001, "hid\u202eden"):
        if by == "json":
            answer = moderator.call("POST", "comments/1/notes", {"text": words})
        else:
            answer = moderator.post("/comments/moderation/comments/1/notes", {"text": words})
            assert words in answer.text
        assert answer.status_code == 422
    assert db.session.query(Note).count() == 0


@by_json_and_form
def test_an_author_notes_on_his_own_articles_only(app: Flask, by: str) -> None:
    make.thread(authors=["Ben"])
    make.comment()
    ada = of_role(app, "Ada", Role.AUTHOR)
    if by == "json":
        assert ada.call("POST", "comments/1/notes", {"text": "Mine?"}).status_code == 403
        assert ada.call("GET", "comments/1/notes").status_code == 403
    else:
        path = "/comments/moderation/comments/1/notes"
        assert ada.post(path, {"text": "Mine?"}).status_code == 403


def test_a_note_is_in_the_data_of_who_wrote_it_and_goes_with_the_comment(
    app: Flask, moderator: Visitor, guest: Visitor
) -> None:
    make.thread()
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Oh dear."})
    moderator.call("POST", "comments/1/notes", {"text": "Look twice."})
    mona = db.session.query(Account).filter_by(name="Mona").one()
    [given] = export.gathered(mona)["notes"]
    assert (given["comment"], given["text"]) == (1, "Look twice.")
    assert guest.call("DELETE", "comments/1").status_code == 200
    assert db.session.query(Note).count() == 0


def test_notes_of_who_leaves_stay_without_a_name_and_those_about_him_go(app: Flask) -> None:
    make.thread()
    rhea = make.account("Rhea")
    make.comment(by=rhea)
    make.comment()
    mona = of_role(app, "Mona", Role.MODERATOR)
    for number in (1, 2):
        mona.call("POST", f"comments/{number}/notes", {"text": f"About {number}."})
    settings = config.current()
    for name, keep in (("Rhea", True), ("Mona", True)):
        account = db.session.query(Account).filter_by(name=name).one()
        account_deletion.delete(account, keep=keep, lang="en", settings=settings)
    db.session.expire_all()
    [left] = db.session.query(Note)
    assert (left.text, left.writer_id) == ("About 2.", None)
