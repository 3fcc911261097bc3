"""PostgreSQL itself restarted while many write and read: files are read all the time, writers lose nothing typed."""

import html
import http.client
import random
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults import truth
from tests.faults.conftest import THREADS
from tests.faults.patience import allowed
from tests.faults.storm import Sent
from tests.faults.test_connections_cut import HEAL_SECONDS, Poster, healed
from tests.faults.test_crash import mended, retry
from tests.postgres_server import Server, postgres_server
from tests.service import SITE, Postil

WRITERS = 3
# All that a reader can ask for while he reads an article.
READ = (
    "/alpha/",
    "/comments/threads/alpha.html",
    "/comments/threads/alpha.json",
    "/comments/counts.json",
)
TYPED = (
    "They scoop. \N{LEFT DOUBLE QUOTATION MARK}What I typed\N{RIGHT DOUBLE QUOTATION MARK} & more."
)


class Reader(threading.Thread):
    """Somebody who reads without a pause."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.got: Counter[tuple[str, int]] = Counter()
        self._port = port

    def run(self) -> None:
        while not self.over.is_set():
            for path in READ:
                status, text, _ = asked(self._port, "GET", path)
                self.got[path, status if text else 0] += 1


class Waiting(Poster):
    """Whoever is refused goes on a moment later."""

    def _post(self, answered: list[Sent]) -> None:
        super()._post(answered)
        if self.sent[-1].status == 503:
            self.over.wait(0.2)


def asked(
    port: int, method: str, path: str, body: str | None = None
) -> tuple[int, str, str | None]:
    """What one is answered, in a browser without JavaScript; and when to try again."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Origin": SITE, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.headers["Retry-After"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres_server() as made:
        yield made


@pytest.fixture(params=["fast", "immediate"])
def how(request: pytest.FixtureRequest) -> str:
    mode: str = request.param
    return mode


@pytest.fixture
def database_url(server: Server, how: str) -> str:
    """A database of its own on the server that can be stopped."""
    return server.database(how)


def test_a_restart_costs_a_503_and_nothing_that_was_typed_or_read(
    service: Postil, server: Server, how: str
) -> None:
    service.start()
    mended(service)
    writers = [
        Waiting(f"guest-{number}", service.port, THREADS, f"{how}-{number}")
        for number in range(WRITERS)
    ]
    readers = [Reader(service.port) for _ in range(2)]
    everybody: list[Waiting | Reader] = [*writers, *readers]
    for thread in everybody:
        thread.start()
    acknowledged(writers, 20, service)

    server.stop(how)
    form = urllib.parse.urlencode({"name": "Gus", "body": TYPED, "key": "a-plain-form"})
    status, page, retry_after = asked(service.port, "POST", "/comments/threads/alpha", form)
    assert (status, retry_after) == (503, "5"), service.log()
    assert TYPED in html.unescape(page)
    assert asked(service.port, "GET", "/comments/readyz")[0] == 503
    assert asked(service.port, "GET", "/comments/healthz")[0] == 200
    server.start()

    began = time.monotonic()
    first = healed(service)
    took = time.monotonic() - began
    assert took < allowed(HEAL_SECONDS)
    # Once more, as short as can be.
    server.stop(how)
    server.start()
    first += healed(service)
    acknowledged(writers, 20, service)
    for thread in everybody:
        thread.over.set()
        thread.join(timeout=40)
        assert not thread.is_alive()

    assert {status for reader in readers for _, status in reader.got} == {200}
    assert {path for reader in readers for path, _ in reader.got} == set(READ)
    sent = [*first, *(each for writer in writers for each in writer.sent)]
    assert {each.status for each in sent} <= {201, 202, 503}, service.log()
    assert all(each.retry_after == "5" for each in sent if each.status == 503)
    # The page that kept it is sent again, and so is what a script kept.
    assert asked(service.port, "POST", "/comments/threads/alpha", form)[0] == 303
    refused = sum(each.status == 503 for each in sent)
    retry(service, sent, random.Random(how))
    sent.append(Sent("alpha", {"key": "a-plain-form"}, texts={TYPED}))
    mended(service)
    assert truth.broken(service) == []
    assert truth.losses(service, sent) == []
    print(f"{how}: {refused} of {len(sent)} posts were 503; healed after {took:.2f} s")


def acknowledged(writers: list[Waiting], more: int, service: Postil) -> None:
    """So many comments more are taken."""

    def taken() -> int:
        return sum(each.id is not None for writer in writers for each in list(writer.sent))

    wanted = taken() + more
    patience = time.monotonic() + allowed(20)
    while taken() < wanted:
        assert time.monotonic() < patience, service.log()
        time.sleep(0.02)
