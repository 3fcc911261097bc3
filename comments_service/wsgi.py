"""Flask as the front calls it: a request as WSGI in one of a few threads, and the answer on its way back."""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from comments_service.request_bodies import crowded

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from granian._granian import RSGIHTTPProtocol as HTTPProtocol
    from granian.rsgi import Scope

T = TypeVar("T")

_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Pool:
    """A few threads, and how many may wait for one of them."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + waiting
        self._entered = 0

    async def run(self, call: Callable[..., T], *arguments: Any) -> T:
        """Call in a thread when one is free. Raises Unavailable where too many wait already."""
        if self._entered >= self._most:
            raise crowded()
        self._entered += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, call, *arguments)
        finally:
            self._entered -= 1


def environ_of(
    scope: "Scope", body: bytes | BinaryIO, length: int | None = None
) -> "WSGIEnvironment":
    """The environment of a request whose body is there, in memory or as a file of that length."""
    server, _, port = scope.server.rpartition(":")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        # WSGI hands text over as latin-1.
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "CONTENT_LENGTH": str(len(body) if isinstance(body, bytes) else length),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body) if isinstance(body, bytes) else body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        # X_Forwarded_For would pass for X-Forwarded-For, whatever a proxy has done with that one.
        if "_" in name or name in ("content-length", "transfer-encoding"):
            continue
        key = "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"
        if key in environ:
            value = f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}"
        environ[key] = value
    if scope.authority:
        # Of a request line with a whole address, which goes before Host.
        environ["HTTP_HOST"] = scope.authority
    return environ


def answer(
    application: "WSGIApplication", environ: "WSGIEnvironment", protocol: "HTTPProtocol"
) -> None:
    """Let an application answer; what it makes piece by piece is sent so."""
    status, headers = 0, list[tuple[str, str]]()

    def start(
        line: str, given: list[tuple[str, str]], _error: object = None
    ) -> Callable[[bytes], object]:
        nonlocal status, headers
        status, headers = int(line.split(" ", 1)[0]), given
        return _write

    made = application(environ, start)
    try:
        if environ["REQUEST_METHOD"] == "HEAD" or status in _WITHOUT_BODY:
            protocol.response_empty(status, headers)
        elif any(name.lower() == "content-length" for name, _ in headers):
            protocol.response_bytes(status, headers, b"".join(made))
        else:
            stream = protocol.response_stream(status, headers)
            for piece in made:
                _ = stream.send_bytes(piece)  # Done when it returns, in any thread.
    finally:
        if close := getattr(made, "close", None):
            close()


def _write(_: bytes) -> object:
    raise NotImplementedError("what WSGI keeps for applications of before 2003")
