"""What becomes of e-mails, for whoever runs the blog: what waits, what was given up, and whether one arrives."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import UnknownEmail
from comments_service.mail import letters, outbox, smtp
from comments_service.models import Email, RefusedAddress, now

LATELY = timedelta(days=1)
# More of them have one reason, mostly.
SHOWN = 50
# Somebody waits for it.
TEST_SECONDS = 5.0

_given_up = (Email.sent_at.is_(None), Email.next_attempt_at.is_(None))


class Overview(NamedTuple):
    waiting: int
    # When the oldest was written of those that should have left by now.
    oldest_at: datetime | None
    # What went wrong last with one that waits.
    error: str
    sent_lately: int
    given_up: int
    refused_addresses: int


def overview() -> Overview:
    waits = (Email.sent_at.is_(None), Email.next_attempt_at.is_not(None))
    late = sa.and_(*waits, sa.or_(Email.attempts > 0, Email.next_attempt_at <= now()))
    counted = db.session.execute(
        sa.select(
            sa.func.count().filter(*waits),
            sa.func.min(Email.created_at).filter(late),
            sa.func.count().filter(Email.sent_at >= now() - LATELY),
            sa.func.count().filter(*_given_up),
        )
    ).one()
    error = db.session.scalar(
        sa.select(Email.error)
        .where(*waits, Email.error != "")
        .order_by(Email.next_attempt_at.desc())
        .limit(1)
    )
    refused = db.session.scalar(sa.select(sa.func.count()).select_from(RefusedAddress)) or 0
    return Overview(counted[0], counted[1], error or "", counted[2], counted[3], refused)


def given_up() -> Sequence[Email]:
    """The newest e-mails that nobody tries to send any more."""
    found = sa.select(Email).where(*_given_up).order_by(Email.id.desc()).limit(SHOWN)
    return db.session.scalars(found).all()


def again(email_id: int | None = None) -> int:
    """Let an e-mail that was given up, or every one, be tried anew; returns how many. Raises UnknownEmail."""
    chosen = [*_given_up, *([Email.id == email_id] if email_id is not None else [])]
    with writing():
        found = db.session.execute(
            sa.update(Email)
            .where(*chosen)
            .values(next_attempt_at=now(), attempts=0)
            .returning(Email.recipient)
            .execution_options(synchronize_session=False)
        ).scalars()
        recipients = list(found)
        for each in set(recipients):
            outbox.forget_refusal(each)
    if email_id is not None and not recipients:
        raise UnknownEmail
    return len(recipients)


class Test(NamedTuple):
    """What was said when a test e-mail was sent, without the password; no error where it was taken."""

    dialogue: list[str]
    error: str


def test(recipient: str, lang: str, settings: Settings) -> Test:
    """Send a test e-mail at once, past the outbox."""
    title = outbox.blog_title(settings)
    letter = letters.render(lang, "test", settings, title, {})
    number = f"test-{secrets.token_hex(8)}"
    mail = letters.message(letter, recipient, number, now(), settings, title)
    # Nothing is read from the database while the mail server thinks.
    db.session.rollback()
    connection = smtp.Connection(settings, lambda: None, TEST_SECONDS)
    try:
        with connection:
            connection.send(mail, recipient, number)
    except (OSError, ValueError, smtp.Refused, smtp.NotNow) as failure:
        return Test(connection.dialogue, str(failure) or type(failure).__name__)
    return Test(connection.dialogue, "")
