"""A post, or an edit, costs what it costs, however many comments wait; each statement goes by an index."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import sessions
from comments_service.db import db, writing
from comments_service.models import NO_NEAR, Comment, Status, html_hash, near_columns, now
from comments_service.spam import Text
from tests import make
from tests.api.commenting import edit, post
from tests.api.people import by_json_and_form
from tests.conftest import Visitor, one_database
from tests.plans import read_whole, sent

TEXT = "Buy pills."
HTML = f"<p>{TEXT}</p>"
LONG = f"{TEXT} They work as well on pelicans, gulls and terns as on those who watch them from the bridge."
NEAR = Text(LONG).near


@pytest.fixture
def writer(app: Flask, guest: Visitor) -> Visitor:
    """A guest whom a moderator has let through, in a thread beside another."""
    for thread in ("pelicans", "gulls"):
        make.thread(thread)
    with writing():
        session, token = sessions.begin(None, make.visitor())
    guest.client.set_cookie("postil", token, domain="blog.test")
    make.comment(session=session)
    return guest


FLOODS: dict[str, dict[str, Any]] = {
    "of others": {"name": "Robot"},
    "of others, the same in the thread": {"html": HTML},
    "of others, the same elsewhere": {"html": HTML, "thread_id": "gulls"},
    "of others, the same, rejected": {"html": HTML, "status": Status.REJECTED},
    "of others, nearly the same elsewhere": {"near": NEAR, "thread_id": "gulls"},
    "of others, nearly the same in the thread": {"near": NEAR},
    "of the writer": {"session_id": 1},
    "of the writer, rejected": {"session_id": 1, "status": Status.REJECTED},
    "of the writer, published": {"session_id": 1, "status": Status.PUBLISHED},
}


def flood(of: dict[str, Any], first: int, many: int) -> None:
    rows: list[dict[str, Any]] = []
    for number in range(first, first + many):
        row = {"id": number, "html": f"<p>{number}</p>", "status": Status.PENDING, **of}
        row |= near_columns(row.pop("near", NO_NEAR))
        rows.append({**row, "html_hash": html_hash(row["html"]), "created_at": now()})
    make.many(rows)


class Steps:
    """How many steps SQLite's machine took: what a statement costs, on any machine, at any hour."""

    def __init__(self) -> None:
        self.taken = 0

    def watch(self, connection: Any, *_: object) -> None:
        connection.set_progress_handler(self._step, 1)

    def _step(self) -> int:
        self.taken += 1
        return 0


@pytest.fixture
def steps(app: Flask) -> Iterator[Steps]:
    watched = Steps()
    sa.event.listen(db.engine, "checkout", watched.watch)
    yield watched
    sa.event.remove(db.engine, "checkout", watched.watch)


@one_database
@pytest.mark.parametrize("kind", FLOODS)
@by_json_and_form
def test_a_post_and_an_edit_cost_the_same_in_a_flood(
    writer: Visitor, steps: Steps, by: str, kind: str
) -> None:
    taken: list[int] = []
    for first in (1_000, 10_000):
        flood(FLOODS[kind], first, 300 if not taken else 3_000)
        steps.taken = 0
        words = LONG if "near" in FLOODS[kind] else TEXT
        answer = post(writer, by, {"body": words, "name": "Gus", "key": f"post-{first}"})
        assert answer.status_code in (201, 202, 303)
        newest = db.session.scalar(sa.select(sa.func.max(Comment.id))) or 0
        edit(writer, by, newest, f"{words} {first}")
        taken.append(steps.taken)
    assert taken[1] < taken[0] * 1.05, "what it costs grows with what waits"


@by_json_and_form
def test_each_statement_of_a_post_goes_by_an_index(writer: Visitor, by: str) -> None:
    flood(FLOODS["of others"], 1_000, 100)
    reply = {"body": LONG, "name": "Gus", "parent": 1}
    with sent() as statements:
        assert post(writer, by, reply).status_code in (201, 303)
    asked = [each for each in statements if not each[0].startswith("INSERT")]
    assert len(asked) >= 4
    assert [step for each in asked for step in read_whole(*each)] == []


def test_what_finds_the_same_words_goes_with_them(writer: Visitor) -> None:
    post(writer, "json", {"body": TEXT, "name": "Gus", "key": "some-words"})
    for words in (TEXT, "Others."):
        row = db.session.get_one(Comment, 2)
        assert row.html_hash == html_hash(f"<p>{words}</p>")
        edit(writer, "json", 2, "Others.")
    writer.call("DELETE", "comments/2")
    row = db.session.get_one(Comment, 2)
    assert (row.html, row.html_hash) == ("", None)


# Of a held one: the session, the thread, once more whether it was merged just now, a name that an account may have, the count of its network, what
# is known of writer and text, and the row. A published one is placed in its thread as well.
@pytest.mark.parametrize(("held", "most"), [(True, 7), (False, 7)])
@by_json_and_form
def test_a_post_takes_so_many_statements(
    guest: Visitor, writer: Visitor, by: str, held: bool, most: int
) -> None:
    words = {"body": f"{TEXT} {'https://a.example ' * 9 if held else ''}", "name": "Gus"}
    # What a process asks once, such as the day's key, it has asked by now.
    post(writer, by, {**words, "body": f"Before. {words['body']}"})
    with sent() as statements:
        answer = post(writer, by, words)
    assert answer.status_code in ((202, 303) if held else (201, 303))
    # The form's page asks for its thread once more, to show it again where something is wrong; and
    # for the article's page, where its writer will look for the comment.
    assert len(statements) == most + (by == "form") * (1 if held else 2)
