"""Signing in with GitHub and with an OpenID provider, one that runs here; and all that is not believed."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import config
from comments_service.accounts import oauth_client
from comments_service.db import db, writing
from comments_service.models import (
    Identity,
    Purpose,
    Session,
    Token,
)
from tests import make
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
from tests.api.signing_in import account_of
from tests.conftest import SITE, Visitor, one_database
from tests.openid import Provider, new_key

pytestmark = pytest.mark.enable_socket


# ---- there and back


@both
def test_an_identity_that_is_known_opens_its_account(
    app: Flask, guest: Visitor, provider: Provider, key: str
) -> None:
    identity = link(make.account("Rhea"), provider, key)
    answer = go(guest, provider, key, next="/pelicans/#comment-1")
    assert (answer.status_code, answer.location) == (303, "/pelicans/#comment-1")
    assert account_of(guest)["name"] == "Rhea"
    assert provider.refused == []
    assert db.session.query(Session).one().sign_in_method == key
    assert db.session.get_one(Identity, identity.id).used_at is not None
    assert db.session.query(Identity).filter(Identity.kind != "password").count() == 1


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic"], None])
def test_the_secret_is_shown_as_the_provider_asks(
    guest: Visitor, provider: Provider, methods: list[str] | None
) -> None:
    provider.auth_methods = methods
    link(make.account("Rhea"), provider)
    assert go(guest, provider).status_code == 303


def test_what_a_provider_hands_out_is_not_kept(guest: Visitor, provider: Provider) -> None:
    link(make.account("Rhea"), provider)
    go(guest, provider)
    [access] = provider.access
    rows = [
        str(row)
        for table in (Identity, Token, Session)
        for row in db.session.execute(sa.select(*table.__table__.columns))
    ]
    assert rows
    assert not any(access in row for row in rows)


@both
def test_the_state_is_bound_to_the_browser_and_proves_the_code(
    guest: Visitor, provider: Provider, key: str
) -> None:
    answer = set_out(guest, key)
    address = led_to(answer)
    asked = parse_qs(urlsplit(address).query)
    assert asked["redirect_uri"] == [f"{SITE}/comments/with/{key}/back"]
    assert asked["code_challenge_method"] == ["S256"]
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("postil-mark=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    row = db.session.query(Token).one()
    assert (row.purpose, row.account_id) == (Purpose.PROVIDER, None)
    kept = str(row.payload)
    assert asked["state"][0] not in kept
    assert cookie.partition("=")[2].partition(";")[0] not in kept
    assert row.payload["verifier"] not in address


def test_a_wrong_verifier_is_refused_by_the_provider(guest: Visitor, provider: Provider) -> None:
    link(make.account("Rhea"), provider)
    path = provider.consent(led_to(set_out(guest)))
    row = db.session.query(Token).one()
    with writing():
        row.payload = {**row.payload, "verifier": "x" * 64}
    assert come_back(guest, path).status_code == 502
    assert provider.refused == ["a wrong verifier"]
    assert account_of(guest) is None


@both
def test_coming_back_by_a_get_changes_nothing(guest: Visitor, provider: Provider, key: str) -> None:
    link(make.account("Rhea"), provider, key)
    path = provider.consent(led_to(set_out(guest, key))).removeprefix(SITE)
    met = len(provider.met)
    for _ in range(2):
        for answer in (guest.get(path), guest._open("HEAD", path)):
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers
    assert db.session.query(Session).count() == 0
    assert len(provider.met) == met
    assert guest.post("/comments/with/" + key + "/back", hidden(guest.get(path).text)).location


def test_the_answer_works_once_and_in_the_browser_that_set_out(
    app: Flask, guest: Visitor, stranger: Visitor, provider: Provider
) -> None:
    link(make.account("Rhea"), provider)
    path = provider.consent(led_to(set_out(guest)))
    # A stranger, with and without a mark of his own, gets no session; nor is it used up by him.
    assert come_back(stranger, path).status_code == 404
    set_out(stranger)
    assert come_back(stranger, path).status_code == 404
    assert account_of(stranger) is None
    assert come_back(guest, path).status_code == 303
    again = come_back(guest, path)
    assert again.status_code == 404
    assert "Please start again" in again.text


def test_nobody_is_signed_in_by_an_answer_that_another_planted(
    guest: Visitor, stranger: Visitor, provider: Provider
) -> None:
    """Somebody lets a reader open the end of his own sign-in, so that the reader writes in his account."""
    link(make.account("Eve"), provider)
    planted = provider.consent(led_to(set_out(stranger)))
    set_out(guest)
    assert come_back(guest, planted).status_code == 404
    assert account_of(guest) is None


def test_two_sign_ins_may_be_under_way_in_one_browser(guest: Visitor, provider: Provider) -> None:
    link(make.account("Rhea"), provider)
    first = provider.consent(led_to(set_out(guest)))
    second = provider.consent(led_to(set_out(guest)))
    assert come_back(guest, first).status_code == 303
    assert come_back(guest, second).status_code == 303


def test_an_answer_serves_its_own_provider_only(guest: Visitor, provider: Provider) -> None:
    link(make.account("Rhea"), provider, HUB)
    path = provider.consent(led_to(set_out(guest, TEA)))
    assert come_back(guest, path.replace(TEA, HUB)).status_code == 404


def test_a_state_of_another_kind_is_none(guest: Visitor, provider: Provider) -> None:
    somebody_else(provider)
    answer = go(guest, provider)
    ticket = hidden(answer.text)["ticket"]
    assert (
        guest.post("/comments/with/tea-house/back", {"state": ticket, "code": "x"}).status_code
        == 404
    )
    state = parse_qs(urlsplit(led_to(set_out(guest))).query)["state"][0]
    form = {"ticket": state, "name": "Nora"}
    assert guest.post("/comments/with/tea-house/name", form).status_code == 404


@pytest.mark.parametrize("query", ["error=access_denied&state=x", "", "state=x", "code=y"])
def test_who_breaks_off_finds_the_way_back(guest: Visitor, provider: Provider, query: str) -> None:
    words = "&error_description=Call+0900-EVIL+now"
    page = guest.get(f"/comments/with/tea-house/back?{query}{words}")
    assert page.status_code == 200
    assert "You are not signed in with Tea House" in page.text
    assert 'href="/comments/sign-in"' in page.text
    assert "EVIL" not in page.text.split("<main")[1]


# ---- what is not believed

FAULTS = [
    "wrong nonce", "no nonce", "wrong audience", "also for another", "wrong issuer", "expired",
    "never expires", "no subject", "wrong access token", "wrong signature", "not signed",
]  # fmt: skip


@one_database
@pytest.mark.parametrize("fault", FAULTS)
def test_an_id_token_that_is_wrong_signs_nobody_in(
    guest: Visitor, provider: Provider, fault: str
) -> None:
    link(make.account("Rhea"), provider)
    provider.fault = fault
    answer = go(guest, provider)
    assert answer.status_code == 502
    assert "Tea House did not answer as it should" in answer.text
    assert account_of(guest) is None
    provider.fault = ""
    assert go(guest, provider).status_code == 303


WIRE_FAULTS = [
    "500 at {}", "redirect at {}", "huge at {}", "nonsense at {}", "slow at {}",
    "deep at {}", "endless at {}",
]  # fmt: skip


@one_database
@pytest.mark.parametrize("fault", WIRE_FAULTS)
@pytest.mark.parametrize(
    "place", ["/.well-known/openid-configuration", "/token", "/keys", "/user", "/user/emails"]
)
def test_an_answer_that_is_broken_is_told_in_one_way(
    guest: Visitor, provider: Provider, monkeypatch: pytest.MonkeyPatch, fault: str, place: str
) -> None:
    monkeypatch.setattr(oauth_client, "ANSWER_SECONDS", 0.2)
    key = HUB if place.startswith("/user") else TEA
    link(make.account("Rhea"), provider, key)
    provider.fault = fault.format(place)
    answer = set_out(guest, key)
    if place.startswith("/.well-known"):
        assert answer.status_code == 502
    else:
        answer = come_back(guest, provider.consent(led_to(answer)))
        assert answer.status_code == 502
    assert account_of(guest) is None
    assert ("GET", "/elsewhere") not in provider.met
    provider.fault = ""
    assert go(guest, provider, key).status_code == 303


@one_database
@pytest.mark.parametrize(
    "fault",
    [
        "another issuer",
        "an endpoint within the network",
        "an endpoint that is a file",
        "no token endpoint",
    ],
)
def test_a_discovery_document_that_points_elsewhere_is_not_believed(
    guest: Visitor, provider: Provider, fault: str
) -> None:
    if fault == "an endpoint within the network":
        # 10.0.0.1 is not this machine, and has no TLS.
        assert not config.trusted("http://10.0.0.1/token")
    provider.fault = fault
    assert set_out(guest).status_code == 502
    assert provider.met == [("GET", "/.well-known/openid-configuration")]


def test_a_provider_that_is_away_is_told_of(guest: Visitor, provider: Provider) -> None:
    provider.server.server_close()
    answer = set_out(guest)
    assert answer.status_code == 502
    assert "Tea House did not answer" in answer.text


def test_the_documents_of_a_provider_are_asked_for_once(app: Flask, provider: Provider) -> None:
    link(make.account("Rhea"), provider)
    for _ in range(3):
        assert go(Visitor(app), provider).status_code == 303
    paths = [path for _, path in provider.met]
    assert paths.count("/.well-known/openid-configuration") == paths.count("/keys") == 1


def test_a_provider_may_change_its_keys(
    guest: Visitor, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(make.account("Rhea"), provider)
    go(guest, provider)
    provider.key = new_key()
    # Keys that were fetched a moment ago are not fetched again for every forged token.
    assert go(guest, provider).status_code == 502
    monkeypatch.setattr(oauth_client, "KEYS_AGAIN_SECONDS", 0.0)
    assert go(guest, provider).status_code == 303
    assert [path for _, path in provider.met].count("/keys") == 2


@one_database
def test_a_code_may_be_as_long_as_the_longest_that_providers_give(
    guest: Visitor, provider: Provider
) -> None:
    link(make.account("Rhea"), provider)
    # Entra's have up to 2,000 characters and more, those of Azure B2C have passed 4,000.
    provider.code_bytes = 4_500
    assert go(guest, provider).status_code == 303
    assert account_of(guest) is not None


@one_database
@pytest.mark.parametrize(
    "odd",
    [
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA", "kid": "curve"},
        {"kty": "OKP", "crv": "Ed999", "x": "AA", "kid": "twisted"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "of a later day"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "too small"},
        {"kid": "of no kind"},
        ["no key"],
        None,
    ],
)
def test_a_key_that_nobody_can_read_takes_none_of_the_others_away(
    guest: Visitor, provider: Provider, odd: Any
) -> None:
    link(make.account("Rhea"), provider)
    provider.odd_keys = [odd]
    assert go(guest, provider).status_code == 303


def test_what_the_id_token_does_not_say_userinfo_may(guest: Visitor, provider: Provider) -> None:
    provider.in_id_token = False
    make.account("Rhea")
    provider.fault = "userinfo about somebody else"
    assert go(guest, provider).status_code == 502
    provider.fault = ""
    assert go(guest, provider).status_code == 303
    assert account_of(guest)["name"] == "Rhea"


@one_database
@pytest.mark.parametrize("subject", ["", 17, None, "x" * 256, "a\0b", ["x"]])
def test_a_subject_that_cannot_be_one_is_refused(
    guest: Visitor, provider: Provider, subject: Any
) -> None:
    provider.person["sub"] = subject
    assert go(guest, provider).status_code == 502
