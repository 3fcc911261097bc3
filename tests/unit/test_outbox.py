"""The outbox: written with the change, sent behind it, once, and by a server that may be away."""

import asyncio
import email
import email.policy
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from flask import Flask

from comments_service import outbox
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Email, now
from comments_service.outbox import Worker
from tests.conftest import settings_for


class MailServer:
    """A real mail server on a free port of this machine, which keeps what it is given."""

    def __init__(self, **options: Any) -> None:
        self.got: list[Envelope] = []
        self.answer = "250 OK"
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.answer.startswith("250"):
            self.got.append(envelope)
        return self.answer

    def start(self) -> None:
        async def listen() -> None:
            made = lambda: SMTP(self, hostname="mail.test", loop=self._loop, **self._options)  # noqa: E731
            self._server = await self._loop.create_server(made, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

        self._loop.run_until_complete(listen())
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def stop(self) -> None:
        if self._server is None:
            return

        async def close() -> None:
            assert self._server is not None
            self._server.close()
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._server = None

    @property
    def emails(self) -> list[EmailMessage]:
        return [read(each.original_content or b"") for each in self.got]


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def by_mail(settings: Settings, database_url: str, tmp_path: Path, server: MailServer) -> Settings:
    return settings_for(database_url, tmp_path, mail_url=f"smtp://127.0.0.1:{server.port}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """E-mails of a developer's machine lie below the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / outbox.FOLDER


def an_email(recipient: str = "rhea@example.org", **values: Any) -> Email:
    made = Email(**{"recipient": recipient, "subject": "Hello", "text": "Words.\n", **values})
    with writing():
        db.session.add(made)
    return made


def again(made: Email) -> Email:
    db.session.rollback()
    return db.session.get_one(Email, made.id, populate_existing=True)


def due(made: Email) -> None:
    """Let the wait for the next attempt be over."""
    with writing():
        db.session.execute(
            sa.update(Email)
            .where(Email.id == made.id, Email.next_attempt_at.is_not(None))
            .values(next_attempt_at=now() - timedelta(seconds=1))
        )


# ---- what is written


def test_an_email_is_written_with_the_change_and_vanishes_with_it(app: Flask) -> None:
    def write(fail: bool) -> None:
        with writing():
            outbox.write(
                "a@example.org",
                "en",
                "verify",
                site="http://blog.test",
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
    assert made.subject == "Confirm your address for http://blog.test"
    assert made.text.startswith("Hello Ann,\n\n")
    assert "\nhttp://l/\n" in made.text
    assert made.text.endswith("\n")
    assert not made.text.endswith("\n\n")


def test_an_email_has_the_headers_of_one(app: Flask, settings: Settings) -> None:
    made = an_email(subject="Grüße – 你好")
    mail = outbox.message(made, settings)
    assert mail["From"] == settings.mail_from
    assert mail["To"] == "rhea@example.org"
    assert mail["Subject"] == "Grüße – 你好"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@localhost>")
    assert mail["Message-ID"] == outbox.message(made, settings)["Message-ID"]


@pytest.mark.parametrize(
    "values",
    [
        {"subject": "Hi\r\nBcc: spy@example.org"},
        {"subject": "Hi\nBcc: spy@example.org"},
        {"recipient": "a@example.org\r\nBcc: spy@example.org"},
    ],
    ids=["subject", "subject by a bare line feed", "recipient"],
)
@pytest.mark.enable_socket
def test_no_text_becomes_another_header(
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

    def test_while_the_server_is_away_emails_wait_longer_each_time(
        self, app: Flask, by_mail: Settings, server: MailServer
    ) -> None:
        made = an_email()
        server.stop()
        waits = []
        for attempt in range(1, 10):
            assert outbox.send_waiting(by_mail) == 0
            assert outbox.send_waiting(by_mail) == 0, "it is not due yet"
            found = again(made)
            assert found.attempts == attempt
            assert "ConnectionRefusedError" in found.error
            assert found.next_attempt_at is not None
            waits.append(round((found.next_attempt_at - now()) / timedelta(minutes=1)))
            due(made)
        assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256]

    def test_no_wait_is_longer_than_a_day_and_the_tenth_attempt_is_the_last(
        self, app: Flask, by_mail: Settings, server: MailServer
    ) -> None:
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

    def test_a_name_and_password_are_shown_to_the_server(
        self, app: Flask, settings: Settings, database_url: str, tmp_path: Path
    ) -> None:
        seen: list[tuple[bytes, bytes]] = []

        def authenticate(_server: Any, _session: Any, _envelope: Any, _how: Any, data: Any) -> Any:
            seen.append((data.login, data.password))
            return AuthResult(success=True)

        server = MailServer(authenticator=authenticate, auth_require_tls=False)
        server.start()
        try:
            url = f"smtp://me%40x:p%2Fw@127.0.0.1:{server.port}"
            an_email()
            assert outbox.send_waiting(settings_for(database_url, tmp_path, mail_url=url)) == 1
            assert seen[0] == (b"me@x", b"p/w")
        finally:
            server.stop()

    def test_a_server_that_does_not_speak_tls_gets_nothing_by_smtps(
        self, app: Flask, server: MailServer, database_url: str, tmp_path: Path
    ) -> None:
        made = an_email()
        url = f"smtps://127.0.0.1:{server.port}"
        assert outbox.send_waiting(settings_for(database_url, tmp_path, mail_url=url)) == 0
        assert "SSL" in again(made).error
        assert server.got == []

    def test_the_worker_outlives_a_database_that_is_away_and_delivers_then(
        self,
        app: Flask,
        by_mail: Settings,
        server: MailServer,
        eventually: Callable[[Callable[[], bool]], None],
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(outbox, "POLL_SECONDS", 0.1)

        def rename(old: str, new: str) -> None:
            with db.engine.begin() as connection:
                connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))

        worker = Worker(app, by_mail)
        rename("outbox", "away")
        try:
            worker.start()
            eventually(lambda: "Sending e-mails waits" in caplog.text)
        finally:
            rename("away", "outbox")
        an_email()
        eventually(lambda: len(server.got) == 1)
        worker.stop()
        assert not worker.is_alive()
