"""What the server runs: files first, Flask only for those who write.

`published/`, the embed and the built blog are answered here, before Flask is entered: a stat, and
bytes kept in memory while the file's date stands. ETag, 304 and the compressed sibling by
`Accept-Encoding` are what a web server in front would do as well.
"""

import errno
import gzip
import mimetypes
import os
import re
import stat
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

import brotli

from comments_service import config
from comments_service.config import Settings
from formats import files

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

STATIC = Path(__file__).parent / "static"
# Enough for the busy part of a blog; what is read seldom is read from disk.
MAX_CACHE_BYTES = 16_000_000
MAX_CACHED_FILE_BYTES = 1_000_000
# How long a request waits for a start: a blog of thousands of articles that has no snapshots yet
# goes on writing them while it answers.
LOADING_SECONDS = 10.0
# Smaller answers fit into one packet anyway.
MIN_COMPRESSED_BYTES = 512
MAX_ACCEPTED_CHARS = 200

# `threads/<id>[.<lang>][.<page>].<kind>` and the files of the whole site, and nothing else.
_snapshot = re.compile(
    r"threads/[a-z0-9][a-z0-9-]{0,127}(?:\.[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)?(?:\.[0-9]{1,6})?"
    r"\.(?:html|json|atom)|counts\.json|recent\.(?:html|json|atom)|ui\.[A-Za-z0-9-]{1,35}\.html"
    r"|discussions(?:\.[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)?(?:\.[0-9]{1,4})?\.(?:html|json)"
)
_asset = re.compile(r"(?:static/)?([a-z0-9-]+\.(?:js|css|svg|png))")
_hashed_name = re.compile(
    r"\.[0-9a-f]{8,}(?:-[0-9]+)?\.(?:js|css|svg|png|jpe?g|webp|avif)$"
    r"|_[0-9a-f]{7,}\.pf_(?:fragment|index|meta)$"
)
# Where the blog's search is, in each language, and where its index and its worker are.
_search = re.compile(r"(?:[a-z]{2,3}(?:-[a-z0-9]{2,8})*/)?search/|pagefind/.+")
_text = frozenset(
    {
        *("text/html", "text/css", "text/javascript", "text/plain", "text/xml"),
        *("application/json", "application/atom+xml", "application/xml", "image/svg+xml"),
    }
)
_types: Mapping[str, str] = {
    ".atom": "application/atom+xml",
    ".js": "text/javascript",
    ".json": "application/json",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".xml": "application/xml",
}

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
        common = [("X-Content-Type-Options", "nosniff"), ("Vary", "Accept-Encoding")]
        if settings.secure:
            common.append(("Strict-Transport-Security", "max-age=31536000"))
        # Snapshots and the embed hold nothing private: any page may fetch them.
        shared = [*common, ("Access-Control-Allow-Origin", "*")]
        self._snapshot_headers = [*shared, ("Cross-Origin-Resource-Policy", "cross-origin")]
        self._site_headers, self._search_headers = (
            [
                *common,
                ("Content-Security-Policy", site_policy(settings, compiles=compiles)),
                ("Referrer-Policy", "strict-origin-when-cross-origin"),
            ]
            for compiles in (False, True)
        )

    def answer(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        # WSGI hands the path over as latin-1; files are named in UTF-8.
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        if path.startswith(self._prefix):
            name = path[len(self._prefix) :]
            if _snapshot.fullmatch(name):
                place, headers = f"{self._published}/{name}", self._snapshot_headers
            elif asset := _asset.fullmatch(name):
                place, headers = f"{STATIC}/{asset[1]}", self._snapshot_headers
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
        headers = self._search_headers if _search.fullmatch(relative) else self._site_headers
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
        facts = os.stat(place)  # noqa: PTH116 - half the cost of Path.stat, on every read
        if not stat.S_ISREG(facts.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), place)
        stamp = (facts.st_mtime_ns, facts.st_size)
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
    # Pelican's name for a feed.
    suffix = ".atom" if path.name.endswith(".atom.xml") else path.suffix
    kind = _types.get(suffix) or mimetypes.guess_type(path.name)[0]
    kind = kind or "application/octet-stream"
    body = path.read_bytes()
    used = ""
    if kind in _text and encoding and len(body) >= MIN_COMPRESSED_BYTES:
        body, used = _compressed(path, body, encoding, stamp), encoding
    etag = f'"{stamp[0]:x}-{stamp[1]:x}{"-" + used if used else ""}"'
    own = [
        ("Content-Type", f"{kind}; charset=utf-8" if kind in _text else kind),
        ("Content-Length", str(len(body))),
        ("ETag", etag),
        ("Cache-Control", _freshness(path)),
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
    if encoding == "br":
        smaller: bytes = brotli.compress(body, quality=files.BROTLI_QUALITY)
        return smaller
    return gzip.compress(body, files.GZIP_LEVEL, mtime=0)


def _freshness(path: Path) -> str:
    """Names with a hash never change; everything else is asked for again, at the cost of a 304."""
    return "public, max-age=31536000, immutable" if _hashed_name.search(path.name) else "no-cache"


def site_policy(settings: Settings, *, compiles: bool = False) -> str:
    """The blog's pages load nothing from elsewhere; they talk to the service.

    The search alone compiles WebAssembly, in its page and in the worker that this starts.
    """
    wasm = " 'wasm-unsafe-eval'" if compiles else ""
    service = "" if settings.base.startswith("/") else f" {config.origin_of(settings.comments_url)}"
    return (
        f"default-src 'self'; script-src 'self'{service}{wasm}; style-src 'self'{service};"
        f" img-src 'self' data:; connect-src 'self'{service}; form-action 'self'{service};"
        " object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
    )


def assemble(files: Files, flask: "WSGIApplication") -> "WSGIApplication":
    """Files before Flask."""
    answer: Callable[..., Iterable[bytes] | None] = files.answer

    def application(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        sent = answer(environ, start)
        return flask(environ, start) if sent is None else sent

    return application


class Service(Thread):
    """Flask and what it stands on, loaded while files are being served already.

    Whoever writes in the first second after a start waits until all is loaded, the manifest is
    taken over and the snapshots are there; whoever reads what is there already does not.
    """

    def __init__(self, settings: Settings, files: Files) -> None:
        super().__init__(name="loading", daemon=True)
        self._settings = settings
        self._files = files
        self._app: Flask | None = None
        self.start()

    def run(self) -> None:
        from comments_service import create_app
        from comments_service.outbox import Postman
        from comments_service.publishing.publisher import Publisher

        app = create_app(self._settings, commands=False)
        app.extensions["publisher"] = publisher = Publisher(app, self._settings)
        self._app = app
        publisher.turn()
        publisher.start()
        Postman(app, self._settings).start()

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if self.is_alive():
            self.join(LOADING_SECONDS)
            # A snapshot that was yet to be written is not missing.
            if (sent := self._files.answer(environ, start)) is not None:
                return sent
        if self._app is None:
            raise RuntimeError("The service could not be loaded; the log says why.")
        return self._app(environ, start)


def serve() -> "WSGIApplication":
    """The application with its threads running: one publisher and one postman a process."""
    settings = config.from_environment()
    files = Files(settings)
    return assemble(files, Service(settings, files))


def __getattr__(name: str) -> "WSGIApplication":
    # Started when a server asks for it, not when a test or a tool imports this room.
    if name == "application":
        globals()[name] = serve()
        return globals()[name]  # type: ignore[no-any-return]
    raise AttributeError(name)
