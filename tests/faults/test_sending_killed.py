"""`kill -9` while several processes send: each e-mail arrives once, and again only where nobody could know that it had.

That is a crash between the mail server's 250 and our record; the second one bears the Message-ID of the
first. The server itself kills, so that each of the three moments is met: after the claim, while the
e-mail is handed over, and after it was taken.
"""

import os
import random
import signal
from collections import Counter
from pathlib import Path

import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from comments_service.db import db, writing
from comments_service.mail import outbox
from comments_service.models import Email, now
from tests.conftest import settings_for
from tests.faults.nursery import nursery
from tests.mailing import MailServer, read

EMAILS = 24
KILLS = 4
MOMENTS = ("claimed", "handed over", "taken")

# It tells the mail server its number by its name, and ends when nothing is due.
SENDER = """
import socket
from pathlib import Path
from comments_service import create_app
from comments_service.config import from_environment
from comments_service.mail import outbox
socket.getfqdn = lambda name="": f"pid-{os.getpid()}.test"
url, folder, mail = sys.argv[1:]
settings = from_environment(
    {}, site_url="http://blog.test", database_url=url, published=Path(folder), secret_key="x", mail_url=mail
)
def work():
    while outbox.send_waiting(settings):
        pass
"""


class Killing(MailServer):
    """Kills whoever sends, at one of the three moments, until it has done so often enough."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.taken: Counter[str] = Counter()
        self.ids: dict[str, set[str]] = {}
        # Those whose sender could not hear that they were taken.
        self.unheard: Counter[str] = Counter()
        self.killed: Counter[str] = Counter()
        self._chance = chance

    def _kills(self, session: Session, moment: str) -> bool:
        # Every moment in turn, and now and then.
        here = MOMENTS[self.killed.total() % len(MOMENTS)] == moment
        if self.killed.total() >= KILLS or not here or self._chance.random() < 0.7:
            return False
        self.killed[moment] += 1
        os.kill(
            int(str(session.host_name).removeprefix("pid-").removesuffix(".test")), signal.SIGKILL
        )
        return True

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self._kills(session, "claimed")
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._kills(session, "handed over"):
            return "451 Too late"
        (to,) = envelope.rcpt_tos
        self.taken[to] += 1
        self.ids.setdefault(to, set()).add(read(envelope.original_content or b"")["Message-ID"])
        self.unheard[to] += self._kills(session, "taken")
        return "250 OK"


def test_each_email_arrives_once_whatever_is_killed(
    app: Flask, database_url: str, tmp_path: Path, seed: int
) -> None:
    senders = 4 if seed % 2 else 2
    recipients = [f"reader{number}@example.org" for number in range(EMAILS)]
    with writing():
        for each in recipients:
            db.session.add(Email(recipient=each, subject="Hello", text="Words.\n"))
    server = Killing(random.Random(seed))
    server.start()
    settings = settings_for(database_url, tmp_path, mail_url=f"smtp://127.0.0.1:{server.port}")
    arguments = (settings.database_url, str(settings.published), settings.mail_url)
    try:
        with nursery(SENDER, *arguments) as loaded:
            for _ in range(outbox.MAX_ATTEMPTS):
                db.session.remove()
                # They send until nothing is due, or they are dead.
                loaded.statuses(loaded.born(senders))
                with writing():
                    # Nobody sends any more: what the dead had claimed is free once its lease is over.
                    due = sa.update(Email).where(Email.sent_at.is_(None))
                    left = db.session.execute(due.values(next_attempt_at=now()))
                if not left.rowcount:  # type: ignore[attr-defined]  # of an update
                    break
    finally:
        server.stop()
    assert server.killed.total() > 0
    assert server.taken == Counter(recipients) + server.unheard
    assert {len(each) for each in server.ids.values()} == {1}
    db.session.remove()
    assert {each.sent_at is not None for each in db.session.query(Email)} == {True}
