"""A real HTTP server on a free port of this machine, which keeps what it is sent and answers as it is told."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def signed_with(self, secret: str, at: float | None = None) -> bool:
        """Whether the signature is right, by the words of Standard Webhooks and by no code of ours."""
        moment = self.headers["webhook-timestamp"]
        if abs((time.time() if at is None else at) - int(moment)) > 300:
            return False
        key = base64.b64decode(secret.split("_", 1)[1])
        content = b".".join([self.id.encode(), moment.encode(), self.body])
        wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
        return any(
            version == "v1" and hmac.compare_digest(signature.encode(), wanted)
            for version, _, signature in (
                each.partition(",") for each in self.headers["webhook-signature"].split(" ")
            )
        )


class Receiver:
    """Answers 204 to everybody, until `answer` says otherwise."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = status(204)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append(Got(self.path, headers, body))
                receiver.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Whoever asked has gone: that is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def status(code: int, text: str = "", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """What answers so; a header's name has underscores for dashes."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        body = text.encode()
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer
