"""Who sends an e-mail has claimed it: two processes never send it twice, and a dead one's is taken over."""

import asyncio
import smtplib
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db
from comments_service.mail import outbox, smtp
from comments_service.models import Email, now
from tests.conftest import settings_for
from tests.mailing import MailServer, again, an_email, by_mail, due, folder, server
from tests.sites import ROOT

__all__ = ["by_mail", "folder", "server"]  # fixtures

# A process that sends what is due, as a service's worker does, once all of them have loaded.
SENDER = """
import sys, time
from pathlib import Path
from comments_service import create_app
from comments_service.mail import outbox
from comments_service.config import from_environment
url, folder, mail, start = sys.argv[1:]
settings = from_environment(
    {}, site_url="http://blog.test", database_url=url, published=Path(folder), secret_key="x", mail_url=mail
)
app = create_app(settings, commands=False)
with app.app_context():
    Path(start + str(time.time_ns())).touch()
    while not Path(start).exists():
        time.sleep(0.01)
    print(outbox.send_waiting(settings))
"""


def sender(settings: Settings, start: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", SENDER, settings.database_url, str(settings.published)]
    return subprocess.Popen(
        [*command, settings.mail_url, str(start)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.enable_socket
def test_two_processes_send_each_email_once(
    app: Flask,
    by_mail: Settings,
    server: MailServer,
    tmp_path: Path,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    for number in range(20):
        an_email(f"reader{number}@example.org")
    db.session.remove()
    start = tmp_path / "start"
    senders = [sender(by_mail, start) for _ in range(2)]
    eventually(lambda: len(list(tmp_path.glob("start?*"))) == len(senders))
    start.touch()
    sent = [int(each.communicate(timeout=60)[0]) for each in senders]
    assert sum(sent) == 20
    assert sorted(str(each["To"]) for each in server.emails) == sorted(
        f"reader{number}@example.org" for number in range(20)
    )
    assert {each.attempts for each in db.session.query(Email)} == {1}


class Thinking(MailServer):
    """Keeps the first e-mail and does not say so: the sender waits for its answer."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.got) == 1:
            await asyncio.sleep(60)
        return answer


@pytest.mark.enable_socket
def test_the_claim_of_a_killed_process_is_taken_over_after_its_lease_under_the_same_id(
    app: Flask,
    database_url: str,
    tmp_path: Path,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    made = an_email()
    server = Thinking()
    server.start()
    try:
        by_mail = settings_for(database_url, tmp_path, mail_url=f"smtp://127.0.0.1:{server.port}")
        (tmp_path / "start").touch()
        process = sender(by_mail, tmp_path / "start")
        eventually(lambda: len(server.got) == 1)
        process.kill()
        process.communicate()
        assert outbox.send_waiting(by_mail) == 0
        claimed = again(made).next_attempt_at
        assert claimed is not None
        assert timedelta(0) < claimed - now() <= outbox.LEASE
        due(made)
        assert outbox.send_waiting(by_mail) == 1
        first, second = server.emails
        assert first["Message-ID"] == second["Message-ID"]
        assert again(made).sent_at is not None
    finally:
        server.stop()


@pytest.mark.enable_socket
def test_whoever_comes_late_writes_nothing_over_the_one_who_took_over(
    app: Flask, by_mail: Settings, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = an_email()
    really = smtp.Connection.send

    def slow(*given: object) -> None:
        # Its lease runs out and another process sends the e-mail; then this one fails.
        monkeypatch.setattr(smtp.Connection, "send", really)
        due(made)
        assert outbox.send_waiting(by_mail) == 1
        raise smtplib.SMTPServerDisconnected("too late")

    monkeypatch.setattr(smtp.Connection, "send", slow)
    assert outbox.send_waiting(by_mail) == 0
    found = again(made)
    assert (found.attempts, found.error, found.next_attempt_at) != (1, "", None)
    assert found.sent_at is not None
    assert outbox.send_waiting(by_mail) == 0
    assert len(server.got) == 1


def test_an_email_that_kills_whoever_sends_it_is_given_up_in_the_end(
    app: Flask, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(smtp.Connection, "send", die)
    made = an_email()
    for _ in range(outbox.MAX_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            outbox.send_waiting(settings)
        due(made)
    assert outbox.send_waiting(settings) == 0
    assert again(made).next_attempt_at is None


@pytest.mark.parametrize("recipient", ["a@[", "<"])
def test_an_email_on_which_the_mail_library_breaks_stops_no_other(
    app: Flask, settings: Settings, folder: Path, caplog: pytest.LogCaptureFixture, recipient: str
) -> None:
    made = an_email(recipient)
    an_email("other@example.org")
    assert outbox.send_waiting(settings) == 1
    (path,) = folder.glob("*.eml")
    assert "other@example.org" in path.read_text()
    due(made)
    assert outbox.send_waiting(settings) == 0
    # The same fault again is said once.
    assert caplog.text.count(f"E-mail {made.id} waits") == 1
    assert again(made).attempts == 2
