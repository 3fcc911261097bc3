"""Handoff: a window on the service's address signs in for a page of another site; and who tries to steal it."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import rate_limits, sessions
from comments_service.accounts import handoff
from comments_service.db import db, writing
from comments_service.models import Account, Authenticator, DayKey, Purpose, Session, Token, now
from tests import make
from tests.api.people import text
from tests.conftest import Answer, Visitor

BLOG, SERVICE = "https://blog.example", "https://talk.example.net"
SECOND = "https://second.example"


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {
        "site_url": BLOG,
        "comments_url": f"{SERVICE}/comments/",
        "allowed_origins": (SECOND,),
        "trusted_proxies": 1,
    }


class Page:
    """A page of a site with `<comment-thread>` in it, in somebody's browser at home."""

    def __init__(self, app: Flask, origin: str = BLOG, home: str = "9.9.9.9") -> None:
        self.visitor = Visitor(app)
        self.headers = {"Origin": origin, "X-Forwarded-For": home, "Sec-Fetch-Site": "cross-site"}
        self.verifier = secrets.token_urlsafe(32)
        self.challenge = make.challenge(self.verifier)

    def call(self, path: str, data: dict[str, Any], **headers: str) -> Answer:
        headers = {**self.headers, **{name.replace("_", "-"): headers[name] for name in headers}}
        return self.visitor.call("POST", path, data, headers=headers)

    def ask(self) -> Answer:
        return self.call("handoffs", {"challenge": self.challenge})

    def redeem(self, verifier: str = "", **headers: str) -> Answer:
        return self.call("session/handoff", {"verifier": verifier or self.verifier}, **headers)


class Window:
    """A window on the service's own address, where Rhea is signed in."""

    def __init__(self, app: Flask, account: Account, home: str = "9.9.9.9") -> None:
        with writing():
            self.session, token = sessions.begin(account, make.visitor(), method="password")
        self.visitor = Visitor(app)
        self.visitor.client.set_cookie("__Host-postil", token, domain="blog.test", secure=True)
        self.home = home

    def see(self, page: Page) -> Answer:
        return self.visitor.get(f"/comments/handoff/{page.challenge}", headers=self.headers)

    def say_yes(self, page: Page, **headers: str) -> Answer:
        path = f"/comments/handoff/{page.challenge}"
        return self.visitor.post(path, headers={**self.headers, **headers})

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": SERVICE, "X-Forwarded-For": self.home}


@pytest.fixture
def page(app: Flask) -> Page:
    page = Page(app)
    assert page.ask().status_code == 201
    return page


@pytest.fixture
def rhea(app: Flask) -> Account:
    return make.account("Rhea")


@pytest.fixture
def window(app: Flask, rhea: Account) -> Window:
    return Window(app, rhea)


@pytest.fixture(autouse=True)
def over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cookies of this deployment are Secure: the test's browser must believe that it speaks TLS."""
    monkeypatch.setattr("tests.conftest.SITE", "https://blog.test")


def signed_in(answer: Answer) -> bool:
    return answer.status_code == 201 and answer.json["account"]["name"] == "Rhea"


def refused(answer: Answer) -> bool:
    """As if there were no such handoff; nobody learns more."""
    assert answer.status_code == 404, answer.text
    assert answer.json["code"] == "unknown_token"
    assert "Set-Cookie" not in answer.headers
    return True


def test_a_window_signs_in_for_a_page(page: Page, window: Window) -> None:
    assert page.redeem().status_code == 202
    shown = text(window.see(page).text)
    assert BLOG in shown
    assert "Rhea" in shown
    answer = window.say_yes(page)
    assert (answer.status_code, answer.location) == (303, "/comments/handed-off")
    assert window.visitor.get("/comments/handed-off", headers=window.headers).status_code == 200
    assert signed_in(page.redeem())
    me = page.visitor.call("GET", "me", headers=page.headers).json
    assert me["account"]["name"] == "Rhea"


def test_page_and_window_show_the_same_number(app: Flask, window: Window) -> None:
    page = Page(app)
    answer = page.ask().json
    assert answer["url"] == f"{SERVICE}/comments/handoff/{page.challenge}"
    assert len(answer["number"]) == 4
    assert answer["number"] in text(window.see(page).text)
    assert len({handoff.number(secrets.token_bytes(32)) for _ in range(50)}) > 40


def test_the_pages_session_is_another_one_than_the_windows(page: Page, window: Window) -> None:
    window.say_yes(page)
    page.redeem()
    found = db.session.scalars(sa.select(Session).order_by(Session.id)).all()
    assert [each.ended_at for each in found] == [None, None]
    assert found[0].token_hash != found[1].token_hash


def test_looking_at_the_question_answers_nothing(page: Page, window: Window) -> None:
    for method in ("GET", "HEAD"):
        path = f"/comments/handoff/{page.challenge}"
        assert window.visitor._open(method, path, headers=window.headers).status_code == 200
    assert page.redeem().status_code == 202


