"""Two hosts with four processes that answer and two that work, all of which are killed: everything happens once."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session

from authoring.publish import comments as publish_comments
from comments_service import hooks
from comments_service.db import db, writing
from comments_service.inputs import HookInput
from comments_service.models import (
    Choice,
    Comment,
    Email,
    HookDelivery,
    Preference,
    RateCount,
    Recipient,
    Subscription,
    Thread,
    now,
)
from tests import bucket_server
from tests.bucket_server import Storage
from tests.faults import truth
from tests.faults.conftest import THREADS
from tests.faults.hosts import Host, PowerCut
from tests.faults.patience import allowed
from tests.faults.storm import Client, Sent
from tests.mailing import MailServer
from tests.receiver import Receiver, status
from tests.service import answers

HOSTS = 2
# As many comments in all as one letter shows.
LIMIT, NETWORKS = 5, 4
# At least as many letters, of which the second is cut off while it is handed over, the fourth when it is taken.
READERS = 6
# Nobody writes in this one: whatever changes it, is the list of the site.
QUIET = THREADS[-1]
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Mail(MailServer):
    """Cuts the power while an e-mail is handed over, and once more when it has just taken one."""

    def __init__(self) -> None:
        super().__init__()
        self.cut: Callable[[], None] = lambda: None
        self.begun = 0

    async def handle_MAIL(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        self.begun += 1
        if self.begun == 2:
            self.cut()
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = await super().handle_DATA(server, session, envelope)
        if len(self.got) == 4:
            self.cut()
        return said


@pytest.fixture
def mail() -> Iterator[Mail]:
    made = Mail()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def stored() -> Iterator[Storage]:
    with bucket_server.storage() as made:
        yield made


@pytest.fixture
def hosts(
    built_blog: Path, tmp_path: Path, database_url: str, stored: Storage, mail: Mail
) -> Iterator[list[Host]]:
    shared = {
        "COMMENTS_LIMIT_POSTS": f"{LIMIT}/86400",
        "COMMENTS_MAIL_URL": f"smtp://127.0.0.1:{mail.port}",
        "COMMENTS_HOOK_NETWORKS": "127.0.0.0/8",
        **stored.environ,
    }
    made = [Host(tmp_path / f"host-{n}", database_url, built_blog, **shared) for n in range(HOSTS)]
    yield made
    for each in made:
        each.kill()


class Poster(threading.Thread):
    """Posts from one network until it is told that this is enough, and at another process where one is dead."""

    def __init__(self, network: int, first: int, ports: list[int]) -> None:
        super().__init__(daemon=True)
        self.sent: list[Sent] = []
        self.network, self.first = network, first
        self._ports = ports

    def run(self) -> None:
        place = self.first
        client = Client(self._ports[place], address=f"10.0.{self.network}.1")
        while not self.sent or self.sent[-1].status != 429:
            name = f"net{self.network}from{self.first}no{len(self.sent)}"
            body = {"body": f"{name} says: pelicans fish together.", "name": "Gus", "key": name}
            thread = THREADS[(self.network + len(self.sent)) % (len(THREADS) - 1)]
            self.sent.append(Sent(thread, body, texts={body["body"]}))
            while self.sent[-1].status not in (201, 429):
                try:
                    client.post(self.sent[-1])
                except (OSError, http.client.HTTPException):
                    client.close()
                    place = (place + 1) % len(self._ports)
                    client = Client(self._ports[place], address=f"10.0.{self.network}.1")
                    time.sleep(0.1)
        client.close()


@on_postgresql
def test_letters_hooks_limits_lists_and_cleaning_are_each_right_whoever_is_killed(
    hosts: list[Host],
    built_blog: Path,
    stored: Storage,
    mail: Mail,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    services = [each for host in hosts for each in host.services]
    app = services[0].app
    with app.app_context():
        old, kept = left_by_last_month()
        db.session.remove()
    for each in hosts:
        each.work.launch()
    for service in services:
        service.launch()
    for service in services:
        until(partial(answers, service.port, "/comments/embed.js"), hosts)
    with app.app_context():
        until(lambda: count(sa.select(Thread.id)) == len(THREADS), hosts)
        revision = db.session.scalar(sa.select(Thread.revision).where(Thread.id == QUIET)) or 0
        subscribe(receiver.url)
        db.session.remove()
    for each in hosts:
        listed = json.loads(each.manifest.read_text())
        (quiet,) = [each for each in listed["threads"] if each["id"] == QUIET]
        quiet["title"] = "Another title"
        each.manifest.write_text(json.dumps(listed))

    power = PowerCut(hosts)
    mail.cut = power.cut

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if len(receiver.got) == 7:
            power.cut()
        status(204)(handler)

    receiver.answer = answer
    ports = [each.port for each in services]
    posters = [Poster(n, first, ports) for n in range(NETWORKS) for first in range(len(ports))]
    for poster in posters:
        poster.start()
    # One answering process of each host, in the middle of the posts.
    for victim in (services[1], services[2]):
        number = acknowledged(posters)
        until(partial(more, posters, number), hosts)
        victim.kill()
        victim.launch()
    for poster in posters:
        poster.join(timeout=allowed(60))
        assert not poster.is_alive(), hosts[0].log()

    def settled() -> bool:
        if power.dark.is_set():
            # From the last cut on, the second host is gone for good.
            power.over(*hosts[: 1 if power.cuts == 3 else 2])
        db.session.rollback()
        waiting = (
            sa.select(Comment.id).where(Comment.untold.is_not(None)),
            sa.select(Email.id).where(Email.sent_at.is_(None)),
            sa.select(HookDelivery.id).where(HookDelivery.delivered_at.is_(None)),
            sa.select(Thread.id).where(Thread.published_revision < Thread.revision),
        )
        return power.cuts == 3 and not any(count(each) for each in waiting)

    with app.app_context():
        until(settled, hosts)
        sent = [each for poster in posters for each in poster.sent if each.status == 201]
        assert truth.losses(services[0], sent) == []
        names = set(db.session.scalars(sa.select(Comment.key)))
        # Exactly so many of each network, by all processes together.
        assert Counter(name.partition("from")[0] for name in names) == {
            f"net{number}": LIMIT for number in range(NETWORKS)
        }
        once_in_letters(mail, names, power.cuts)
        once_to_the_hook(receiver, power.cuts)
        assert db.session.get_one(Thread, QUIET).title == "Another title"
        assert db.session.get_one(Thread, QUIET).revision == revision + 1
        assert set(db.session.scalars(sa.select(RateCount.subject))).isdisjoint(old)
        left = set(db.session.scalars(sa.select(Email.recipient)))
        assert (left & old, left & kept) == (set(), kept)
        until(lambda: truth.wanted(services[0]) == stored.files(), hosts)
        baked(built_blog, stored, tmp_path)
        db.session.remove()
    assert not [each for host in hosts for each in unexpected(host)]


def left_by_last_month() -> tuple[set[str], set[str]]:
    """What is to be cleaned, by its name; and what looks alike and is to stay."""
    moment = now()
    with writing():
        expired = RateCount(subject="old", window=1, count=3, expires_at=moment - timedelta(days=1))
        db.session.add(expired)
        for name, days in (("old", 31), ("kept", 29)):
            sent_at = moment - timedelta(days=days)
            db.session.add(
                Email(
                    recipient=f"{name}@example.org",
                    created_at=sent_at,
                    sent_at=sent_at,
                    next_attempt_at=None,
                )
            )
    return {"old", "old@example.org"}, {"kept@example.org"}


def subscribe(hook: str) -> None:
    """Some readers who hear of each comment at once, and a program that does."""
    hooks.add(HookInput(url=hook, events=["published"]))
    with writing():
        for number in range(READERS):
            email = f"reader{number}@example.org"
            reader = Recipient(email=email, email_key=email, confirmed_at=now())
            db.session.add(reader)
            db.session.flush()
            db.session.add(Preference(recipient_id=reader.id, kind="thread", choice=Choice.AT_ONCE))
            for each in THREADS:
                asked = {"thread_id": each, "kind": "thread", "confirmed_at": now()}
                db.session.add(Subscription(recipient_id=reader.id, **asked))


def once_in_letters(mail: Mail, names: set[str], cuts: int) -> None:
    """Each reader has each comment in one letter; the same letter twice where the power went meanwhile."""
    letters = {(str(each["To"]), str(each["Message-ID"])): each for each in mail.emails}
    assert len(mail.got) - len(letters) <= cuts * HOSTS
    told: Counter[tuple[str, str]] = Counter()
    for (to, _), letter in letters.items():
        part = letter.get_body(("plain",))
        assert part is not None
        text = part.get_content()
        told.update((to, name) for name in names if f"{name} says" in text)
    readers = [f"reader{number}@example.org" for number in range(READERS)]
    assert told == Counter((to, name) for to in readers for name in names)


def once_to_the_hook(receiver: Receiver, cuts: int) -> None:
    ids = set(db.session.scalars(sa.select(Comment.id)))
    told = {each.id: each.json["data"]["comment"]["id"] for each in receiver.got}
    assert sorted(told.values()) == sorted(ids)
    assert len(receiver.got) - len(told) <= cuts * HOSTS


def baked(built_blog: Path, stored: Storage, folder: Path) -> None:
    """What `publish` sends has the comments that readers get at the edge."""
    edge = f"{stored.url}/{bucket_server.BUCKET}/"
    with publish_comments.with_those_of_now(built_blog, edge) as site:
        for name in THREADS:
            fragment = stored.files()[f"threads/{name}.html"].decode()
            page = (site / name / "index.html").read_text()
            assert fragment.strip() in page, folder


def unexpected(host: Host) -> list[str]:
    """What a host says went wrong, but for a mail server or a program that was cut off."""
    return [line for line in host.log().splitlines() if "The manifest waits" in line]


def more(posters: list[Poster], number: int) -> bool:
    return acknowledged(posters) > number


def acknowledged(posters: list[Poster]) -> int:
    return sum(each.status == 201 for poster in posters for each in list(poster.sent))


def count(chosen: sa.Select[Any]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0


def until(true: Callable[[], bool], hosts: list[Host]) -> None:
    patience = time.monotonic() + allowed(60)
    while not true():
        assert time.monotonic() < patience, "\n".join(each.log() for each in hosts)
        time.sleep(0.1)
