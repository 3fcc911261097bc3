"""Showing again that it is oneself, before what cannot be taken back; and a first password."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import (
    Authenticator,
    Identity,
    Role,
    Session,
    now,
)
from tests import make
from tests.api.people import of_role
from tests.api.signing_in import signed_in
from tests.api.strong import PAGE, hidden, kept, let_proof_lapse, set_up
from tests.conftest import Visitor


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_sign_in": (Rate(1000, 60),)}


def confirm_path(then: str = PAGE) -> str:
    return f"/comments/confirm?next={then.replace('/', '%2F')}"


def test_what_cannot_be_taken_back_asks_anew_after_a_while(rhea: Visitor) -> None:
    let_proof_lapse()
    for act in ("begin", "codes", "off", "confirm"):
        assert rhea.post(PAGE, {"act": act}).location == confirm_path()
    assert db.session.query(Authenticator).count() == 0
    page = rhea.get(confirm_path()).text
    assert hidden(page, "next") == PAGE
    assert 'autocomplete="current-password"' in page
    wrong = rhea.post("/comments/confirm", {"password": "not hers", "next": PAGE})
    assert wrong.status_code == 422
    assert rhea.post(PAGE, {"act": "begin"}).location == confirm_path()
    answer = rhea.post("/comments/confirm", {"password": make.PASSWORD, "next": PAGE})
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert rhea.post(PAGE, {"act": "begin"}).location == PAGE
    assert kept().strong_at is None, "a password is not two"


def test_a_secret_that_waits_is_shown_after_a_proof_only(rhea: Visitor) -> None:
    rhea.post(PAGE, {"act": "begin"})
    let_proof_lapse()
    answer = rhea.get(PAGE)
    assert answer.location == confirm_path()
    assert "secret" not in answer.text


def test_a_fresh_proof_changes_the_sessions_token(app: Flask, rhea: Visitor) -> None:
    stolen = Visitor(app)
    cookie = rhea.client.get_cookie("postil", domain="blog.test")
    assert cookie
    stolen.client.set_cookie("postil", cookie.value, domain="blog.test")
    assert signed_in(stolen)
    row = kept().id
    rhea.post("/comments/confirm", {"password": make.PASSWORD})
    assert signed_in(rhea)
    assert not signed_in(stolen)
    assert kept().id == row, "the session is the same: its comments stay its own"


def test_whoever_has_a_second_factor_shows_that_one(rhea: Visitor) -> None:
    phone, codes = set_up(rhea)
    let_proof_lapse()
    page = rhea.get(confirm_path()).text
    assert 'name="password"' not in page
    answer = rhea.post("/comments/confirm", {"password": make.PASSWORD, "next": PAGE})
    assert answer.status_code == 422
    assert rhea.post(PAGE, {"act": "off"}).location == confirm_path()
    assert rhea.post("/comments/confirm", {"code": phone.wrong()}).status_code == 422
    # A proof by password that was made before the app was set up does not do either.
    with writing():
        db.session.execute(sa.update(Session).values(proved_at=now()))
    assert rhea.post(PAGE, {"act": "off"}).location == confirm_path()
    assert rhea.post("/comments/confirm", {"code": phone.code(), "next": PAGE}).status_code == 303
    assert kept().strong_at is not None
    let_proof_lapse()
    answer = rhea.post("/comments/confirm", {"recovery_code": codes[0], "next": PAGE})
    assert answer.location == PAGE
    assert rhea.post(PAGE, {"act": "off"}).location == PAGE


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_confirming_leads_to_this_site_only(rhea: Visitor, target: str) -> None:
    answer = rhea.post("/comments/confirm", {"password": make.PASSWORD, "next": target})
    assert answer.location == "/comments/account"


def test_strangers_have_nothing_to_confirm(guest: Visitor) -> None:
    assert guest.get("/comments/confirm?next=/pelicans/").location.startswith("/comments/sign-in")
    assert guest.post("/comments/confirm", {"password": make.PASSWORD}).status_code == 401


# ---- a first password


def test_who_came_without_a_password_chooses_one_after_a_fresh_proof(app: Flask) -> None:
    rhea = of_role(app, "Rhea", Role.READER)
    with writing():
        db.session.execute(sa.delete(Identity))
    path = "/comments/account/password"
    page = rhea.get(path)
    assert page.status_code == 200
    assert "old_password" not in page.text
    let_proof_lapse()
    answer = rhea.post(path, {"password": "a heron at dusk"})
    assert answer.location == confirm_path(path)
    assert db.session.query(Identity).count() == 0
    with writing():
        db.session.execute(sa.update(Session).values(proved_at=now()))
    assert rhea.post(path, {"password": "short"}).status_code == 422
    assert rhea.post(path, {"password": "a heron at dusk"}).status_code == 303
    Visitor(app).sign_in("rhea@example.org", "a heron at dusk")
    # From now on the old one is asked for.
    assert rhea.post(path, {"password": "a heron at noon"}).status_code == 422


def test_an_email_proves_again_who_one_is(rhea: Visitor, emails: Any) -> None:
    """For accounts without a password; whoever has a second factor is not offered it."""
    let_proof_lapse()
    page = rhea.get(confirm_path()).text
    assert 'value="letter"' in page
    form = {"act": "letter", "email": hidden(page, "email"), "next": hidden(page, "next")}
    answer = rhea.post("/comments/sign-in", form)
    [code] = re.findall(r"\b(\d{3} \d{3})\b", emails()[-1][2])
    form = {"ticket": hidden(answer.text, "ticket"), "code": code, "next": PAGE}
    assert rhea.post("/comments/sign-in/code", form).location == PAGE
    assert rhea.post(PAGE, {"act": "begin"}).location == PAGE
    set_up(rhea)
    assert 'value="letter"' not in rhea.get(confirm_path()).text
