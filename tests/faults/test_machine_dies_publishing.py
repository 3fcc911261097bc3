"""A machine that dies between the commit and the bucket: another one publishes what it has left, soon, and once.

It is killed exactly there, while the other stands still and so can have had no part in it.
"""

import os
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from comments_service import threads
from comments_service.db import db
from tests import bucket_server
from tests.bucket_server import Storage
from tests.faults import truth
from tests.faults.storm import Client, Sent
from tests.faults.test_many_machines import (
    HEAL_SECONDS,
    LISTS_SECONDS,
    differences,
    on_postgresql,
    until,
)
from tests.service import Postil, answers, free_port, postil

FRAGMENT = "threads/alpha.html"


@pytest.fixture
def stored() -> Iterator[Storage]:
    with bucket_server.storage() as made:
        yield made


@pytest.fixture
def pair(
    built_blog: Path, tmp_path: Path, database_url: str, stored: Storage
) -> Iterator[list[Postil]]:
    made = []
    for name in ("dying", "living"):
        (tmp_path / name).mkdir()
        settings = {
            "COMMENTS_OUTPUT": "",
            "COMMENTS_MANIFEST": str(built_blog / "threads.json"),
            "COMMENTS_TRUST_AFTER": "0",
            **stored.environ,
        }
        made.append(postil(tmp_path / name, database_url, port=free_port(), **settings))
    yield made
    for each in made:
        each.kill()
        with each.app.app_context():
            db.session.remove()
            db.engine.dispose()


def signalled(service: Postil, how: signal.Signals) -> None:
    for pid in service.pids:
        os.kill(pid, how)


@on_postgresql
@pytest.mark.parametrize("moment", ["before", "while", "there", "lists"])
def test_another_machine_publishes_what_one_has_committed_and_not_published(
    pair: list[Postil], stored: Storage, moment: str
) -> None:
    dying, living = pair
    for each in pair:
        each.launch()
    for each in pair:
        until(partial(answers, each.port, "/comments/embed.js"), 60, each.log)
    sent = [posted(living)]
    until(lambda: not differences(living, stored), LISTS_SECONDS, living.log)
    signalled(living, signal.SIGSTOP)

    plain = living.settings.database_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(plain) as other:
        death = Death(dying, moment, other)
        stored.before_put = death.on_put
        sent.append(posted(dying))
        if moment == "there":
            until(lambda: there(stored, sent[-1]), 30, dying.log)
            death.come()
        until(death.came.is_set, 30, dying.log)
        stored.before_put = lambda _name, _data: None
        assert there(stored, sent[-1]) == (moment in ("there", "lists"))
        other.rollback()
    with living.app.app_context():
        assert list(threads.behind()) == ([] if moment == "lists" else ["alpha"])
        db.session.remove()

    signalled(living, signal.SIGCONT)
    alone = {FRAGMENT, "threads/alpha.json", "threads/alpha.atom"}
    took = until(lambda: not alone & differences(living, stored), HEAL_SECONDS, living.log)
    print(f"{moment}: the other machine has published it after {took:.2f} s")
    until(lambda: not differences(living, stored), LISTS_SECONDS, living.log)
    with living.app.app_context():
        assert list(threads.behind()) == []
        db.session.remove()
    assert truth.losses(living, sent) == []
    assert stored.fell == []


class Death:
    """Comes to a machine at a moment of its publication, as the storage is asked to take something."""

    def __init__(
        self, dying: Postil, moment: str, other: "psycopg.Connection[tuple[object, ...]]"
    ) -> None:
        self.came = threading.Event()
        self._dying, self._moment, self._other = dying, moment, other
        self._turn = threading.Lock()

    def on_put(self, name: str, _data: bytes) -> None:
        """Raises where the machine is dead: what was on its way does not come."""
        first_of_all = self._moment == "before"
        last_of_thread = self._moment == "while" and name == FRAGMENT
        after_it = self._moment == "lists" and name == "counts.json"
        with self._turn:
            if first_of_all or last_of_thread or after_it:
                self.come()
            if self.came.is_set():
                raise ConnectionError
            if self._moment == "there":
                # Another transaction has the row, so that it cannot write down what it has done.
                self._other.execute("SELECT id FROM threads WHERE id = 'alpha' FOR UPDATE")

    def come(self) -> None:
        if not self.came.is_set():
            self._dying.kill()
            self.came.set()


def posted(service: Postil) -> Sent:
    words = f"Number {service.port} says that pelicans fish together."
    sent = Sent(
        "alpha", {"body": words, "key": f"from-{service.port}", "name": "Gus"}, texts={words}
    )
    client = Client(service.port)
    status, _ = client.post(sent)
    client.close()
    assert status == 201
    return sent


def there(stored: Storage, sent: Sent) -> bool:
    """Whether a reader gets it."""
    return str(sent.body["body"]).encode() in stored.files().get(FRAGMENT, b"")
