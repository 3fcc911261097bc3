"""Notes without JavaScript: the form that an address opens, and comments that begin with a quotation."""

from typing import Any

import pytest

from comments_service.config import Rate, Settings
from comments_service.db import db
from comments_service.models import Comment, Policy
from tests import make
from tests.api.asking import GUEST
from tests.api.commenting import only_comment, post
from tests.api.noting import BEFORE, BEHIND, EXACT, PASSAGE, build, form
from tests.api.people import by_json_and_form
from tests.conftest import Visitor, one_database


def test_the_form_shows_the_words_that_an_address_asks_to_note(reader: Visitor) -> None:
    make.thread()
    asked = {"exact": EXACT, "prefix": BEFORE, "suffix": BEHIND}
    page = reader.get("/comments/threads/pelicans", query_string=asked).text
    assert f'id="postil-passage" dir="auto" tabindex="-1">{EXACT}</blockquote>' in page
    for name, text in asked.items():
        assert f'name="passage_{name}" value="{text}"' in page
    # Whoever presses the return key in a field posts.
    assert page.index('value="post"') < page.index('value="plain"')


@pytest.mark.parametrize("exact", ["x" * 301, "a\u202eb", "a\x01b", " \u200b "])
def test_words_that_cannot_be_noted_are_said_to_be_that(reader: Visitor, exact: str) -> None:
    make.thread()
    answer = reader.get("/comments/threads/pelicans", query_string={"exact": exact})
    assert answer.status_code == 422
    assert "passage_exact" not in answer.text


def test_a_preview_keeps_the_words(guest: Visitor) -> None:
    make.thread()
    sent = {**GUEST, **form(PASSAGE), "act": "preview"}
    page = guest.post("/comments/threads/pelicans", sent).text
    assert "<em>scoop</em>" in page
    assert f'name="passage_exact" value="{EXACT}"' in page
    assert f'name="passage_suffix" value="{BEHIND}"' in page


@pytest.mark.parametrize(
    ("wrong", "status"), [({"name": ""}, 422), ({"parent": "99"}, 422), ({"key": "taken-key"}, 409)]
)
def test_whatever_refuses_a_note_its_words_come_back(
    guest: Visitor, wrong: dict[str, str], status: int
) -> None:
    make.thread()
    post(guest, "form", {**GUEST, "body": "Another.", "key": "taken-key"})
    answer = post(guest, "form", {**GUEST, **form(PASSAGE), **wrong})
    assert answer.status_code == status
    assert f'name="passage_exact" value="{EXACT}"' in answer.text
    assert "They *scoop*." in answer.text


def test_what_another_page_sent_comes_back_with_the_words(guest: Visitor) -> None:
    make.thread()
    sent = {**GUEST, **form(PASSAGE), "act": "post"}
    elsewhere = {"Origin": "https://elsewhere.example"}
    answer = guest.post("/comments/threads/pelicans", sent, headers=elsewhere)
    assert answer.status_code == 403
    assert f'name="passage_exact" value="{EXACT}"' in answer.text
    assert "They *scoop*." in answer.text


class TestLimits:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"limit_posts": (Rate(1, 86_400),)}

    def test_what_came_too_fast_comes_back_with_the_words(self, guest: Visitor) -> None:
        make.thread()
        for each in "abc":
            answer = post(guest, "form", {**GUEST, **form(PASSAGE), "body": each})
        assert answer.status_code == 429
        assert f'name="passage_exact" value="{EXACT}"' in answer.text


def test_an_address_in_no_language_of_the_article_opens_a_form_that_can_be_sent(
    reader: Visitor,
) -> None:
    make.thread()
    asked = {"exact": EXACT, "lang": "tlh"}
    page = reader.get("/comments/threads/pelicans", query_string=asked).text
    assert 'name="passage_lang" value="en"' in page


def test_where_comments_are_closed_what_was_typed_comes_back(guest: Visitor) -> None:
    make.thread(policy=Policy.CLOSED)
    answer = post(guest, "form", {**GUEST, **form(PASSAGE)})
    assert answer.status_code == 409
    assert "They *scoop*." in answer.text


# --- A quotation at the beginning -------------------------------------------------------------


@by_json_and_form
@pytest.mark.parametrize(
    "body",
    [
        f"> {EXACT}\n\nHow shallow?",
        f"> {EXACT}\nHow shallow?",
        "> a *colony* needs\n> a lake\n\nHow shallow?",
        "> a colony needs\na lake\n\nHow shallow?",
        f"\n\n   >{EXACT}   \n\n\nHow shallow?\n",
    ],
)
def test_a_comment_that_begins_with_words_of_the_article_is_a_note(
    reader: Visitor, settings: Settings, by: str, body: str
) -> None:
    make.thread()
    build(settings)
    post(reader, by, {"body": body})
    made = only_comment()
    assert made.passage is not None
    assert (made.passage.exact, made.passage.lang) == (EXACT, "en")
    assert made.passage.prefix.strip().endswith("together, and")
    assert (made.source, made.html) == ("How shallow?", "<p>How shallow?</p>")


@one_database
@by_json_and_form
@pytest.mark.parametrize(
    "body",
    [
        "> They\n\nWho?",
        "> Gulls rest.\n\nDo they?",
        f"> {EXACT}",
        f"See:\n\n> {EXACT}\n\nHow shallow?",
        f"> > {EXACT}\n\nHow shallow?",
        f"> {EXACT}\n>\n> Gulls do not.\n\nDo they?",
    ],
)
def test_another_quotation_stays_one(
    reader: Visitor, settings: Settings, by: str, body: str
) -> None:
    make.thread()
    build(settings)
    post(reader, by, {"body": body})
    made = only_comment()
    assert (made.passage, made.source) == (None, body)


@one_database
@by_json_and_form
@pytest.mark.parametrize("case", ["answer", "no notes", "no page"])
def test_where_a_quotation_can_be_no_note_it_stays_as_typed(
    reader: Visitor, settings: Settings, by: str, case: str
) -> None:
    make.thread(notes=case != "no notes")
    if case != "no page":
        build(settings)
    parent = {"parent": make.comment().id} if case == "answer" else {}
    body = f"> {EXACT}\n\nHow shallow?"
    post(reader, by, {"body": body, **parent})
    made = db.session.query(Comment).order_by(Comment.id.desc()).first()
    assert made is not None
    assert (made.passage, made.source) == (None, body)
