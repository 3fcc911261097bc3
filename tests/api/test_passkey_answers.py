"""Answers with a passkey that are none: every one is refused, and none is a fault."""

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
from comments_service.models import Account, Passkey, Role, Token, now
from tests import make
from tests.api.device import Device, add, question, sign_in
from tests.api.people import of_role, visiting
from tests.api.signing_in import signed_in
from tests.conftest import Visitor, one_database


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_sign_in": (Rate(1000, 60),)}


@one_database
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


@one_database
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
