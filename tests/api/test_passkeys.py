"""Passkeys: making them, signing in with them, and every answer that is no answer."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webauthn.helpers import bytes_to_base64url

from comments_service.accounts import passkeys
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.errors import WrongCredentials
from comments_service.models import Account, Identity, Passkey, Role, Session, Token, now
from tests import make
from tests.api.device import Device
from tests.api.people import of_role, visiting
from tests.api.strong import let_proof_lapse, set_up
from tests.conftest import Answer, Visitor

PAGE = "/comments/account/passkeys"
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_sign_in": (Rate(1000, 60),)}


@pytest.fixture
def rhea(app: Flask) -> Visitor:
    return of_role(app, "Rhea", Role.READER)


@pytest.fixture
def device() -> Device:
    return Device()


def question(visitor: Visitor, path: str = "question") -> tuple[dict[str, Any], str]:
    answer = visitor.call("POST", f"passkeys/{path}", {})
    assert answer.status_code == 200, answer.json
    return answer.json["options"], answer.json["ticket"]


def add(visitor: Visitor, device: Device, name: str | None = None, **changed: Any) -> Answer:
    options, ticket = question(visitor, "offer")
    sent = {"ticket": ticket, "credential": device.make(options, **changed)}
    if name is not None:
        sent["name"] = name
    return visitor.call("POST", "passkeys", sent, headers=FIREFOX)


def sign_in(visitor: Visitor, device: Device, number: int = -1, **changed: Any) -> Answer:
    options, ticket = question(visitor)
    credential = device.answer(options, number, **changed)
    return visitor.call("POST", "session/passkey", {"ticket": ticket, "credential": credential})


def signed_in(visitor: Visitor) -> bool:
    return visitor.call("GET", "me").json["account"] is not None


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


def dumped(credential: dict[str, Any]) -> str:
    return json.dumps(credential)


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


# ---- answers that are none


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://blog.test:8000"},
        {"rp": "evil.example"},
        {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {"type": "webauthn.create"},
        {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
        {"user": b"somebody else"},
    ],
    ids=str,
)
def test_an_answer_that_lies_signs_nobody_in(
    rhea: Visitor, guest: Visitor, device: Device, lie: dict[str, Any]
) -> None:
    add(rhea, device)
    answer = sign_in(guest, device, **lie)
    assert (answer.status_code, answer.json["code"]) == (401, "wrong_credentials")
    assert not signed_in(guest)
    assert sign_in(guest, device).status_code == 201


def test_a_device_that_did_not_verify_its_owner_is_not_believed(
    rhea: Visitor, guest: Visitor, device: Device
) -> None:
    add(rhea, device)
    device.verifies = False
    assert sign_in(guest, device).status_code == 401
    assert add(rhea, Device(verifies=False)).status_code == 422


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://evil.example"},
        {"rp": "evil.example"},
        {"challenge": "AAAA"},
        {"type": "webauthn.get"},
    ],
    ids=str,
)
def test_a_new_passkey_that_lies_is_not_taken(
    rhea: Visitor, device: Device, lie: dict[str, Any]
) -> None:
    answer = add(rhea, device, **lie)
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {"credential"}
    assert db.session.query(Passkey).count() == 0


def test_a_counter_that_does_not_go_up_is_a_copy(
    rhea: Visitor, guest: Visitor, device: Device
) -> None:
    add(rhea, device)
    assert sign_in(guest, device).status_code == 201
    for back in (1, 2):
        device.count -= back
        assert sign_in(guest, device).status_code == 401
    device.count += 10
    assert sign_in(guest, device).status_code == 201


def test_a_device_that_never_counts_is_believed(rhea: Visitor, guest: Visitor) -> None:
    device = Device(counts=False)
    add(rhea, device)
    for _ in range(2):
        assert sign_in(guest, device).status_code == 201
        guest.call("DELETE", "session")


def test_of_two_answers_with_one_counter_one_comes_too_late(rhea: Visitor, device: Device) -> None:
    add(rhea, device)
    passkey = db.session.query(Passkey).one()
    with writing():
        passkeys._count(passkey, 7)
    with pytest.raises(WrongCredentials), writing():
        passkeys._count(passkey, 7)


def test_a_question_is_answered_once_and_in_time(
    rhea: Visitor, guest: Visitor, stranger: Visitor, device: Device
) -> None:
    add(rhea, device)
    options, ticket = question(guest)
    sent = {"ticket": ticket, "credential": device.answer(options)}
    assert guest.call("POST", "session/passkey", sent).status_code == 201
    device.count += 1
    sent["credential"] = device.answer(options)
    answer = stranger.call("POST", "session/passkey", sent)
    assert (answer.status_code, answer.json["code"]) == (404, "unknown_token")
    # A wrong answer spends it as well.
    options, ticket = question(stranger)
    wrong = {"ticket": ticket, "credential": device.answer(options, signature=b"x")}
    assert stranger.call("POST", "session/passkey", wrong).status_code == 401
    right = {"ticket": ticket, "credential": device.answer(options)}
    assert stranger.call("POST", "session/passkey", right).status_code == 404
    options, ticket = question(stranger)
    with writing():
        db.session.execute(sa.update(Token).values(expires_at=now() - timedelta(seconds=1)))
    late = {"ticket": ticket, "credential": device.answer(options)}
    assert stranger.call("POST", "session/passkey", late).status_code == 404


def test_a_question_and_an_offer_are_not_each_others(
    app: Flask, rhea: Visitor, device: Device
) -> None:
    add(rhea, device)
    options, ticket = question(rhea, "offer")
    # An offer's ticket signs nobody in,
    asked, _ = question(rhea)
    answer = device.answer({**asked, "challenge": options["challenge"]})
    sent: dict[str, Any] = {"ticket": ticket, "credential": answer}
    assert rhea.call("POST", "session/passkey", sent).status_code == 404
    # a question's makes no passkey,
    asked, ticket = question(rhea)
    made = Device().make({**options, "challenge": asked["challenge"]})
    assert rhea.call("POST", "passkeys", {"ticket": ticket, "credential": made}).status_code == 404
    # and an offer is for the account that asked.
    options, ticket = question(rhea, "offer")
    nora = of_role(app, "Nora", Role.READER)
    sent = {"ticket": ticket, "credential": Device().make(options)}
    assert nora.call("POST", "passkeys", sent).status_code == 404
    assert db.session.query(Passkey).count() == 1


def test_a_passkey_belongs_to_one_account(app: Flask, rhea: Visitor, device: Device) -> None:
    options, ticket = question(rhea, "offer")
    made = device.make(options)
    assert rhea.call("POST", "passkeys", {"ticket": ticket, "credential": made}).status_code == 201
    nora = of_role(app, "Nora", Role.READER)
    options, ticket = question(nora, "offer")
    key = device.keys.pop()
    copied = Device()
    again = copied.make(options)
    with writing():
        db.session.execute(sa.update(Passkey).values(credential_id=copied.keys[0].id))
    answer = nora.call("POST", "passkeys", {"ticket": ticket, "credential": again})
    assert answer.status_code == 422
    assert db.session.query(Passkey).one().public_key
    assert key.user != copied.keys[0].user


def test_an_account_that_is_closed_stays_out(rhea: Visitor, guest: Visitor, device: Device) -> None:
    add(rhea, device)
    with writing():
        db.session.execute(sa.update(Account).values(closed_at=now()))
    assert sign_in(guest, device).status_code == 401
    assert not signed_in(guest)


def test_no_account_has_more_than_twenty(app: Flask) -> None:
    account = make.account("Rhea")
    rhea = visiting(app, account)
    options, ticket = question(rhea, "offer")
    with writing():
        db.session.add_all(
            Passkey(
                account_id=account.id, credential_id=bytes([n]), public_key=b"x", name=f"Key {n}"
            )
            for n in range(passkeys.MAX_PASSKEYS)
        )
    sent = {"ticket": ticket, "credential": Device().make(options)}
    for path, data in (("passkeys", sent), ("passkeys/offer", {})):
        answer = rhea.call("POST", path, data)
        assert (answer.status_code, answer.json["code"]) == (409, "too_many_passkeys")


def test_questions_are_counted_by_network(guest: Visitor) -> None:
    for _ in range(passkeys.ASKED_OFTEN[0].count):
        assert guest.call("POST", "passkeys/question", {}).status_code == 200
    assert guest.call("POST", "passkeys/question", {}).status_code == 429


bits = st.binary(max_size=300).map(bytes_to_base64url) | st.text(max_size=50)
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | bits,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_whatever_a_browser_sends_is_refused_and_never_a_fault(
    app: Flask, data: st.DataObject
) -> None:
    """Parts of true answers replaced by anything at all."""
    account = db.session.query(Account).first() or make.account("Rhea")
    rhea = visiting(app, account)
    device = Device()
    options, ticket = question(rhea, "offer")
    spoilt = device.make(options)
    spoil(spoilt, data)
    answer = rhea.call("POST", "passkeys", {"ticket": ticket, "credential": spoilt})
    assert answer.status_code in (201, 422), spoilt
    device = Device()
    add(rhea, device)
    options, ticket = question(rhea)
    spoilt = device.answer(options)
    spoil(spoilt, data)
    answer = rhea.call("POST", "session/passkey", {"ticket": ticket, "credential": spoilt})
    assert answer.status_code in (201, 401), spoilt
    with writing():
        db.session.execute(sa.delete(Passkey))


def spoil(credential: dict[str, Any], data: st.DataObject) -> None:
    where = data.draw(st.sampled_from(["id", "rawId", "type", "response", "inside"]))
    if where == "inside":
        response = credential["response"]
        response[data.draw(st.sampled_from(sorted(response)))] = data.draw(junk)
    else:
        credential[where] = data.draw(junk)
