"""What providers prove anew, where they lead, what shows of them, and how often one may try."""

import time
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Identity,
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
    hidden,
    led_to,
    link,
    set_out,
    somebody_else,
)
from tests.api.signing_in import ELSEWHERE, token_of
from tests.conftest import Visitor
from tests.openid import CLIENT_ID, CLIENT_SECRET, Provider

pytestmark = pytest.mark.enable_socket


# ---- showing again that it is oneself


def stale(app: Flask, account: Account) -> Visitor:
    reader = visiting(app, account)
    with writing():
        db.session.execute(sa.update(Session).values(proved_at=None))
    return reader


def test_a_provider_proves_again_who_one_is(app: Flask, provider: Provider) -> None:
    account = make.account("Rhea")
    identity = link(account, provider)
    reader = stale(app, account)
    form = {"identity": str(identity.id)}
    assert "confirm" in reader.post("/comments/account/providers", form).location
    token = token_of(reader)
    page = set_out(reader, purpose="prove", next="/comments/account/providers")
    assert "max_age=1" in led_to(page)
    answer = come_back(reader, provider.consent(led_to(page)))
    assert (answer.status_code, answer.location) == (303, "/comments/account/providers")
    assert token_of(reader) != token
    assert reader.post("/comments/account/providers", form).location == answer.location
    assert db.session.query(Identity).filter(Identity.kind != "password").count() == 0


def test_another_identity_proves_nothing_even_with_the_same_address(
    app: Flask, provider: Provider
) -> None:
    account = make.account("Rhea")
    reader = stale(app, account)
    assert go(reader, provider, purpose="prove").status_code == 403
    link(make.account("Eve"), provider)
    assert go(reader, provider, purpose="prove").status_code == 403
    assert db.session.query(Session).one().proved_at is None


@pytest.mark.parametrize(("minutes", "status"), [(0, 303), (60, 502)])
def test_a_sign_in_of_an_hour_ago_proves_nothing(
    app: Flask, provider: Provider, minutes: int, status: int
) -> None:
    account = make.account("Rhea")
    link(account, provider)
    reader = stale(app, account)
    provider.auth_time = time.time() - minutes * 60
    assert go(reader, provider, purpose="prove").status_code == status
    assert go(Visitor(app), provider).status_code == 303, "to sign in it is enough"


def test_nobody_proves_who_is_not_signed_in(guest: Visitor, provider: Provider) -> None:
    assert set_out(guest, purpose="prove").status_code == 401
    assert set_out(guest, purpose="anything").status_code == 422


# ---- where it leads, and what shows


@both
def test_providers_never_lead_to_another_site(app: Flask, provider: Provider, key: str) -> None:
    link(make.account("Rhea"), provider, key)
    for target in ELSEWHERE[:: 1 if key == TEA else 6]:
        if "\0" in target:
            continue
        assert go(Visitor(app), provider, key, next=target).location == "/comments/account", target
    somebody_else(provider)
    for target in ELSEWHERE[::8]:
        visitor = Visitor(app)
        page = go(visitor, provider, key, next="/pelicans/")
        form = {**hidden(page.text), "name": "Rhea", "next": target}
        answer = visitor.post(f"/comments/with/{key}/name", form)
        assert hidden(answer.text)["next"] == "/comments/account", target


def test_what_is_configured_shows_and_the_rest_does_not_exist(
    guest: Visitor, provider: Provider
) -> None:
    page = guest.get("/comments/sign-in?next=/pelicans/").text
    assert "Continue with GitHub" in page
    assert "Continue with Tea House" in page
    assert "Google" not in page
    for key in ("google", "gitlab", "x", "GITHUB"):
        assert set_out(guest, key).status_code == 404
        assert guest.get(f"/comments/with/{key}/back?state=x&code=y").status_code == 404
        assert guest.post(f"/comments/with/{key}/name").status_code == 404


def test_without_a_provider_the_account_page_says_nothing_of_them(
    app: Flask, provider: Provider
) -> None:
    reader = visiting(app, make.account("Rhea"))
    assert "account/providers" in reader.get("/comments/account").text
    app.extensions["settings"] = replace(app.extensions["settings"], openid="", github="")
    assert "account/providers" not in reader.get("/comments/account").text
    assert "Continue with" not in Visitor(app).get("/comments/sign-in").text


class TestLimits:
    @pytest.fixture
    def changed_settings(self, provider: Provider) -> dict[str, Any]:
        return {"github": f"{CLIENT_ID} {CLIENT_SECRET}", "limit_sign_in": (Rate(1, 900),)}

    def test_setting_out_is_limited_for_each_network(
        self, guest: Visitor, provider: Provider
    ) -> None:
        codes = [set_out(guest, HUB).status_code for _ in range(5)]
        assert codes == [200] * 4 + [429]
