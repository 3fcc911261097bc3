"""The e-mail that signs in and whose an address is in the end: new readers, strangers, a second factor."""

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.mail import outbox
from comments_service.models import (
    Account,
    Authenticator,
    Identity,
    Purpose,
    Token,
    now,
)
from tests import make
from tests.api.magic_links import EMAIL, ask, code_in, give, let_in, ticket_in
from tests.api.people import by_json_and_form, visiting
from tests.api.signing_in import NEW, account_of, sign_in, sign_up
from tests.conftest import Visitor, link_in


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_sign_up": (Rate(1000, 60),)}


# ---- addresses without an account


def test_a_new_reader_chooses_a_name_behind_the_link(guest: Visitor, emails: Any) -> None:
    make.account("Rhea")
    ask(guest, "form", "Nora@example.org")
    path = link_in(emails()[0][2])
    assert 'name="name"' in guest.get(path).text
    for name, complaint in (("", "fill this in"), ("rhéa", "taken"), ("\u200b", "invisible")):
        answer = guest.post(path, {"name": name})
        assert answer.status_code == 422
        assert complaint in answer.text
    assert guest.post(path, {"name": "Nora"}).status_code == 303
    assert account_of(guest) == {
        **account_of(guest),
        "name": "Nora",
        "role": "reader",
        "email": "Nora@example.org",
        "email_verified": True,
    }
    assert db.session.query(Identity).filter(Identity.account_id == 2).count() == 0


@by_json_and_form
def test_a_new_reader_is_asked_for_a_name_behind_the_code(
    guest: Visitor, emails: Any, by: str
) -> None:
    make.account("Rhea")
    ticket = ticket_in(ask(guest, by, "nora@example.org"))
    code = code_in(emails()[0][2])
    # As often as it takes: a right code is not a guess.
    for name in ("", "", "Rhea", "rhea", "RHEA", "Rhea"):
        answer = give(guest, by, ticket, code, **({"name": name} if name else {}))
        assert answer.status_code == 422
        if by == "json":
            assert set(answer.json["fields"]) == {"name"}
        else:
            assert 'name="name"' in answer.text
            assert f'type="hidden" name="code" value="{code}"' in answer.text
    assert let_in(give(guest, by, ticket, code, name="Nora"))
    assert account_of(guest)["name"] == "Nora"


def test_somebody_who_signed_up_meanwhile_keeps_one_account(guest: Visitor, emails: Any) -> None:
    ask(guest, "json", "rhea@example.org")
    make.account("Rhea")
    assert guest.post(link_in(emails()[0][2])).status_code == 303
    assert db.session.query(Account).count() == 1
    assert account_of(guest)["name"] == "Rhea"


class TestClosed:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"sign_up": False}

    @by_json_and_form
    def test_who_has_no_account_learns_it_by_email_and_gets_none(
        self, guest: Visitor, emails: Any, by: str
    ) -> None:
        ticket = ticket_in(ask(guest, by, "nora@example.org"))
        [(_, subject, text)] = emails()
        assert subject.startswith("No account at")
        assert "/link/" not in text
        assert not re.search(r"\d{3} \d{3}", text)
        for code in ("000000", "999999"):
            assert give(guest, by, ticket, code, name="Nora").status_code == 422
        assert db.session.query(Account).count() == 0

    def test_who_has_one_signs_in(self, guest: Visitor, emails: Any) -> None:
        make.account("Rhea")
        ask(guest, "json")
        assert guest.post(link_in(emails()[0][2])).status_code == 303


# ---- whose an address is


@by_json_and_form
def test_a_stranger_who_signed_up_with_my_address_is_out_when_i_come(
    app: Flask, guest: Visitor, emails: Any, by: str
) -> None:
    stranger = Visitor(app)
    sign_up(stranger, by, password="a strangers choice")
    planted = visiting(app, db.session.query(Account).one())
    ticket = ticket_in(ask(guest, by, NEW["email"]))
    assert let_in(give(guest, by, ticket, code_in(emails()[-1][2])))
    assert account_of(guest)["email_verified"] is True
    assert account_of(planted) is None
    answer = sign_in(stranger, by, NEW["email"], "a strangers choice")
    assert answer.status_code == 401
    assert db.session.query(Identity).count() == 0
    assert guest.post(link_in(emails()[0][2])).status_code == 404, "the letter of the sign-up"


def test_an_email_leaves_a_confirmed_accounts_password_alone(
    guest: Visitor, stranger: Visitor, emails: Any
) -> None:
    make.account("Rhea")
    ask(guest, "json")
    guest.post(link_in(emails()[0][2]))
    assert sign_in(stranger, "json", EMAIL).status_code == 201


