"""Clients that are slow, many, or break off: readers and honest writers notice nothing of them."""

import http.client
import io
import json
import os
import resource
import select
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from flask_migrate import upgrade

from comments_service.db import db
from comments_service.front import Limits
from comments_service.request_bodies import MAX_BYTES, SMALL_BYTES
from tests.faults.patience import allowed
from tests.faults.test_crash import mended
from tests.faults.test_refusals import new, post
from tests.service import Postil, postil

MANY = 1_000
# All of the service, while that many are connected.
MOST_BYTES = 500_000_000
# More than a reader of small windows, the network between and the server's buffers hold.
FILM = os.urandom(1_000_000) * 12
TOKEN = "0123456789abcdefghijklmnopqrstuvwxyz"
FORM = "POST /comments/threads/alpha HTTP/1.1\r\nHost: blog.test\r\nOrigin: http://blog.test\r\n"
JSON = FORM.replace("threads/alpha", "api/v1/threads/alpha/comments").encode()
JSON += b"Content-Type: application/json\r\n"
LARGE = f"Content-Length: {MAX_BYTES + 1}\r\n\r\n".encode()


@pytest.fixture(scope="module", autouse=True)
def many_files() -> Iterator[None]:
    """Each connection is a file, here and in the server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4 * MANY:
        pytest.skip(f"NO ROOM for {MANY} connections: the system allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4 * MANY), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def started(blog: Path, folder: Path, body_seconds: str) -> Iterator[Postil]:
    """A service with one comment, a large file, and the limits of `impatient`."""
    shutil.copytree(blog, folder / "output")
    (folder / "output/film.mp4").write_bytes(FILM)
    service = postil(
        folder,
        f"sqlite:///{folder}/comments.sqlite3",
        COMMENTS_TRUST_AFTER="0",
        COMMENTS_MANIFEST_TOKEN=TOKEN,
        BODY_SECONDS=body_seconds,
    )
    service._command = [
        "tests.faults.impatient:application" if each.endswith(":application") else each
        for each in service._command
    ]
    with service.app.app_context():
        upgrade()
    try:
        service.start()
        mended(service)
        assert post(service, new())[0] == 201
        mended(service)
        yield service
    finally:
        service.kill()
        with service.app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def service(built_blog: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postil]:
    """Of which all tests ask that it goes on as if nothing had been."""
    yield from started(built_blog, tmp_path_factory.mktemp("slow"), "60")


@pytest.fixture
def impatient(built_blog: Path, tmp_path: Path) -> Iterator[Postil]:
    yield from started(built_blog, tmp_path, "1")


_connections: list[socket.socket] = []


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    while _connections:
        _connections.pop().close()


def connect(service: Postil, sent: bytes, window: int = 0) -> socket.socket:
    connection = socket.socket()
    _connections.append(connection)
    if window:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", service.port))
    connection.sendall(sent)
    return connection


@contextmanager
def many(service: Postil, sent: bytes, window: int = 0) -> Iterator[list[socket.socket]]:
    """A thousand connections that have sent this much, and say and take nothing more."""
    connections = [connect(service, sent, window) for _ in range(MANY)]
    try:
        yield connections
    finally:
        for each in connections:
            each.close()


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def answer(connection: socket.socket) -> Answer:
    """The next answer of a connection, whole, and nothing of what comes after it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1) or b"(the end)\r\n\r\n"
    line, _, rest = head.partition(b"\r\n")
    headers = http.client.parse_headers(io.BytesIO(rest))
    body, size = b"", int(headers["Content-Length"])
    while len(body) < size and (piece := connection.recv(size - len(body))):
        body += piece
    return Answer(int(line.split()[1]), headers, body)


def get(service: Postil, path: str, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    with closing(connection):
        connection.request("GET", path, headers=headers)
        found = connection.getresponse()
        return Answer(found.status, found.headers, found.read())


def works(service: Postil) -> None:
    """A reader gets a file from memory, one from disk, a page of Flask's; a writer posts meanwhile."""
    for path in ("/comments/threads/alpha.html", "/alpha/", "/comments/threads/alpha"):
        assert get(service, path).status == 200, path
    film = get(service, "/film.mp4", Range="bytes=5-1000004")
    assert film.body == FILM[5:1_000_005]
    assert post(service, new())[0] == 201


def answered(connections: list[socket.socket]) -> list[socket.socket]:
    """Those to which something has come."""
    poll = select.poll()
    for each in connections:
        poll.register(each, select.POLLIN)
    found = {number for number, _ in poll.poll(0)}
    return [each for each in connections if each.fileno() in found]


def closed(connection: socket.socket) -> bool:
    """Whether nothing but the connection's end comes."""
    with suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


def open_files(service: Postil) -> int:
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in service.pids)


