"""The outbox: written with the change, sent behind it, once, and by a server that may be away."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comments_service import config
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.mail import outbox
from comments_service.models import Email, now
from tests.mailing import MailServer, again, an_email, by_mail, due, folder, read, server

__all__ = ["by_mail", "folder", "server"]  # fixtures


# ---- what is written


def test_an_email_is_written_with_the_change_and_vanishes_with_it(app: Flask) -> None:
    def write(fail: bool) -> None:
        with writing():
            outbox.write(
                "a@example.org",
                "en",
                "verify",
                config.current(),
                name="Ann",
                link="http://l/",
            )
            if fail:
                raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        write(fail=True)
    assert db.session.query(Email).count() == 0
    write(fail=False)
    made = db.session.query(Email).one()
    assert made.subject == "Confirm your address for blog.test"
    assert made.text.startswith("Hello Ann,\n\n")
    assert "\nhttp://l/\n" in made.text
    assert made.text.endswith("\n")
    assert not made.text.endswith("\n\n")


@pytest.mark.parametrize(
    "values",
    [
        {"recipient": "a@example.org\r\nBcc: spy@example.org"},
        {"recipient": "a@example.org\nBcc: spy@example.org"},
    ],
    ids=["by a line break", "by a bare line feed"],
)
@pytest.mark.enable_socket
def test_no_address_becomes_another_header(
    app: Flask, by_mail: Settings, server: MailServer, values: dict[str, Any]
) -> None:
    made = an_email(**values)
    assert outbox.send_waiting(by_mail) == 0
    assert server.got == []
    assert "ValueError" in again(made).error
    an_email("other@example.org")
    assert outbox.send_waiting(by_mail) == 1


# ---- on a developer's machine


def test_without_a_mail_server_an_email_is_a_file(
    app: Flask, settings: Settings, folder: Path
) -> None:
    an_email(text="你好\n")
    assert outbox.send_waiting(settings) == 1
    (path,) = folder.glob("*.eml")
    mail = read(path.read_bytes())
    assert mail["To"] == "rhea@example.org"
    assert mail.get_content() == "你好\n"
    assert outbox.send_waiting(settings) == 0


def test_a_drawer_that_cannot_be_written_is_another_attempt(
    app: Flask, settings: Settings, folder: Path
) -> None:
    folder.parent.mkdir()
    folder.touch()
    made = an_email()
    assert outbox.send_waiting(settings) == 0
    folder.unlink()
    due(made)
    assert outbox.send_waiting(settings) == 1


def test_an_ephemeral_email_leaves_no_row_once_it_is_sent_or_given_up(
    app: Flask, settings: Settings, folder: Path
) -> None:
    an_email(ephemeral=True)
    assert outbox.send_waiting(settings) == 1
    assert db.session.query(Email).count() == 0
    for path in folder.glob("*.eml"):
        path.unlink()
    folder.rmdir()
    folder.touch()
    made = an_email(ephemeral=True)
    given_up = an_email(ephemeral=True, attempts=9)
    assert outbox.send_waiting(settings) == 0
    assert [each.id for each in db.session.query(Email)] == [made.id] != [given_up.id]


def test_what_was_sent_is_forgotten_after_a_month(
    app: Flask, settings: Settings, folder: Path
) -> None:
    old = now() - timedelta(days=31)
    an_email("sent@example.org", created_at=old, sent_at=old)
    given_up = an_email("given.up@example.org", created_at=old)
    an_email("waiting@example.org", created_at=old)
    an_email("new@example.org", sent_at=now())
    with writing():
        given_up.next_attempt_at = None
    outbox.clean()
    left = db.session.query(Email).order_by(Email.id)
    assert [each.recipient for each in left] == ["waiting@example.org", "new@example.org"]


# ---- by SMTP


@pytest.mark.enable_socket
class TestByMail:
    def test_every_email_is_delivered_once(
        self, app: Flask, by_mail: Settings, server: MailServer
    ) -> None:
        for name in ("a", "b", "c"):
            an_email(f"{name}@example.org", text=f"Dear {name} – 你好\n.\nA dot alone.\n")
        assert outbox.send_waiting(by_mail) == 3
        assert outbox.send_waiting(by_mail) == 0
        assert [each.rcpt_tos for each in server.got] == [
            ["a@example.org"],
            ["b@example.org"],
            ["c@example.org"],
        ]
        assert {each.mail_from for each in server.got} == {by_mail.mail_from}
        assert server.emails[0].get_content().replace("\r\n", "\n") == (
            "Dear a – 你好\n.\nA dot alone.\n"
        )

    def test_while_the_server_asks_to_come_later_emails_wait_longer_each_time(
        self, app: Flask, by_mail: Settings, server: MailServer
    ) -> None:
        made = an_email()
        server.answer = "451 Later, please"
        waits = []
        for attempt in range(1, 10):
            assert outbox.send_waiting(by_mail) == 0
            assert outbox.send_waiting(by_mail) == 0, "it is not due yet"
            found = again(made)
            assert (found.attempts, found.error) == (attempt, "451 Later, please")
            assert found.next_attempt_at is not None
            waits.append(round((found.next_attempt_at - now()) / timedelta(minutes=1)))
            due(made)
        assert waits == [1, 5, 15, 60, 180, 480, 960, 1_440, 1_440]

    def test_the_tenth_attempt_is_the_last_and_comes_after_three_days(
        self, app: Flask, by_mail: Settings, server: MailServer
    ) -> None:
        assert timedelta(days=3) < sum(outbox.WAITS, timedelta()) < timedelta(days=4)
        made = an_email(attempts=9)
        server.answer = "451 Later, please"
        assert outbox.send_waiting(by_mail) == 0
        found = again(made)
        assert found.attempts == outbox.MAX_ATTEMPTS == 10
        assert found.next_attempt_at is None
        assert found.sent_at is None
        server.answer = "250 OK"
        due(made)
        assert outbox.send_waiting(by_mail) == 0
        assert server.got == []

    def test_when_the_server_is_back_what_waited_arrives_once(
        self, app: Flask, by_mail: Settings, server: MailServer
    ) -> None:
        made = an_email()
        server.answer = "451 Later, please"
        assert outbox.send_waiting(by_mail) == 0
        assert "451" in again(made).error
        server.answer = "250 OK"
        due(made)
        assert outbox.send_waiting(by_mail) == 1
        assert outbox.send_waiting(by_mail) == 0
        assert len(server.got) == 1
        found = again(made)
        assert (found.attempts, found.error) == (2, "")
        assert found.sent_at is not None

    def test_one_email_that_is_refused_does_not_stop_the_others(
        self, app: Flask, by_mail: Settings, server: MailServer
    ) -> None:
        an_email("not an address at all")
        an_email("b@example.org")
        assert outbox.send_waiting(by_mail) >= 1
        assert ["b@example.org"] in [each.rcpt_tos for each in server.got]


def test_e_mails_that_are_files_go_after_a_month_as_well(app: Flask, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, days in (("old.eml", 31), ("new.eml", 29), ("notes.txt", 31)):
        (folder / name).write_text("A word.")
        at = (now() - timedelta(days=days)).timestamp()
        os.utime(folder / name, (at, at))
    outbox.clean()
    assert {each.name for each in folder.iterdir()} == {"new.eml", "notes.txt"}
