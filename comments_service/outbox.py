"""The outbox: e-mails are written with the change that they tell of, in the same transaction, and sent
behind it by a worker that tries again; posting never waits for a mail server.
"""

import logging
import smtplib
import ssl
import threading
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from flask import Flask

from comments_service import i18n
from comments_service.config import Settings
from comments_service.db import clean_rows, db, writing
from comments_service.models import Email, now
from comments_service.supervision import OUTBOX, Faults, Pulse
from formats import files

# Where e-mails lie while no mail server is set.
FOLDER = Path("var/mail")
POLL_SECONDS = 2.0
SMTP_SECONDS = 20.0
# Waits double from a minute to a day: ten attempts reach over three days, as mail servers do.
MAX_ATTEMPTS = 10
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)
# How long an e-mail belongs to the process that sends it: longer than talking to a mail server takes,
# each of whose steps is waited for twenty seconds. Who takes it over sends it under the same Message-ID.
LEASE = timedelta(minutes=5)
BATCH = 50
# How long one can look up that an e-mail was sent.
KEPT = timedelta(days=30)

log = logging.getLogger(__name__)


def write(
    recipient: str,
    lang: str,
    template: str,
    *,
    ephemeral: bool = False,
    site: str,
    **context: object,
) -> None:
    """Put an e-mail into the outbox, inside the caller's transaction.

    The template's first line is the subject, what follows the first empty line is the text. An
    `ephemeral` e-mail leaves no trace here once it is sent.
    """
    subject, _, text = i18n.render(lang, f"mail/{template}.txt", site=site, **context).partition(
        "\n"
    )
    db.session.add(
        Email(
            recipient=recipient,
            subject=subject.strip(),
            text=text.strip() + "\n",
            ephemeral=ephemeral,
        )
    )


def message(email: Email, settings: Settings) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings.mail_from
    mail["To"] = email.recipient
    mail["Subject"] = email.subject
    mail["Date"] = format_datetime(email.created_at)
    # The same e-mail sent twice after a crash has one id, so that mail programs show it once.
    domain = settings.mail_from.rpartition("@")[2]
    mail["Message-ID"] = f"<postil-{email.id}-{email.created_at:%Y%m%d%H%M%S%f}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(email.text)
    return mail


def _nothing() -> None:
    """No sign of life, where no worker sends."""


def send_waiting(settings: Settings, beat: Callable[[], None] = _nothing) -> int:
    """Send what is due; returns how many went out. A failure is kept for another attempt."""
    sent = 0
    for _ in range(BATCH):
        if (email := _claim()) is None:
            break
        beat()
        try:
            deliver(message(email, settings), email, settings)
        except Exception as failure:
            _failed(email, f"{type(failure).__name__}: {failure}")
        else:
            sent += _finish(email, sent_at=now(), error="")
    return sent


def _claim() -> Email | None:
    """The first e-mail that is due, as nobody else has it; None where nothing is.

    One statement counts the attempt and puts the next one off for the lease: another process finds the
    e-mail due again only when this one has died over it. Of the last attempt nobody takes over.
    """
    moment = now()
    due = (
        sa.select(Email.id)
        .where(Email.sent_at.is_(None), Email.next_attempt_at <= moment)
        .order_by(Email.id)
        .limit(1)
    )
    db.session.rollback()
    # Asked first: looking takes no lock, and mostly there is nothing.
    if db.session.scalar(due) is None:
        return None
    last = Email.attempts + 1 >= MAX_ATTEMPTS
    with writing():
        return db.session.scalar(
            sa.update(Email)
            .where(Email.id.in_(due.with_for_update(skip_locked=True).scalar_subquery()))
            .values(
                attempts=Email.attempts + 1,
                next_attempt_at=sa.case((last, sa.null()), else_=moment + LEASE),
            )
            .returning(Email)
            .execution_options(synchronize_session=False, populate_existing=True)
        )


def _failed(email: Email, error: str) -> None:
    given_up = email.next_attempt_at is None
    if given_up or error != email.error:
        log.warning("E-mail %s %s: %s", email.id, "is given up" if given_up else "waits", error)
    if given_up:
        _finish(email, error=error)
    else:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (email.attempts - 1))
        _finish(email, error=error, next_attempt_at=now() + wait)


def _finish(email: Email, **values: object) -> bool:
    """Write down how it went; False where the e-mail is not this claim's any more.

    Its reader may have deleted his account meanwhile, or another process have taken it over.
    """
    ours = (Email.id == email.id, Email.attempts == email.attempts)
    over = "sent_at" in values or email.next_attempt_at is None
    with writing():
        change = sa.delete(Email) if email.ephemeral and over else sa.update(Email).values(values)
        done = db.session.execute(change.where(*ours).execution_options(synchronize_session=False))
        return bool(cast("sa.CursorResult[object]", done).rowcount)


def clean() -> None:
    """Drop e-mails that were sent, or given up, a month ago: they name people, and serve nobody."""
    over = sa.or_(Email.sent_at.is_not(None), Email.next_attempt_at.is_(None))
    clean_rows(Email.id, over, Email.created_at < now() - KEPT)


def deliver(mail: EmailMessage, email: Email, settings: Settings) -> None:
    """By SMTP, or as a file that a developer opens."""
    if not settings.mail_url:
        files.write(FOLDER / f"{email.created_at:%Y%m%d-%H%M%S}-{email.id}.eml", bytes(mail))
        return
    url = urlsplit(settings.mail_url)
    host, context = url.hostname or "localhost", ssl.create_default_context()
    if url.scheme == "smtps":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            host, url.port or 465, timeout=SMTP_SECONDS, context=context
        )
    else:
        client = smtplib.SMTP(host, url.port or 25, timeout=SMTP_SECONDS)
    with client:
        client.ehlo()
        if url.scheme == "smtp" and client.has_extn("starttls"):
            client.starttls(context=context)
            client.ehlo()
        if url.username:
            client.login(unquote(url.username), unquote(url.password or ""))
        client.send_message(mail)


class Worker(threading.Thread):
    """Sends what the outbox holds, one e-mail after the other."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        super().__init__(name="outbox", daemon=True)
        self._app = app
        self._settings = settings
        self._stopped = threading.Event()
        self._faults = Faults()
        self.pulse = Pulse(OUTBOX, settings)

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=10)

    def run(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            with self._app.app_context(), self._faults.isolated("Sending e-mails", whole=True):
                send_waiting(self._settings, self._beat)
            self._beat()

    def _beat(self) -> None:
        self.pulse.beat(self._faults.known)
