"""Files: `published/`, the embed and the built blog, answered without Flask.

A stat, and bytes kept in memory while the file's date stands. ETag, 304, ranges and the compressed
sibling by `Accept-Encoding` are what a web server in front would do as well. A large file is read
piece by piece.
"""

import errno
import os
import re
import stat
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from urllib.parse import quote, urlsplit

from comments_service.config import Settings
from formats import files, http_headers
from formats.snapshots import SERVED

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

STATIC = Path(__file__).parent / "static"
# Enough for the busy part of a blog; what is read seldom is read from disk.
MAX_CACHE_BYTES = 16_000_000
# Larger files are neither kept nor compressed here, and never whole in memory.
MAX_CACHED_FILE_BYTES = 1_000_000
PIECE_BYTES = 64 * 1024
# Smaller answers fit into one packet anyway.
MIN_COMPRESSED_BYTES = 512
MAX_ACCEPTED_CHARS = 200

_range = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")
# What no thread can be called, asked for as its file.
_unknown = re.compile(r"threads/[^/]*\.(?:html|json|atom)")
_asset = re.compile(r"(?:static/)?([a-z0-9-]+\.(?:js|css|svg|png))")

Headers = list[tuple[str, str]]


class Found(NamedTuple):
    """A file as it is answered, for one encoding, while `stamp` stands.

    A large one is open, to be read in pieces: whoever gets it closes it.
    """

    stamp: tuple[int, int]
    etag: str
    size: int
    body: bytes | BinaryIO
    headers: Headers

    def close(self) -> None:
        if not isinstance(self.body, bytes):
            self.body.close()


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
            headers = self._shared_headers
            if SERVED.fullmatch(name):
                answer = self._send(environ, start, f"{self._published}/{name}", headers)
                return answer or _missing(start, headers)
            if asset := _asset.fullmatch(name):
                return self._send(environ, start, f"{STATIC}/{asset[1]}", headers)
            return _missing(start, headers) if _unknown.fullmatch(name) else None
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
            found.close()
            start("304 Not Modified", [each for each in found.headers if each[0] in _kept_in_304])
            return [b""]
        if environ["REQUEST_METHOD"] == "HEAD":
            found.close()
            start("200 OK" if status == 200 else "404 Not Found", found.headers)
            return [b""]
        if status == 200 and (asked := environ.get("HTTP_RANGE")):
            # A date never matches: none is sent.
            unchanged = environ.get("HTTP_IF_RANGE", found.etag) == found.etag
            if unchanged and (part := _part(asked, found.size)) is not None:
                return _send_part(start, found, *part)
        start("200 OK" if status == 200 else "404 Not Found", found.headers)
        return _pieces(found.body, 0, found.size)

    def _found(self, place: str, encoding: str, headers: Headers) -> Found:
        """The file from memory if its date and size still stand, else from disk."""
        file = os.stat(place)  # noqa: PTH116 - half the cost of Path.stat, on every read
        if not stat.S_ISREG(file.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), place)
        stamp = (file.st_mtime_ns, file.st_size)
        known = self._cache.get((place, encoding))
        if known is not None and known.stamp == stamp:
            return known
        if place.endswith((".gz", ".br")) and os.path.isfile(place[:-3]):  # noqa: PTH113 - as above
            raise FileNotFoundError(errno.ENOENT, "a sibling, which has no address", place)
        if stamp[1] > MAX_CACHED_FILE_BYTES:
            return _open(Path(place), encoding, headers)
        found = _read(Path(place), encoding, stamp, headers)
        if found.size <= MAX_CACHED_FILE_BYTES:
            with self._lock:
                self._keep((place, encoding), found)
        return found

    def _keep(self, key: tuple[str, str], found: Found) -> None:
        if (old := self._cache.pop(key, None)) is not None:
            self._cached_bytes -= old.size
        self._cache[key] = found
        self._cached_bytes += found.size
        while self._cached_bytes > MAX_CACHE_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= dropped.size


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


def _missing(start: "StartResponse", headers: Headers) -> Iterable[bytes]:
    """With the headers of files that are there, or a page on another site would be told of those."""
    own = [("Content-Length", "0"), ("Cache-Control", http_headers.FRESH)]
    start("404 Not Found", [*own, *headers])
    return [b""]


