"""The outbox: e-mails are written with the change that they tell of, in the same transaction, and sent
behind it by a worker that tries again; posting never waits for a mail server.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from comments_service import claims
from comments_service.config import Settings
from comments_service.db import clean_rows, db, writing
from comments_service.mail import letters, smtp
from comments_service.mail.letters import Letter
from comments_service.models import Email, RefusedAddress, Site, now

# Ten attempts within three days, as mail servers do.
WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 480, 960, 1_440, 1_440))
MAX_ATTEMPTS = len(WAITS) + 1
# How long an e-mail belongs to the process that sends it: longer than talking to a mail server takes,
# each of whose steps is waited for twenty seconds. Who takes it over sends it under the same Message-ID.
LEASE = timedelta(minutes=5)
BATCH = 50
# How long one can look up that an e-mail was sent.
KEPT = timedelta(days=30)
# After half a year a mailbox may be somebody's again.
REFUSED_KEPT = timedelta(days=180)

# What words an e-mail, by its kind: None where nothing is left to tell. It may correct the recipient.
Composers = Mapping[str, Callable[[Email], Letter | None]]

log = logging.getLogger(__name__)


def write(
    recipient: str,
    lang: str,
    template: str,
    settings: Settings,
    *,
    ephemeral: bool = False,
    asked_for: bool = False,
    **context: object,
) -> None:
    """Put an e-mail into the outbox, inside the caller's transaction, as it is worded now.

    An `ephemeral` one leaves no trace here once it is sent. One that its reader has `asked_for` just
    now is also sent to an address that has refused e-mails.
    """
    letter = letters.render(lang, template, settings, blog_title(settings), context)
    email = Email(recipient=recipient, lang=lang, ephemeral=ephemeral, asked_for=asked_for)
    email.subject, email.text, email.html = letter.subject, letter.text, letter.html
    db.session.add(email)


def put(recipient: str, kind: str, lang: str, not_before: datetime | None = None) -> Email:
    """Put an e-mail into the outbox, inside the caller's transaction, which is worded when it is sent.

    What has changed until then is as it is then: see `Composers`.
    """
    email = Email(recipient=recipient, kind=kind, lang=lang, next_attempt_at=not_before or now())
    db.session.add(email)
    return email


def blog_title(settings: Settings) -> str:
    """What the blog is called, in e-mails; its host's name before its first manifest is read."""
    site = db.session.get(Site, 1)
    return site.title if site and site.title else urlsplit(settings.site_url).hostname or ""


def refused(address: str) -> RefusedAddress | None:
    """What is known of an address that refuses e-mails."""
    key = address.casefold()
    return db.session.scalar(sa.select(RefusedAddress).where(RefusedAddress.address == key))


def forget_refusal(address: str) -> None:
    """Let e-mails to an address be sent again, inside the caller's transaction."""
    key = address.casefold()
    db.session.execute(sa.delete(RefusedAddress).where(RefusedAddress.address == key))


def _nothing() -> None:
    """No sign of life, where no worker sends."""


def send_waiting(
    settings: Settings,
    composers: Composers | None = None,
    beat: Callable[[], None] = _nothing,
) -> int:
    """Send what is due, over one connection; returns how many went out.

    What none of the `composers` words waits for a process that has one for it. A failure of one is kept
    for another attempt. Raises smtp.ServerTrouble where none can be sent: that counts as nobody's attempt.
    """
    composers = composers or {}
    sent = 0
    db.session.rollback()
    due = sa.select(Email.id).where(*_ours(composers), Email.next_attempt_at <= now())
    if db.session.scalar(due.limit(1)) is None:
        return 0
    with smtp.Connection(settings, beat) as connection:
        for _ in range(BATCH):
            if (email := _claim(composers)) is None:
                break
            beat()
            sent += _send(email, connection, composers, settings)
    return sent


def _ours(composers: Composers) -> tuple[sa.ColumnElement[bool], ...]:
    """What has to hold of an e-mail that can be sent here, once it is due."""
    worded = sa.or_(Email.kind.is_(None), Email.kind.in_(composers))
    return Email.sent_at.is_(None), worded


