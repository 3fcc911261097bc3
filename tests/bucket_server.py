"""A storage that speaks as much of S3 as `published/` needs, with conditions and the keys' signatures unread.

rclone's, which the tests of `publish` use, heeds no `If-Match`. This one can be away, can hold a request back,
and writes down what was asked.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "shared"


class Object(NamedTuple):
    data: bytes
    headers: dict[str, str]
    etag: str


class Storage:
    """The bucket `shared`: its objects, by their names, and how it behaves."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        # Each request as method and name, with what was answered.
        self.asked: list[tuple[str, str, int]] = []
        self.away = False
        self.heeds_conditions = True
        # Asked before a put is carried out, outside of the lock: it may wait.
        self.before_put: Callable[[str, bytes], None] = lambda _name, _data: None
        # Asked when objects were listed, before that is answered.
        self.after_list: Callable[[], None] = lambda: None
        # A name's revision that fell, or whatever else should not be.
        self.fell: list[str] = []
        self.lock = threading.Lock()
        self.url = ""

    @property
    def environ(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "a-key-of-some-length",
            "AWS_SECRET_ACCESS_KEY": "a-secret-of-some-length",
            "COMMENTS_PUBLISHED_BUCKET": f"s3://{BUCKET}",
        }

    def files(self) -> dict[str, bytes]:
        """What readers can get."""
        with self.lock:
            return {
                name: each.data for name, each in self.objects.items() if not name.startswith(".")
            }

    def put(self, name: str, data: bytes, headers: dict[str, str]) -> tuple[int, str]:
        self.before_put(name, data)
        with self.lock:
            old = self.objects.get(name)
            if self.heeds_conditions:
                if headers.get("if-none-match") == "*" and old:
                    return 412, old.etag
                wanted = headers.get("if-match")
                if wanted is not None and (old is None or wanted != old.etag):
                    return 412, ""
            kept = {
                each: value
                for each, value in headers.items()
                if each in ("content-type", "cache-control", "content-encoding")
                or each.startswith("x-amz-meta-")
            }
            if old and _revision(old.headers) > _revision(kept):
                self.fell.append(name)
            etag = (
                f'"{hashlib.sha256(data + repr(kept).encode()).hexdigest()}{time.monotonic_ns()}"'
            )
            self.objects[name] = Object(data, kept, etag)
            return 200, etag


def _revision(headers: dict[str, str]) -> int:
    return int(headers.get("x-amz-meta-revision", "-1"))


def _handler(storage: Storage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, status: int, data: bytes = b"", **headers: str) -> None:
            name = unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}").removeprefix("/")
            storage.asked.append((self.command, name, status))
            self.send_response(status)
            for each, value in headers.items():
                self.send_header(each.replace("_", "-"), value)
            self.send_header("Last-Modified", "Mon, 30 Nov 2026 00:00:00 GMT")
            if status != 204 and self.command != "HEAD":
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def _act(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if storage.away:
                self.close_connection = True
                self.connection.close()
                return
            address = urlsplit(self.path)
            name = unquote(address.path).removeprefix(f"/{BUCKET}").removeprefix("/")
            if self.command == "PUT":
                told = {each.lower(): value for each, value in self.headers.items()}
                status, etag = storage.put(name, body, told)
                said = b"<Error><Code>PreconditionFailed</Code></Error>" if status == 412 else b""
                self._answer(status, said, ETag=etag)
            elif self.command == "DELETE":
                with storage.lock:
                    storage.objects.pop(name, None)
                self._answer(204)
            elif not name:
                self._list(parse_qs(address.query, keep_blank_values=True))
            elif found := storage.objects.get(name):
                size = {"Content_Length": str(len(found.data))} if self.command == "HEAD" else {}
                self._answer(200, found.data, ETag=found.etag, **size, **found.headers)
            else:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

        def _list(self, query: dict[str, list[str]]) -> None:
            prefix, after = (query.get(each, [""])[0] for each in ("prefix", "start-after"))
            with storage.lock:
                names = sorted(storage.objects)
            some = [each for each in names if each.startswith(prefix) and each > after]
            storage.after_list()
            lines = "".join(
                f"<Contents><Key>{escape(each)}</Key><LastModified>2026-11-30T00:00:00.000Z"
                f"</LastModified><ETag>x</ETag><Size>1</Size></Contents>"
                for each in some
            )
            text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{lines}</ListBucketResult>"
            self._answer(200, text.encode(), Content_Type="application/xml")

    for method in ("GET", "HEAD", "PUT", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._act)
    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever is killed says no goodbye."""


@contextmanager
def storage() -> Iterator[Storage]:
    made = Storage()
    with _Server(("127.0.0.1", 0), _handler(made)) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
