"""Deciding on comments, through the dashboard's forms and through the API."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, threads
from comments_service.db import db
from comments_service.errors import NotAllowed
from comments_service.inputs import NewDecision
from comments_service.models import Account, Comment, Decision, Role, Status
from tests import make
from tests.api.people import by_json_and_form, of_role, read, text
from tests.conftest import Answer, Visitor


@pytest.fixture
def moderator(app: Flask) -> Visitor:
    return of_role(app, "Mona", Role.MODERATOR)


@pytest.fixture
def reader(app: Flask) -> Visitor:
    return of_role(app, "Rhea", Role.READER)


@pytest.fixture
def author(app: Flask) -> Visitor:
    return of_role(app, "Ada", Role.AUTHOR)


def decide(
    visitor: Visitor, by: str, number: int, decision: str, reason: str = "", **form: str
) -> Answer:
    if by == "json":
        values = {"decision": decision, "reason": reason}
        return visitor.call("POST", f"comments/{number}/decisions", values)
    values = {"comment": str(number), "decision": decision, "reason": reason, **form}
    return visitor.post("/comments/moderation/decisions", values)


def done(answer: Answer) -> bool:
    return answer.status_code in (201, 303)


def status(number: int = 1) -> Status:
    db.session.expire_all()
    return db.session.get_one(Comment, number).status


def queue(visitor: Visitor, query: str = "") -> list[int]:
    """The comments that the dashboard lists, in its order."""
    page = visitor.get(f"/comments/moderation/{query}")
    assert page.status_code == 200
    return [
        int((each.attributes["id"] or "").removeprefix("comment-"))
        for each in read(page.text).elements
        if each.tag == "li" and (each.attributes.get("id") or "").startswith("comment-")
    ]


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


# ---- the queue


def test_the_queue_lists_what_waits_the_oldest_first(moderator: Visitor) -> None:
    make.thread()
    for number in range(3):
        make.comment(body=f"Number {number}.", held=True)
    make.comment(status=Status.PUBLISHED)
    make.comment(status=Status.REJECTED)
    make.comment(status=Status.DELETED)
    assert queue(moderator) == [1, 2, 3]
    assert queue(moderator, "?status=published") == [4]
    assert queue(moderator, "?status=rejected") == [5]
    assert queue(moderator, "?status=deleted") == [6]
    assert queue(moderator, "?status=nonsense") == [1, 2, 3]
    answer = moderator.call("GET", "moderation/queue?status=rejected").json
    assert [each["id"] for each in answer["comments"]] == [5]
    assert (answer["total"], answer["page"], answer["pages"]) == (1, 1, 1)
    assert moderator.call("GET", "moderation/queue?status=nonsense").status_code == 422


def test_the_queue_says_why_a_comment_waits_and_what_was_typed(
    moderator: Visitor, guest: Visitor
) -> None:
    make.thread()
    guest.call(
        "POST",
        "threads/pelicans/comments",
        {"name": "Gus", "body": "They *scoop*.", "email": "gus@example.org"},
    )
    [waiting] = moderator.call("GET", "moderation/queue").json["comments"]
    assert waiting["reasons"] == ["First comment of this writer."]
    assert waiting["source"] == "They *scoop*."
    assert waiting["thread_title"] == "Pelicans"
    page = text(moderator.get("/comments/moderation/").text)
    for words in ("First comment of this writer.", "gus@example.org", "Pelicans", "Gus"):
        assert words in page


def test_the_queue_is_narrowed_to_a_thread_and_to_words(
    moderator: Visitor, reader: Visitor
) -> None:
    make.thread()
    make.thread("gulls")
    rhea = db.session.query(Account).filter_by(name="Rhea").one()
    make.comment(body="They SCOOP fish.", held=True)
    make.comment("gulls", body="They steal 100% of chips.", held=True, name="Petra")
    make.comment("gulls", body="under_score", held=True, email="vera@example.org")
    make.comment(body="By an account.", held=True, by=rhea)
    assert queue(moderator, "?thread=gulls") == [2, 3]
    assert queue(moderator, "?q=scoop") == [1]
    assert queue(moderator, "?q=they") == [1, 2]
    assert queue(moderator, "?q=they+chips") == [2]
    assert queue(moderator, "?q=petra") == [2]
    assert queue(moderator, "?q=vera@") == [3]
    assert queue(moderator, "?q=rhea") == [4]
    assert queue(moderator, "?q=100%25") == [2]
    assert queue(moderator, "?q=r_s") == [3]
    assert queue(moderator, "?q=_") == [3]
    assert queue(moderator, "?q=%25") == [2]
    assert queue(moderator, "?q=/") == []
    assert queue(moderator, "?thread=gulls&q=scoop") == []
    assert queue(moderator, "?thread=nowhere") == []
    for odd in ("%00", "'+OR+1=1--", "%FF%FE", "%5C", "a" * 5000, "+".join("abcdefghijklmnop")):
        assert moderator.get(f"/comments/moderation/?q={odd}").status_code in (200, 404)
        assert moderator.get(f"/comments/moderation/?thread={odd}").status_code in (200, 404)


def test_a_long_queue_has_pages(moderator: Visitor) -> None:
    make.thread()
    for number in range(26):
        make.comment(body=f"Number {number}.", held=True)
    assert queue(moderator) == list(range(1, 26))
    assert queue(moderator, "?page=2") == [26]
    for beyond in ("3", "999999999999", "9" * 5000):
        assert queue(moderator, f"?page={beyond}") == [26]
    for odd in ("0", "-1", "x", "", "٢", "1.5", "1e3"):
        assert queue(moderator, f"?page={odd}") == list(range(1, 26)), odd
    assert moderator.call("GET", "moderation/queue?page=2").json["comments"][0]["id"] == 26


# ---- who may


def test_authors_look_after_their_own_articles_only(author: Visitor, fragment: Any) -> None:
    make.thread(authors=["Ben", "Ada"])
    make.thread("gulls", authors=["Ben"])
    make.comment(held=True)
    make.comment("gulls", held=True, body="They steal.")
    assert queue(author) == [1]
    assert [each["id"] for each in author.call("GET", "moderation/queue").json["comments"]] == [1]
    assert "They steal." not in author.get("/comments/moderation/?thread=gulls").text
    for by in ("json", "form"):
        assert decide(author, by, 2, "publish").status_code == 403
    assert author.get("/comments/moderation/comments/2").status_code == 403
    assert status(2) is Status.PENDING
    author.post("/comments/moderation/decisions", {"comment": ["1", "2"], "decision": "publish"})
    assert (status(1), status(2)) == (Status.PUBLISHED, Status.PENDING)
    assert "They scoop." in fragment()


def routes(app: Flask, prefix: str) -> list[tuple[str, str]]:
    """Every method and path of the moderators' pages, found by walking the application."""
    return [
        (method, rule.rule.replace("<id:comment_id>", "1"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(prefix) or rule.rule.endswith("/decisions")
        for method in sorted((rule.methods or set()) - {"OPTIONS"})
    ]


def test_every_door_of_the_dashboard_refuses_readers_and_strangers(
    app: Flask, reader: Visitor, guest: Visitor
) -> None:
    make.thread()
    make.comment(held=True, body="Only for moderators.")
    found = routes(app, "/comments/moderation")
    assert len(found) >= 6
    for method, path in found:
        in_api = "/api/" in path
        options: dict[str, Any] = {"json": {"decision": "publish"}} if in_api else {}
        for visitor in (reader, guest):
            answer = visitor._open(method, path, **options)
            expected = {403} if visitor is reader else {401} if method != "GET" else {303, 401}
            assert answer.status_code in expected, (method, path)
            assert "Only for moderators." not in answer.text
            if answer.status_code == 303:
                assert answer.location.startswith(
                    "/comments/sign-in?next=%2Fcomments%2Fmoderation%2F"
                )
    for visitor, code in ((reader, 403), (guest, 401)):
        assert visitor.call("GET", "moderation/queue").status_code == code
    assert status() is Status.PENDING
    assert db.session.query(Decision).count() == 0


def test_looking_changes_nothing(app: Flask, moderator: Visitor) -> None:
    """Programs that open links in e-mails can look at everything: every GET is safe."""
    make.thread()
    make.comment(held=True)
    make.comment(body="Another.")

    def everything() -> list[Any]:
        db.session.rollback()
        return [
            (table.name, db.session.execute(table.select()).all())
            for table in db.metadatas[None].sorted_tables
            if table.name != "day_keys"
        ]

    before = everything()
    sample = {"thread_id": "pelicans", "comment_id": "1", "token": "x"}
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<id:", "<")
        for name, value in sample.items():
            path = path.replace(f"<{name}>", value)
        for query in ("", "?decision=publish&comment=1&act=post&body=x&name=y&_method=POST"):
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = moderator._open(method, path + query)
                assert answer.status_code < 500
    assert everything() == before


def test_a_new_decision_shows_in_the_number_that_waits(moderator: Visitor) -> None:
    make.thread()
    make.comment(held=True)
    make.comment(held=True, body="Another.")
    assert '<span class="number">2' in moderator.get("/comments/threads/pelicans").text
    decide(moderator, "form", 1, "publish")
    assert '<span class="number">1' in moderator.get("/comments/threads/pelicans").text