def _send(
    email: Email, connection: smtp.Connection, composers: Composers, settings: Settings
) -> bool:
    """Send one that was claimed, and write down how it went."""
    try:
        if (letter := _letter(email, composers)) is None:
            with writing():
                claims.finish(email, None)
            return False
        mail = message(email, letter, settings, blog_title(settings))
        # Nothing is read from the database while the mail server thinks.
        db.session.rollback()
        connection.send(mail, email.recipient, _file_name(email))
    except smtp.ServerTrouble:
        _finish(email, attempts=email.attempts - 1, next_attempt_at=now())
        raise
    except smtp.Refused as refusal:
        log.warning("E-mail %s is refused: %s", email.id, refusal)
        _finish(email, error=str(refusal), next_attempt_at=None)
        if refusal.address:
            _note_refusal(email.recipient, str(refusal))
    except smtp.NotNow as answer:
        _failed(email, str(answer))
    except Exception as failure:
        _failed(email, f"{type(failure).__name__}: {failure}")
    else:
        if email.asked_for and refused(email.recipient) is not None:
            with writing():
                forget_refusal(email.recipient)
        return _finish(email, sent_at=now(), error="", subject=letter.subject)
    return False


def _letter(email: Email, composers: Composers) -> Letter | None:
    """What is to be sent; None where nobody is to get it any more."""
    if email.kind is None:
        letter = Letter(subject=email.subject, text=email.text, html=email.html, lang=email.lang)
    elif (worded := composers[email.kind](email)) is None:
        return None
    else:
        letter = worded
    # Asked now: who words it may have found another address for it.
    if not email.asked_for and refused(email.recipient) is not None:
        return None
    return letter


def message(email: Email, letter: Letter, settings: Settings, site: str) -> EmailMessage:
    """Its message, with the same Message-ID at every attempt, so that mail programs show it once."""
    number = f"{email.id}-{email.created_at:%Y%m%d%H%M%S%f}"
    moment = email.created_at if email.kind is None else now()
    return letters.message(letter, email.recipient, number, moment, settings, site)


def _file_name(email: Email) -> str:
    return f"{email.created_at:%Y%m%d-%H%M%S}-{email.id}"


def _claim(composers: Composers) -> Email | None:
    """The first e-mail that is due, as nobody else has it; None where nothing is."""
    email = claims.take(Email, *_ours(composers), lease=LEASE, max_attempts=MAX_ATTEMPTS)
    if email is not None:
        # As it was claimed, whatever becomes of the row.
        db.session.expunge(email)
    return email


def _failed(email: Email, error: str) -> None:
    db.session.rollback()
    given_up = email.next_attempt_at is None
    if given_up or error != email.error:
        log.warning("E-mail %s %s: %s", email.id, "is given up" if given_up else "waits", error)
    if given_up:
        _finish(email, error=error)
    else:
        _finish(email, error=error, next_attempt_at=now() + WAITS[email.attempts - 1])


def _finish(email: Email, **values: object) -> bool:
    """Write down how it went; False where the e-mail is not this claim's any more.

    Its reader may have deleted his account meanwhile, or another process have taken it over.
    """
    over = "sent_at" in values or values.get("next_attempt_at", email.next_attempt_at) is None
    with writing():
        return claims.finish(email, None if email.ephemeral and over else values)


def _note_refusal(address: str, error: str) -> None:
    # Another process may note the same at the same moment.
    with suppress(IntegrityError), writing():
        forget_refusal(address)
        db.session.add(RefusedAddress(address=address.casefold(), error=error))


def clean() -> None:
    """Drop e-mails that were sent, or given up, a month ago: they name people, and serve nobody.

    So do those that are files. An address that has refused e-mails for half a year is tried again.
    """
    smtp.forget_files(now() - KEPT)
    over = sa.or_(Email.sent_at.is_not(None), Email.next_attempt_at.is_(None))
    clean_rows(Email.id, over, Email.created_at < now() - KEPT)
    clean_rows(RefusedAddress.id, RefusedAddress.since < now() - REFUSED_KEPT)