def _safe(relative: str) -> bool:
    """Whether a path stays in its folder, names no hidden file, and cannot be read as a host."""
    # What other programs look for in a fixed place (RFC 8615); nothing in it is hidden.
    relative = relative.removeprefix(".well-known/")
    *folders, name = relative.split("/")
    return all(folders) and not any(
        part.startswith(".") or "\\" in part or "\0" in part for part in (*folders, name)
    )


def _read(path: Path, encoding: str, stamp: tuple[int, int], headers: Headers) -> Found:
    kind = http_headers.content_type(path.name)
    body = path.read_bytes()
    used = ""
    if kind.endswith(http_headers.CHARSET) and encoding and len(body) >= MIN_COMPRESSED_BYTES:
        sibling = _sibling(path, encoding, stamp)
        if sibling is None:
            body = files.packed(body, files.siblings(path)[encoding == "br"].suffix)
        else:
            with sibling:
                body = sibling.read()
        used = encoding
    return _as_found(path, kind, used, stamp, len(body), body, headers)


def _open(path: Path, encoding: str, headers: Headers) -> Found:
    """A large file, or its sibling, open: its size is that of what will be read, whatever comes after."""
    kind = http_headers.content_type(path.name)
    file = path.open("rb")
    now = os.fstat(file.fileno())
    stamp = (now.st_mtime_ns, now.st_size)
    if kind.endswith(http_headers.CHARSET) and encoding:
        sibling = _sibling(path, encoding, stamp)
        if sibling is not None:
            file.close()
            size = os.fstat(sibling.fileno()).st_size
            return _as_found(path, kind, encoding, stamp, size, sibling, headers)
    return _as_found(path, kind, "", stamp, stamp[1], file, headers)


def _sibling(path: Path, encoding: str, stamp: tuple[int, int]) -> BinaryIO | None:
    """The compressed sibling, open, if it belongs to the file as it is now."""
    gz, br = files.siblings(path)
    try:
        file = (br if encoding == "br" else gz).open("rb")
    except FileNotFoundError:
        return None
    # A file and its siblings carry one time; with another it belongs to another version.
    if os.fstat(file.fileno()).st_mtime_ns == stamp[0]:
        return file
    file.close()
    return None


def _as_found(
    path: Path,
    kind: str,
    used: str,
    stamp: tuple[int, int],
    size: int,
    body: bytes | BinaryIO,
    headers: Headers,
) -> Found:
    etag = f'"{stamp[0]:x}-{stamp[1]:x}{"-" + used if used else ""}"'
    own = [
        ("Content-Type", kind),
        ("Content-Length", str(size)),
        ("ETag", etag),
        ("Accept-Ranges", "bytes"),
        ("Cache-Control", http_headers.freshness(path.name)),
    ]
    if used:
        own.append(("Content-Encoding", used))
    return Found(stamp, etag, size, body, [*own, *headers])


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """Where one asked range begins and ends; nothing for several and for what is none, as if not asked."""
    found = _range.fullmatch(asked.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size


def _send_part(start: "StartResponse", found: Found, begin: int, end: int) -> Iterable[bytes]:
    """One range of a file, or 416 where it has nothing there."""
    if begin >= found.size:
        found.close()
        own = [("Content-Range", f"bytes */{found.size}"), ("Content-Length", "0")]
        start("416 Range Not Satisfiable", own)
        return [b""]
    own = [
        ("Content-Length", str(end - begin)),
        ("Content-Range", f"bytes {begin}-{end - 1}/{found.size}"),
    ]
    start(
        "206 Partial Content",
        [*own, *(each for each in found.headers if each[0] != "Content-Length")],
    )
    return _pieces(found.body, begin, end)


def _pieces(body: bytes | BinaryIO, begin: int, end: int) -> Iterable[bytes]:
    return [body[begin:end]] if isinstance(body, bytes) else _read_pieces(body, begin, end)


def _read_pieces(file: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(begin)
        while begin < end and (piece := file.read(min(PIECE_BYTES, end - begin))):
            begin += len(piece)
            yield piece
