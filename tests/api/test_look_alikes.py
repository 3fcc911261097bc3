"""Names and texts that pretend: refused by script and by form, where guests post and where accounts are made."""

import pytest

from comments_service.db import db
from comments_service.models import Account, Comment
from tests import make
from tests.api.people import by_json_and_form
from tests.conftest import Visitor

WORN = ("AIice", "Al\u0131ce", "Alice (Author)", "\u0251lice")


def post(guest: Visitor, by: str, body: str, name: str) -> int:
    values = {"body": body, "name": name}
    if by == "json":
        return guest.call("POST", "threads/pelicans/comments", values).status_code
    return guest.post("/comments/threads/pelicans", {**values, "act": "post"}).status_code


@by_json_and_form
@pytest.mark.parametrize("name", WORN)
def test_a_guest_cannot_look_like_an_account(guest: Visitor, by: str, name: str) -> None:
    make.thread()
    make.account("Alice")
    assert post(guest, by, "It is me.", name) == 422
    assert db.session.query(Comment).count() == 0


@by_json_and_form
@pytest.mark.parametrize("name", WORN)
def test_neither_can_a_new_account(guest: Visitor, by: str, name: str) -> None:
    make.account("Alice")
    values = {"name": name, "email": "other@example.org", "password": make.PASSWORD}
    if by == "json":
        answer = guest.call("POST", "accounts", values)
    else:
        answer = guest.post("/comments/sign-up", values)
    assert answer.status_code == 422
    assert db.session.query(Account).count() == 1


@by_json_and_form
@pytest.mark.parametrize("body", ["\u200b", "\u2800", "&#8203;", "&#x3164; &#x2800;"], ids=ascii)
def test_a_comment_that_shows_nothing_is_empty(guest: Visitor, by: str, body: str) -> None:
    make.thread()
    assert post(guest, by, body, "Gus") == 422


@by_json_and_form
@pytest.mark.parametrize("name", ["علی\u200cرضا", "👩\u200d🚀 Sally"], ids=ascii)
def test_a_name_with_joiners_of_its_script_is_taken(guest: Visitor, by: str, name: str) -> None:
    make.thread()
    assert post(guest, by, "Salam.", name) < 400
    assert db.session.query(Comment).one().name == name
