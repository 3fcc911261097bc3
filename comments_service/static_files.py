"""Files: `published/`, the embed and the built blog, answered without Flask.

A stat, and bytes kept in memory while the file's date stands. ETag, 304, ranges and the compressed
sibling by `Accept-Encoding` are what a web server in front would do as well. Of a large file it is said
where it lies, for the server to send it piece by piece.
"""

import contextlib
import errno
import os
import re
import stat
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol
from urllib.parse import quote, unquote, urlsplit

from comments_service.config import Settings
from formats import files, http_headers
from formats.snapshots import SERVED

STATIC = Path(__file__).parent / "static"
# Enough for the busy part of a blog; what is read seldom is read from disk.
MAX_CACHE_BYTES = 16_000_000
# Larger ones are sent from disk: each that is sent whole is copied, for as long as its reader takes.
MAX_WHOLE_BYTES = 128 * 1024
# Larger ones are not compressed here, which would take seconds.
MAX_PACKED_BYTES = 1_000_000
# Smaller answers fit into one packet anyway.
MIN_COMPRESSED_BYTES = 512
MAX_ACCEPTED_CHARS = 200

_range = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")
# Styles that foreign pages load into no layer, and the service's own pages into one: they go beyond it.
_LAYERS = {
    f"static/{name}.css": "components"
    for name in ("embed", "embed-mentions", "embed-votes", "sign-in")
}
# What no thread can be called, asked for as its file.
_unknown = re.compile(r"threads/[^/]*\.(?:html|json|atom)")
_asset = re.compile(r"(?:static/)?([a-z0-9-]+\.(?:js|css|svg|png))")

Headers = list[tuple[str, str]]


class Asked(Protocol):
    """The headers of a request, by their names in small letters."""

    def get(self, name: str, default: str, /) -> str: ...


class Part(NamedTuple):
    """Of a file on disk, what is sent of it; no more of it is ever in memory than the server is sending."""

    path: str
    begin: int
    end: int


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes | Part | None


