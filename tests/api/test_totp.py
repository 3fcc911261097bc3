"""The second factor: setting it up, showing it, losing it."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.accounts import totp
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Authenticator,
    RecoveryCode,
    Token,
    now,
)
from tests import make
from tests.api.people import by_json_and_form, read, visiting
from tests.api.signing_in import signed_in
from tests.api.strong import (
    PAGE,
    App,
    codes_in,
    hidden,
    kept,
    let_proof_lapse,
    set_up,
    show,
    ticket_for,
    with_app,
)
from tests.conftest import Visitor


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_sign_in": (Rate(1000, 60),)}


# ---- setting it up


def test_an_app_counts_once_its_first_code_was_right(rhea: Visitor, guest: Visitor) -> None:
    page = rhea.get(PAGE).text
    assert "<img" not in page
    assert rhea.post(PAGE, {"act": "begin"}).location == PAGE
    # A picture, the secret as text and a link say the same to the app.
    page = rhea.get(PAGE).text
    elements = read(page).elements
    [picture] = [each for each in elements if each.tag == "img"]
    assert (picture.attributes["src"] or "").startswith("data:image/svg+xml")
    [link] = [
        each.attributes["href"] or ""
        for each in elements
        if (each.attributes.get("href") or "").startswith("otpauth:")
    ]
    [secret] = parse_qs(urlsplit(link).query)["secret"]
    assert unquote(urlsplit(link).path) == "/blog.test:rhea@example.org"
    assert len(secret) == 32
    assert " ".join(re.findall("....", secret)) in page
    phone = App(secret)

    # It does not count yet.
    guest.sign_in("rhea@example.org")
    wrong = rhea.post(PAGE, {"act": "confirm", "code": phone.wrong()})
    assert wrong.status_code == 422
    assert "not right" in wrong.text
    assert secret[:4] in wrong.text, "the picture is still there"
    guest.sign_in("rhea@example.org")

    done = rhea.post(PAGE, {"act": "confirm", "code": phone.code()})
    assert len(set(codes_in(done.text))) == 10
    assert kept().strong_at is not None or rhea.get(PAGE).status_code == 200
    assert secret[:4] + " " not in rhea.get(PAGE).text, "the secret is not shown again"
    answer = guest.call("POST", "session", {"email": "rhea@example.org", "password": make.PASSWORD})
    assert answer.json["code"] == "second_factor_required"


def test_who_rather_does_not_is_left_without(rhea: Visitor) -> None:
    rhea.post(PAGE, {"act": "begin"})
    rhea.post(PAGE, {"act": "off"})
    assert db.session.query(Authenticator).count() == 0
    assert "Set up an app" in rhea.get(PAGE).text


def test_an_app_in_use_is_not_replaced_without_being_removed(rhea: Visitor) -> None:
    phone, codes = set_up(rhea)
    before = db.session.query(Authenticator.secret).scalar()
    assert rhea.post(PAGE, {"act": "begin"}).status_code == 403
    assert rhea.post(PAGE, {"act": "confirm", "code": phone.code()}).status_code == 403
    assert db.session.query(Authenticator.secret).scalar() == before
    assert db.session.query(RecoveryCode).count() == len(codes)


def test_recovery_codes_are_more_than_anybody_guesses_and_only_their_hashes_are_kept(
    rhea: Visitor,
) -> None:
    _, codes = set_up(rhea)
    assert all(set(each) <= set(totp.ALPHABET) | {"-"} for each in codes)
    # For less a quick hash would be too quick (ASVS 6.5.2).
    assert all(len(totp.ALPHABET) ** len(totp.plain(each)) >= 2**112 for each in codes)
    assert not set("oil") & set(totp.ALPHABET)
    rows = db.session.query(RecoveryCode).all()
    assert len(rows) == 10
    for code in codes:
        for spelling in (code, code.replace("-", ""), code.upper()):
            digest = hashlib.sha256(spelling.encode()).digest()
            assert digest not in {each.code_hash for each in rows}, "one search finds one account's"
    for page in (rhea.get(PAGE), rhea.get("/comments/account")):
        assert not codes_in(page.text)


def test_new_codes_end_the_old_ones(rhea: Visitor, guest: Visitor, emails: Any) -> None:
    _, old = set_up(rhea)
    new = codes_in(rhea.post(PAGE, {"act": "codes"}).text)
    assert len(set(new) | set(old)) == 20
    assert show(guest, "json", ticket_for(guest, "json"), old[0]).status_code == 422
    assert show(guest, "json", ticket_for(guest, "json"), new[0]).status_code == 201
    assert "New recovery codes" in emails()[1][1]


def test_codes_are_made_for_nobody_without_an_app(rhea: Visitor) -> None:
    assert rhea.post(PAGE, {"act": "codes"}).status_code == 403
    rhea.post(PAGE, {"act": "begin"})
    assert rhea.post(PAGE, {"act": "codes"}).status_code == 403
    assert db.session.query(RecoveryCode).count() == 0


def test_switching_off_lets_in_by_password_alone(
    rhea: Visitor, guest: Visitor, emails: Any
) -> None:
    set_up(rhea)
    assert rhea.post(PAGE, {"act": "off"}).status_code == 303
    assert "second factor any more" in rhea.get(PAGE).text
    guest.sign_in("rhea@example.org")
    assert db.session.query(RecoveryCode).count() == 0
    subjects = [subject for _, subject, _ in emails()]
    assert [each.split(" at ")[0] for each in subjects] == [
        "A second factor protects your account",
        "Your account",
    ]


def test_no_security_mail_goes_to_an_address_that_nobody_confirmed(app: Flask, emails: Any) -> None:
    una = make.account("Una", verified=False)
    set_up(visiting(app, una))
    assert emails() == []


# ---- signing in with it


@by_json_and_form
def test_signing_in_takes_two_steps(rhea: Visitor, guest: Visitor, by: str) -> None:
    phone, _ = set_up(rhea)
    answer = show(guest, by, ticket_for(guest, by), phone.code())
    if by == "form":
        assert (answer.status_code, answer.location) == (303, "/pelicans/")
    else:
        assert answer.status_code == 201
        assert answer.json["account"]["name"] == "Rhea"
    assert signed_in(guest)
    session = kept()
    assert (session.sign_in_method, session.strong_at) == ("password", session.proved_at)


@by_json_and_form
def test_a_wrong_code_is_asked_for_again_with_the_same_ticket(
    rhea: Visitor, guest: Visitor, by: str
) -> None:
    phone, _ = set_up(rhea)
    ticket = ticket_for(guest, by)
    for wrong in (phone.wrong(), "", "12345", "abcd-efgh-jkmn", "１２３", "x" * 99):
        if wrong or by == "json":
            answer = show(guest, by, ticket, wrong)
            assert answer.status_code == 422, wrong
            if len(wrong) > 6:
                db.session.execute(sa.update(Token).values(tries=0))
                db.session.commit()
    if by == "form":
        assert hidden(answer.text, "ticket") == ticket
        assert hidden(answer.text, "next") == "/pelicans/"
        assert "x" * 99 not in answer.text
    else:
        assert set(answer.json["fields"]) == {"code"}
    assert not signed_in(guest)
    assert show(guest, by, ticket, phone.code()).status_code in (201, 303)


@by_json_and_form
def test_five_wrong_codes_spend_the_ticket(rhea: Visitor, guest: Visitor, by: str) -> None:
    phone, _ = set_up(rhea)
    ticket = ticket_for(guest, by)
    for _ in range(4):
        assert show(guest, by, ticket, phone.wrong()).status_code == 422
    for code in (phone.wrong(), phone.code()):
        answer = show(guest, by, ticket, code)
        if by == "json":
            assert (answer.status_code, answer.json["code"]) == (404, "unknown_token")
        else:
            assert answer.location == "/comments/sign-in?next=%2Fpelicans%2F"
            assert "Please sign in again" in guest.get(answer.location).text
    assert not signed_in(guest)


@by_json_and_form
def test_no_code_and_no_ticket_works_twice(
    rhea: Visitor, guest: Visitor, stranger: Visitor, by: str
) -> None:
    phone, _ = set_up(rhea)
    ticket, other = ticket_for(guest, by), ticket_for(stranger, by)
    code = phone.code()
    assert show(guest, by, ticket, code).status_code in (201, 303)
    # Somebody who looked over a shoulder, with the password and a ticket of his own.
    assert show(stranger, by, other, code).status_code == 422
    answer = show(stranger, by, ticket, phone.code())
    assert answer.status_code == (404 if by == "json" else 303)
    assert not signed_in(stranger)


def test_a_ticket_is_good_for_the_second_step_of_its_own_account_only(
    app: Flask, rhea: Visitor, guest: Visitor
) -> None:
    _, codes = set_up(rhea)
    nora = make.account("Nora")
    app_of_nora = with_app(nora)
    ticket = ticket_for(guest, "json")
    assert show(guest, "json", ticket, app_of_nora.code()).status_code == 422
    noras = ticket_for(guest, "json", "nora@example.org")
    assert show(guest, "json", noras, codes[0]).status_code == 422
    for page in ("verify", "reset"):
        assert guest.post(f"/comments/{page}/{ticket}").status_code == 404
    with writing():
        db.session.execute(sa.delete(Account).where(Account.name == "Rhea"))
    assert show(guest, "json", ticket, codes[1]).status_code == 404


def test_a_ticket_lies_in_the_database_as_a_hash(rhea: Visitor, guest: Visitor) -> None:
    set_up(rhea)
    ticket = ticket_for(guest, "json")
    [row] = db.session.query(Token).all()
    assert row.token_hash == hashlib.sha256(ticket.encode()).digest()
    assert ticket not in repr([row.payload, row.email, row.purpose])


@by_json_and_form
def test_a_recovery_code_stands_in_once(
    rhea: Visitor, guest: Visitor, emails: Any, by: str
) -> None:
    _, codes = set_up(rhea)
    typed = codes[3].upper().replace("-", " ").replace("0", "O").replace("1", "l")
    if by == "json":
        answer = show(guest, by, ticket_for(guest, by), typed)
        assert answer.status_code == 201
    else:
        answer = guest.post(
            "/comments/second",
            {"ticket": ticket_for(guest, by), "recovery_code": typed, "next": PAGE},
        )
        assert "codes left: 9" in guest.get(answer.location).text
    assert kept().strong_at is not None
    _, subject, text = emails()[-1]
    assert "recovery code was used" in subject
    assert "9 codes are left" in " ".join(text.split())
    guest.call("DELETE", "session")
    assert show(guest, "json", ticket_for(guest, "json"), codes[3]).status_code == 422


@by_json_and_form
def test_a_shorter_code_of_release_1_0_works_until_there_are_new_ones(
    rhea: Visitor, guest: Visitor, by: str
) -> None:
    set_up(rhea)
    account = db.session.scalars(sa.select(Account)).one()
    for code in ("abcd-efgh-jkmn", "pqrs-tvwx-yz01"):
        digest = f"{account.public_id}:{code.replace('-', '')}".encode()
        with writing():
            stored = hashlib.sha256(digest).digest()
            db.session.add(RecoveryCode(account_id=account.id, code_hash=stored))
    assert show(guest, by, ticket_for(guest, by), "ABCD EFGH JKMN").status_code in (201, 303)
    guest.call("DELETE", "session")
    rhea.post(PAGE, {"act": "codes"})
    assert show(guest, by, ticket_for(guest, by), "pqrs-tvwx-yz01").status_code == 422


def test_the_last_recovery_code_says_so(rhea: Visitor, guest: Visitor) -> None:
    _, codes = set_up(rhea)
    with writing():
        db.session.execute(sa.update(RecoveryCode).values(used_at=now()))
        db.session.execute(
            sa.update(RecoveryCode)
            .where(RecoveryCode.id == db.session.scalar(sa.select(sa.func.min(RecoveryCode.id))))
            .values(used_at=None)
        )
    form = {"ticket": ticket_for(guest, "form"), "recovery_code": codes[0], "next": PAGE}
    answer = guest.post("/comments/second", form)
    assert "last recovery code" in guest.get(answer.location).text


@pytest.mark.parametrize(
    ("off", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_off_by_one_step(off: int, right: bool) -> None:
    secret, moment = pyotp.random_base32(), datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
    code = pyotp.TOTP(secret).at(moment, counter_offset=off)
    step = int(moment.timestamp()) // 30
    assert totp.matching_step(secret, code, moment) == (step + off if right else None)


def test_an_earlier_code_is_refused_after_a_later_one(rhea: Visitor, guest: Visitor) -> None:
    phone, _ = set_up(rhea)
    ticket, code = ticket_for(guest, "json"), phone.code()
    with writing():
        db.session.execute(sa.update(Authenticator).values(last_step=2**40))
    assert show(guest, "json", ticket, code).status_code == 422


class TestGuessing:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"limit_sign_in": (Rate(3, 900),)}

    def test_codes_are_counted_by_account_whatever_the_ticket(
        self, rhea: Visitor, guest: Visitor
    ) -> None:
        phone, _ = set_up(rhea)
        for _ in range(3):
            assert show(guest, "json", ticket_for(guest, "json"), phone.wrong()).status_code == 422
        answer = show(guest, "json", ticket_for(guest, "json"), phone.code())
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        # The same count where one is signed in already.
        answer = rhea.post("/comments/confirm", {"code": phone.code()})
        assert answer.status_code == 429
        assert not signed_in(guest)

    def test_a_right_code_starts_the_count_anew(self, rhea: Visitor, guest: Visitor) -> None:
        phone, _ = set_up(rhea)
        for _ in range(3):
            ticket = ticket_for(guest, "json")
            assert show(guest, "json", ticket, phone.wrong()).status_code == 422
            assert show(guest, "json", ticket, phone.code()).status_code == 201
            guest.call("DELETE", "session")


def test_a_password_changed_in_a_session_without_the_second_factor_asks_for_it(
    app: Flask,
) -> None:
    account = make.account("Rhea")
    rhea = visiting(app, account)
    phone = with_app(account)
    answer = rhea.post(
        "/comments/account/password",
        {"old_password": make.PASSWORD, "password": "a heron at dusk"},
    )
    assert answer.status_code == 401
    assert not signed_in(rhea)
    form = {"ticket": hidden(answer.text, "ticket"), "code": phone.code()}
    assert rhea.post("/comments/second", form).location == "/comments/account"
    assert signed_in(rhea)


def test_a_changed_password_is_no_fresh_proof_of_a_second_factor(rhea: Visitor) -> None:
    set_up(rhea)
    let_proof_lapse()
    answer = rhea.post(
        "/comments/account/password",
        {"old_password": make.PASSWORD, "password": "a heron at dusk"},
    )
    assert answer.status_code == 303
    assert rhea.post(PAGE, {"act": "off"}).location.startswith("/comments/confirm")