def eventually(true: Callable[[], bool]) -> None:
    patience = time.monotonic() + 20
    while not true():
        assert time.monotonic() < patience
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("sent", "window"),
    [
        (b"", 0),
        (b"GET /film.mp4 HT", 0),
        (FORM.encode(), 0),
        (FORM.encode() + b"Content-Length: 100\r\n\r\n", 0),
        (FORM.encode() + b"Content-Length: 200000\r\n\r\n" + b"body=" + b"x" * 40_000, 0),
        (FORM.encode() + b"Transfer-Encoding: chunked\r\n\r\n5\r\nbody=\r\n", 0),
        (b"GET /film.mp4 HTTP/1.1\r\nHost: blog.test\r\n\r\n", 1024),
        (b"GET /comments/threads/alpha.html HTTP/1.1\r\nHost: blog.test\r\n\r\n" * 9, 1024),
    ],
    ids=[
        *("says nothing", "half a line", "half a head", "no body", "a large piece of a body"),
        *("a chunk", "reads no film", "reads no pages"),
    ],
)
def test_a_thousand_slow_clients_harm_nobody(service: Postil, sent: bytes, window: int) -> None:
    before = open_files(service)
    with many(service, sent, window):
        works(service)
        works(service)
        assert service.pss_bytes() < MOST_BYTES
    # They have left, and nothing of them stays.
    eventually(lambda: open_files(service) <= before + 8)


def test_whoever_sends_too_slowly_is_told_so_and_hung_up_on(impatient: Postil) -> None:
    for sent, kind in (
        (JSON + b"Content-Length: 100\r\n\r\n{", "application/problem+json"),
        (JSON + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "application/problem+json"),
        (FORM.encode() + b"Content-Length: 100\r\n\r\nbody=They", "text/html"),
    ):
        connection = connect(impatient, sent)
        said = answer(connection)
        assert (said.status, said.headers.get_content_type()) == (408, kind)
        text = said.body
        assert kind == "text/html" or json.loads(text)["code"] == "too_slow"
        assert closed(connection)


def test_what_is_too_large_is_refused_before_it_came(service: Postil) -> None:
    chunk = b"%x\r\n" % (MAX_BYTES + 1) + b"x" * (MAX_BYTES + 1)
    for sent in (
        JSON + LARGE,
        FORM.encode() + LARGE,
        JSON + b"Transfer-Encoding: chunked\r\n\r\n" + chunk,
    ):
        connection = connect(service, sent)
        began = time.monotonic()
        said = answer(connection)
        assert said.status == 413
        assert b"too" in said.body
        assert closed(connection)
        assert time.monotonic() - began < allowed(1)
    works(service)


def test_of_too_many_bodies_the_last_are_asked_to_come_again(service: Postil) -> None:
    slow = JSON + b"Content-Length: 100\r\n\r\n{"
    with many(service, slow) as connections:
        connections += [connect(service, slow) for _ in range(150)]
        eventually(lambda: len(answered(connections)) >= 50)
        assert get(service, "/alpha/").status == 200
        refused = answered(connections)
        assert len(refused) == 50
        for each in refused:
            said = answer(each)
            assert (said.status, said.headers["Retry-After"]) == (503, "5")
            assert json.loads(said.body)["code"] == "unavailable"
    eventually(lambda: post(service, new())[0] == 201)


def test_who_sends_much_waits_for_the_others_and_who_sends_little_does_not(service: Postil) -> None:
    body = b"body=" + b"x" * 240_000
    large = FORM.encode() + b"Content-Length: 250000\r\n\r\n" + body
    with many(service, large) as connections:
        # Until all of it is read, whoever comes now may be one of those that there is memory for.
        refused = MANY - Limits().pending_bytes // len(body)
        eventually(lambda: len(answered(connections)) == refused)
        assert answer(connect(service, large)).status == 503
        assert post(service, new(words="x" * (SMALL_BYTES - 1_000)))[0] == 201
        assert service.pss_bytes() < MOST_BYTES


