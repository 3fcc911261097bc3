"""What moderators see of a note, and how one whose words are gone is settled. By JSON, by form, by command."""

import html
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Comment, Role
from formats.passages import Passage
from tests import make
from tests.api.noting import EXACT, PASSAGE, WORDS, build
from tests.api.people import by_json_and_form, of_role
from tests.conftest import Answer, Visitor
from tests.unit import telling

HOSTILE = '</blockquote><script>alert("x")</script>'


@pytest.fixture
def moderator(app: Flask) -> Visitor:
    return of_role(app, "Mona", Role.MODERATOR)


def noted(exact: str = EXACT, **values: Any) -> Comment:
    return make.comment(
        body="How shallow?", passage=Passage(**{**PASSAGE, "exact": exact}), **values
    )


def anchor(visitor: Visitor, by: str, words: str, number: int = 1) -> Answer:
    if by == "json":
        return visitor.call("POST", f"comments/{number}/anchor", {"words": words})
    return visitor.post(f"/comments/moderation/comments/{number}/anchor", {"words": words})


def passage(number: int = 1) -> Passage | None:
    return db.session.get_one(Comment, number, populate_existing=True).passage


@pytest.mark.parametrize(
    "path",
    ["", "comments/1", "people/guest-1", "all?status=pending", "threads/pelicans?comment=1"],
)
def test_moderators_see_what_a_note_is_about_wherever_they_see_it(
    moderator: Visitor, guest: Visitor, path: str
) -> None:
    make.thread()
    sent = {"name": "Gus", "body": "How shallow?", "passage": {**PASSAGE, "exact": HOSTILE}}
    assert guest.call("POST", "threads/pelicans/comments", sent).status_code == 202
    session = db.session.get_one(Comment, 1).session_id
    page = moderator.get(f"/comments/moderation/{path.replace('guest-1', f'guest-{session}')}").text
    assert "How shallow?" in page
    assert html.escape(HOSTILE, quote=False).replace('"', "&#34;") in page
    assert "<script>alert" not in page
    assert '<a href="http://blog.test/pelicans/#at-1:~:text=' in page


def test_the_queue_tells_programs_what_a_note_is_about(moderator: Visitor) -> None:
    make.thread()
    noted(held=True)
    [found] = moderator.call("GET", "moderation/queue").json["comments"]
    assert found["passage"] == PASSAGE


@by_json_and_form
def test_a_note_whose_words_are_gone_is_given_others(
    moderator: Visitor, settings: Settings, fragment: Any, by: str
) -> None:
    make.thread()
    noted("words that are gone")
    build(settings)
    assert "no longer has the words" in moderator.get("/comments/moderation/comments/1").text
    fragment()
    assert anchor(moderator, by, f" {EXACT.replace(' ', '  ')}").status_code in (200, 303)
    found = passage()
    assert found is not None
    assert (found.exact, found.lang) == (EXACT, "en")
    assert found.prefix.strip().endswith("together, and")
    assert EXACT in fragment()
    assert "no longer has the words" not in moderator.get("/comments/moderation/comments/1").text
    made = db.session.get_one(Comment, 1)
    assert (made.edited_at, made.version, made.source) == (None, 1, "How shallow?")


QUOTED = "1. *Buy* <b>_pills_</b> at https://pills.example & [more](x) > `y` # z"


@by_json_and_form
def test_a_note_whose_words_are_gone_may_stay_a_comment_that_quotes(
    moderator: Visitor, settings: Settings, fragment: Any, by: str
) -> None:
    make.thread()
    noted(QUOTED)
    build(settings)
    assert "Leave it a comment that quotes" in moderator.get("/comments/moderation/comments/1").text
    if by == "json":
        answer = moderator.call("POST", "comments/1/anchor", {"words": None})
    else:
        answer = moderator.post("/comments/moderation/comments/1/anchor", {"act": "quote"})
    assert answer.status_code in (200, 303)
    made = db.session.get_one(Comment, 1)
    assert made.passage is None
    # Shown as it was, whatever Markdown would make of it.
    assert made.html == (
        f"<blockquote>\n<p>{html.escape(QUOTED, quote=False)}</p>\n</blockquote>\n<p>How shallow?</p>"
    )
    assert "postil-passage" not in fragment()
    assert moderator.call("POST", "comments/1/anchor", {"words": None}).status_code == 422


