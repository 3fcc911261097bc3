"""What opens an account: only the browser, the e-mail or the paper has it; the database has hashes.

Every test here fails when its rule is taken out of the service.
"""

import hashlib
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import config
from comments_service.accounts import roles, tokens, totp
from comments_service.db import Base, db, writing
from comments_service.models import Authenticator, Role, Session
from tests import make
from tests.api.device import Device, add, question
from tests.api.people import of_role, visiting
from tests.api.signing_in import signed_in, token_of, with_token
from tests.api.strong import PAGE, App, set_up, with_app
from tests.conftest import Answer, Visitor, link_in


def everything() -> str:
    """Every value of every table, e-mails left out: they are sent, and then hold links of the past."""
    db.session.rollback()
    found = []
    with db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name != "outbox":
                for row in connection.execute(sa.select(table)):
                    found += [
                        each if isinstance(each, bytes) else str(each).encode() for each in row
                    ]
    return b"\n".join(found).decode("latin-1")


def test_the_database_holds_nothing_that_opens_an_account(
    app: Flask, guest: Visitor, emails: Any
) -> None:
    account = make.account("Rhea")
    rhea = visiting(app, account)
    _, codes = set_up(rhea)
    device = Device()
    add(rhea, device)
    held = [token_of(rhea), *codes, *(each.replace("-", "") for each in codes)]
    for payload in make.payloads():
        with writing():
            held.append(tokens.make(payload, account))
    credentials = {"email": "rhea@example.org", "password": make.PASSWORD}
    held += [make.PASSWORD, guest.call("POST", "session", credentials).json["ticket"]]
    held += [question(guest)[1], question(rhea, "offer")[1]]
    answer = guest.call("POST", "session/letter", {"email": "rhea@example.org"})
    held += [answer.json["ticket"], link_in(emails()[-1][2]).rpartition("/")[2]]
    number = device.keys[0].private.private_numbers().private_value
    held += [number.to_bytes(32, "big").decode("latin-1")]
    there = everything()
    assert len(there) > 1000
    for secret in held:
        assert secret not in there
    assert hashlib.sha256(token_of(rhea).encode()).digest().decode("latin-1") in there


@pytest.mark.parametrize(
    "method", ["password", "second", "recovery", "passkey", "letter", "confirm"]
)
def test_whatever_shows_who_one_is_gives_another_token(
    app: Flask, emails: Any, method: str
) -> None:
    """A token that somebody planted or copied before is nobody's afterwards."""
    account = make.account("Rhea")
    browser = visiting(app, account)
    device = Device()
    add(browser, device)
    codes: list[str] = []
    if method in ("second", "recovery"):
        _, codes = set_up(browser)
    before = token_of(browser)
    answer = shown(browser, method, device, codes, emails)
    assert answer.status_code in (201, 303), answer.text
    after = token_of(browser)
    assert after != before
    assert signed_in(browser)
    assert not signed_in(with_token(app, before))
    [given] = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith("postil=")]
    assert "HttpOnly" in given
    assert after not in answer.text
    assert after not in (answer.location or "")


def shown(browser: Visitor, method: str, device: Device, codes: list[str], emails: Any) -> Answer:
    """Show who one is by one method; the last answer is the one that lets in."""
    if method == "passkey":
        options, ticket = question(browser)
        sent = {"ticket": ticket, "credential": device.answer(options)}
        return browser.call("POST", "session/passkey", sent)
    if method == "letter":
        browser.call("POST", "session/letter", {"email": "rhea@example.org"})
        return browser.post(link_in(emails()[-1][2]))
    if method == "confirm":
        return browser.post("/comments/confirm", {"password": make.PASSWORD})
    credentials = {"email": "rhea@example.org", "password": make.PASSWORD}
    answer = browser.call("POST", "session", credentials)
    if method == "password":
        return answer
    code = app_of_rhea().code() if method == "second" else codes[0]
    sent = {"ticket": answer.json["ticket"], "code": code}
    return browser.call("POST", "session/second", sent)


def app_of_rhea() -> App:
    return App(db.session.query(Authenticator.secret).one()[0])


def test_another_role_needs_another_token(app: Flask) -> None:
    rhea = of_role(app, "Rhea", Role.READER)
    before = token_of(rhea)
    roles.set_role("rhea@example.org", Role.MODERATOR)
    assert not signed_in(rhea)
    rhea.sign_in("rhea@example.org")
    assert token_of(rhea) != before
    assert not signed_in(with_token(app, before))


@pytest.mark.parametrize("page", ["/comments/account", PAGE, "/comments/account/passkeys"])
def test_no_page_repeats_the_token_of_its_reader(app: Flask, page: str) -> None:
    rhea = of_role(app, "Rhea", Role.READER)
    set_up(rhea)
    answer = rhea.get(page)
    assert answer.status_code == 200
    assert token_of(rhea) not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_session_ends_where_the_second_factor_was_reset(app: Flask) -> None:
    account = make.account("Rhea")
    rhea = visiting(app, account)
    with_app(account)
    totp.reset(account, config.current())
    assert not signed_in(rhea)
    assert db.session.query(Session).filter(Session.ended_at.is_(None)).count() == 0
