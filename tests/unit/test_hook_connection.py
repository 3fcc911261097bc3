"""Web hooks reach what the owner wrote down, on the public internet, and nothing behind it."""

import ipaddress
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from comments_service.config import SettingError, from_environment
from comments_service.hooks import connection
from comments_service.hooks.connection import Refused, networks, post, reachable
from tests.receiver import Receiver, status

LOOPBACK = networks("127.0.0.0/8")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),  # noqa: S104
        *("169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1"),
        *("240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254"),
        *("fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2002:a00:1::", "::127.0.0.1"),
    ],
)
def test_an_address_that_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not reachable(ipaddress.ip_address(address), ())


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_address_of_the_public_internet_is_reachable(address: str) -> None:
    assert reachable(ipaddress.ip_address(address), ())


def test_networks_that_the_owner_allows_are_reachable_and_no_others() -> None:
    allowed = networks("192.168.1.0/24 fd00::/8")
    for address in ("192.168.1.7", "fd12::1", "::ffff:192.168.1.7"):
        assert reachable(ipaddress.ip_address(address), allowed)
    for address in ("192.168.2.7", "127.0.0.1", "fe80::1"):
        assert not reachable(ipaddress.ip_address(address), allowed)


def test_networks_in_the_settings_are_networks() -> None:
    with pytest.raises(SettingError, match=r"192\.168\.1\.0/24"):
        from_environment({"COMMENTS_HOOK_NETWORKS": "192.168.1.7/24"})


@pytest.mark.parametrize(
    "host",
    # As resolvers take them: whole, short, decimal, octal, hexadecimal, as IPv6, and by name.
    [
        *("127.0.0.1", "127.1", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "0"),
        *("[::1]", "[::ffff:127.0.0.1]", "localhost"),
    ],
)
@pytest.mark.allow_hosts(["127.0.0.1", "::1"])
def test_no_spelling_of_this_machine_is_connected_to(host: str, receiver: Receiver) -> None:
    with pytest.raises((Refused, OSError)):
        post(f"http://{host}:{receiver.port}/", b"{}", {}, ())
    assert receiver.got == []


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_name_is_looked_up_once_and_refused_if_any_answer_is_private(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answers(*addresses: str) -> None:
        def look_up(host: str, port: int, **_: Any) -> list[Any]:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    answers("1.1.1.1", "127.0.0.1")
    with pytest.raises(Refused, match=r"127\.0\.0\.1"):
        post(f"http://hooks.test:{receiver.port}/", b"{}", {}, ())
    asked.clear()
    really = socket.create_connection
    reached: list[str] = []

    def connect(address: tuple[str, int], *given: Any) -> socket.socket:
        # A second look at the name would be answered by another address.
        answers("10.0.0.1")
        reached.append(address[0])
        monkeypatch.undo()
        return really(address, *given)

    answers("127.0.0.1")
    monkeypatch.setattr(socket, "create_connection", connect)
    assert post(f"http://hooks.test:{receiver.port}/", b"{}", {}, LOOPBACK).status == 204
    assert (asked, reached) == (["hooks.test"], ["127.0.0.1"])
    assert receiver.got[0].headers["host"] == f"hooks.test:{receiver.port}"


def test_a_name_that_is_not_found_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # Undone here: what keeps tests from the network has put its own there, and takes it away first.
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", unknown)
        with pytest.raises(Refused, match=r"nowhere\.invalid is not found"):
            post("http://nowhere.invalid/", b"{}", {}, ())


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_no_redirect_is_followed(receiver: Receiver) -> None:
    receiver.answer = status(307, Location=f"http://127.0.0.1:{receiver.port}/elsewhere")
    assert post(receiver.url, b"{}", {}, LOOPBACK).status == 307
    assert [each.path for each in receiver.got] == ["/hook"]


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "file:///etc/passwd", "gopher://x/", "http:"]
)
def test_nothing_but_http_is_spoken(url: str) -> None:
    with pytest.raises(Refused):
        post(url, b"{}", {}, ())


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_long_answer_is_cut(receiver: Receiver) -> None:
    receiver.answer = status(200, "x" * 1_000_000)
    assert len(post(receiver.url, b"{}", {}, LOOPBACK).text) == connection.MAX_ANSWER_BYTES


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: no pause is long enough for a timeout."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.02)


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(5)


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("answer", [drip, silent])
def test_whoever_answers_slowly_is_not_waited_for(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(connection, "WHOLE_SECONDS", 0.3)
    receiver.answer = answer
    with pytest.raises(TimeoutError, match="no whole answer"):
        post(receiver.url, b"{}", {}, LOOPBACK)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_whoever_thinks_is_waited_for_longer_than_for_a_connection(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def think(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.6)
        status(204)(handler)

    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.2)
    receiver.answer = think
    assert post(receiver.url, b"{}", {}, LOOPBACK).status == 204


def test_a_name_with_many_addresses_that_are_dead_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []

    def dead(address: tuple[str, int], seconds: float) -> socket.socket:
        tried.append(address[0])
        time.sleep(seconds)
        raise TimeoutError("timed out")

    many = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"1.1.1.{n}", 80)) for n in range(1, 99)]
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", lambda *_, **__: many)
        patched.setattr(socket, "create_connection", dead)
        patched.setattr(connection, "CONNECT_SECONDS", 0.1)
        patched.setattr(connection, "WHOLE_SECONDS", 0.25)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            post("http://hooks.test/", b"{}", {}, ())
        assert time.monotonic() - began < 1
    assert 1 < len(tried) <= 4


@pytest.mark.parametrize("host", ["a" * 64 + ".test", "a..test"])
def test_a_name_that_none_can_have_is_refused_in_words(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the real one does, before it asks anybody.
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", lambda host, *_, **__: host.encode("idna"))
        with pytest.raises(Refused, match="is not found"):
            post(f"http://{host}/", b"{}", {}, ())


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_letters_of_any_language_are_written_as_addresses_have_them(receiver: Receiver) -> None:
    post(f"{receiver.url}/鸟 %C3%BC?für=a&b=%20", b"{}", {}, LOOPBACK)
    assert receiver.got[0].path == "/hook/%E9%B8%9F%20%C3%BC?f%C3%BCr=a&b=%20"


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("after", ["9" * 20, "9" * 5_000, "-1", "soon", "²"])
def test_however_long_one_asks_to_be_left_alone_it_is_a_time(
    receiver: Receiver, after: str
) -> None:
    receiver.answer = status(503, Retry_After=after)
    seconds = post(receiver.url, b"{}", {}, LOOPBACK).retry_after_seconds
    assert timedelta(seconds=seconds) >= timedelta()
    assert (seconds > 86_400) is after.startswith("9")


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_tls_is_asked_for_a_certificate_of_the_name(receiver: Receiver) -> None:
    with pytest.raises(OSError, match=r"SSL|EOF|reset|closed"):
        post(f"https://127.0.0.1:{receiver.port}/", b"{}", {}, LOOPBACK)
    assert receiver.got == []
