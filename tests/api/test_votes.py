"""Votes: who has one, on what, and what everybody sees of them. By JSON and by form."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments
from comments_service.config import Rate
from comments_service.db import db
from comments_service.models import Account, Comment, Policy, Status, Vote
from tests import make
from tests.api.asking import is_problem
from tests.api.people import by_json_and_form, read
from tests.api.voting import both_ways, cast, counts, guests_vote, lines
from tests.conftest import Visitor


@by_json_and_form
def test_a_vote_is_counted_once_changed_and_taken_back(
    rhea: Visitor, moderator: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    make.comment()
    before = fragment()
    assert lines(before) == []
    for _ in range(2):
        assert cast(rhea, by, 1).status_code == (200 if by == "json" else 303)
        assert counts() == (1, 0)
    cast(moderator, by, 1)
    assert counts() == (2, 0)
    assert lines(fragment()) == ["2 readers liked this"]
    assert "▲ 2" in fragment()
    for _ in range(2):
        cast(rhea, by, 0)
        assert counts() == (1, 0)
    assert lines(fragment()) == ["1 reader liked this"]
    cast(moderator, by, 0)
    # A thread without votes costs nothing.
    assert len(fragment()) == len(before)


@both_ways
@by_json_and_form
def test_one_may_vote_against_a_comment_where_the_owner_lets_one(
    rhea: Visitor, moderator: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    make.comment()
    cast(rhea, by, 1)
    cast(rhea, by, -1)
    assert counts() == (0, 1)
    cast(moderator, by, 1)
    assert lines(fragment()) == ["1 reader liked this", "1 reader did not like this"]


@by_json_and_form
def test_one_cannot_vote_against_a_comment_elsewhere(rhea: Visitor, by: str) -> None:
    make.thread()
    make.comment()
    assert cast(rhea, by, -1).status_code == 422
    assert cast(rhea, by, 7).status_code == 422
    assert counts() == (0, 0)


def test_the_answer_says_how_it_stands_and_who_asks_is_told_of_his_votes(
    rhea: Visitor, moderator: Visitor
) -> None:
    make.thread()
    make.thread("gulls")
    make.comment()
    make.comment("gulls")
    cast(moderator, "json", 1)
    answer = cast(rhea, "json", 1)
    assert answer.json == {"comment": 1, "value": 1, "up": 2, "down": 0}
    cast(rhea, "json", 1, 2)
    assert rhea.call("GET", "me?thread=pelicans").json["votes"] == {"1": 1}
    assert rhea.call("GET", "me").json["votes"] == {}
    assert cast(rhea, "json", 0).json == {"comment": 1, "value": 0, "up": 1, "down": 0}
    read_by_all = Visitor.call(moderator, "GET", "threads/pelicans/comments").json["comments"][0]
    assert (read_by_all["up"], read_by_all["down"]) == (1, 0)


@by_json_and_form
def test_nobody_votes_on_his_own_comment(app: Flask, rhea: Visitor, by: str) -> None:
    make.thread()
    own = rhea.call("POST", "threads/pelicans/comments", {"body": "Mine."}).json["id"]
    with comments.changing():
        db.session.get_one(Comment, own).status = Status.PUBLISHED
    assert cast(rhea, by, 1, own).status_code == 403
    assert counts(own) == (0, 0)
    assert "liked" not in rhea.get("/comments/threads/pelicans").text.replace("I like", "")


@by_json_and_form
def test_what_others_cannot_see_has_no_votes(rhea: Visitor, by: str) -> None:
    make.thread()
    make.thread("gulls", policy=Policy.OFF)
    make.thread("owls", listed=False)
    for status in (Status.PENDING, Status.REJECTED, Status.DELETED):
        make.comment(status=status)
    for thread in ("gulls", "owls"):
        make.comment(thread)
    for number in (1, 2, 3, 4, 5, 99):
        assert cast(rhea, by, 1, number).status_code == 404
    assert db.session.scalars(sa.select(Vote)).all() == []


@by_json_and_form
def test_a_closed_thread_takes_votes(rhea: Visitor, fragment: Any, by: str) -> None:
    make.thread(policy=Policy.CLOSED)
    make.comment()
    cast(rhea, by, 1)
    assert lines(fragment()) == ["1 reader liked this"]


@by_json_and_form
def test_without_an_account_one_is_led_to_sign_in(guest: Visitor, by: str) -> None:
    make.thread()
    make.comment()
    answer = cast(guest, by, 1)
    if by == "json":
        assert is_problem(answer, "sign_in_required")
    else:
        assert answer.status_code == 303
        assert answer.location.startswith("/comments/sign-in?next=%2Fcomments%2Fthreads%2Fpelicans")
    assert counts() == (0, 0)
    assert "Set-Cookie" not in answer.headers
    assert "/vote" not in guest.get("/comments/threads/pelicans").text


@guests_vote
@by_json_and_form
def test_a_guests_vote_is_kept_by_his_browser(
    guest: Visitor, stranger: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    make.comment()
    # Nobody is given a cookie for reading.
    assert "Set-Cookie" not in guest.get("/comments/threads/pelicans").headers
    assert "Set-Cookie" in cast(guest, by, 1).headers
    assert "Set-Cookie" not in cast(guest, by, 1).headers
    cast(stranger, by, 1)
    assert counts() == (2, 0)
    assert guest.call("GET", "me?thread=pelicans").json["votes"] == {"1": 1}
    cast(guest, by, 0)
    assert counts() == (1, 0)


@guests_vote
def test_whoever_takes_back_what_he_never_gave_gets_no_cookie(guest: Visitor) -> None:
    make.thread()
    make.comment()
    answer = cast(guest, "json", 0)
    assert answer.json == {"comment": 1, "value": 0, "up": 0, "down": 0}
    assert "Set-Cookie" not in answer.headers


@guests_vote
@by_json_and_form
def test_whoever_throws_his_cookie_away_is_counted_ten_times_a_day_at_most(
    app: Flask, by: str
) -> None:
    make.thread()
    make.comment()
    answers = [cast(Visitor(app), by, 1).status_code for _ in range(12)]
    assert answers == [200 if by == "json" else 303] * 10 + [429] * 2
    assert counts() == (10, 0)


@pytest.mark.parametrize("changed_settings", [{"limit_votes": (Rate(3, 60),)}], ids=["three"])
@by_json_and_form
def test_votes_are_limited_for_each_account(rhea: Visitor, moderator: Visitor, by: str) -> None:
    make.thread()
    make.comment()
    for value in (1, 0, 1):
        assert cast(rhea, by, value).status_code < 400
    answer = cast(rhea, by, 0)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 2 * 60
    assert cast(moderator, by, 1).status_code < 400
    assert counts() == (2, 0)


@pytest.mark.parametrize("changed_settings", [{"votes": "off"}], ids=["off"])
def test_where_votes_are_off_nobody_has_one_and_none_is_shown(rhea: Visitor, fragment: Any) -> None:
    make.thread()
    make.comment(up=3)
    for by in ("json", "form"):
        assert cast(rhea, by, 1).status_code == 403
    assert "▲" not in fragment()
    page = rhea.get("/comments/threads/pelicans").text
    assert "▲" not in page
    assert "/vote" not in page
    assert "votes" not in fragment(name="../ui.en.html").split("postil-mentions")[0]


def test_the_page_without_scripts_has_a_form_for_each_comment_of_others(
    app: Flask, rhea: Visitor, guest: Visitor
) -> None:
    make.thread()
    make.comment(status=Status.PUBLISHED)
    make.comment(by=db.session.scalars(sa.select(Account).where(Account.name == "Rhea")).one())
    cast(rhea, "form", 1)
    page = rhea.get("/comments/threads/pelicans")
    buttons = [each.attributes for each in read(page.text).elements
               if each.tag == "button" and each.attributes.get("name") == "value"]  # fmt: skip
    assert [(each["value"], each["aria-pressed"]) for each in buttons] == [("0", "true")]
    assert lines(guest.get("/comments/threads/pelicans").text) == ["1 reader liked this"]
    answer = rhea.post("/comments/comment/1/vote?lang=en&sort=newest", {"value": "0"})
    assert answer.location == ("/comments/threads/pelicans?comment=1&lang=en&sort=newest#comment-1")
