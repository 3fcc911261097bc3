"""Files: `published/`, the embed and the built blog, answered without Flask.

A stat, and bytes kept in memory while the file's date stands. ETag, 304 and the compressed sibling by
`Accept-Encoding` are what a web server in front would do as well.
"""

import errno
import os
import re
import stat
from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from comments_service.config import Settings
from formats import files, http_headers
from formats.snapshots import SERVED

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

STATIC = Path(__file__).parent / "static"
# Enough for the busy part of a blog; what is read seldom is read from disk.
MAX_CACHE_BYTES = 16_000_000
MAX_CACHED_FILE_BYTES = 1_000_000
# Smaller answers fit into one packet anyway.
MIN_COMPRESSED_BYTES = 512
MAX_ACCEPTED_CHARS = 200

_asset = re.compile(r"(?:static/)?([a-z0-9-]+\.(?:js|css|svg|png))")

Headers = list[tuple[str, str]]


class Found(NamedTuple):
    """A file as it is answered, for one encoding, while `stamp` stands."""

    stamp: tuple[int, int]
    etag: str
    body: bytes
    headers: Headers


class Place(NamedTuple):
    """A folder whose files are answered, and the headers that all of them get."""

    path: Path
    headers: Headers


class Files:
    """Answers requests for files; everything else is `None` and goes on to Flask."""

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.prefix
        self._site_path = urlsplit(settings.site_url).path.rstrip("/") + "/"
        output = settings.output_folder
        self._output = str(output.absolute()) if output else None
        self._published = str(settings.published.absolute())
        self._cache: OrderedDict[tuple[str, str], Found] = OrderedDict()
        self._cached_bytes = 0
        self._lock = Lock()
        secure = settings.secure
        self._shared_headers = _listed(
            {**http_headers.SNIFF, **(http_headers.TLS if secure else {}), **http_headers.SHARED}
        )
        self._site_headers, self._search_headers = (
            _listed(http_headers.site_headers(settings.base, secure=secure, compiles=compiles))
            for compiles in (False, True)
        )

    def answer(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        # WSGI hands the path over as latin-1; files are named in UTF-8.
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        if path.startswith(self._prefix):
            name = path[len(self._prefix) :]
            if SERVED.fullmatch(name):
                place, headers = f"{self._published}/{name}", self._shared_headers
            elif asset := _asset.fullmatch(name):
                place, headers = f"{STATIC}/{asset[1]}", self._shared_headers
            else:
                return None
            return self._send(environ, start, place, headers)
        if self._output is None:
            return None
        return self._send_page(environ, start, path, self._output)

    def _send_page(
        self, environ: "WSGIEnvironment", start: "StartResponse", path: str, output: str
    ) -> Iterable[bytes] | None:
        """A file of the blog, a folder's index, a redirect to the folder, or its own 404 page."""
        if path and path + "/" == self._site_path:
            return _moved(environ, start, path)
        relative = path.removeprefix(self._site_path) if path.startswith(self._site_path) else None
        if relative is None or not _safe(relative):
            return self._send(environ, start, f"{output}/404.html", self._site_headers, 404)
        place = f"{output}/{relative}"
        if path.endswith("/"):
            place += "index.html"
        headers = self._search_headers if http_headers.compiles(relative) else self._site_headers
        answer = self._send(environ, start, place, headers)
        if answer is not None:
            return answer
        # Asked only now that no file has the name, so that no name is too long to be looked for.
        if not path.endswith("/") and os.path.isdir(place):  # noqa: PTH112 - Path's raises
            return _moved(environ, start, path)
        return self._send(environ, start, f"{output}/404.html", self._site_headers, 404)

    def _send(
        self,
        environ: "WSGIEnvironment",
        start: "StartResponse",
        place: str,
        headers: Headers,
        status: int = 200,
    ) -> Iterable[bytes] | None:
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        # No browser's is that long, and what is remembered must stay small.
        encoding = _encoding(accepted) if len(accepted) <= MAX_ACCEPTED_CHARS else ""
        try:
            found = self._found(place, encoding, headers)
        except OSError as error:
            if error.errno not in _not_there:
                raise
            return None
        known = environ.get("HTTP_IF_NONE_MATCH", "")
        if status == 200 and (found.etag in known or known == "*"):
            start("304 Not Modified", [each for each in found.headers if each[0] in _kept_in_304])
            return [b""]
        start("200 OK" if status == 200 else "404 Not Found", found.headers)
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [found.body]

    def _found(self, place: str, encoding: str, headers: Headers) -> Found:
        """The file from memory if its date and size still stand, else from disk."""
        file = os.stat(place)  # noqa: PTH116 - half the cost of Path.stat, on every read
        if not stat.S_ISREG(file.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), place)
        stamp = (file.st_mtime_ns, file.st_size)
        known = self._cache.get((place, encoding))
        if known is not None and known.stamp == stamp:
            return known
        found = _read(Path(place), encoding, stamp, headers)
        if len(found.body) <= MAX_CACHED_FILE_BYTES:
            with self._lock:
                self._keep((place, encoding), found)
        return found

    def _keep(self, key: tuple[str, str], found: Found) -> None:
        if (old := self._cache.pop(key, None)) is not None:
            self._cached_bytes -= len(old.body)
        self._cache[key] = found
        self._cached_bytes += len(found.body)
        while self._cached_bytes > MAX_CACHE_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= len(dropped.body)