class Found(NamedTuple):
    """A file as it is answered, for one encoding, while `stamp` stands."""

    place: str
    stamp: tuple[int, int]
    etag: str
    size: int
    whole: Answer
    unchanged: Answer

    def answer(self, asked: Asked) -> Answer:
        tags = asked.get("if-none-match", "")
        if self.etag in tags or tags == "*":
            return self.unchanged
        # A date never matches: none is sent.
        if (wanted := asked.get("range", "")) and asked.get("if-range", self.etag) == self.etag:
            part = _part(wanted, self.size)
            return self._part(*part) if part else self.whole
        return self.whole

    def _part(self, begin: int, end: int) -> Answer:
        """One range, or 416 where the file has nothing there."""
        if begin >= self.size:
            missed = ("Content-Range", f"bytes */{self.size}")
            return Answer(416, [missed, ("Content-Length", "0")], None)
        _, headers, body = self.whole
        own = [
            ("Content-Length", str(end - begin)),
            ("Content-Range", f"bytes {begin}-{end - 1}/{self.size}"),
        ]
        part = Part(body.path, begin, end) if isinstance(body, Part) else (body or b"")[begin:end]
        return Answer(206, [*own, *(each for each in headers if each[0] != "Content-Length")], part)


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
        # Old addresses and the new ones, while the file that tells them stands.
        self._moves: tuple[tuple[int, int], dict[str, str]] = ((0, 0), {})
        self._lock = Lock()
        self._secure = secure = settings.secure
        self._shared_headers = _listed(
            {**http_headers.SNIFF, **(http_headers.TLS if secure else {}), **http_headers.SHARED}
        )
        # Of a site whose build has written no policy.
        self._policies = {
            compiles: http_headers.of_page(settings.base, compiles=compiles)
            for compiles in (False, True)
        }

    def known(self, method: str, path: str, asked: Asked) -> Answer | None:
        """The way of nearly every request: what was answered before, while its file stands."""
        found = self._cache.get((path, _wanted(asked)))
        if found is None or method != "GET":
            return None
        try:
            stands = _stamp(found.place) == found.stamp
        except OSError:
            return None
        return found.answer(asked) if stands else None

    def answer(self, method: str, path: str, query: str, asked: Asked) -> Answer | None:
        """Any file, from disk where it must be; `path` is decoded, and nothing in it is trusted."""
        if method not in ("GET", "HEAD"):
            return None
        if method == "HEAD":
            # A part is of what is sent, and nothing is.
            found = self._answer(path, query, _WithoutRange(asked))
            return found and found._replace(body=None)
        return self._answer(path, query, asked)

    def _answer(self, path: str, query: str, asked: Asked) -> Answer | None:
        if path.startswith(self._prefix):
            name = path[len(self._prefix) :]
            headers = self._shared_headers
            if SERVED.fullmatch(name):
                return self._file(path, f"{self._published}/{name}", headers, asked) or _missing(
                    headers
                )
            if asset := _asset.fullmatch(name):
                layer = _LAYERS.get(name, "")
                return self._file(path, f"{STATIC}/{asset[1]}", headers, asked, layer)
            return _missing(headers) if _unknown.fullmatch(name) else None
        if self._output is None:
            return None
        return self._page(path, query, self._output, asked)

    def _page(self, path: str, query: str, output: str, asked: Asked) -> Answer | None:
        """A file of the blog, a folder's index, a redirect to the folder, or its own 404 page."""
        if path and path + "/" == self._site_path:
            return _moved(quote(path) + "/", query)
        relative = path.removeprefix(self._site_path) if path.startswith(self._site_path) else None
        if relative is None or not _safe(relative):
            return self._missing(output, asked)
        if new := self._new_address(path, f"{output}/_redirects"):
            return _moved(new, query)
        place = f"{output}/{relative}"
        if path.endswith("/"):
            place += "index.html"
        answer = self._file(path, place, http_headers.compiles(relative), asked)
        if answer is not None:
            return answer
        # Asked only now that no file has the name, so that no name is too long to be looked for.
        if not path.endswith("/") and os.path.isdir(place):  # noqa: PTH112 - Path's raises
            return _moved(quote(path) + "/", query)
        return self._missing(output, asked)

    def _new_address(self, path: str, rules: str) -> str:
        """Where an article has gone whose old address this is, or nothing.

        By the lines that the build has written for hosts. Unlike the page that stands there for those that
        do not read them, a redirect keeps what is behind `#`, and so the comment that a link leads to.
        """
        try:
            stamp = _stamp(rules)
        except OSError:
            return ""
        if self._moves[0] != stamp:
            lines = [line.split() for line in Path(rules).read_text("utf-8").splitlines()]
            self._moves = stamp, {unquote(line[0]): line[1] for line in lines if len(line) > 1}
        new = self._moves[1].get(path, "")
        return new if new.startswith("/") and not new.startswith("//") else ""

    def _headers_of_site(self, compiles: bool) -> Headers:
        """With the policy that the build has written. It is asked for with each file from disk, and no oftener:
        a page says its policy itself, and has changed where that has.
        """
        policy = self._policies[compiles]
        with contextlib.suppress(OSError, UnicodeDecodeError):
            written = Path(f"{self._output}/{http_headers.POLICY_FILES[compiles]}")
            said = written.read_text("ascii").rstrip("\n")
            if said.isprintable() and 0 < len(said) <= http_headers.MAX_POLICY_CHARS:
                policy = said
        return _listed(http_headers.site_headers(policy, secure=self._secure))

    def _missing(self, output: str, asked: Asked) -> Answer | None:
        # No path of a request begins like this.
        found = self._found("404", f"{output}/404.html", _wanted(asked), False)
        return found and found.whole._replace(status=404)

    def _file(
        self, path: str, place: str, headers: Headers | bool, asked: Asked, layer: str = ""
    ) -> Answer | None:
        """With these headers, or those of the site, where a file may compile or not."""
        found = self._found(path, place, _wanted(asked), headers, layer)
        return found and found.answer(asked)

    def _found(
        self, path: str, place: str, encoding: str, headers: Headers | bool, layer: str = ""
    ) -> Found | None:
        """The file from memory if its date and size still stand, else from disk."""
        try:
            stamp = _stamp(place)
            known = self._cache.get((path, encoding))
            if known is not None and known.stamp == stamp:
                return known
            # A sibling has no address.
            if place.endswith((".gz", ".br")) and os.path.isfile(place[:-3]):  # noqa: PTH113 - as below
                return None
            if isinstance(headers, bool):
                headers = self._headers_of_site(headers)
            found = _read(Path(place), encoding, stamp, headers, layer)
        except OSError as error:
            if error.errno not in _not_there:
                raise
            return None
        if isinstance(found.whole.body, bytes):
            with self._lock:
                self._keep((path, encoding), found)
        return found

    def _keep(self, key: tuple[str, str], found: Found) -> None:
        if (old := self._cache.pop(key, None)) is not None:
            self._cached_bytes -= old.size
        self._cache[key] = found
        self._cached_bytes += found.size
        while self._cached_bytes > MAX_CACHE_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= dropped.size


