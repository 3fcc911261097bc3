"""Whose account an answer of a provider opens, and how somebody new gets one."""

from typing import Any

import pytest
from flask import Flask

from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Authenticator,
    Identity,
    now,
)
from tests import make
from tests.api.people import visiting
from tests.api.providers.steps import HUB, TEA, both, go, hidden, link, set_out, somebody_else
from tests.api.signing_in import account_of, sign_in
from tests.conftest import Answer, Visitor
from tests.openid import CLIENT_ID, CLIENT_SECRET, Provider

pytestmark = pytest.mark.enable_socket


# ---- whose account it is


@both
def test_an_address_that_the_provider_vouches_for_opens_and_links_its_account(
    guest: Visitor, provider: Provider, emails: Any, key: str
) -> None:
    account = make.account("Rhea")
    answer = go(guest, provider, key)
    assert answer.status_code == 303
    assert "You had an account with the same address" in guest.get(answer.location).text
    assert account_of(guest)["name"] == "Rhea"
    identity = db.session.query(Identity).filter(Identity.kind != "password").one()
    assert (identity.account_id, identity.subject) == (
        account.id,
        "17" if key == HUB else "rhea-17",
    )
    [(recipient, subject, _)] = emails()
    assert recipient == "rhea@example.org"
    assert "can sign you in at" in subject
    assert sign_in(Visitor(guest.client.application), "json", "rhea@example.org").status_code == 201
    # Later the subject counts, whatever the address becomes.
    somebody_else(provider, sub="rhea-17", email="rhea.new@example.org")
    provider.user["id"] = 17
    assert go(guest, provider, key).status_code == 303
    assert account_of(guest)["email"] == "rhea@example.org"


@both
@pytest.mark.parametrize("vouched", [False, None, "false", 0])
def test_an_address_that_it_does_not_vouch_for_opens_nothing(
    guest: Visitor, provider: Provider, key: str, vouched: Any
) -> None:
    make.account("Rhea")
    somebody_else(provider, email="rhea@example.org", email_verified=vouched, name="Nora")
    if vouched is None:
        del provider.person["email_verified"]
    answer = go(guest, provider, key)
    assert account_of(guest) is None
    answer = choose(guest, answer, "Nora", key)
    assert answer.status_code == 303
    assert account_of(guest) == {
        **account_of(guest),
        "name": "Nora",
        "email": None,
        "email_verified": False,
    }
    assert db.session.query(Account).count() == 2


def test_a_secondary_address_at_github_opens_nothing(guest: Visitor, provider: Provider) -> None:
    make.account("Rhea")
    provider.emails = [
        {"email": "rhea@example.org", "primary": False, "verified": True},
        {"email": "eve@example.org", "primary": True, "verified": False},
    ]
    assert 'name="ticket"' in go(guest, provider, HUB).text


@both
def test_a_stranger_who_signed_up_with_my_address_is_out_when_i_come(
    app: Flask, guest: Visitor, provider: Provider, key: str
) -> None:
    account = make.account("Rhea", verified=False)
    planted = visiting(app, account)
    assert go(guest, provider, key).status_code == 303
    assert account_of(guest)["email_verified"] is True
    assert account_of(planted) is None
    assert sign_in(planted, "json", "rhea@example.org").status_code == 401
    assert [each.kind != "password" for each in db.session.query(Identity)] == [True]


def test_an_address_alone_does_not_pass_a_second_factor_nor_link(
    guest: Visitor, provider: Provider
) -> None:
    account = make.account("Rhea")
    with writing():
        db.session.add(
            Authenticator(account_id=account.id, secret="JBSWY3DPEHPK3PXP", confirmed_at=now())
        )
    answer = go(guest, provider)
    assert answer.status_code == 401
    assert account_of(guest) is None
    assert db.session.query(Identity).filter(Identity.kind != "password").count() == 0
    link(account, provider)
    assert go(guest, provider).status_code == 401


# ---- somebody new


def choose(visitor: Visitor, answer: Answer, name: str, key: str = TEA) -> Answer:
    assert answer.status_code in (200, 422), answer.text
    return visitor.post(f"/comments/with/{key}/name", {**hidden(answer.text), "name": name})


@both
def test_somebody_new_chooses_a_name_first(guest: Visitor, provider: Provider, key: str) -> None:
    make.account("Rhea")
    somebody_else(provider)
    answer = go(guest, provider, key, next="/pelicans/")
    assert 'value="Nora"' in answer.text
    assert db.session.query(Account).count() == 1
    for name, complaint in (("", "fill this in"), ("rhéa", "taken"), ("\u202e", "invisible")):
        answer = choose(guest, answer, name, key)
        assert answer.status_code == 422
        assert complaint in answer.text
    answer = choose(guest, answer, "Nora B.", key)
    assert (answer.status_code, answer.location) == (303, "/pelicans/")
    assert account_of(guest) == {
        **account_of(guest),
        "name": "Nora B.",
        "role": "reader",
        "email": "nora@example.org",
        "email_verified": True,
    }
    again = Visitor(guest.client.application)
    assert go(again, provider, key).status_code == 303
    assert account_of(again)["name"] == "Nora B."


def test_a_ticket_for_a_name_works_once_and_in_its_browser(
    guest: Visitor, stranger: Visitor, provider: Provider
) -> None:
    somebody_else(provider)
    page = go(guest, provider)
    set_out(stranger)
    assert choose(stranger, page, "Nora").status_code == 404
    assert choose(guest, page, "Nora").status_code == 303
    assert choose(guest, page, "Nora again").status_code == 404
    assert db.session.query(Account).count() == 1


def test_what_a_provider_says_of_a_name_is_not_trusted(guest: Visitor, provider: Provider) -> None:
    somebody_else(provider, name="<b>\u202eevil</b>", preferred_username="a\0b\u202e" + "x" * 500)
    answer = go(guest, provider)
    assert 'name="name" type="text" value=""' in answer.text
    choose(guest, answer, "Nora")
    label = db.session.query(Identity).one().label
    assert label.startswith("abxxx")
    assert len(label) == 100


class TestClosed:
    @pytest.fixture
    def changed_settings(self, provider: Provider) -> dict[str, Any]:
        return {
            "openid": f"Tea House {provider.address} {CLIENT_ID} {CLIENT_SECRET}",
            "sign_up": False,
        }

    def test_nobody_new_comes_in_when_the_owner_says_so(
        self, guest: Visitor, provider: Provider
    ) -> None:
        somebody_else(provider)
        answer = go(guest, provider)
        assert answer.status_code == 403
        assert "New accounts cannot be created" in answer.text
        link(make.account("Rhea"), provider, subject="nora-18")
        assert go(guest, provider).status_code == 303
