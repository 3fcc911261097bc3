"""People with a second factor, the app on their phone, and the steps of signing in with it."""

import re
import time

import pyotp
import sqlalchemy as sa

from comments_service.accounts import totp
from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Authenticator,
    Session,
    now,
)
from comments_service.sessions import PROOF_LASTS
from tests import make
from tests.api.people import read
from tests.api.signing_in import signed_in
from tests.conftest import Answer, Visitor

PAGE = "/comments/account/second-factor"


class App:
    """Six digits: each one later than the one before, as the service asks for."""

    def __init__(self, secret: str) -> None:
        self._codes = pyotp.TOTP(secret)

    def code(self) -> str:
        """What the app shows. Waiting half a minute between two is what this spares the tests."""
        db.session.execute(sa.update(Authenticator).values(last_step=0))
        db.session.commit()
        return self._codes.at(time.time())

    def wrong(self) -> str:
        """Six digits that are none of those which would do."""
        near = {self._codes.at(time.time(), counter_offset=step) for step in range(-3, 4)}
        return next(each for each in map("{:06}".format, range(10)) if each not in near)


def set_up(visitor: Visitor) -> tuple[App, list[str]]:
    """Set up an app as its page says; gives it, and the recovery codes."""
    assert visitor.post(PAGE, {"act": "begin"}).status_code == 303
    page = visitor.get(PAGE).text
    found = re.search(r'<code class="secret"[^>]*>([A-Z2-7 ]+)</code>', page)
    assert found, page
    app = App(found[1].replace(" ", ""))
    answer = visitor.post(PAGE, {"act": "confirm", "code": app.code()})
    assert answer.status_code == 200, answer.text
    return app, codes_in(answer.text)


def codes_in(page: str) -> list[str]:
    return re.findall(r"\b[0-9a-z]{4}(?:-[0-9a-z]{4}){5}\b", page)


def with_app(account: Account) -> App:
    """The same without a browser."""
    totp.begin(account)
    app = totp.of(account)
    assert app is not None
    with writing():
        app.confirmed_at = now()
    return App(app.secret)


def let_proof_lapse() -> None:
    """A quarter of an hour passes."""
    with writing():
        for column in (Session.proved_at, Session.strong_at):
            db.session.execute(
                sa.update(Session).where(column.is_not(None)).values({column: now() - PROOF_LASTS})
            )


def hidden(page: str, name: str) -> str:
    [found] = {
        each.attributes["value"] or ""
        for each in read(page).elements
        if each.tag == "input" and each.attributes.get("name") == name
    }
    return found


def ticket_for(visitor: Visitor, by: str, email: str = "rhea@example.org") -> str:
    """Give the password; the ticket for the step that follows."""
    given = {"email": email, "password": make.PASSWORD}
    if by == "json":
        answer = visitor.call("POST", "session", given)
        assert (answer.status_code, answer.json["code"]) == (401, "second_factor_required")
        ticket: str = answer.json["ticket"]
    else:
        answer = visitor.post("/comments/sign-in", {**given, "next": "/pelicans/"})
        assert answer.status_code == 401
        assert hidden(answer.text, "next") == "/pelicans/"
        ticket = hidden(answer.text, "ticket")
    assert "Set-Cookie" not in answer.headers
    assert not signed_in(visitor)
    return ticket


def show(visitor: Visitor, by: str, ticket: str, code: str) -> Answer:
    if by == "json":
        return visitor.call("POST", "session/second", {"ticket": ticket, "code": code})
    return visitor.post("/comments/second", {"ticket": ticket, "code": code, "next": "/pelicans/"})


def kept(name: str = "Rhea") -> Session:
    """The session that an account signed in with last."""
    found = db.session.scalars(
        sa.select(Session)
        .join(Account, Account.id == Session.account_id)
        .where(Account.name == name)
        .order_by(Session.id.desc())
    ).first()
    assert found is not None
    return found
