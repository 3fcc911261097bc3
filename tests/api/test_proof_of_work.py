"""What waits without a proof that a browser's script ran, what does not, and for whom it is asked."""

from datetime import timedelta
from typing import Any

import altcha
import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import proof_of_work
from comments_service.db import db
from comments_service.models import Comment, Role, Status, now
from tests import make
from tests.api.commenting import edit, make_published, post
from tests.api.people import by_json_and_form, of_role
from tests.conftest import SITE, Visitor, one_database

KEY = "a-key-of-eight"
WORDS = {"name": "Gus", "body": "They scoop.", "key": KEY}
NONE = "No proof that a browser's script ran."
LONG_ENOUGH = timedelta(seconds=proof_of_work.LEAST_SECONDS + 1)


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"proof_of_work": True, "trust_after": 0}


@pytest.fixture(autouse=True)
def threads(app: Flask) -> None:
    for thread in ("pelicans", "gulls"):
        make.thread(thread)


def solved(challenge: dict[str, Any]) -> str:
    asked = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    return altcha.Payload(asked, solution).to_base64()


def proof(
    app: Flask, key: str = KEY, thread: str = "pelicans", ago: timedelta = LONG_ENOUGH
) -> str:
    """Of a form that was opened a while ago."""
    secret = app.config["SECRET_KEY"]
    return solved(proof_of_work.challenge(thread, key, secret, 0, now() - ago))


def latest() -> Comment:
    db.session.expire_all()
    return db.session.scalars(sa.select(Comment).order_by(Comment.id.desc()).limit(1)).one()


@by_json_and_form
def test_a_guest_with_a_proof_is_published_at_once(app: Flask, guest: Visitor, by: str) -> None:
    post(guest, by, {**WORDS, "proof_of_work": proof(app)})
    assert (latest().status, latest().reasons) == (Status.PUBLISHED, [])


@by_json_and_form
def test_without_one_a_comment_waits_and_is_not_lost(guest: Visitor, by: str) -> None:
    answer = post(guest, by, WORDS)
    assert answer.status_code == (202 if by == "json" else 303)
    assert (latest().status, latest().reasons) == (Status.PENDING, [NONE])


@one_database
@by_json_and_form
@pytest.mark.parametrize(
    "kind", ["nonsense", "of another key", "of another thread", "old", "hasty"]
)
def test_one_that_proves_nothing_lets_a_comment_wait(
    app: Flask, guest: Visitor, by: str, kind: str
) -> None:
    given, reason = {
        "nonsense": ("nonsense", NONE),
        "of another key": (proof(app, key="another-key"), NONE),
        "of another thread": (proof(app, thread="gulls"), NONE),
        "old": (
            proof(app, ago=timedelta(hours=2)),
            "The proof that a browser's script ran is too old.",
        ),
        "hasty": (proof(app, ago=timedelta(0)), "Sent faster than people write."),
    }[kind]
    post(guest, by, {**WORDS, "proof_of_work": given})
    assert (latest().status, latest().reasons) == (Status.PENDING, [reason])


@by_json_and_form
def test_a_proof_serves_for_one_comment(app: Flask, guest: Visitor, by: str) -> None:
    once = {**WORDS, "proof_of_work": proof(app)}
    post(guest, by, once)
    first = latest().id
    # The very same is answered as it was; other words under its key are refused; another key has none.
    post(guest, by, once)
    assert post(guest, by, {**once, "body": "Buy pills."}).status_code == 409
    assert latest().id == first
    post(guest, by, {**once, "body": "Buy pills.", "key": "another-key"})
    assert (latest().status, latest().reasons) == (Status.PENDING, [NONE])


@by_json_and_form
def test_nobody_is_asked_who_is_signed_in(reader: Visitor, app: Flask, by: str) -> None:
    for writer in (reader, of_role(app, "Mona", Role.MODERATOR)):
        post(writer, by, {"body": "They scoop.", "key": KEY[1:] if writer is reader else KEY})
        assert latest().status is Status.PUBLISHED


class TestWhereAFirstCommentWaits:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"proof_of_work": True, "trust_after": 1}

    @by_json_and_form
    def test_the_queue_says_which_of_them_no_script_sent(
        self, app: Flask, guest: Visitor, stranger: Visitor, by: str
    ) -> None:
        post(guest, by, {**WORDS, "proof_of_work": proof(app)})
        assert latest().reasons == ["First comment of this writer."]
        post(stranger, by, {**WORDS, "body": "Buy pills.", "key": "another-key"})
        assert latest().reasons == ["First comment of this writer.", NONE]

    @by_json_and_form
    def test_whom_a_moderator_has_let_through_needs_none(self, guest: Visitor, by: str) -> None:
        post(guest, by, WORDS)
        make_published(latest().id)
        post(guest, by, {**WORDS, "body": "And dive.", "key": "another-key"})
        assert latest().status is Status.PUBLISHED


@by_json_and_form
def test_an_edit_needs_no_other_proof(app: Flask, guest: Visitor, by: str) -> None:
    post(guest, "json", {**WORDS, "proof_of_work": proof(app)})
    edit(guest, by, latest().id, "They dive.")
    assert (latest().source, latest().status) == ("They dive.", Status.PUBLISHED)


def test_a_challenge_costs_the_database_nothing_and_is_stored_nowhere(
    guest: Visitor, statements: list[str]
) -> None:
    guest.call("GET", f"threads/pelicans/proof-of-work?key={KEY}")
    statements.clear()
    answer = guest.call(
        "GET", f"threads/pelicans/proof-of-work?key={KEY}", headers={"Origin": SITE}
    )
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert statements == []
    # Solved, it is a proof; of a form that was opened just now.
    post(guest, "json", {**WORDS, "proof_of_work": solved(answer.json)})
    assert latest().reasons == ["Sent faster than people write."]


@pytest.mark.parametrize("key", ["", "short", "with spaces in it", "k" * 81])
def test_a_challenge_is_for_a_key(guest: Visitor, key: str) -> None:
    answer = guest.call("GET", "threads/pelicans/proof-of-work", query_string={"key": key})
    assert answer.status_code == 422
    assert "key" in answer.json["fields"]


def test_a_challenge_is_for_a_thread(guest: Visitor) -> None:
    assert guest.call("GET", f"threads/Pelicans!/proof-of-work?key={KEY}").status_code == 404


class TestSwitchedOff:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"proof_of_work": False, "trust_after": 0}

    @by_json_and_form
    def test_nobody_is_asked(self, guest: Visitor, by: str) -> None:
        assert guest.call("GET", f"threads/pelicans/proof-of-work?key={KEY}").status_code == 404
        post(guest, by, WORDS)
        assert latest().status is Status.PUBLISHED
