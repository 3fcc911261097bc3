"""A request of granian's as WSGI wants it, and the answer back in one piece or in several."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from comments_service import wsgi


class Headers(list[tuple[str, str]]):
    """As many lines of one name as were sent."""

    def items(self) -> list[tuple[str, str]]:
        return list(self)


def environ(*lines: tuple[str, str], body: bytes = b"", **more: Any) -> dict[str, Any]:
    scope = SimpleNamespace(
        **{
            **{"method": "POST", "path": "/中文/a b", "query_string": "x=%20y", "scheme": "http"},
            **{"http_version": "1.1", "authority": None, "server": "[::1]:8000"},
            **{"client": "[2001:db8::7]:40000", "headers": Headers(lines), **more},
        }
    )
    return wsgi.environ_of(scope, body)  # type: ignore[arg-type]


def test_a_request_is_what_the_client_sent() -> None:
    made = environ(
        *(("host", "blog.test:8000"), ("content-type", "application/json"), ("accept", "a")),
        *(("accept", "b"), ("cookie", "a=1"), ("cookie", "b=2"), ("x-forwarded-for", "192.0.2.1")),
        *(
            ("x-forwarded-for", "192.0.2.2"),
            ("content-length", "99"),
            ("transfer-encoding", "chunked"),
        ),
        body=b"{}",
    )
    request = Request(made)
    assert request.url == "http://blog.test:8000/中文/a%20b?x=%20y"
    assert (request.remote_addr, made["SERVER_PORT"]) == ("2001:db8::7", "8000")
    assert dict(request.cookies) == {"a": "1", "b": "2"}
    assert request.headers["Accept"] == "a,b"
    assert request.headers["X-Forwarded-For"] == "192.0.2.1,192.0.2.2"
    assert (request.mimetype, request.get_json(), request.content_length) == (
        "application/json",
        {},
        2,
    )
    assert "Transfer-Encoding" not in request.headers
    # Of what werkzeug makes, these two are no part of WSGI, and granian hands none over.
    assert set(EnvironBuilder().get_environ()) - set(made) <= {
        "HTTP_HOST",
        "RAW_URI",
        "REQUEST_URI",
    }


@pytest.mark.parametrize(
    "spoofed", ["x_forwarded_for", "x-forwarded_for", "content_length", "content_type", "host_"]
)
def test_no_name_passes_for_another(spoofed: str) -> None:
    """WSGI has one name for X-Forwarded-For and X_Forwarded_For, and proxies set the first alone."""
    honest = (("host", "blog.test"), ("x-forwarded-for", "192.0.2.1"))
    assert "192.0.2.66" not in str(environ(*honest, (spoofed, "192.0.2.66")))


def test_a_whole_address_in_the_request_line_goes_before_host() -> None:
    assert environ(("host", "evil.test"), authority="blog.test")["HTTP_HOST"] == "blog.test"


class Sent:
    """granian's protocol, which notes down what it is to send."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def response_empty(self, *answer: Any) -> None:
        self.calls.append(("empty", *answer))

    def response_bytes(self, *answer: Any) -> None:
        self.calls.append(("bytes", *answer))

    def response_stream(self, *answer: Any) -> "Sent":
        self.calls.append(("stream", *answer))
        return self

    def send_bytes(self, piece: bytes) -> None:
        self.calls.append(piece)


def answered(status: str, headers: list[tuple[str, str]], method: str = "GET") -> tuple[Any, bool]:
    closed = False

    class Pieces:
        def __iter__(self) -> Iterator[bytes]:
            yield b"one"
            sent.calls.append("asked for more")
            yield b"two"

        def close(self) -> None:
            nonlocal closed
            closed = True

    def application(_environ: Any, start: Any) -> Any:
        start(status, headers)
        return Pieces()

    sent = Sent()
    wsgi.answer(application, environ(method=method), sent)  # type: ignore[arg-type]
    return sent.calls, closed


def test_what_has_a_length_is_sent_at_once_and_the_rest_piece_by_piece() -> None:
    length = [("Content-Length", "6")]
    calls, closed = answered("200 OK", length)
    assert closed
    assert calls[-1] == ("bytes", 200, length, b"onetwo")
    assert answered("200 OK", []) == ([("stream", 200, []), b"one", "asked for more", b"two"], True)


@pytest.mark.parametrize(
    ("status", "method"), [("304 X", "GET"), ("204 X", "GET"), ("200 X", "HEAD")]
)
def test_what_has_no_body_is_not_even_asked_for_one(status: str, method: str) -> None:
    length = [("Content-Length", "6")]
    assert answered(status, length, method) == ([("empty", int(status[:3]), length)], True)
