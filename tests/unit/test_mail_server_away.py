"""A mail server that is away, or not as the settings say: every e-mail waits, and none is worse for it."""

import logging
import smtplib
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from flask import Flask

from comments_service import workers
from comments_service.config import Settings
from comments_service.db import db
from comments_service.mail import outbox, smtp
from comments_service.models import Email, now
from comments_service.supervision import OUTBOX, sign
from comments_service.workers import Worker
from tests.conftest import settings_for
from tests.mailing import MailServer, Strict, again, an_email, by_strict, server, strict

__all__ = ["by_strict", "server", "strict"]  # fixtures

pytestmark = pytest.mark.enable_socket


def test_a_server_that_answers_nothing_is_not_waited_for_without_end(
    app: Flask, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "SECONDS", 0.2)
    made = an_email()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = settings_for(
            database_url, tmp_path, mail_url=f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        )
        with pytest.raises(smtp.ServerTrouble, match="is away"):
            outbox.send_waiting(settings)
    assert again(made).attempts == 0


def test_a_server_that_sends_its_visitors_away_is_away(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    made = an_email()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def send_away() -> None:
            visitor, _ = listening.accept()
            with visitor:
                visitor.sendall(b"554 no mail is taken here\r\n")

        thread = threading.Thread(target=send_away)
        thread.start()
        settings = settings_for(
            database_url, tmp_path, mail_url=f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        )
        with pytest.raises(smtp.ServerTrouble, match="no mail is taken here"):
            outbox.send_waiting(settings)
        thread.join()
    assert again(made).attempts == 0


def test_a_server_that_does_not_speak_tls_gets_nothing_by_smtps(
    app: Flask, server: MailServer, database_url: str, tmp_path: Path
) -> None:
    made = an_email()
    settings = settings_for(database_url, tmp_path, mail_url=f"smtps://127.0.0.1:{server.port}")
    with pytest.raises(smtp.ServerTrouble, match=r"in the way that COMMENTS_MAIL_URL says.*SSL"):
        outbox.send_waiting(settings)
    assert again(made).attempts == 0
    assert server.got == []


def test_a_password_is_not_sent_over_a_line_that_others_can_read(
    app: Flask,
    server: MailServer,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    an_email()
    # As if the server were on another machine.
    monkeypatch.setattr(smtp, "LOOPBACK_HOSTS", ())
    settings = settings_for(
        database_url, tmp_path, mail_url=f"smtp://me:secret@127.0.0.1:{server.port}"
    )
    with pytest.raises(smtp.ServerTrouble, match="offers no TLS"):
        outbox.send_waiting(settings)
    assert server.got == []


class TestSigningIn:
    @pytest.fixture
    def guarded(self) -> Iterator[MailServer]:
        def authenticate(_server: Any, _session: Any, _envelope: Any, _how: Any, data: Any) -> Any:
            right = (data.login, data.password) == (b"me@x", b"p/w")
            return AuthResult(success=right, handled=False)

        made = MailServer(authenticator=authenticate, auth_require_tls=False)
        made.start()
        yield made
        made.stop()

    def test_a_name_and_password_are_shown_to_the_server_and_to_nobody_else(
        self, app: Flask, guarded: MailServer, database_url: str, tmp_path: Path
    ) -> None:
        url = f"smtp://me%40x:p%2Fw@127.0.0.1:{guarded.port}"
        settings = settings_for(database_url, tmp_path, mail_url=url)
        an_email()
        assert outbox.send_waiting(settings) == 1
        with smtp.Connection(settings, lambda: None) as connection:
            pass
        said = "\n".join(connection.dialogue)
        assert "→ AUTH PLAIN …" in said
        assert "← 235" in said
        # As base64 as well.
        assert not any(each in said for each in ("p/w", "me@x", "cC93", "bWVAe", "AG1lQHg"))

    def test_a_wrong_password_is_told_loudly_and_tried_seldom(
        self,
        app: Flask,
        guarded: MailServer,
        database_url: str,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        made = an_email()
        url = f"smtp://me%40x:wrong@127.0.0.1:{guarded.port}"
        settings = settings_for(database_url, tmp_path, mail_url=url)
        tried: list[float] = []
        clock = a_clock(monkeypatch)
        really = smtp.Connection._open

        def open_it(connection: smtp.Connection) -> smtplib.SMTP:
            tried.append(clock[0])
            return really(connection)

        monkeypatch.setattr(smtp.Connection, "_open", open_it)
        worker = Worker(OUTBOX, workers.STEPS[OUTBOX], app, settings)
        for _ in range(450):
            worker.turn()
            clock[0] += workers.POLL_SECONDS
        assert len(tried) == 3
        assert "refuses the user or the password of COMMENTS_MAIL_URL: 535" in caplog.text
        said = sign(OUTBOX, settings)
        assert said is not None
        assert "password of COMMENTS_MAIL_URL" in said.faults["Sending e-mails"]
        assert again(made).attempts == 0


def a_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [1_000.0]
    monkeypatch.setattr("comments_service.supervision.time.monotonic", lambda: clock[0])
    return clock


def test_after_an_hour_without_the_server_everything_arrives_once(
    app: Flask, by_strict: Settings, strict: Strict, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    clock = a_clock(monkeypatch)
    strict.stop()
    worker = Worker(OUTBOX, workers.STEPS[OUTBOX], app, by_strict)
    begun = now()
    for second in range(0, 3_600, 2):
        if second % 600 == 0:
            an_email(f"reader{second}@example.org")
        worker.turn()
        clock[0] += 2
    found = db.session.query(Email).all()
    assert {each.attempts for each in found} == {0}
    assert all((each.next_attempt_at or begun) <= now() for each in found), "none waits longer"
    # Once, not every time.
    waits = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert len([each for each in waits if "is away" in each.getMessage()]) == 1
    strict.__init__()  # type: ignore[misc]
    strict.start()
    settings = settings_for(
        by_strict.database_url,
        by_strict.published.parent,
        mail_url=f"smtp://127.0.0.1:{strict.port}",
    )
    worker._settings = settings
    waited = 0
    while len(strict.got) < 6 and waited <= 300:
        worker.turn()
        clock[0] += 2
        waited += 2
    assert sorted(each.rcpt_tos[0] for each in strict.got) == sorted(
        f"reader{second}@example.org" for second in range(0, 3_600, 600)
    )
    worker.turn()
    assert len(strict.got) == 6


def test_the_doctor_says_why_emails_wait(
    app: Flask, by_strict: Settings, strict: Strict, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict.stop()
    an_email(created_at=now() - timedelta(hours=1), next_attempt_at=now() - timedelta(hours=1))
    run = app.test_cli_runner().invoke
    assert "1 e-mail should have left by now: is the service running?" in (
        run(args=["comments", "doctor"]).output
    )
    Worker(OUTBOX, workers.STEPS[OUTBOX], app, by_strict).turn()
    said = run(args=["comments", "doctor"]).output
    assert "Sending e-mails fails, and is tried again: The mail server is away" in said
    assert "1 e-mail should have left by now: see above." in said
