"""What a mail server may answer, and what becomes of the e-mail then."""

import threading
from pathlib import Path

import pytest
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.mail import outbox, smtp
from comments_service.models import Email, RefusedAddress
from tests import make
from tests.api.people import visiting
from tests.conftest import settings_for
from tests.mailing import Strict, again, an_email, by_strict, due, strict

__all__ = ["by_strict", "strict"]  # fixtures

pytestmark = pytest.mark.enable_socket


def refused_addresses() -> list[tuple[str, str]]:
    db.session.rollback()
    return [(each.address, each.error) for each in db.session.query(RefusedAddress)]


def test_several_emails_go_over_one_connection(
    app: Flask, by_strict: Settings, strict: Strict
) -> None:
    for number in range(5):
        an_email(f"reader{number}@example.org")
    assert outbox.send_waiting(by_strict) == 5
    assert strict.connections == 1


@pytest.mark.parametrize(
    ("answer", "noted"),
    [
        ("550 5.1.1 No such user", True),
        ("550 No such user", True),
        ("553 5.1.3 Bad address", True),
        ("550 5.4.1 Recipient address rejected: Access denied", True),
        ("550 5.2.1 The account is disabled", True),
        ("552 5.2.2 Mailbox full", False),
        ("554 Transaction failed", False),
        ("550 5.3.0 Something else", False),
    ],
)
def test_an_email_to_a_recipient_who_is_refused_is_dead_at_once(
    app: Flask, by_strict: Settings, strict: Strict, answer: str, noted: bool
) -> None:
    made = an_email("Rhea@Example.org")
    an_email("other@example.org")
    strict.recipient = [answer]
    assert outbox.send_waiting(by_strict) == 1
    found = again(made)
    assert (found.attempts, found.error) == (1, answer)
    assert (found.sent_at, found.next_attempt_at) == (None, None)
    assert refused_addresses() == ([("rhea@example.org", answer)] if noted else [])


@pytest.mark.parametrize(
    "answer",
    [
        "450 4.2.0 Greylisted",
        "421 Too many connections",
        "554 5.7.1 Relay access denied",
        "550 relaying is not permitted",
        "530 5.7.0 Sign in first",
    ],
)
def test_what_is_a_matter_of_time_or_of_the_settings_says_nothing_of_the_address(
    app: Flask, by_strict: Settings, strict: Strict, answer: str
) -> None:
    made = an_email()
    strict.recipient = [answer]
    assert outbox.send_waiting(by_strict) == 0
    found = again(made)
    assert (found.attempts, found.error) == (1, answer)
    assert found.next_attempt_at is not None
    assert refused_addresses() == []
    due(made)
    assert outbox.send_waiting(by_strict) == 1


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("content", "554 5.6.0 Looks like spam"),
        ("content", "552 5.3.4 Message too big"),
        ("sender", "552 5.3.4 Message too big"),
    ],
)
def test_an_email_whose_content_is_refused_is_dead_and_its_address_is_not_to_blame(
    app: Flask, by_strict: Settings, strict: Strict, step: str, answer: str
) -> None:
    made = an_email()
    an_email("other@example.org")
    setattr(strict, step, [answer])
    assert outbox.send_waiting(by_strict) == 1
    assert again(made).error == answer
    assert again(made).next_attempt_at is None
    assert refused_addresses() == []


def test_a_sender_who_is_refused_keeps_every_email_and_counts_as_nobodys_attempt(
    app: Flask, by_strict: Settings, strict: Strict
) -> None:
    made = an_email()
    other = an_email("other@example.org")
    strict.sender = ["550 5.7.1 This is not your address"]
    with pytest.raises(smtp.ServerTrouble, match=r"COMMENTS_MAIL_FROM as the sender: 550 5\.7\.1"):
        outbox.send_waiting(by_strict)
    assert (again(made).attempts, again(other).attempts) == (0, 0)
    assert outbox.send_waiting(by_strict) == 2


def test_a_connection_that_breaks_in_the_middle_is_another_attempt_under_the_same_id(
    app: Flask, by_strict: Settings, strict: Strict
) -> None:
    made = an_email()
    an_email("other@example.org")
    strict.content = ["gone"]
    assert outbox.send_waiting(by_strict) == 1
    assert strict.connections == 2
    assert "SMTPServerDisconnected" in again(made).error
    due(made)
    assert outbox.send_waiting(by_strict) == 1
    assert [each.rcpt_tos for each in strict.got] == [["other@example.org"], ["rhea@example.org"]]
    assert again(made).attempts == 2


def test_a_connection_that_is_closed_between_two_emails_is_opened_anew(
    app: Flask, by_strict: Settings, strict: Strict, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict.content = ["gone afterwards"]
    for number in range(2):
        an_email(f"reader{number}@example.org")

    def give_it_time() -> None:
        threading.Event().wait(0.05)

    assert outbox.send_waiting(by_strict, beat=give_it_time) == 2
    assert {each.attempts for each in db.session.query(Email)} == {1}
    assert strict.connections == 2


def test_who_asks_for_an_email_that_arrives_gets_all_others_again(
    app: Flask, by_strict: Settings, strict: Strict
) -> None:
    with writing():
        db.session.add(RefusedAddress(address="rhea@example.org", error="550 No such user"))
    an_email("Rhea@example.org", asked_for=True)
    assert outbox.send_waiting(by_strict) == 1
    assert refused_addresses() == []
    an_email()
    assert outbox.send_waiting(by_strict) == 1


def test_two_processes_may_note_the_same_refusal(
    app: Flask, by_strict: Settings, strict: Strict
) -> None:
    for answer in ("550 5.1.1 No such user", "550 5.1.1 Still no such user"):
        an_email(asked_for=True)
        strict.recipient = [answer]
        outbox.send_waiting(by_strict)
    assert refused_addresses() == [("rhea@example.org", "550 5.1.1 Still no such user")]


def test_an_address_in_another_script_is_taken_by_a_server_that_knows_it(
    app: Flask, database_url: str, tmp_path: Path, strict: Strict, by_strict: Settings
) -> None:
    made = an_email("鹈鹕@example.org")
    assert outbox.send_waiting(by_strict) == 0
    assert "other letters" in again(made).error
    knowing = Strict(enable_SMTPUTF8=True)
    knowing.start()
    try:
        an_email("鹈鹕@example.org")
        url = f"smtp://127.0.0.1:{knowing.port}"
        assert outbox.send_waiting(settings_for(database_url, tmp_path, mail_url=url)) == 1
        assert knowing.got[0].rcpt_tos == ["鹈鹕@example.org"]
    finally:
        knowing.stop()


def test_the_account_page_says_that_emails_come_back_until_one_arrives(
    app: Flask, by_strict: Settings, strict: Strict
) -> None:
    rhea = make.account("Rhea")
    assert rhea.email is not None
    reader = visiting(app, rhea)
    assert "come back" not in reader.get("/comments/account").text
    an_email(rhea.email)
    strict.recipient = ["550 5.1.1 No such <user>"]
    outbox.send_waiting(by_strict)
    page = reader.get("/comments/account").text
    assert "come back: <q><bdi>550 5.1.1 No such &lt;user&gt;</bdi></q>" in page
    assert reader.post("/comments/account/data").json["account"]["email_refused"]["error"] == (
        "550 5.1.1 No such <user>"
    )
    an_email(rhea.email, asked_for=True)
    assert outbox.send_waiting(by_strict) == 1
    assert "come back" not in reader.get("/comments/account").text
