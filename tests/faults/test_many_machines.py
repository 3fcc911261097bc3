"""Four machines, one PostgreSQL and one bucket: what readers get from it is what the database says in the end.

Each has its own folder and knows nothing of the others. One is killed for good, and the storage is away for a while.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from comments_service import comments, threads
from comments_service.db import db
from comments_service.errors import CommentChanged
from comments_service.inputs import NewDecision
from comments_service.models import Comment, Status
from comments_service.publishing.publisher import SITE_SECONDS
from tests import bucket_server
from tests.bucket_server import Storage
from tests.faults import truth
from tests.faults.conftest import THREADS
from tests.faults.patience import allowed
from tests.faults.storm import Writer
from tests.service import Postil, answers, free_port, postil

MACHINES = 4
# The promises: a thread's own files this soon after the storage is back, the lists at their own distance.
HEAL_SECONDS = 5.0
LISTS_SECONDS = SITE_SECONDS + 3.0

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def stored() -> Iterator[Storage]:
    with bucket_server.storage() as made:
        yield made


@pytest.fixture
def machines(
    built_blog: Path, tmp_path: Path, database_url: str, stored: Storage
) -> Iterator[list[Postil]]:
    made = []
    for number in range(MACHINES):
        folder = tmp_path / f"machine-{number}"
        folder.mkdir()
        made.append(
            postil(
                folder,
                database_url,
                port=free_port(),
                COMMENTS_OUTPUT="",
                COMMENTS_MANIFEST=str(built_blog / "threads.json"),
                COMMENTS_TRUST_AFTER="0",
                COMMENTS_PAGE_SIZE="20",
                **stored.environ,
            )
        )
    yield made
    for each in made:
        each.kill()
        with each.app.app_context():
            db.session.remove()
            db.engine.dispose()


class Moderator(threading.Thread):
    """Somebody who decides without a pause: what waits is published, and of what is published some goes."""

    def __init__(self, service: Postil) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.decided = 0
        self._service = service

    def run(self) -> None:
        chosen = sa.select(Comment.id, Comment.status).order_by(Comment.id.desc())
        with self._service.app.app_context():
            while not self.over.wait(0.05):
                states = [Status.PENDING, Status.PUBLISHED]
                some = db.session.execute(chosen.where(Comment.status.in_(states)).limit(10)).all()
                db.session.rollback()
                for id, status in some:
                    held = status is Status.PENDING
                    if held or id % 5 == 0:
                        new = NewDecision(decision="publish" if held else "spam")
                        # Its writer may be editing it: nothing is decided then.
                        with suppress(CommentChanged):
                            comments.decide(id, None, new)
                            self.decided += 1
            db.session.remove()


@on_postgresql
def test_the_bucket_has_what_the_database_says_whoever_dies_and_whatever_is_away(
    machines: list[Postil], stored: Storage
) -> None:
    for each in machines:
        each.launch()
    for each in machines:
        until(partial(answers, each.port, "/comments/embed.js"), 60, each.log)
    dying, living = machines[-1], machines[:-1]
    writers = [
        Writer(f"guest-{number}", each.port, THREADS, f"seed-{number}")
        for number, each in enumerate(machines)
    ]
    chance = random.Random(4711)
    over, on_its_way = threading.Event(), threading.Event()

    def on_the_line(name: str, _data: bytes) -> None:
        if "threads/" in name:
            on_its_way.set()
        # Lines are not equally quick: who set out later may come earlier.
        over.wait(chance.uniform(0, 0.5))

    stored.before_put = on_the_line
    moderator = Moderator(living[0])
    everybody: list[Writer | Moderator] = [*writers, moderator]
    for thread in everybody:
        thread.start()
    until(lambda: acknowledged(writers) > 20, 60, living[0].log)

    until(lambda: refused(stored) > 3, 60, living[0].log)

    # Killed while its objects, or another's, are on their way; it never comes back.
    on_its_way.clear()
    assert on_its_way.wait(30)
    dying.kill()

    # People write on while the storage is away.
    stored.away = True
    number = acknowledged(writers)
    until(lambda: acknowledged(writers) > number + 20, 60, living[0].log)
    stored.away = False

    number = acknowledged(writers)
    until(lambda: acknowledged(writers) > number + 20, 60, living[0].log)
    for thread in everybody:
        thread.over.set()
        thread.join(timeout=40)
        assert not thread.is_alive()
    over.set()
    sent = [each for writer in writers for each in writer.sent]
    # What a moderator has called spam lets the writer's next ones wait, and takes no answer: never a 5xx.
    assert {each.status for each in sent} <= {0, 201, 202, 409}
    took = until(lambda: not differences(living[0], stored), LISTS_SECONDS, living[0].log)
    print(f"{len(sent)} comments, {moderator.decided} decisions; equal after {took:.2f} s")
    assert moderator.decided > 0
    assert truth.losses(living[0], sent) == []
    assert stored.fell == []

    heals(living, stored)


def heals(living: list[Postil], stored: Storage) -> None:
    """What was written while the storage was away is there soon after it is back."""
    stored.away = True
    writer = Writer("late", living[1].port, ("alpha",), "late")
    writer.start()
    until(lambda: acknowledged([writer]) > 3, 60, living[1].log)
    writer.over.set()
    writer.join(timeout=40)
    with living[0].app.app_context():
        assert list(threads.behind()) == ["alpha"]
        db.session.remove()
    stored.away = False
    alone = {"threads/alpha.html"}
    took = until(lambda: not alone & differences(living[0], stored), HEAL_SECONDS, living[1].log)
    print(f"the thread is there {took:.2f} s after the storage is back")
    until(lambda: not differences(living[0], stored), LISTS_SECONDS, living[1].log)
    with living[0].app.app_context():
        assert list(threads.behind()) == []
        db.session.remove()


def refused(stored: Storage) -> int:
    """How many objects came too late to take the place of what they had found there."""
    return sum(status == 412 for _, _, status in list(stored.asked))


def acknowledged(writers: list[Writer]) -> int:
    return sum(each.id is not None for writer in writers for each in list(writer.sent))


def differences(service: Postil, stored: Storage) -> set[str]:
    """The files that the bucket has otherwise than the database, or alone."""
    with service.app.app_context():
        wanted = truth.wanted(service)
        db.session.remove()
    return {name for name, _ in wanted.items() ^ stored.files().items()}


def until(true: Callable[[], bool], seconds: float, log: Callable[[], str]) -> float:
    """Wait for it."""
    patience = allowed(seconds)
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < patience, log()
        time.sleep(0.05)
    return time.monotonic() - began