@pytest.mark.parametrize("ends", ["by leaving", "by saying no more"])
def test_a_body_that_breaks_off_is_none(service: Postil, ends: str) -> None:
    before = get(service, "/comments/threads/alpha.html").body
    body = b'{"body": "They dive.", "name": "Gus", "key": "a-key-of-eight"}'
    for sent in (
        JSON + b"Content-Length: 80\r\n\r\n" + body,
        JSON + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(body) + body + b"\r\n",
        JSON
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"%x\r\n" % len(body)
        + body
        + b"\r\nno size",
    ):
        connection = connect(service, sent)
        if ends == "by leaving":
            connection.close()
        else:
            connection.shutdown(socket.SHUT_WR)
    works(service)
    mended(service)
    assert before != get(service, "/comments/threads/alpha.html").body
    assert b"They dive." not in get(service, "/comments/threads/alpha.html").body


def test_requests_that_come_at_once_are_answered_in_their_order(service: Postil) -> None:
    body = b'{"body": "They dive.", "name": "Gus", "key": "a-key-of-eight"}'
    wanted = b"GET /comments/threads/alpha.html HTTP/1.1\r\nHost: blog.test\r\n\r\n"
    sent = JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body
    connection = connect(service, wanted + sent + wanted + b"nonsense\r\n\r\n")
    assert [answer(connection).status for _ in range(4)] == [200, 201, 200, 400]


def test_chunks_make_up_a_comment(service: Postil) -> None:
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(each), each)
        for each in (
            b'{"body": "They',
            b' dive.", "name": "Gus",',
            b' "key": "a-key-of-eight"}',
            b"",
        )
    )
    connection = connect(service, JSON + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    said = answer(connection)
    assert said.status == 201
    assert b"They dive." in said.body


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Writers wait."""
    connection = sqlite3.connect(folder / "comments.sqlite3", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


def test_writers_who_wait_stop_no_reader_and_those_after_them_come_again(
    impatient: Postil, tmp_path: Path
) -> None:
    # One has the thread, two wait for it, and three are too many.
    clients = ThreadPoolExecutor(6)
    with clients, locked(tmp_path):
        posts = [clients.submit(post, impatient, new()) for _ in range(6)]
        eventually(lambda: sum(each.done() for each in posts) == 3)
        for path in ("/alpha/", "/comments/threads/alpha", "/comments/sign-in"):
            assert get(impatient, path).status == 200
        for each in [each for each in posts if each.done()]:
            status, headers = each.result()
            assert (status, headers["Retry-After"]) == (503, "5")
            posts.remove(each)
    assert [each.result()[0] for each in posts] == [201] * 3
    works(impatient)


def test_what_was_accepted_is_finished_before_the_end(impatient: Postil, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        with locked(tmp_path):
            accepted = threads.submit(post, impatient, new())
            slow = connect(impatient, JSON + b"Content-Length: 100\r\n\r\n{")
            eventually(lambda: open_files(impatient) > 0 and not accepted.done())
            time.sleep(0.3)
            ending = threads.submit(impatient.stop)
            time.sleep(0.3)
        assert accepted.result()[0] == 201
        ending.result()
    slow.close()


def test_a_large_file_that_is_replaced_is_sent_as_it_was_begun(
    impatient: Postil, tmp_path: Path
) -> None:
    reader = connect(impatient, b"GET /film.mp4 HTTP/1.1\r\nHost: blog.test\r\n\r\n", 64 * 1024)
    assert reader.recv(4) == b"HTTP"
    (tmp_path / "output/other").write_bytes(b"another film")
    (tmp_path / "output/other").replace(tmp_path / "output/film.mp4")
    assert answer(reader).body == FILM
    assert get(impatient, "/film.mp4").body == b"another film"


def test_a_list_of_threads_may_be_large_for_whoever_has_the_token(service: Postil) -> None:
    head = b"PUT /comments/api/v1/manifest HTTP/1.1\r\nHost: blog.test\r\nContent-Type: application/json\r\n"
    for token, status in (("another", 401), ("", 401), (TOKEN, 422)):
        sent = (
            head + f"Authorization: Bearer {token}\r\n".encode() + b"Content-Length: 300000\r\n\r\n"
        )
        connection = connect(service, sent)
        if token == TOKEN:
            connection.sendall(b'{"version": 0, "x": "' + b"x" * 299_977 + b'"}')
        said = answer(connection)
        assert said.status == status, said.body


def test_a_request_is_begun_in_the_thread_that_received_it(service: Postil) -> None:
    """Else each file would cost nearly twice as much: granian hands over in another way than it did."""
    assert get(service, "/thread").body != b"MainThread"
