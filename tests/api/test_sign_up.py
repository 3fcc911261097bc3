"""Signing up: the e-mail that confirms an address, and who learns what. By JSON and by form."""

import contextvars
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.db import db, writing
from comments_service.models import Account, Session, Token, now
from tests import make
from tests.api.people import by_json_and_form
from tests.api.signing_in import NEW, account_of, look_at_link, sign_in, sign_up, without_address
from tests.conftest import SITE, Visitor, link_in, one_database


@by_json_and_form
def test_an_email_confirms_the_address_and_signs_in(
    guest: Visitor, stranger: Visitor, emails: Any, by: str
) -> None:
    assert sign_up(guest, by).status_code == 202
    assert account_of(guest) is None
    assert sign_in(guest, by, NEW["email"], NEW["password"]).status_code == 401
    [(recipient, subject, text)] = emails()
    assert recipient == NEW["email"]
    assert subject.endswith(" blog.test")
    path = link_in(text)

    look_at_link(stranger, path)
    assert db.session.query(Account).one().email_verified_at is None

    answer = guest.post(path)
    assert answer.status_code == 303
    assert account_of(guest) == {
        "id": db.session.query(Account).one().public_id,
        "name": "Nora",
        "role": "reader",
        "email": "nora@example.org",
        "email_verified": True,
    }
    assert "signed in" in guest.get(answer.location).text
    assert sign_in(stranger, by, NEW["email"], NEW["password"]).status_code in (201, 303)


def test_an_emails_link_works_once(guest: Visitor, stranger: Visitor, emails: Any) -> None:
    sign_up(guest, "form")
    path = link_in(emails()[0][2])
    guest.post(path)
    for answer in (stranger.post(path), stranger.get(path)):
        assert answer.status_code == 404
        assert "has been used or has expired" in answer.text
        assert "postil=" not in answer.headers.get("Set-Cookie", "")
    assert db.session.query(Session).count() == 1


def test_a_link_grows_old_and_serves_its_own_purpose_only(guest: Visitor, emails: Any) -> None:
    sign_up(guest, "json")
    path = link_in(emails()[0][2])
    token = path.rpartition("/")[2]
    for other in (f"/comments/reset/{token}", f"/comments/owner/{token}", path + "x"):
        assert guest.post(other, {"password": "a heron at dusk"}).status_code == 404
    with writing():
        db.session.execute(sa.update(Token).values(expires_at=now() - timedelta(seconds=1)))
    assert guest.post(path).status_code == 404
    assert db.session.query(Account).one().email_verified_at is None


@by_json_and_form
def test_signing_up_tells_nobody_whether_an_address_is_known(
    guest: Visitor, emails: Any, by: str
) -> None:
    make.account("Rhea")
    make.account("Una", verified=False)
    known = ("rhea@example.org", "RHEA@example.org", "una@example.org")
    unknown = without_address(sign_up(guest, by), NEW["email"])
    for email in known:
        answer = sign_up(guest, by, email=email, name="Somebody New")
        assert without_address(answer, email) == unknown, email
    taken = without_address(sign_up(guest, by, name="Rhea", email="x@example.org"), "x@example.org")
    assert taken[0] == 422
    for email in known[::2]:
        assert without_address(sign_up(guest, by, name="rhea", email=email), email)[0] == 422
    subjects = [subject.split(" ")[0] for _, subject, _ in emails()]
    assert subjects == ["Confirm", "You", "You", "Confirm"]
    assert db.session.query(Account).count() == 3


def test_who_has_an_account_keeps_it_whatever_a_stranger_signs_up_with(
    guest: Visitor, stranger: Visitor
) -> None:
    make.account("Rhea")
    sign_up(stranger, "json", email="rhea@example.org", password="a strangers choice")
    assert sign_in(stranger, "json", "rhea@example.org", "a strangers choice").status_code == 401
    assert sign_in(guest, "json", "rhea@example.org").status_code == 201


@by_json_and_form
def test_bad_fields_are_named_all_at_once_and_come_back(guest: Visitor, by: str) -> None:
    answer = sign_up(guest, by, name="\u200b", email="nobody", password="password1")
    assert answer.status_code == 422
    if by == "json":
        assert set(answer.json["fields"]) == {"name", "email", "password"}
    else:
        assert answer.text.count('aria-invalid="true"') == 3
        assert 'value="nobody"' in answer.text
        assert "password1" not in answer.text


@one_database
@pytest.mark.parametrize(
    ("password", "taken"),
    [
        ("short77", False),
        ("password", False),
        ("iloveyou1", False),
        ("aaaaaaaaaaaa", False),
        ("x" * 257, False),
        ("nul\0in the middle", False),
        ("heron at dawn " * 9, True),
        ("鹈鹕在黎明时分捕鱼去", True),
        ("      a      ", False),
        ("no-capital-no-digit", True),
    ],
)
def test_passwords_are_long_rather_than_odd(guest: Visitor, password: str, taken: bool) -> None:
    answer = sign_up(guest, "json", password=password)
    assert answer.status_code == (202 if taken else 422)
    if not taken:
        assert set(answer.json["fields"]) == {"password"}


class TestClosed:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"sign_up": False}

    @by_json_and_form
    def test_no_accounts_are_made_when_the_owner_says_so(self, guest: Visitor, by: str) -> None:
        assert sign_up(guest, by).status_code == 403
        assert db.session.query(Account).count() == 0
        assert "sign-up" not in guest.get("/comments/sign-in").text


# ---- e-mails


def test_emails_are_plain_and_cannot_grow_headers(
    app: Flask, guest: Visitor, settings: Any
) -> None:
    from comments_service.mail import outbox
    from comments_service.mail.letters import Letter
    from comments_service.models import Email

    for word in ("\r\nBcc: all@example.org", "\nX: y", "\0", "\u2028Bcc: all@example.org"):
        assert sign_up(guest, "json", email=f"eve@example.org{word}").status_code == 422
    sign_up(guest, "json", name="Eve\r\nBcc: all@example.org", email="eve@example.org")
    sign_up(guest, "json", name="<b>Bo</b> {{ 7*7 }} %s", email="bo@example.org")
    assert db.session.query(Email).count() == 2
    for email in db.session.query(Email):
        letter = Letter(subject=email.subject, text=email.text, html=email.html)
        mail = outbox.message(email, letter, settings, "The blog")
        assert set(mail.keys()) == {
            *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
            *("Content-Type", "MIME-Version"),
        }
        assert "\n" not in mail["To"] + mail["Subject"]
    bo = db.session.query(Email).filter_by(recipient="bo@example.org").one()
    assert "<b>Bo</b> {{ 7*7 }} %s" in bo.text
    assert "<b>Bo" not in bo.html
    assert "&lt;b&gt;Bo&lt;/b&gt; {{ 7*7 }} %s" in bo.html


def test_two_who_press_the_same_button_at_once_use_a_link_once(app: Flask, emails: Any) -> None:
    guest = Visitor(app)
    sign_up(guest, "json")
    path = link_in(emails()[0][2])
    codes: list[int] = []

    def press() -> None:
        client = app.test_client()
        answer = contextvars.Context().run(
            client.post,
            path,
            base_url=SITE,
            headers={"Origin": SITE},
            data={"password": NEW["password"]},
        )
        codes.append(answer.status_code)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(codes) == [303, 404, 404, 404]
    db.session.rollback()
    assert db.session.query(Session).count() == 1
