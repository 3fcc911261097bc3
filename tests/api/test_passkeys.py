"""Passkeys: making them, signing in with them, and who may add one."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import Account, Identity, Passkey, Role, Session, Token
from tests.api.device import Device, add, dumped, question, sign_in
from tests.api.people import of_role
from tests.api.signing_in import signed_in
from tests.api.strong import let_proof_lapse, set_up
from tests.conftest import Visitor

PAGE = "/comments/account/passkeys"


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_sign_in": (Rate(1000, 60),)}


# ---- making one, and signing in


def test_a_passkey_signs_in_without_a_name_and_without_a_password(
    rhea: Visitor, guest: Visitor, device: Device, emails: Any
) -> None:
    added = add(rhea, device)
    assert added.status_code == 201
    assert added.json["name"] == "Firefox on Linux"
    [(_, subject, text)] = emails()
    assert "passkey was added" in subject
    assert "Firefox on Linux" in text
    answer = sign_in(guest, device)
    assert (answer.status_code, answer.json["account"]["name"]) == (201, "Rhea")
    assert signed_in(guest)
    session = db.session.query(Session).order_by(Session.id.desc()).first()
    assert session is not None
    assert session.sign_in_method == "passkey"
    # Nothing else is asked of whoever has shown one: it is two factors in one.
    assert session.strong_at == session.proved_at
    passkey = db.session.query(Passkey).one()
    assert (passkey.sign_count, passkey.transports) == (device.count, ["internal"])
    assert passkey.used_at is not None


def test_a_passkey_needs_no_second_factor_beside_it(
    rhea: Visitor, guest: Visitor, device: Device
) -> None:
    add(rhea, device)
    set_up(rhea)
    assert sign_in(guest, device).status_code == 201


def test_what_a_browser_is_asked(rhea: Visitor, guest: Visitor, device: Device) -> None:
    add(rhea, device)
    options, _ = question(rhea, "offer")
    account = db.session.query(Account).one()
    assert options["rp"] == {"id": "blog.test", "name": "blog.test"}
    assert options["user"]["name"] == "rhea@example.org"
    assert account.email not in options["user"]["id"]
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"
    assert len(options["excludeCredentials"]) == 1
    asked, ticket = question(guest)
    assert asked["rpId"] == "blog.test"
    assert asked["userVerification"] == "required"
    # Who asks is told nothing about anybody's passkeys.
    assert asked["allowCredentials"] == []
    assert len(asked["challenge"]) >= 43
    row = db.session.query(Token).order_by(Token.id.desc()).first()
    assert row is not None
    assert ticket.encode() not in row.token_hash


def test_an_account_has_several_with_names_of_their_own(
    rhea: Visitor, guest: Visitor, device: Device
) -> None:
    add(rhea, device, name="Telephone")
    other = Device()
    add(rhea, other, name="<b>Key</b>")
    page = rhea.get(PAGE).text
    assert page.index("Telephone") < page.index("&lt;b&gt;Key&lt;/b&gt;")
    for each in (device, other):
        assert sign_in(guest, each).status_code == 201
        guest.call("DELETE", "session")
    number = db.session.query(Passkey.id).order_by(Passkey.id).first()[0]  # type: ignore[index]
    answer = rhea.post(PAGE, {"act": "rename", "passkey": number, "name": "  Old  telephone "})
    assert answer.location == PAGE
    assert "Old telephone" in rhea.get(PAGE).text
    assert (
        rhea.post(PAGE, {"act": "rename", "passkey": number, "name": "\u200b"}).status_code == 422
    )
    assert add(rhea, Device(), name="x" * 51).status_code == 422


def test_a_removed_passkey_opens_nothing(
    rhea: Visitor, guest: Visitor, device: Device, emails: Any
) -> None:
    number = add(rhea, device).json["id"]
    assert rhea.post(PAGE, {"act": "remove", "passkey": number}).location == PAGE
    assert "removed" in rhea.get(PAGE).text
    assert "passkey was removed" in emails()[-1][1]
    answer = sign_in(guest, device)
    assert (answer.status_code, answer.json["code"]) == (401, "wrong_credentials")
    assert not signed_in(guest)


def test_a_passkey_is_its_owners_to_change(app: Flask, rhea: Visitor, device: Device) -> None:
    number = add(rhea, device, name="Telephone").json["id"]
    nora = of_role(app, "Nora", Role.READER)
    for act in ("remove", "rename"):
        for asked in (number, 0, "x", "9" * 30):
            answer = nora.post(PAGE, {"act": act, "passkey": asked, "name": "Mine"})
            assert answer.status_code == 403
    assert db.session.query(Passkey).one().name == "Telephone"


class TestTheLastMethod:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"magic_links": False}

    def test_the_last_method_is_not_taken_away(self, rhea: Visitor, device: Device) -> None:
        first = add(rhea, device).json["id"]
        with writing():
            db.session.execute(sa.delete(Identity))
        answer = rhea.post(PAGE, {"act": "remove", "passkey": first})
        assert answer.status_code == 403
        assert "Without this passkey you could not sign in" in answer.text
        add(rhea, Device())
        assert rhea.post(PAGE, {"act": "remove", "passkey": first}).status_code == 303


class TestOff:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"passkeys": False}

    def test_where_they_are_switched_off_none_is_asked_for(
        self, rhea: Visitor, guest: Visitor
    ) -> None:
        assert guest.call("POST", "passkeys/question", {}).status_code == 403
        assert rhea.call("POST", "passkeys/offer", {}).status_code == 403
        assert "data-passkeys" not in rhea.get(PAGE).text
        assert "data-passkeys" not in guest.get("/comments/sign-in").text


class TestNumbers:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"comments_url": "http://192.0.2.7/comments/"}

    def test_an_address_of_numbers_has_none_and_says_so(
        self, rhea: Visitor, guest: Visitor
    ) -> None:
        answer = guest.call("POST", "passkeys/question", {})
        assert answer.status_code == 403
        assert "only an IP address" in answer.json["detail"]
        page = rhea.get(PAGE).text
        assert "only an IP address" in page
        assert "data-passkeys" not in page


class TestLoopback:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"comments_url": "http://127.0.0.1:8123/comments/"}

    def test_this_machines_numbers_are_called_localhost(
        self, rhea: Visitor, guest: Visitor
    ) -> None:
        assert question(guest)[0]["rpId"] == "localhost"
        assert "http://localhost:8123/comments/account/passkeys" in rhea.get(PAGE).text
        device = Device(origin="http://localhost:8123")
        assert add(rhea, device).status_code == 201
        assert sign_in(guest, device, origin="http://127.0.0.1:8123").status_code == 401
        assert sign_in(guest, device).status_code == 201


# ---- who may add one


def test_adding_and_removing_ask_for_a_fresh_proof(rhea: Visitor, device: Device) -> None:
    number = add(rhea, device).json["id"]
    options, ticket = question(rhea, "offer")
    credential = Device().make(options)
    let_proof_lapse()
    for path, sent in (
        ("passkeys/offer", {}),
        ("passkeys", {"ticket": ticket, "credential": credential}),
    ):
        answer = rhea.call("POST", path, sent)
        assert (answer.status_code, answer.json["code"]) == (401, "proof_required")
    for act in ("remove", "rename"):
        answer = rhea.post(PAGE, {"act": act, "passkey": number, "name": "Mine"})
        assert answer.location == f"/comments/confirm?next={PAGE.replace('/', '%2F')}"
    assert db.session.query(Passkey).count() == 1


def test_strangers_add_nothing(guest: Visitor) -> None:
    for path in ("passkeys/offer", "passkeys"):
        answer = guest.call("POST", path, {"ticket": "x", "credential": {}})
        assert (answer.status_code, answer.json["code"]) == (401, "sign_in_required")
    assert guest.get(PAGE).location.startswith("/comments/sign-in")


def test_a_passkey_proves_again_who_one_is(rhea: Visitor, device: Device) -> None:
    add(rhea, device)
    let_proof_lapse()
    page = rhea.get(f"/comments/confirm?next={PAGE}").text
    assert 'data-passkeys="confirm"' in page
    options, ticket = question(rhea)
    form = {"ticket": ticket, "credential": dumped(device.answer(options)), "next": PAGE}
    assert rhea.post("/comments/confirm", form).location == PAGE
    assert rhea.call("POST", "passkeys/offer", {}).status_code == 200
    let_proof_lapse()
    for wrong in ("", "{", "[]", '"x"', dumped(device.answer(options))):
        answer = rhea.post("/comments/confirm", {**form, "credential": wrong})
        assert answer.status_code in (401, 404, 422), wrong
    assert rhea.call("POST", "passkeys/offer", {}).status_code == 401


def test_somebody_elses_passkey_proves_nothing(app: Flask, rhea: Visitor, device: Device) -> None:
    add(rhea, Device())
    nora = of_role(app, "Nora", Role.READER)
    add(nora, device)
    let_proof_lapse()
    options, ticket = question(rhea)
    form = {"ticket": ticket, "credential": dumped(device.answer(options)), "next": PAGE}
    answer = rhea.post("/comments/confirm", form)
    assert answer.status_code == 401
    assert "another account" in answer.text
