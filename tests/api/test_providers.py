"""Signing in with GitHub and with an OpenID provider, one that runs here; and all that is refused."""

import html
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import config
from comments_service.accounts import oauth_client
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Authenticator,
    Identity,
    Passkey,
    Purpose,
    Session,
    Token,
    now,
)
from tests import make
from tests.api.people import visiting
from tests.api.test_accounts import ELSEWHERE, account_of, sign_in, token_of
from tests.conftest import SITE, Answer, Visitor
from tests.openid import CLIENT_ID, CLIENT_SECRET, Provider, new_key

pytestmark = pytest.mark.enable_socket

TEA, HUB = "tea-house", "github"
both = pytest.mark.parametrize("key", [TEA, HUB])


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """One provider that is both: OpenID by its discovery document, GitHub by the table of addresses."""
    oauth_client.cache.forget()
    with Provider() as provider:
        here = replace(
            oauth_client.KNOWN["github"],
            authorize=f"{provider.address}/authorize",
            token=f"{provider.address}/token",
            person=f"{provider.address}/user",
            emails=f"{provider.address}/user/emails",
        )
        monkeypatch.setitem(oauth_client.KNOWN, "github", here)
        yield provider


@pytest.fixture
def changed_settings(provider: Provider) -> dict[str, Any]:
    return {
        "openid": f"Tea House {provider.address} {CLIENT_ID} {CLIENT_SECRET}",
        "github": f"{CLIENT_ID} {CLIENT_SECRET}",
        "limit_sign_in": (Rate(1000, 60),),
    }


def set_out(visitor: Visitor, key: str = TEA, **form: str) -> Answer:
    return visitor.post(f"/comments/with/{key}", form)


def led_to(answer: Answer) -> str:
    """Where a page leads on to, by itself and by its link."""
    assert answer.status_code == 200, answer.text
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert found, answer.text
    assert f'href="{found[1]}"' in answer.text
    return html.unescape(found[1])


def hidden(page: str) -> dict[str, str]:
    """What the form of a page holds."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.split("<main")[1])
    return {name: html.unescape(value) for name, value in found}


def come_back(visitor: Visitor, path: str) -> Answer:
    """Open the address that the provider sends back to, and press the button there."""
    page = visitor.get(path.removeprefix(SITE))
    assert page.status_code == 200, page.text
    assert "onward.js" in page.text
    return visitor.post(urlsplit(path).path, hidden(page.text))


def go(visitor: Visitor, provider: Provider, key: str = TEA, **form: str) -> Answer:
    """All of a sign-in: out, there, and back."""
    return come_back(visitor, provider.consent(led_to(set_out(visitor, key, **form))))


def link(account: Account, provider: Provider, key: str = TEA, subject: str = "") -> Identity:
    """An account that the provider opens already."""
    kind = "github" if key == HUB else provider.address
    subject = subject or ("17" if key == HUB else "rhea-17")
    identity = Identity(account_id=account.id, kind=kind, subject=subject, label="rhea")
    with writing():
        db.session.add(identity)
    return identity


def somebody_else(provider: Provider, **person: Any) -> None:
    provider.person.update(sub="nora-18", email="nora@example.org", name="Nora")
    provider.person["preferred_username"] = "nora.at.work"
    provider.person.update(person)
    provider.user.update(id=18, login="nora-hub", name=provider.person["name"])
    provider.emails = [
        {
            "email": provider.person["email"],
            "primary": True,
            "verified": provider.person["email_verified"],
        }
    ]


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
]  # fmt: skip


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


def test_what_the_id_token_does_not_say_userinfo_may(guest: Visitor, provider: Provider) -> None:
    provider.in_id_token = False
    make.account("Rhea")
    provider.fault = "userinfo about somebody else"
    assert go(guest, provider).status_code == 502
    provider.fault = ""
    assert go(guest, provider).status_code == 303
    assert account_of(guest)["name"] == "Rhea"


@pytest.mark.parametrize("subject", ["", 17, None, "x" * 256, "a\0b", ["x"]])
def test_a_subject_that_cannot_be_one_is_refused(
    guest: Visitor, provider: Provider, subject: Any
) -> None:
    provider.person["sub"] = subject
    assert go(guest, provider).status_code == 502


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


@both
def test_a_closed_account_is_not_opened(guest: Visitor, provider: Provider, key: str) -> None:
    account = make.account("Rhea")
    with writing():
        account.closed_at = now()
    assert go(guest, provider, key).status_code == 403
    link(account, provider, key)
    assert go(guest, provider, key).status_code == 403
    assert account_of(guest) is None


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


# ---- linking, for somebody who is signed in


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
