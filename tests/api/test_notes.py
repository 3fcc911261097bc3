"""Notes: comments on words of the article. By JSON and by form, with a page that can be read and without."""

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import InvalidInput
from comments_service.inputs import NewPassage, parse
from comments_service.models import Comment, Status
from formats.passages import Passage
from tests import make
from tests.api.commenting import make_published, only_comment, post
from tests.api.noting import EXACT, PASSAGE, build, form, note
from tests.api.people import by_json_and_form
from tests.conftest import Visitor, one_database
from tests.unit.published import set_page_size


@by_json_and_form
def test_a_note_says_everywhere_which_words_it_is_about(
    reader: Visitor, fragment: Any, settings: Settings, by: str
) -> None:
    make.thread()
    build(settings)
    answer = note(reader, by)
    assert answer.status_code == (202 if by == "json" else 303)
    assert only_comment().passage == Passage(**PASSAGE)
    make_published(1)
    link = (
        "#at-1:~:text=fish%20together%2C%20and-,a%20colony%20needs%20a%20lake,-that%20is%20shallow."
    )
    assert (
        f'<blockquote class="postil-passage" dir="auto"><a href="{link}">{EXACT}</a></blockquote>'
        in fragment()
    )
    told = json.loads(fragment(name="{}.json"))
    assert told["comments"][0]["passage"] == PASSAGE
    assert told["notes"] == [{"id": 1, "name": "Rhea", "passage": PASSAGE, "page": 1}]
    given = reader.call("GET", "threads/pelicans/comments").json
    assert (given["notes"], given["comments"][0]["passage"]) == (told["notes"], PASSAGE)
    page = reader.get("/comments/threads/pelicans").text
    assert f'<a href="http://blog.test/pelicans/{link}">' in page


def test_a_comment_that_is_no_note_says_nothing_of_it(reader: Visitor, fragment: Any) -> None:
    make.thread()
    post(reader, "json", {"body": "They scoop."})
    make_published(1)
    told = json.loads(fragment(name="{}.json"))
    assert "notes" not in told
    assert "passage" not in told["comments"][0]
    assert "passage" not in fragment()
    page = reader.get("/comments/threads/pelicans").text
    assert "passage" not in page


@by_json_and_form
def test_words_without_neighbours_get_those_of_the_article(
    reader: Visitor, settings: Settings, by: str
) -> None:
    make.thread()
    build(settings)
    note(reader, by, passage={"exact": f"  {EXACT.replace(' ', '  ')} "})
    passage = only_comment().passage
    assert passage is not None
    assert (passage.exact, passage.lang) == (EXACT, "en")
    assert passage.prefix.strip().endswith("together, and")
    assert passage.suffix.startswith(" that is shallow.")


HELD = "The words it notes are not in the article."


@by_json_and_form
@pytest.mark.parametrize(
    ("exact", "readable", "reasons"),
    [
        (EXACT, True, []),
        ("Buy pills at https://pills.example", True, [HELD]),
        (EXACT, False, []),
        (
            "http://a.example http://b.example http://c.example http://d.example",
            False,
            ["Many links: 4."],
        ),
    ],
)
def test_words_that_are_not_the_articles_are_looked_at_as_the_writers_own(
    reader: Visitor,
    settings: Settings,
    by: str,
    exact: str,
    readable: bool,
    reasons: list[str],
) -> None:
    make.thread()
    if readable:
        build(settings)
    post(reader, "json", {"body": "They scoop."})
    make_published(1)
    note(reader, by, passage={**PASSAGE, "exact": exact})
    made = db.session.get_one(Comment, 2)
    assert made.reasons == reasons
    assert made.status is (Status.PENDING if reasons else Status.PUBLISHED)


@by_json_and_form
def test_an_answer_with_a_passage_is_refused(reader: Visitor, by: str) -> None:
    make.thread()
    first = make.comment()
    answer = note(reader, by, parent=first.id)
    assert answer.status_code == 422
    assert "A note answers no comment." in answer.text
    assert "How shallow?" in answer.text or by == "json"
    only_comment()


