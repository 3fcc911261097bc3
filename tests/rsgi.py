"""Asking the front as granian does, in this process: a request's data, and what was answered to it."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Request

from comments_service.front import Front
from comments_service.static_files import Part
from tests.api.wsgi.steps import read


class Answered:
    """granian's protocol of one request: its body, and the answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.answer: tuple[int, list[tuple[str, str]], bytes] = (0, [], b"")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._body:
            yield self._body
        yield b""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer = status, headers, body

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.answer = status, headers, b""

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        self.answer = status, headers, read(Part(file, 0, 1_000_000_000))


def ask(front: Front, method: str, path: str, **more: Any) -> TestResponse:
    """Ask; what is given besides is what werkzeug's client takes."""
    environ = EnvironBuilder(path, method=method, **more).get_environ()
    body: bytes = environ["wsgi.input"].read()
    asked = Request(environ)
    scope = SimpleNamespace(
        method=method,
        path=asked.path,
        query_string=asked.query_string.decode(),
        scheme="http",
        http_version="1.1",
        authority=None,
        server="127.0.0.1:8000",
        client="127.0.0.1:40000",
        headers={name.lower(): value for name, value in asked.headers.items()},
    )
    answered = Answered(body)
    asyncio.run(front.__rsgi__(scope, answered))  # type: ignore[arg-type]
    status, headers, sent = answered.answer
    return TestResponse([sent], str(status), Headers(headers), asked)
