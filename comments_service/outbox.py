"""The outbox: e-mails are written with the change that they tell of, in the same transaction, and sent
behind it by a worker that tries again; posting never waits for a mail server.
"""

import logging
import smtplib
import ssl
import threading
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from comments_service import i18n
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import Unavailable
from comments_service.models import Email, now
from formats import files

# Where e-mails lie while no mail server is set.
FOLDER = Path("var/mail")
POLL_SECONDS = 2.0
SMTP_SECONDS = 20.0
# Waits double from a minute to a day: ten attempts reach over three days, as mail servers do.
MAX_ATTEMPTS = 10
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)
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


def send_waiting(settings: Settings) -> int:
    """Send what is due; returns how many went out. A failure is kept for another attempt."""
    db.session.rollback()
    due = db.session.scalars(
        sa.select(Email)
        .where(Email.sent_at.is_(None), Email.next_attempt_at <= now())
        .order_by(Email.id)
        .limit(50)
    ).all()
    sent = 0
    for email in due:
        try:
            deliver(message(email, settings), email, settings)
            error = ""
        except (OSError, smtplib.SMTPException, ValueError) as failure:
            error = f"{type(failure).__name__}: {failure}"
            log.warning("E-mail %s waits: %s", email.id, error)
        with writing():
            kept = db.session.get(Email, email.id, populate_existing=True)
            if kept is None:
                # Its reader deleted his account while it was on its way.
                continue
            kept.attempts += 1
            kept.error = error
            if not error:
                kept.sent_at = now()
                sent += 1
            elif kept.attempts >= MAX_ATTEMPTS:
                kept.next_attempt_at = None
            else:
                wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (kept.attempts - 1))
                kept.next_attempt_at = now() + wait
            if kept.ephemeral and (not error or kept.next_attempt_at is None):
                db.session.delete(kept)
    return sent


def clean() -> None:
    """Drop e-mails that were sent, or given up, a month ago: they name people, and serve nobody."""
    over = sa.or_(Email.sent_at.is_not(None), Email.next_attempt_at.is_(None))
    db.session.execute(sa.delete(Email).where(over, Email.created_at < now() - KEPT))


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

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=10)

    def run(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            try:
                with self._app.app_context():
                    send_waiting(self._settings)
            except (SQLAlchemyError, Unavailable, OSError) as error:
                log.warning("E-mails wait: %s", error)
