"""Changing one's mail address: by an e-mail to the new one, and nobody learns whose it is."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.accounts import names, tokens
from comments_service.db import db, writing
from comments_service.models import Account, Email, Session, Token, now
from tests import make
from tests.api.people import text, visiting
from tests.conftest import Visitor, link_in

EMAIL = "/comments/account/email"
NEW = "new@example.org"


def ask(visitor: Visitor, email: str = NEW) -> Any:
    return visitor.post(EMAIL, {"email": email})


def account(name: str = "Rhea") -> Account:
    db.session.expire_all()
    return db.session.query(Account).filter_by(name_key=names.key(name)).one()


def test_the_new_address_counts_once_its_email_is_answered(reader: Visitor, emails: Any) -> None:
    answer = ask(reader)
    assert answer.status_code == 303
    page = text(reader.get(EMAIL).text)
    assert f"An e-mail was sent to {NEW}" in page
    assert account().email == "rhea@example.org"
    recipient, subject, words = emails()[-1]
    assert recipient == NEW
    assert subject.startswith("Confirm your new address")
    path = link_in(words)
    form = reader.get(path)
    assert NEW in form.text
    assert account().email == "rhea@example.org"
    assert reader.post(path).status_code == 303
    assert account().email == account().email_key == NEW
    assert account().email_verified_at is not None
    assert "An e-mail was sent to" not in reader.get(EMAIL).text
    # The old one is told.
    recipient, subject, words = emails()[-1]
    assert recipient == "rhea@example.org"
    assert "has another address" in subject
    assert NEW not in words
    reader.sign_in(NEW)


def test_it_ends_all_sessions_but_the_one_that_asked(
    app: Flask, reader: Visitor, emails: Any
) -> None:
    others = [visiting(app, account()) for _ in range(2)]
    ask(reader)
    # The e-mail may be opened anywhere, also where nobody is signed in.
    assert Visitor(app).post(link_in(emails()[-1][2])).status_code == 303
    assert reader.call("GET", "me").json["account"]["email"] == NEW
    for each in others:
        assert each.call("GET", "me").json["account"] is None


def test_the_emails_link_signs_nobody_in(app: Flask, reader: Visitor, emails: Any) -> None:
    ask(reader)
    finder = Visitor(app)
    finder.post(link_in(emails()[-1][2]))
    assert finder.call("GET", "me").json["account"] is None


def test_it_works_once_and_for_a_day(reader: Visitor, guest: Visitor, emails: Any) -> None:
    ask(reader)
    path = link_in(emails()[-1][2])
    assert guest.post(path).status_code == 303
    assert guest.get(path).status_code == guest.post(path).status_code == 404
    ask(reader, "other@example.org")
    with writing():
        db.session.execute(sa.update(Token).values(expires_at=now() - timedelta(seconds=1)))
    assert guest.post(link_in(emails()[-1][2])).status_code == 404
    assert account().email == NEW
    assert tokens.ChangeEmail.lifetime == timedelta(days=1)


def test_asking_again_or_thinking_again_makes_the_email_useless(
    reader: Visitor, guest: Visitor, emails: Any
) -> None:
    ask(reader, "first@example.org")
    first = link_in(emails()[-1][2])
    ask(reader, "second@example.org")
    second = link_in(emails()[-1][2])
    assert guest.get(first).status_code == 404
    assert reader.post(EMAIL, {"act": "cancel"}).status_code == 303
    assert guest.post(second).status_code == 404
    assert "An e-mail was sent to" not in reader.get(EMAIL).text
    assert account().email == "rhea@example.org"


def test_nobody_learns_whose_address_it_is(
    app: Flask, reader: Visitor, stranger: Visitor, emails: Any
) -> None:
    make.account("Max")
    make.account("Ida")
    other = visiting(app, account("Ida"))
    taken, free = ask(reader, "max@example.org"), ask(other, "free@example.org")
    assert (taken.status_code, taken.location) == (free.status_code, free.location)
    pages = [
        re.sub(r"Rhea|Ida|rhea|ida|max|free", "x", text(each.get(EMAIL).text))
        for each in (reader, other)
    ]
    assert pages[0] == pages[1]
    told = [(recipient, words) for recipient, subject, words in emails()]
    (to_max,) = [words for recipient, words in told if recipient == "max@example.org"]
    assert "belongs to yours" in to_max
    assert "http" not in to_max
    assert "Rhea" not in to_max
    # The address stays where it is.
    assert account("Max").email == "max@example.org"


def test_an_address_that_became_anothers_meanwhile_is_refused(reader: Visitor, emails: Any) -> None:
    ask(reader)
    path = link_in(emails()[-1][2])
    max_ = make.account("Max")
    with writing():
        max_.email = max_.email_key = NEW
    assert reader.post(path).status_code == 404
    assert account().email == "rhea@example.org"
    assert account("Max").email == NEW


def test_an_address_that_was_never_confirmed_holds_nobody_up(reader: Visitor, emails: Any) -> None:
    """Anybody can sign up with anybody's address: without the e-mail it is not his."""
    squatter = make.account("New", verified=False)
    assert squatter.email == NEW
    ask(reader)
    assert reader.post(link_in(emails()[-1][2])).status_code == 303
    assert account().email == NEW
    assert account("New").email is None


def test_emails_to_the_old_address_open_nothing_any_more(
    reader: Visitor, guest: Visitor, emails: Any
) -> None:
    guest.post("/comments/forgot", {"email": "rhea@example.org"})
    reset = link_in(emails()[-1][2])
    assert guest.get(reset).status_code == 200
    ask(reader)
    reader.post(link_in(emails()[-1][2]))
    form = {"password": "a heron at dawn", "name": "x"}
    assert guest.post(reset, form).status_code == 404


def test_an_account_without_an_address_gets_its_first(app: Flask, emails: Any) -> None:
    rhea = make.account("Rhea")
    with writing():
        rhea.email = rhea.email_key = rhea.email_verified_at = None
    visitor = visiting(app, rhea)
    assert "Your account has no e-mail address." in visitor.get(EMAIL).text
    ask(visitor)
    visitor.post(link_in(emails()[-1][2]))
    assert account().email == NEW
    assert len(emails()) == 1


@pytest.mark.parametrize(
    "email", ["", "x", "rhea@example.org", "RHEA@Example.org", "a@b\r\nBcc: c@d"]
)
def test_what_cannot_be_a_new_address_is_refused(reader: Visitor, emails: Any, email: str) -> None:
    answer = ask(reader, email)
    assert answer.status_code == 422
    assert "aria-invalid" in answer.text
    assert emails() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_asks_for_a_fresh_proof(reader: Visitor, emails: Any, method: str) -> None:
    with writing():
        db.session.execute(sa.update(Session).values(proved_at=now() - timedelta(minutes=16)))
    answer = reader._open(method, EMAIL, data={"email": NEW})
    assert answer.status_code == 303
    assert answer.location == "/comments/confirm?next=%2Fcomments%2Faccount%2Femail"
    assert emails() == []


class TestManyEmails:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        from comments_service.config import Rate

        return {"limit_sign_up": (Rate(2, 3600),)}

    def test_emails_are_limited(self, reader: Visitor) -> None:
        for number in range(2):
            assert ask(reader, f"n{number}@example.org").status_code == 303
        assert ask(reader).status_code == 429
        assert db.session.query(Email).count() == 2