@by_json_and_form
def test_where_no_notes_are_taken_a_passage_is_refused_and_the_text_is_kept(
    reader: Visitor, by: str
) -> None:
    make.thread(notes=False)
    answer = note(reader, by)
    assert answer.status_code == 422
    if by == "json":
        assert "takes no notes" in answer.json["fields"]["passage"]
        return
    assert "How shallow?" in answer.text
    assert f'name="passage_exact" value="{EXACT}"' in answer.text
    plain = reader.post(
        "/comments/threads/pelicans", {"body": "How shallow?", **form(PASSAGE), "act": "plain"}
    )
    assert "How shallow?" in plain.text
    assert "passage" not in plain.text


@by_json_and_form
@pytest.mark.parametrize("lang", ["zh-cn", "not a language", "../../etc"])
def test_a_language_that_the_article_is_not_in_is_refused(
    reader: Visitor, by: str, lang: str
) -> None:
    make.thread()
    answer = note(reader, by, passage={**PASSAGE, "lang": lang})
    assert answer.status_code == 422
    assert db.session.query(Comment).count() == 0


def test_a_note_on_a_translation_leads_there_from_every_other_page(
    reader: Visitor, fragment: Any
) -> None:
    chinese = {"lang": "zh-cn", "url": "http://blog.test/zh/p/", "title": "鹈鹕"}
    make.thread(translations=[chinese])
    note(reader, "json", passage={"exact": "鹈鹕", "lang": "zh-cn"})
    make_published(1)
    assert '<a href="http://blog.test/zh/p/#at-1:~:text=' in fragment()
    assert '<a href="#at-1:~:text=' in fragment(name="{}.zh-cn.html")
    page = reader.get("/comments/threads/pelicans").text
    assert '<a href="http://blog.test/zh/p/#at-1:~:text=' in page


@by_json_and_form
def test_the_same_note_sent_twice_is_one_and_another_with_its_key_is_refused(
    reader: Visitor, settings: Settings, by: str
) -> None:
    make.thread()
    page = build(settings)
    sent = {"key": "a-key-of-its-own"}
    quoting = f"> {EXACT}\n\nHow shallow?"
    for passage in (PASSAGE, {}):
        key = f"{sent['key']}-{len(passage)}"
        body = "How shallow?" if passage else quoting
        first = note(reader, by, body, passage, key=key)
        if not passage:
            # The article may be another one by the time of the second try.
            build(settings, "<p>Other words.</p>")
        assert note(reader, by, body, passage, key=key).status_code == first.status_code
    assert page.exists()
    assert db.session.query(Comment).count() == 2
    other = note(reader, by, passage={**PASSAGE, "exact": "needs a lake"}, key="a-key-of-its-own-4")
    assert other.status_code == 409


def test_without_a_key_notes_on_two_places_are_two(reader: Visitor) -> None:
    make.thread()
    for exact in ("needs", "a lake", "a lake"):
        note(reader, "json", "Why?", {"exact": exact})
    assert [each.passage and each.passage.exact for each in db.session.query(Comment)] == [
        "needs",
        "a lake",
    ]


def test_a_deleted_note_leaves_no_words_of_the_article(reader: Visitor, fragment: Any) -> None:
    make.thread()
    note(reader, "json")
    make_published(1)
    assert EXACT in fragment()
    reader.call("DELETE", "comments/1")
    assert only_comment().passage is None
    assert EXACT not in fragment() + fragment(name="{}.json")


def test_every_note_of_a_long_thread_stands_on_its_first_page(
    reader: Visitor, fragment: Any, settings: Settings
) -> None:
    set_page_size(settings, 3)
    make.thread()
    for number in range(7):
        make.comment(passage=Passage(f"words {number}", lang="en") if number in (3, 6) else None)
    make.comment(passage=Passage("held", lang="en"), held=True)
    told = json.loads(fragment(name="{}.json"))
    found = [(each["passage"]["exact"], each["page"]) for each in told["notes"]]
    assert found == [("words 3", 2), ("words 6", 3)]
    assert "notes" not in json.loads(fragment(name="{}.2.json"))
    last = reader.call("GET", "threads/pelicans/comments?page=3").json
    assert last["notes"] == told["notes"]


# --- What is edited ---------------------------------------------------------------------------