@by_json_and_form
def test_confirming_elsewhere_asks_for_the_password_that_was_chosen(
    guest: Visitor, stranger: Visitor, emails: Any, by: str
) -> None:
    sign_up(stranger, by, password="a strangers choice")
    path = link_in(emails()[0][2])
    assert 'name="password"' in guest.get(path).text
    for form in ({}, {"password": "a guess of mine"}, {"password": "x" * 999}):
        assert guest.post(path, form).status_code == 422
    assert account_of(guest) is None
    assert db.session.query(Account).one().email_verified_at is None
    assert guest.post(path, {"password": "a strangers choice"}).status_code == 303
    assert account_of(guest)["email_verified"] is True


@by_json_and_form
def test_who_did_not_choose_the_password_takes_the_account_without_it(
    guest: Visitor, stranger: Visitor, emails: Any, by: str
) -> None:
    sign_up(stranger, by, password="a strangers choice")
    path = link_in(emails()[0][2])
    answer = guest.post(path, {"act": "disown"})
    assert answer.status_code == 303
    assert answer.location.startswith("/comments/reset/")
    assert account_of(guest) is None
    assert sign_in(stranger, by, NEW["email"], "a strangers choice").status_code == 401
    assert guest.post(answer.location, {"password": "my own choice"}).status_code == 303
    assert account_of(guest)["name"] == "Nora"
    assert sign_in(stranger, by, NEW["email"], "a strangers choice").status_code == 401
    assert sign_in(stranger, by, NEW["email"], "my own choice").status_code in (201, 303)


def test_whoever_signs_up_last_confirms_with_his_own_password(
    guest: Visitor, stranger: Visitor, emails: Any
) -> None:
    """A stranger who came first, or comes after, never shares the account."""
    sign_up(stranger, "form", name="Eve", password="a strangers choice")
    sign_up(guest, "form", name="Nora", password="my own choice")
    (_, _, first), (_, _, second) = emails()
    assert guest.post(link_in(first)).status_code == 404
    assert guest.post(link_in(second)).status_code == 303
    assert sign_in(stranger, "json", NEW["email"], "a strangers choice").status_code == 401
    assert sign_in(stranger, "json", NEW["email"], "my own choice").status_code == 201


def test_a_stranger_who_signs_up_after_me_does_not_choose_my_password(
    guest: Visitor, stranger: Visitor, emails: Any
) -> None:
    sign_up(guest, "form", name="Nora", password="my own choice")
    sign_up(stranger, "form", name="Eve", password="a strangers choice")
    (_, _, first), (_, _, second) = emails()
    assert guest.post(link_in(first)).status_code == 404
    # The mark of my browser does not speak for the password that was chosen in another.
    assert guest.post(link_in(second)).status_code == 422
    assert account_of(guest) is None


def test_an_email_confirms_no_address_that_has_become_anothers(guest: Visitor, emails: Any) -> None:
    sign_up(guest, "form")
    path = link_in(emails()[0][2])
    with writing():
        db.session.execute(sa.update(Account).values(email=None, email_key=None))
    assert guest.post(path).status_code == 404
    assert guest.post(path, {"act": "disown"}).status_code == 404


def test_an_email_that_signs_in_is_forgotten_once_it_is_sent(
    guest: Visitor, emails: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make.account("Rhea")
    ask(guest, "json")
    guest.post("/comments/forgot", {"email": EMAIL})
    sign_up(guest, "json")
    assert len(emails()) == 3
    assert outbox.send_waiting(settings) == 3
    assert emails() == []


# ---- a second factor


@by_json_and_form
def test_an_email_is_not_enough_where_there_is_a_second_factor(
    guest: Visitor, emails: Any, by: str
) -> None:
    account = make.account("Rhea")
    with writing():
        db.session.add(
            Authenticator(account_id=account.id, secret="JBSWY3DPEHPK3PXP", confirmed_at=now())
        )
    ticket = ticket_in(ask(guest, by))
    answer = give(guest, by, ticket, code_in(emails()[0][2]))
    assert answer.status_code == 401
    if by == "json":
        assert answer.json["code"] == "second_factor_required"
        assert answer.json["ticket"]
    assert account_of(guest) is None
    ask(guest, by)
    assert guest.post(link_in(emails()[1][2])).status_code == 401
    assert account_of(guest) is None
    assert db.session.query(Token).filter(Token.purpose == Purpose.TOTP).count() == 2
