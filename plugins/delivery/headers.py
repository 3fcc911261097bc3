"""Hosting: how each file of the site is to be served, said to hosts that take our word for it.

Writes `_headers`, which Cloudflare Pages and Netlify read: the policies of pages, the types of feeds,
and that a name with a hash in it never changes. What a bucket tells of its files comes from here too
(`authoring/targets/bucket.py`). The comment service and the samples in `deploy/` say the same in words
of their own; a test compares them all.

Stands in PLUGINS after everything that writes files, `search` included, and before `compress`.
Settings: HOST_HEADERS (True).
"""

import logging
import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from pelican import signals

from plugins import files
from plugins.site import Generator, Pelican

logger = logging.getLogger(__name__)

NAME = "_headers"
# Cloudflare reads so many rules, of lines no longer than this, and leaves out the rest.
MOST_RULES = 100
MOST_CHARS = 2_000
FOREVER = "public, max-age=31536000, immutable"
# Asked for again each time, at the cost of a 304.
FRESH = "no-cache"
HASHED = re.compile(
    r"\.[0-9a-f]{8,}(?:-[0-9]+)?\.(?:js|css|svg|png|jpe?g|webp|avif)$"
    r"|_[0-9a-f]{7,}\.pf_(?:fragment|index|meta)$"
)
# The search alone compiles WebAssembly: its page in each language, and the worker that it starts.
SEARCH_PAGE = re.compile(r"(?:[a-z]{2,3}(?:-[a-z0-9]{2,8})*/)?search/index\.html")
SEARCH_FILES = "pagefind/"
SPECULATION = "speculation-rules.json"
TEXT = frozenset(
    {
        *("text/html", "text/css", "text/javascript", "text/plain", "text/xml"),
        *("application/json", "application/atom+xml", "application/xml", "image/svg+xml"),
    }
)
TYPES: Mapping[str, str] = {
    ".js": "text/javascript",
    ".json": "application/json",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
# What Python knows by itself: what a machine adds to it would differ from one author to the next.
_known = mimetypes.MimeTypes()


def content_type(name: str) -> str:
    """The type of a file of the site, as it stands in the header of that name."""
    if name.endswith(".atom.xml"):
        kind = "application/atom+xml"
    elif PurePosixPath(name).name == SPECULATION:
        return "application/speculationrules+json"
    else:
        suffix = PurePosixPath(name).suffix.lower()
        kind = TYPES.get(suffix) or _known.guess_type(f"x{suffix}")[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind in TEXT else kind


def freshness(name: str) -> str:
    """How long a copy of a file may be used, as Cache-Control says it."""
    return FOREVER if HASHED.search(name) else FRESH


def policy(comments_url: str, *, compiles: bool = False) -> str:
    """What the site's pages may load: what is their own, and what is the comment service's."""
    wasm = " 'wasm-unsafe-eval'" if compiles else ""
    parts = urlsplit(comments_url)
    service = f" {parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""
    return (
        f"default-src 'self'; script-src 'self'{service}{wasm}; style-src 'self'{service};"
        f" img-src 'self' data:; connect-src 'self'{service}; form-action 'self'{service};"
        " object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
    )


def for_all(site: str, comments_url: str) -> dict[str, str]:
    """The headers of every file of the site."""
    headers = {
        "Content-Security-Policy": policy(comments_url),
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if site.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def rules(names: list[str], site: str, comments_url: str) -> Iterator[tuple[str, list[str]]]:
    """Paths with their lines, the most important first; `names` are the files of the site.

    Cloudflare joins what several rules say of one header, which would make two policies of the
    search's one: `!` takes back what was said before. Netlify passes over that line, and there what
    is said last holds.
    """
    prefix = urlsplit(site).path.rstrip("/")
    yield "/*", [f"{name}: {value}" for name, value in for_all(site, comments_url).items()]
    compiling = [name.removesuffix("index.html") for name in names if SEARCH_PAGE.fullmatch(name)]
    if any(name.startswith(SEARCH_FILES) for name in names):
        compiling.append(f"{SEARCH_FILES}*")
    wasm = f"Content-Security-Policy: {policy(comments_url, compiles=True)}"
    for path in compiling:
        yield f"{prefix}/{path}", ["! Content-Security-Policy", wasm]
    for name in names:
        if name.endswith((".atom.xml", f"/{SPECULATION}")):
            yield f"{prefix}/{quote(name)}", [f"Content-Type: {content_type(name)}"]
    for path in forever(names):
        yield f"{prefix}/{quote(path, safe='/*')}", [f"Cache-Control: {FOREVER}"]


def forever(names: list[str]) -> list[str]:
    """Files whose names carry a hash; a folder that holds nothing else stands for all in it."""
    mixed = {
        str(folder)
        for name in names
        if not HASHED.search(name)
        for folder in PurePosixPath(name).parents
    }
    found = set()
    for name in filter(HASHED.search, names):
        pure = [str(each) for each in PurePosixPath(name).parents if str(each) not in mixed]
        found.add(f"{pure[-1]}/*" if pure else name)
    return sorted(found, key=lambda path: (not path.endswith("*"), path))


def document(names: list[str], site: str, comments_url: str) -> str:
    """`_headers`, as long as Cloudflare reads it."""
    blocks = []
    for path, lines in rules(names, site, comments_url):
        if any(len(line) > MOST_CHARS - 2 for line in (path, *lines)):
            logger.warning("%s: a line for %s is too long for Cloudflare Pages.", NAME, path)
        blocks.append("\n  ".join([path, *lines]) + "\n")
    if len(blocks) > MOST_RULES:
        logger.warning(
            "%s: %d files have to be asked for again at each visit, since Cloudflare Pages reads no"
            " more than %d rules.",
            *(NAME, len(blocks) - MOST_RULES, MOST_RULES),
        )
    return "\n".join(blocks[:MOST_RULES])


def write(pelican: Pelican) -> None:
    settings: dict[str, Any] = pelican.settings
    if not settings.get("HOST_HEADERS", True):
        return
    output = Path(settings["OUTPUT_PATH"])
    names = sorted(
        path.relative_to(output).as_posix()
        for path in output.rglob("*")
        if path.suffix not in (".gz", ".br") and path.is_file()
    )
    made = document(names, settings["SITEURL"].rstrip("/"), settings.get("COMMENTS_URL", ""))
    files.update(output / NAME, made.encode())


def claim(generators: Iterable[Generator]) -> None:
    """Say that the file is to be here: one that is switched off is taken away by `writing`."""
    settings = next(iter(generators)).settings
    if settings.get("HOST_HEADERS", True):
        files.claim(settings["OUTPUT_PATH"], NAME)


def register() -> None:
    signals.all_generators_finalized.connect(claim)
    signals.finalized.connect(write)