@by_json_and_form
@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("Gulls", "does not have these words"),
        ("They", "more than once"),
        ("x" * 301, "At most 300 characters"),
        ("", "Please"),
    ],
)
def test_words_that_settle_nothing_are_refused_with_the_reason(
    moderator: Visitor, settings: Settings, by: str, words: str, why: str
) -> None:
    make.thread()
    noted("words that are gone")
    build(settings)
    answer = anchor(moderator, by, words)
    assert answer.status_code == 422
    assert why in answer.text
    assert words in answer.text or by == "json"
    assert passage() == Passage(**{**PASSAGE, "exact": "words that are gone"})


@by_json_and_form
@pytest.mark.parametrize("case", ["no page", "no note"])
def test_what_cannot_be_settled_stays_as_it_is(
    moderator: Visitor, settings: Settings, by: str, case: str
) -> None:
    make.thread()
    if case == "no note":
        make.comment()
    else:
        noted()
    if case != "no page":
        build(settings)
    before = passage()
    answer = anchor(moderator, by, "They rest")
    assert answer.status_code == 422
    assert passage() == before


@by_json_and_form
def test_a_moderator_takes_words_off_that_should_not_stand_there(
    moderator: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    noted("Call 555-017")
    assert "555-017" in fragment()
    given = {"body": "How shallow?", "reason": "No phone numbers."}
    if by == "json":
        sent = moderator.call("POST", "comments/1/correction", {**given, "passage": None})
    else:
        page = moderator.get("/comments/moderation/comments/1/edit").text
        assert "Call 555-017" in page
        path = "/comments/moderation/comments/1/edit"
        sent = moderator.post(path, {"comment": "1", **given, "plain": "yes"})
    assert sent.status_code in (200, 303)
    assert passage() is None
    assert "555-017" not in fragment()
    assert "edited by a moderator" in fragment()


@by_json_and_form
def test_only_who_may_moderate_settles(
    app: Flask, reader: Visitor, settings: Settings, by: str
) -> None:
    make.thread()
    noted()
    build(settings)
    author = of_role(app, "Bea", Role.AUTHOR)
    for visitor in (reader, author):
        assert anchor(visitor, by, "They rest").status_code == 403
    assert passage() == Passage(**PASSAGE)
    ada = of_role(app, "Ada", Role.AUTHOR)
    assert anchor(ada, by, "They rest").status_code in (200, 303)


def test_the_command_settles_and_publishes(app: Flask, settings: Settings) -> None:
    def run(*args: str) -> Any:
        return app.test_cli_runner().invoke(args=["comments", "anchor", *args])

    make.thread()
    noted("words that are gone")
    page = build(settings)
    refused = run("1", "Gulls")
    assert (refused.exit_code, "does not have these words" in refused.output) == (1, True)
    done = run("1", EXACT)
    assert (done.exit_code, done.output) == (0, f"1 is about: {EXACT}\n")
    assert EXACT in (settings.published / "threads" / "pelicans.html").read_text()
    # Between its markers the page has it as well, and the article says what it said.
    baked = page.read_text()
    assert WORDS in baked
    assert f">{EXACT}</a></blockquote>" in baked
    assert run("7", EXACT).exit_code == 1
    assert run("1").exit_code == 1
    assert run("1", "--quote").output == "1 is a comment that quotes.\n"
    assert passage() is None


def test_letters_say_what_a_note_is_about(app: Flask, owner: Visitor) -> None:
    make.thread()
    telling.posted("How shallow?", held=True, passage=Passage(HOSTILE, lang="en"))
    telling.told()
    [email] = telling.emails()
    letter = telling.says(email)
    assert letter is not None
    assert "wrote a note on" in letter.text
    assert f"> {HOSTILE}" in letter.text
    assert "<script>alert" not in letter.html


def test_the_feed_quotes_what_a_note_is_about(app: Flask, fragment: Any) -> None:
    make.thread()
    noted("<b>lake & sea</b>")
    feed = fragment(name="{}.atom")
    assert "&lt;b&gt;" not in feed.replace("&amp;lt;b&amp;gt;", "")
    assert "&amp;lt;b&amp;gt;lake &amp;amp; sea" in feed
    assert "href=&#34;http://blog.test/pelicans/#at-1:~:text=" in feed
