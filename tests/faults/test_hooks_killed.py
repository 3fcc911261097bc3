"""`kill -9` while web hooks are told: everything arrives, and twice only what was being sent at that moment."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import hooks
from comments_service.db import db, writing
from comments_service.hooks import delivering
from comments_service.inputs import HookInput
from comments_service.models import HookDelivery, HookEvent
from tests import make
from tests.receiver import Receiver, status
from tests.sites import ROOT

DELIVERIES = 40
KILLS = 12
# Minutes in earnest; here what was claimed by one that was killed is waited for.
KILLED_LEASE_SECONDS = 5.0
LONGEST_ROUND_SECONDS = 60

# Loads once, and then has a child for each line that it reads: starting the service anew takes seconds.
SENDERS = """
import os, signal, sys, time
from datetime import timedelta
from pathlib import Path
from comments_service import create_app, hooks
from comments_service.config import from_environment
from comments_service.hooks import delivering
url, folder, lease = sys.argv[1:]
settings = from_environment(
    {}, site_url="http://blog.test", database_url=url, published=Path(folder), secret_key="x",
    hook_networks="127.0.0.0/8",
)
delivering.LEASE = timedelta(seconds=float(lease))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("loaded", flush=True)
for line in sys.stdin:
    if (child := os.fork()) == 0:
        app = create_app(settings, commands=False)
        with app.app_context():
            while os.getppid() != 1:
                hooks.send_waiting(settings)
                time.sleep(0.1)
        os._exit(0)
    print(child, flush=True)
"""


class Senders:
    """So many processes that send what is due, until each is killed and another takes its place."""

    def __init__(self, url: str, folder: Path, number: int, lease: float) -> None:
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", SENDERS, url, str(folder), str(lease)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "loaded"
        self._turn = threading.Lock()
        self.kills = 0
        self._pids = [self._born() for _ in range(number)]

    def _read(self) -> str:
        assert self._nursery.stdout is not None
        return self._nursery.stdout.readline().strip()

    def _born(self) -> int:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write("another\n")
        self._nursery.stdin.flush()
        return int(self._read())

    def kill_one(self, chance: random.Random) -> None:
        with self._turn:
            if self.kills < KILLS:
                self.kills += 1
                place = chance.randrange(len(self._pids))
                os.kill(self._pids[place], signal.SIGKILL)
                self._pids[place] = self._born()

    def stop(self) -> None:
        with self._turn:
            for each in self._pids:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            self._nursery.kill()
            self._nursery.communicate()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


def waiting() -> int:
    db.session.rollback()
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(HookDelivery)
            .where(HookDelivery.delivered_at.is_(None))
        )
        or 0
    )


@pytest.mark.parametrize("number", [2, 4])
def test_everything_arrives_whoever_is_killed(
    app: Flask, database_url: str, tmp_path: Path, receiver: Receiver, seed: int, number: int
) -> None:
    chance = random.Random(f"{seed}-{number}")
    make.thread()
    hooks.add(HookInput(url=receiver.url, events=["waiting"]))
    held = [make.comment(held=True) for _ in range(DELIVERIES)]
    with writing():
        hooks.tell([(HookEvent.WAITING, each.id) for each in held])
    db.session.remove()
    senders = Senders(database_url, tmp_path, number, KILLED_LEASE_SECONDS)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        # Before the answer, after it, or somewhere while the others work.
        when = chance.choice(["never", "before", "after", "later"])
        if when == "before":
            senders.kill_one(chance)
        status(204)(handler)
        if when == "later":
            time.sleep(chance.uniform(0, 0.02))
        if when in ("after", "later"):
            senders.kill_one(chance)

    receiver.answer = answer
    try:
        patience = time.monotonic() + LONGEST_ROUND_SECONDS
        while waiting():
            assert time.monotonic() < patience, f"{waiting()} wait"
            time.sleep(0.05)
    finally:
        senders.stop()
    arrived = Counter(each.id for each in receiver.got)
    keys = set(db.session.scalars(sa.select(HookDelivery.key)))
    assert arrived.keys() == {f"msg_{key}" for key in keys}
    assert len(keys) == DELIVERIES
    again = sum(arrived.values()) - DELIVERIES
    # A kill ends one conversation at most; none is doubled for another reason.
    assert senders.kills > 0
    assert again <= senders.kills


def test_where_nobody_is_killed_all_arrives_once(
    app: Flask, database_url: str, tmp_path: Path, receiver: Receiver
) -> None:
    make.thread()
    hooks.add(HookInput(url=receiver.url, events=["waiting"]))
    held = [make.comment(held=True) for _ in range(DELIVERIES)]
    with writing():
        hooks.tell([(HookEvent.WAITING, each.id) for each in held])
    db.session.remove()
    senders = Senders(database_url, tmp_path, 4, delivering.LEASE.total_seconds())
    try:
        patience = time.monotonic() + LONGEST_ROUND_SECONDS
        while waiting():
            assert time.monotonic() < patience, f"{waiting()} wait"
            time.sleep(0.05)
    finally:
        senders.stop()
    assert set(Counter(each.id for each in receiver.got).values()) == {1}
    assert len(receiver.got) == DELIVERIES
