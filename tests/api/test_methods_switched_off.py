"""Sign-in methods that the owner switches off: neither shown nor answered."""

from typing import Any

import pytest
from flask import Flask

from comments_service import config
from comments_service.accounts import roles
from comments_service.db import db
from comments_service.models import (
    Account,
    Identity,
    Role,
)
from tests import make
from tests.api.magic_links import EMAIL, ask, code_in, give, ticket_in
from tests.api.people import by_json_and_form
from tests.api.signing_in import NEW, account_of, sign_in
from tests.conftest import SITE, Visitor, link_in


class TestWithoutMagicLinks:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"magic_links": False}

    def test_nobody_signs_in_by_email(self, guest: Visitor, emails: Any) -> None:
        make.account("Rhea")
        page = guest.get("/comments/sign-in").text
        assert 'name="password"' in page
        assert 'value="letter"' not in page
        for by in ("json", "form"):
            assert ask(guest, by).status_code == 403
            assert emails() == []

    def test_an_email_that_was_sent_before_opens_nothing(
        self, app: Flask, guest: Visitor, emails: Any
    ) -> None:
        from dataclasses import replace

        off = app.extensions["settings"]
        app.extensions["settings"] = replace(off, magic_links=True)
        make.account("Rhea")
        ticket = ticket_in(ask(guest, "json"))
        app.extensions["settings"] = off
        path = link_in(emails()[0][2])
        assert guest.get(path).status_code == guest.post(path).status_code == 403
        assert give(guest, "json", ticket, code_in(emails()[0][2])).status_code == 403


class TestWithoutPasswords:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"passwords": False}

    def test_no_page_asks_for_one(self, guest: Visitor, owner_path: str) -> None:
        for path in ("/comments/sign-in", "/comments/sign-up", owner_path):
            page = guest.get(path)
            assert page.status_code == 200
            assert "password" not in page.text.lower(), path
        assert guest.get("/comments/forgot").status_code == 403
        assert guest.post("/comments/forgot", {"email": EMAIL}).status_code == 403
        assert sign_in(guest, "form", EMAIL).status_code == 403
        assert sign_in(guest, "json", EMAIL).status_code == 403

    @by_json_and_form
    def test_signing_up_takes_a_name_and_an_address(
        self, guest: Visitor, stranger: Visitor, emails: Any, by: str
    ) -> None:
        values = {"name": "Nora", "email": "nora@example.org"}
        if by == "json":
            assert guest.call("POST", "accounts", NEW).status_code == 422
            assert guest.call("POST", "accounts", values).status_code == 202
        else:
            assert guest.post("/comments/sign-up", values).status_code == 202
        # There is no password that anybody could have planted: any browser will do.
        assert stranger.post(link_in(emails()[0][2])).status_code == 303
        assert account_of(stranger)["name"] == "Nora"
        assert db.session.query(Identity).count() == 0
        ask(guest, by, "nora@example.org")
        assert guest.post(link_in(emails()[1][2])).status_code == 303

    def test_a_known_address_is_told_to_sign_in(self, guest: Visitor, emails: Any) -> None:
        make.account("Rhea")
        guest.post("/comments/sign-up", {"name": "Nora", "email": EMAIL})
        [(_, _, text)] = emails()
        assert "/comments/sign-in" in text
        assert "password" not in text

    def test_the_owner_needs_none(
        self, app: Flask, guest: Visitor, emails: Any, owner_path: str
    ) -> None:
        answer = guest.post(owner_path, {"name": "Olga", "email": "olga@example.org"})
        assert (answer.status_code, answer.location) == (303, "/comments/moderation/")
        assert account_of(guest)["role"] == "owner"
        again = Visitor(app)
        ask(again, "form", "olga@example.org")
        assert again.post(link_in(emails()[0][2])).status_code == 303
        assert account_of(again)["role"] == "owner"

    def test_a_password_that_a_stranger_planted_before_never_opens_the_owners_account(
        self, app: Flask, guest: Visitor
    ) -> None:
        account = make.account("Olga", verified=False)
        path = roles.owner_link(config.current().comments_url).removeprefix(SITE)
        guest.post(path, {"name": "Olga", "email": "olga@example.org"})
        assert db.session.get_one(Account, account.id).role is Role.OWNER
        assert db.session.query(Identity).count() == 0


class TestWithPasskeysOnly:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"passwords": False, "magic_links": False}

    def test_nobody_makes_an_account_that_could_not_be_entered_again(
        self, guest: Visitor, emails: Any
    ) -> None:
        values = {"name": "Nora", "email": "nora@example.org"}
        assert guest.call("POST", "accounts", values).status_code == 403
        assert guest.post("/comments/sign-up", values).status_code == 403
        assert "<form" not in guest.get("/comments/sign-up").text.split("<main")[1]
        assert 'type="email"' not in guest.get("/comments/sign-in").text
        assert emails() == []

    def test_the_owner_is_told_to_choose_a_sign_in_method(
        self, guest: Visitor, owner_path: str
    ) -> None:
        answer = guest.post(owner_path, {"name": "Olga", "email": "olga@example.org"})
        assert (answer.status_code, answer.location) == (303, "/comments/account")
        assert "otherwise you could not sign in again" in guest.get(answer.location).text