_not_there = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES}
)
_kept_in_304 = frozenset(
    {"ETag", "Cache-Control", "Vary", "Content-Security-Policy", "Access-Control-Allow-Origin"}
)


@lru_cache(maxsize=512)
def _encoding(accepted: str) -> str:
    """The encoding that a client likes best, brotli where it likes both; empty for none.

    Remembered, because browsers send the same few headers with every request.
    """
    weights: dict[str, float] = {}
    for each in accepted.lower().split(","):
        name, _, options = each.partition(";")
        weight = options.strip().removeprefix("q=") if options else "1"
        try:
            weights[name.strip().removeprefix("x-")] = float(weight)
        except ValueError:
            continue
    others = weights.get("*", 0.0)
    br, gz = weights.get("br", others), weights.get("gzip", others)
    if br > 0 and br >= gz:
        return "br"
    return "gzip" if gz > 0 else ""


def _listed(headers: dict[str, str]) -> Headers:
    return [*headers.items(), ("Vary", "Accept-Encoding")]


def _moved(environ: "WSGIEnvironment", start: "StartResponse", path: str) -> Iterable[bytes]:
    """To the folder of that name. A query that could end the header's line is left behind."""
    query = environ.get("QUERY_STRING", "")
    location = quote(path) + "/" + (f"?{query}" if query.isprintable() and query else "")
    start("301 Moved Permanently", [("Location", location), ("Content-Length", "0")])
    return [b""]


def _safe(relative: str) -> bool:
    """Whether a path stays in its folder, names no hidden file, and cannot be read as a host."""
    *folders, name = relative.split("/")
    return all(folders) and not any(
        part.startswith(".") or "\\" in part or "\0" in part for part in (*folders, name)
    )


def _read(path: Path, encoding: str, stamp: tuple[int, int], headers: Headers) -> Found:
    kind = http_headers.content_type(path.name)
    body = path.read_bytes()
    used = ""
    if kind.endswith(http_headers.CHARSET) and encoding and len(body) >= MIN_COMPRESSED_BYTES:
        body, used = _compressed(path, body, encoding, stamp), encoding
    etag = f'"{stamp[0]:x}-{stamp[1]:x}{"-" + used if used else ""}"'
    own = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("ETag", etag),
        ("Cache-Control", http_headers.freshness(path.name)),
    ]
    if used:
        own.append(("Content-Encoding", used))
    return Found(stamp, etag, body, [*own, *headers])


def _compressed(path: Path, body: bytes, encoding: str, stamp: tuple[int, int]) -> bytes:
    """The sibling's bytes if it belongs to the file, else the file compressed once."""
    gz, br = files.siblings(path)
    sibling = br if encoding == "br" else gz
    try:
        with sibling.open("rb") as file:
            # A file and its siblings carry one time; with another it belongs to another version.
            if os.fstat(file.fileno()).st_mtime_ns == stamp[0]:
                return file.read()
    except FileNotFoundError:
        pass
    return files.packed(body, sibling.suffix)
