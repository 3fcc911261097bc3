"""Linking an account with providers, and unlinking it."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Identity,
    Passkey,
    Session,
)
from tests import make
from tests.api.people import visiting
from tests.api.providers.steps import (
    HUB,
    TEA,
    both,
    come_back,
    go,
    led_to,
    link,
    set_out,
    somebody_else,
)
from tests.api.signing_in import account_of, sign_in
from tests.conftest import Visitor
from tests.openid import CLIENT_ID, CLIENT_SECRET, Provider

pytestmark = pytest.mark.enable_socket


@both
def test_one_account_is_linked_with_several_providers_and_unlinked(
    app: Flask, provider: Provider, emails: Any, key: str
) -> None:
    reader = visiting(app, make.account("Rhea"))
    # Another address than the account's: one is signed in, so it does not matter.
    somebody_else(provider)
    page = reader.get("/comments/account/providers").text
    assert page.count("formaction") == 2
    answer = go(reader, provider, key, purpose="link", next="/comments/account/providers")
    assert answer.location == "/comments/account/providers"
    page = reader.get(answer.location).text
    assert "nora" in page
    assert page.count("formaction") == 1
    assert account_of(reader)["name"] == "Rhea"
    other = HUB if key == TEA else TEA
    go(reader, provider, other, purpose="link", next="/comments/account/providers")
    assert db.session.query(Identity).count() == 3
    guest = Visitor(app)
    assert go(guest, provider, key).status_code == 303
    assert account_of(guest)["name"] == "Rhea"

    numbers = re.findall(r'name="identity" value="(\d+)"', reader.get(answer.location).text)
    assert len(numbers) == 2
    for number in numbers:
        assert reader.post("/comments/account/providers", {"identity": number}).status_code == 303
    assert db.session.query(Identity).count() == 1
    assert len(emails()) == 4
    assert all(recipient == "rhea@example.org" for recipient, _, _ in emails())


def test_linking_twice_links_once(app: Flask, provider: Provider) -> None:
    reader = visiting(app, make.account("Rhea"))
    for _ in range(2):
        assert go(reader, provider, purpose="link").status_code == 303
    assert db.session.query(Identity).filter(Identity.kind != "password").count() == 1


def test_what_opens_anothers_account_cannot_be_linked(app: Flask, provider: Provider) -> None:
    link(make.account("Eve"), provider)
    reader = visiting(app, make.account("Rhea"))
    answer = go(reader, provider, purpose="link")
    assert answer.status_code == 403
    assert "connected with another account here" in answer.text
    assert account_of(reader)["name"] == "Rhea"


def test_linking_needs_a_fresh_proof_and_the_account_that_set_out(
    app: Flask, guest: Visitor, provider: Provider
) -> None:
    assert set_out(guest, purpose="link").status_code == 401
    reader = visiting(app, make.account("Rhea"))
    path = provider.consent(led_to(set_out(reader, purpose="link")))
    with writing():
        db.session.execute(sa.update(Session).values(proved_at=None))
    answer = set_out(reader, purpose="link")
    assert answer.status_code == 303
    assert answer.location.startswith("/comments/confirm?")
    # Somebody else signs in in the same browser meanwhile.
    make.account("Eve")
    sign_in(reader, "form", "eve@example.org")
    assert come_back(reader, path).status_code == 404
    assert db.session.query(Identity).filter(Identity.kind != "password").count() == 0


def test_unlinking_needs_a_fresh_proof_and_ones_own(app: Flask, provider: Provider) -> None:
    account = make.account("Rhea")
    own, others = link(account, provider), link(make.account("Eve"), provider, HUB)
    reader = visiting(app, account)
    password = db.session.query(Identity).filter_by(account_id=account.id, kind="password").one()
    for each in (others.id, password.id, "x", "9" * 30):
        reader.post("/comments/account/providers", {"identity": str(each)})
    assert db.session.query(Identity).count() == 4
    with writing():
        db.session.execute(sa.update(Session).values(proved_at=None))
    answer = reader.post("/comments/account/providers", {"identity": str(own.id)})
    assert answer.location.startswith("/comments/confirm?")
    assert db.session.query(Identity).count() == 4


def test_a_stranger_is_led_to_sign_in(guest: Visitor, provider: Provider) -> None:
    answer = guest.get("/comments/account/providers")
    assert answer.location == "/comments/sign-in?next=%2Fcomments%2Faccount%2Fproviders"
    assert guest.post("/comments/account/providers", {"identity": "1"}).status_code == 401


class TestTheLastMethod:
    @pytest.fixture
    def changed_settings(self, provider: Provider) -> dict[str, Any]:
        return {
            "openid": f"Tea House {provider.address} {CLIENT_ID} {CLIENT_SECRET}",
            "github": f"{CLIENT_ID} {CLIENT_SECRET}",
            "magic_links": False,
        }

    def unlinked(self, app: Flask, account: Account, identity: Identity) -> bool:
        reader = visiting(app, account)
        form = {"identity": str(identity.id)}
        answer = reader.post("/comments/account/providers", form)
        if answer.status_code == 403:
            assert "Add another way to sign in first" in answer.text
        return answer.status_code == 303

    def without_password(self) -> Account:
        account = make.account("Rhea")
        with writing():
            db.session.execute(sa.delete(Identity))
        return account

    def test_the_only_one_stays(self, app: Flask, provider: Provider) -> None:
        account = self.without_password()
        assert not self.unlinked(app, account, link(account, provider))

    def test_a_password_is_another_method(self, app: Flask, provider: Provider) -> None:
        account = make.account("Rhea")
        assert self.unlinked(app, account, link(account, provider))

    def test_a_password_whose_address_is_not_confirmed_is_none(
        self, app: Flask, provider: Provider
    ) -> None:
        account = make.account("Rhea", verified=False)
        assert not self.unlinked(app, account, link(account, provider))

    def test_another_provider_is_another_method(self, app: Flask, provider: Provider) -> None:
        account = self.without_password()
        first, second = link(account, provider), link(account, provider, HUB)
        assert self.unlinked(app, account, first)
        assert not self.unlinked(app, account, second)

    def test_one_that_is_not_configured_any_more_is_none(
        self, app: Flask, provider: Provider
    ) -> None:
        account = self.without_password()
        with writing():
            db.session.add(Identity(account_id=account.id, kind="https://gone.org", subject="1"))
        assert not self.unlinked(app, account, link(account, provider))

    def test_a_passkey_is_another_method(self, app: Flask, provider: Provider) -> None:
        account = self.without_password()
        with writing():
            db.session.add(
                Passkey(account_id=account.id, credential_id=b"1", public_key=b"2", name="A key")
            )
        assert self.unlinked(app, account, link(account, provider))


def test_an_email_is_another_method(app: Flask, provider: Provider) -> None:
    account = make.account("Rhea")
    with writing():
        db.session.execute(sa.delete(Identity))
    identity = link(account, provider)
    reader = visiting(app, account)
    reader.post("/comments/account/providers", {"identity": str(identity.id)})
    assert db.session.query(Identity).count() == 0