@by_json_and_form
def test_the_words_can_be_taken_off_and_not_changed(
    reader: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    note(reader, "json")
    make_published(1)
    kept = {"body": "How deep?"}
    off = {**kept, "passage": None} if by == "json" else {**kept, "plain": "yes"}

    def edit(values: dict[str, Any]) -> Any:
        if by == "json":
            return reader.call("PATCH", "comments/1", values)
        return reader.post("/comments/comment/1/edit", values)

    if by == "json":
        refused = edit({**kept, "passage": {**PASSAGE, "exact": "Other words"}})
        assert refused.status_code == 422
        assert "cannot be changed" in refused.json["fields"]["passage"]
    edit(kept)
    assert only_comment().passage == Passage(**PASSAGE)
    edit(off)
    assert only_comment().passage is None
    assert "passage" not in fragment()
    assert "How deep?" in fragment()


# --- What it costs, and what strangers send ---------------------------------------------------


def test_a_comment_that_is_no_note_costs_no_statement_more(
    reader: Visitor, settings: Settings, statements: list[str]
) -> None:
    make.thread()
    build(settings)
    costs = []
    for sent in (
        {"body": "They scoop."},
        {"body": "They scoop again."},
        {"body": "How shallow?", "passage": PASSAGE},
        {"body": f"> {EXACT}\n\nHow deep?"},
    ):
        statements.clear()
        assert reader.call("POST", "threads/pelicans/comments", sent).status_code == 202
        costs.append(len(statements))
    assert costs[1:] == [costs[1]] * 3


def test_a_thread_without_notes_is_published_by_as_many_statements(
    reader: Visitor, fragment: Any, statements: list[str]
) -> None:
    make.thread()
    make.comment()
    fragment()
    counts = []
    for passage in (None, Passage(EXACT, lang="en"), Passage("a lake", lang="en")):
        make.comment(passage=passage)
        statements.clear()
        fragment()
        counts.append(len(statements))
    assert counts[1] == counts[2] == counts[0] + 1


HOSTILE = st.one_of(
    st.text(min_size=1, max_size=400),
    st.sampled_from(
        [
            "\x00",
            "a\x00b",
            "\u202eevil",
            "\u2066a\u2069",
            "\ud800",
            "a" * 1_000_000,
            "\u0300\u0316" * 400_000,
            "</blockquote><script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "<!-- postil:end pelicans -->",
            "<p>&amp;&#60;</p>",
            "&lt;script&gt;",
        ]
    ),
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_any_words_make_a_passage_or_are_refused_with_a_reason(
    exact: str, prefix: str, suffix: str
) -> None:
    try:
        made = parse(NewPassage, {"exact": exact, "prefix": prefix, "suffix": suffix})
    except InvalidInput as error:
        refused = error.fields
    else:
        refused = {}
    if refused:
        assert all(refused.values())
        return
    assert 1 <= len(made.exact) <= 300
    assert max(len(made.prefix), len(made.suffix)) <= 32
    assert made.exact == made.exact.strip()
    made.exact.encode()


def test_what_hides_others_in_an_article_ends_what_stands_beside_a_passage() -> None:
    """Neighbours are the page's own, which nobody who selects words can choose."""
    made = parse(
        NewPassage,
        {"exact": "a lake", "prefix": "one \u2067two\u2069 needs", "suffix": "that\x00 is shallow"},
    )
    assert (made.prefix, made.suffix) == ("needs", "that")


@one_database
@given(HOSTILE)
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_words_break_out_of_the_page_that_shows_them(
    app: Flask, reader: Visitor, fragment: Any, exact: str
) -> None:
    # What no form can send is what `parse` is asked above.
    exact = exact.encode("utf-8", "replace").decode()
    if not db.session.query(Comment).count():
        make.thread()
    answer = note(reader, "form", passage={**PASSAGE, "exact": exact, "prefix": exact[:20]})
    assert answer.status_code in (303, 413, 422)
    for page in (answer.text, reader.get("/comments/threads/pelicans").text):
        for tag in ("<script>alert", "<img", "</blockquote><", "<!-- postil:end"):
            assert tag not in page.replace("</blockquote><div", "").replace("</blockquote>\n", "")
