"""The moderators' queue: what it lists, and for whom."""

from typing import Any

from flask import Flask

from comments_service.db import db
from comments_service.models import Account, Decision, Status
from tests import make
from tests.api.asking import filled
from tests.api.moderating import decide, queue, status
from tests.api.people import text
from tests.conftest import Visitor


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
        (method, filled(rule.rule))
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
    for rule in app.url_map.iter_rules():
        path = filled(rule.rule)
        for query in ("", "?decision=publish&comment=1&act=post&body=x&name=y&_method=POST"):
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = moderator._open(method, path + query)
                assert answer.status_code < 500
    assert everything() == before


def test_a_new_decision_shows_in_the_number_that_waits(moderator: Visitor) -> None:
    make.thread()
    make.comment(held=True)
    make.comment(held=True, body="Another.")
    assert (
        '<span class="number" aria-hidden="true">2'
        in moderator.get("/comments/threads/pelicans").text
    )
    decide(moderator, "form", 1, "publish")
    assert (
        '<span class="number" aria-hidden="true">1'
        in moderator.get("/comments/threads/pelicans").text
    )