def test_a_stranger_in_the_window_signs_in_first_and_comes_back(app: Flask, page: Page) -> None:
    answer = Visitor(app).get(f"/comments/handoff/{page.challenge}")
    assert answer.status_code == 303
    assert answer.location.startswith("/comments/sign-in?next=%2Fcomments%2Fhandoff%2F")
    assert (
        Visitor(app)
        .post(f"/comments/handoff/{page.challenge}", headers={"Origin": SERVICE})
        .status_code
        == 401
    )
    assert page.redeem().status_code == 202


# ---- what it must not give away


def test_it_works_once(page: Page, window: Window, app: Flask, rhea: Account) -> None:
    window.say_yes(page)
    assert signed_in(page.redeem())
    assert refused(page.redeem())
    assert window.say_yes(page).status_code == 404
    assert window.see(page).status_code == 404


def test_the_first_yes_counts(app: Flask, page: Page, window: Window) -> None:
    other = Window(app, make.account("Mallory"))
    window.say_yes(page)
    assert other.see(page).status_code == 404
    assert other.say_yes(page).status_code == 404
    assert signed_in(page.redeem())


def test_another_network_cannot_redeem(page: Page, window: Window) -> None:
    window.say_yes(page)
    assert refused(page.redeem(X_Forwarded_For="6.6.6.6"))
    assert signed_in(page.redeem())


def test_midnight_makes_no_other_network_of_ones_own(
    app: Flask, page: Page, window: Window
) -> None:
    def midnight() -> None:
        with writing():
            db.session.execute(sa.delete(DayKey))
        rate_limits._known_keys.clear()

    midnight()
    assert window.say_yes(page).status_code == 303
    midnight()
    assert refused(page.redeem(X_Forwarded_For="6.6.6.6"))
    assert signed_in(page.redeem())


def test_another_origin_cannot_redeem(page: Page, window: Window) -> None:
    window.say_yes(page)
    for origin in (SECOND, SERVICE):
        assert refused(page.redeem(Origin=origin, Sec_Fetch_Site="same-site"))
    assert page.redeem(Origin="https://evil.example").status_code == 403
    assert signed_in(page.redeem())


def test_another_secret_cannot_redeem(page: Page, window: Window) -> None:
    window.say_yes(page)
    # The challenge stands in the window's address: whoever sees that has nothing.
    for verifier in (page.challenge, secrets.token_urlsafe(32), page.verifier[:-1] + "!"):
        answer = page.redeem(verifier)
        assert answer.status_code in (404, 422)
        assert "Set-Cookie" not in answer.headers
    assert signed_in(page.redeem())


def test_a_link_that_somebody_sends_round_fails_in_another_network(
    app: Flask, window: Window
) -> None:
    """The attacker's page waits in his network; his victim says yes in hers, and nothing happens."""
    attacker = Page(app, home="6.6.6.6")
    attacker.ask()
    assert BLOG in text(window.see(attacker).text)
    answer = window.say_yes(attacker)
    assert answer.status_code == 403
    assert "another network" in text(answer.text)
    assert attacker.redeem().status_code == 202
    assert attacker.redeem(X_Forwarded_For="9.9.9.9").status_code == 404


def test_a_page_of_another_site_can_neither_ask_nor_say_yes(
    app: Flask, page: Page, window: Window
) -> None:
    for origin in ("https://evil.example", "null", ""):
        stranger = Page(app, origin=origin)
        assert stranger.ask().status_code == 403
        assert window.say_yes(page, Origin=origin).status_code == 403
    assert page.redeem().status_code == 202


def test_after_a_quarter_of_an_hour_it_is_too_late(page: Page, window: Window) -> None:
    found = db.session.scalars(sa.select(Token).where(Token.purpose == Purpose.HANDOFF)).one()
    assert timedelta(minutes=14) < found.expires_at - now() <= timedelta(minutes=15)
    window.say_yes(page)
    with writing():
        db.session.execute(sa.update(Token).values(expires_at=now() - timedelta(seconds=1)))
    assert refused(page.redeem())


def test_after_a_quarter_of_an_hour_nobody_is_asked_any_more(page: Page, window: Window) -> None:
    with writing():
        db.session.execute(sa.update(Token).values(expires_at=now() - timedelta(seconds=1)))
    assert window.see(page).status_code == 404
    assert window.say_yes(page).status_code == 404
    assert refused(page.redeem())


def test_signing_out_of_the_window_takes_the_yes_back(page: Page, window: Window) -> None:
    window.say_yes(page)
    window.visitor.post("/comments/sign-out", headers=window.headers)
    assert refused(page.redeem())


def test_an_account_that_was_deleted_in_between_does_not_come_in(
    page: Page, window: Window, rhea: Account
) -> None:
    window.say_yes(page)
    with writing():
        db.session.execute(sa.delete(Account).where(Account.id == rhea.id))
    assert refused(page.redeem())