class _WithoutRange:
    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def get(self, name: str, default: str, /) -> str:
        return default if name == "range" else self._asked.get(name, default)


def _stamp(place: str) -> tuple[int, int]:
    """What changes when a file does. Raises OSError, also for what is no file."""
    file = os.stat(place)  # noqa: PTH116 - half the cost of Path.stat, on every read
    if not stat.S_ISREG(file.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), place)
    return file.st_mtime_ns, file.st_size


def _wanted(asked: Asked) -> str:
    accepted = asked.get("accept-encoding", "")
    # No browser's is that long, and what is remembered must stay small.
    return _encoding(accepted) if len(accepted) <= MAX_ACCEPTED_CHARS else ""


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


def _moved(address: str, query: str) -> Answer:
    """To another address here. A query that could end the header's line is left behind."""
    location = address + (f"?{query}" if query.isprintable() and query else "")
    return Answer(301, [("Location", location), ("Content-Length", "0")], None)


def _missing(headers: Headers) -> Answer:
    """With the headers of files that are there, or a page on another site would be told of those."""
    own = [("Content-Length", "0"), ("Cache-Control", http_headers.FRESH)]
    return Answer(404, [*own, *headers], None)


def _safe(relative: str) -> bool:
    """Whether a path stays in its folder, names no hidden file, and cannot be read as a host."""
    # What other programs look for in a fixed place (RFC 8615); nothing in it is hidden.
    relative = relative.removeprefix(".well-known/")
    *folders, name = relative.split("/")
    return all(folders) and not any(
        part.startswith(".") or "\\" in part or "\0" in part for part in (*folders, name)
    )


def _read(path: Path, encoding: str, stamp: tuple[int, int], headers: Headers, layer: str) -> Found:
    """The file, or its compressed sibling, or the file compressed; a large one stays on disk."""
    kind = http_headers.content_type(path.name)
    size, body, used = stamp[1], b"", ""
    source = path
    if layer:
        body = b"@layer %b{\n%b}\n" % (layer.encode(), path.read_bytes())
    if encoding and kind.endswith(http_headers.CHARSET) and size >= MIN_COMPRESSED_BYTES:
        sibling = files.siblings(path)[encoding == "br"]
        if (its_size := _size_of_sibling(sibling, stamp)) is not None:
            source, size, used = sibling, its_size, encoding
        elif size <= MAX_PACKED_BYTES:
            body, used = files.packed(body or path.read_bytes(), sibling.suffix), encoding
    if body or size <= MAX_WHOLE_BYTES:
        body = body or source.read_bytes()
        sent: bytes | Part = body
        size = len(body)
    else:
        sent = Part(str(source), 0, size)
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
    listed = [*own, *headers]
    unchanged = [each for each in listed if each[0] in _kept_in_304]
    return Found(
        *(str(path), stamp, etag, size, Answer(200, listed, sent), Answer(304, unchanged, None))
    )


def _size_of_sibling(sibling: Path, stamp: tuple[int, int]) -> int | None:
    """How large the compressed sibling is, if it belongs to the file as it is now."""
    try:
        file = sibling.stat()
    except FileNotFoundError:
        return None
    # A file and its siblings carry one time; with another it belongs to another version.
    return file.st_size if file.st_mtime_ns == stamp[0] else None


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
