"""Forgotten and changed passwords, and the link that makes an owner."""

from typing import Any

from flask import Flask

from comments_service.accounts import roles
from comments_service.db import db
from comments_service.models import Account, Role
from tests import make
from tests.api.people import of_role, visiting
from tests.api.signing_in import NEW, account_of, sign_in, token_of, with_token, without_address
from tests.conftest import SITE, Visitor, link_in

# ---- forgotten and changed passwords


def test_a_forgotten_password_is_replaced_and_every_session_ends(
    app: Flask, guest: Visitor, emails: Any
) -> None:
    account = make.account("Rhea")
    elsewhere = visiting(app, account)
    assert guest.post("/comments/forgot", {"email": "RHEA@example.org"}).status_code == 202
    path = link_in(emails()[0][2])
    assert guest.get(path).status_code == 200
    assert guest.post(path, {"password": "short"}).status_code == 422
    assert account_of(elsewhere) is not None

    answer = guest.post(path, {"password": "a heron at dusk"})
    assert answer.status_code == 303
    assert account_of(guest)["name"] == "Rhea"
    assert account_of(elsewhere) is None
    assert guest.post(path, {"password": "a heron at noon"}).status_code == 404
    assert sign_in(elsewhere, "json", "rhea@example.org").status_code == 401
    assert sign_in(elsewhere, "json", "rhea@example.org", "a heron at dusk").status_code == 201


def test_forgetting_tells_nobody_whether_an_address_is_known(guest: Visitor, emails: Any) -> None:
    make.account("Rhea")
    answers = {
        without_address(guest.post("/comments/forgot", {"email": email}), email)[:2]
        for email in ("rhea@example.org", "nobody@example.org")
    }
    assert len(answers) == 1
    assert [recipient for recipient, _, _ in emails()] == ["rhea@example.org"]


def test_a_reset_proves_the_address_as_well(guest: Visitor, emails: Any) -> None:
    make.account("Una", verified=False)
    guest.post("/comments/forgot", {"email": "una@example.org"})
    guest.post(link_in(emails()[0][2]), {"password": "a heron at dusk"})
    assert account_of(guest)["email_verified"] is True


def test_changing_the_password_ends_all_other_sessions(app: Flask) -> None:
    account = make.account("Rhea")
    here, elsewhere = visiting(app, account), visiting(app, account)
    old = token_of(here)
    form = {"old_password": make.PASSWORD, "password": "a heron at dusk"}
    for wrong in ({"old_password": "not hers"}, {"old_password": ""}, {"old_password": "x" * 999}):
        assert here.post("/comments/account/password", {**form, **wrong}).status_code == 422
    assert here.post("/comments/account/password", {**form, "password": "short"}).status_code == 422
    assert account_of(elsewhere) is not None

    assert here.post("/comments/account/password", form).status_code == 303
    assert account_of(here)["name"] == "Rhea"
    assert token_of(here) != old
    assert account_of(elsewhere) is account_of(with_token(app, old)) is None


def test_only_who_is_signed_in_changes_a_password(guest: Visitor) -> None:
    assert guest.get("/comments/account").location == "/comments/sign-in?next=%2Fcomments%2Faccount"
    answer = guest.post(
        "/comments/account/password", {"old_password": "", "password": "a heron at dusk"}
    )
    assert answer.status_code == 401


# ---- the owner's link


def test_the_terminals_link_makes_the_owner_once(
    guest: Visitor, stranger: Visitor, owner_path: str
) -> None:
    assert stranger.get(owner_path).status_code == 200
    assert db.session.query(Account).count() == 0
    assert stranger.post(owner_path, {**NEW, "password": "short"}).status_code == 422
    answer = guest.post(owner_path, NEW)
    assert (answer.status_code, answer.location) == (303, "/comments/moderation/")
    assert account_of(guest)["role"] == "owner"
    assert guest.get(answer.location).status_code == 200
    for again in (stranger.get(owner_path), stranger.post(owner_path, {**NEW, "name": "Eve"})):
        assert again.status_code == 404
    assert db.session.query(Account).count() == 1


def test_a_new_link_makes_the_earlier_one_useless(guest: Visitor, owner_path: str) -> None:
    roles.owner_link(SITE)
    assert guest.post(owner_path, NEW).status_code == 404


def test_an_account_that_exists_becomes_the_owner_and_its_sessions_end(
    app: Flask, guest: Visitor, owner_path: str
) -> None:
    reader = of_role(app, "Rhea", Role.READER)
    guest.post(owner_path, {**NEW, "name": "Rhea", "email": "rhea@example.org"})
    assert account_of(guest)["role"] == "owner"
    assert account_of(reader) is None
