"""A real mail server for tests, the folder of a developer's machine, and e-mails in the outbox."""

import asyncio
import email
import email.policy
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.mail import outbox, smtp
from comments_service.models import Email, now
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


class Strict(MailServer):
    """Answers each step with what it is told to, once for each answer that is given it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sender: list[str] = []
        self.recipient: list[str] = []
        self.content: list[str] = []
        self.connections = 0

    async def handle_EHLO(  # noqa: N802
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        answers: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return answers

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender:
            return self.sender.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient:
            return self.recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.content.pop(0) if self.content else "250 OK"
        if answer == "gone":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "250 OK"
        if answer == "gone afterwards":
            asyncio.get_running_loop().call_later(0.05, server.transport.close)  # type: ignore[union-attr]
            answer = "250 OK"
        if answer.startswith("250"):
            self.got.append(envelope)
        return answer


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
    return tmp_path / smtp.FOLDER


@pytest.fixture
def strict() -> Iterator[Strict]:
    made = Strict()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def by_strict(database_url: str, tmp_path: Path, strict: Strict) -> Settings:
    return settings_for(database_url, tmp_path, mail_url=f"smtp://127.0.0.1:{strict.port}")


def an_email(recipient: str = "rhea@example.org", **values: Any) -> Email:
    made = Email(**{"recipient": recipient, "subject": "Hello", "text": "Words.\n", **values})
    with writing():
        db.session.add(made)
    return made


def the_only(
    folder: Path, settings: Settings, composers: outbox.Composers | None = None
) -> EmailMessage:
    """Send what is due, which is one e-mail, and read it."""
    assert outbox.send_waiting(settings, composers) == 1
    (path,) = folder.glob("*.eml")
    return read(path.read_bytes())


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
