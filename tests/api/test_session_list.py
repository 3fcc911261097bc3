"""The list of where one is signed in, and ending a session from it."""

import re

from flask import Flask

from comments_service.db import db
from comments_service.models import Session
from tests import make
from tests.conftest import Visitor

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)


def with_browser(app: Flask, user_agent: str) -> Visitor:
    visitor = Visitor(app)
    visitor.client.environ_base["HTTP_USER_AGENT"] = user_agent
    return visitor.sign_in("rhea@example.org")


def numbers(page: str) -> list[str]:
    return re.findall(r'name="session" value="(\d+)"', page)


def test_the_account_page_tells_where_one_is_signed_in(app: Flask) -> None:
    make.account("Rhea")
    here = with_browser(app, FIREFOX)
    for other in (PHONE, EDGE, "curl/8.0"):
        with_browser(app, other)
    page = here.get("/comments/account/sessions").text
    for words in ("Firefox on Linux", "Safari on iPhone", "Edge on Windows", "An unknown browser"):
        assert words in page
    assert page.count("this one") == 1
    assert len(numbers(page)) == 3


def test_one_session_is_ended_and_the_others_live_on(app: Flask) -> None:
    make.account("Rhea")
    here, phone, edge = (with_browser(app, each) for each in (FIREFOX, PHONE, EDGE))
    # The list begins with the one that was seen last.
    number = numbers(here.get("/comments/account/sessions").text)[0]
    answer = here.post("/comments/account/sessions", {"session": number})
    assert "That browser is signed out." in here.get(answer.location).text
    assert [v.call("GET", "me").json["account"] is None for v in (here, phone, edge)] == [
        False,
        False,
        True,
    ]


def test_all_other_sessions_are_ended_at_once(app: Flask) -> None:
    make.account("Rhea")
    here, phone, edge = (with_browser(app, each) for each in (FIREFOX, PHONE, EDGE))
    here.post("/comments/account/sessions", {"session": "others"})
    assert here.call("GET", "me").json["account"]
    assert not phone.call("GET", "me").json["account"]
    assert not edge.call("GET", "me").json["account"]


def test_nobody_ends_anothers_session(app: Flask, moderator: Visitor) -> None:
    make.account("Rhea")
    rhea = with_browser(app, FIREFOX)
    number = db.session.query(Session.id).order_by(Session.id.desc()).first()
    assert number
    moderator.post("/comments/account/sessions", {"session": str(number[0])})
    for nonsense in ("", "x", "9" * 30, "-1"):
        moderator.post("/comments/account/sessions", {"session": nonsense})
    assert rhea.call("GET", "me").json["account"]


def test_a_guest_has_no_sessions_to_end(guest: Visitor) -> None:
    assert guest.post("/comments/account/sessions", {"session": "others"}).status_code == 401