def test_what_is_no_hash_is_refused_and_one_hash_waits_once(app: Flask, page: Page) -> None:
    for challenge in ("", "x", page.challenge + "=", "ä" * 43, page.challenge[:-1] + "!"):
        answer = page.call("handoffs", {"challenge": challenge})
        assert answer.status_code == 422
        assert "challenge" in answer.json["fields"]
    # 43 letters, but the last one has bits that 32 bytes do not use.
    assert page.call("handoffs", {"challenge": "A" * 42 + "B"}).status_code == 422
    assert Page.ask(page).status_code == 422
    assert db.session.query(Token).count() == 1


def test_asking_is_limited_by_network(app: Flask) -> None:
    asked = [Page(app).ask().status_code for _ in range(handoff.ASKED_OFTEN.count + 1)]
    assert asked[-2:] == [201, 429]
    assert Page(app, home="8.8.8.8").ask().status_code == 201


# ---- what the new session may


def test_the_page_proves_what_the_window_proved_and_no_more(page: Page, window: Window) -> None:
    """Saying yes is no new proof: else an open window in a library would become one."""
    hours_ago = now() - timedelta(hours=3)
    with writing():
        db.session.get_one(Session, window.session.id).proved_at = hours_ago
    window.say_yes(page)
    assert signed_in(page.redeem())
    made = db.session.scalars(sa.select(Session).order_by(Session.id.desc())).first()
    assert made is not None
    assert (made.proved_at, made.strong_at, made.sign_in_method) == (hours_ago, None, "password")


def test_a_second_factor_shown_in_the_window_is_not_asked_for_again(
    page: Page, window: Window, rhea: Account
) -> None:
    give_second_factor(rhea)
    moment = now()
    with writing():
        db.session.get_one(Session, window.session.id).strong_at = moment
    window.say_yes(page)
    assert signed_in(page.redeem())
    made = db.session.scalars(sa.select(Session).order_by(Session.id.desc())).first()
    assert made is not None
    assert made.strong_at == moment


def test_a_window_without_the_second_factor_does_not_get_around_it(
    page: Page, window: Window, rhea: Account
) -> None:
    window.say_yes(page)
    give_second_factor(rhea)
    answer = page.redeem()
    assert answer.status_code == 401
    assert answer.json["code"] == "second_factor_required"
    assert answer.json["ticket"]
    assert "Set-Cookie" not in answer.headers


def give_second_factor(account: Account) -> None:
    with writing():
        db.session.add(Authenticator(account_id=account.id, secret="x" * 32, confirmed_at=now()))


def test_what_the_page_wrote_as_a_guest_can_be_claimed(
    app: Flask, page: Page, window: Window
) -> None:
    make.thread()
    posted = page.call("threads/pelicans/comments", {"name": "Gus", "body": "They scoop."})
    assert posted.status_code == 202
    guest = db.session.scalars(sa.select(Session).where(Session.account_id.is_(None))).one()
    window.say_yes(page)
    page.redeem()
    made = db.session.scalars(sa.select(Session).order_by(Session.id.desc())).first()
    assert made is not None
    assert made.guest_id == guest.id


# ---- taking over what was written as a guest


@pytest.fixture
def signed_in_page(page: Page, window: Window) -> Page:
    """Rhea's page, which wrote two comments before she signed in."""
    make.thread()
    for body in ("They scoop.", "They fly."):
        page.call("threads/pelicans/comments", {"name": "Gus", "body": body})
    window.say_yes(page)
    assert signed_in(page.redeem())
    return page


def test_a_page_takes_over_what_it_wrote_as_a_guest(signed_in_page: Page) -> None:
    headers = signed_in_page.headers
    me = signed_in_page.visitor.call("GET", "me?thread=pelicans", headers=headers).json
    assert me["claimable"] == 2
    answer = signed_in_page.call("session/claim", {"comments": 2})
    assert answer.status_code == 200
    assert answer.json["claimable"] == 0
    me = signed_in_page.visitor.call("GET", "me?thread=pelicans", headers=headers).json
    assert {each["name"] for each in me["comments"]} == {"Rhea"}


def test_only_what_was_shown_is_taken_over(signed_in_page: Page) -> None:
    answer = signed_in_page.call("session/claim", {"comments": 1})
    assert answer.status_code == 422
    me = signed_in_page.visitor.call("GET", "me", headers=signed_in_page.headers).json
    assert me["claimable"] == 2


def test_a_guest_takes_nothing_over(app: Flask, page: Page) -> None:
    make.thread()
    page.call("threads/pelicans/comments", {"name": "Gus", "body": "They scoop."})
    assert page.call("session/claim", {"comments": 1}).status_code == 401
    assert Page(app).call("session/claim", {"comments": 1}).status_code == 401
