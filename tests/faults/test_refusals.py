"""A locked database and a full disk: reading goes on, writing is refused politely, and it heals."""

import http.client
import sqlite3
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from comments_service.publishing.publisher import SITE_SECONDS
from tests.faults import truth
from tests.faults.patience import allowed
from tests.faults.storm import Client, Sent
from tests.faults.test_crash import mended
from tests.service import Postil

HEAL_SECONDS = SITE_SECONDS + 5.0
LOCKED_SECONDS = 7

# A process of its own, because locks are kept from others only.
LOCK = f"""
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep({LOCKED_SECONDS})
connection.rollback()
"""


def new(thread: str = "alpha", words: str = "They scoop.") -> Sent:
    key = uuid.uuid4().hex
    body = {"body": f"{words} {key}", "name": "Gus", "key": key}
    return Sent(thread, body, texts={str(body["body"])})


def post(service: Postil, sent: Sent) -> tuple[int, http.client.HTTPMessage]:
    client = Client(service.port)
    status, headers = client.post(sent)
    client.close()
    return status, headers


def read_seconds(service: Postil) -> float:
    """How long the two ways to read a thread take: its snapshot, and the page with the form."""
    began = time.monotonic()
    for path in ("/comments/threads/alpha.html", "/comments/threads/alpha"):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200, path
        assert b"They scoop." in answer.read(), path
        connection.close()
    return time.monotonic() - began


def started(service: Postil) -> list[Sent]:
    """A running service with a comment in it that everybody can read."""
    service.start()
    mended(service)
    first = new()
    assert post(service, first)[0] == 201
    mended(service)
    return [first]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_another_process_locks_heals(
    service: Postil, tmp_path: Path, database_url: str
) -> None:
    sent = started(service)
    command = [sys.executable, "-c", LOCK, str(tmp_path / "comments.sqlite3")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as locker:
        assert locker.stdout is not None
        assert locker.stdout.readline() == "locked\n"
        sent.append(new())
        status, headers = post(service, sent[-1])
        assert (status, headers["Retry-After"]) == (503, "5")
        assert read_seconds(service) < allowed(2)
        # This one waits for its turn and gets it when the other process lets go.
        sent.append(new())
        assert post(service, sent[-1])[0] == 201
    assert post(service, sent[-2])[0] == 201
    mended(service)
    assert truth.losses(service, sent) == []


def test_a_full_disk_refuses_writes_and_heals_when_there_is_room(
    service: Postil, database_url: str
) -> None:
    sent = started(service)
    # As on a full disk, nothing can grow: neither the database's log nor a snapshot.
    service.limit_files(256)
    refused = []
    for _ in range(20):
        each = new(words="A comment that needs some room. " * 100)
        sent.append(each)
        status, headers = post(service, each)
        if status != 201:
            assert (status, headers["Retry-After"]) == (503, "5")
            refused.append(each)
    assert refused or service.settings.database_url.startswith("postgresql")
    assert read_seconds(service) < allowed(2)
    assert truth.broken(service) == []
    service.limit_files(-1)
    for each in refused:
        assert post(service, each)[0] == 201
    began = time.monotonic()
    mended(service)
    assert time.monotonic() - began < allowed(HEAL_SECONDS)
    assert truth.losses(service, sent) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_log_of_a_killed_process_loses_nothing_before_it(
    service: Postil, tmp_path: Path, database_url: str
) -> None:
    sent = started(service)
    service.kill()
    # What a power cut may leave behind the last commit: the beginning of a frame.
    with (tmp_path / "comments.sqlite3-wal").open("ab") as log:
        log.write(b"\x00" * 1000)
    with sqlite3.connect(tmp_path / "comments.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    service.start()
    mended(service)
    assert truth.losses(service, sent) == []
