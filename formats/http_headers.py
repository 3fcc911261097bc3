"""HTTP headers: type, freshness and Content-Security-Policy; how each file of a blog is to be served, and what its pages may load.

What pages may load from elsewhere is the blog's settings (`ALLOWED_BY`). The build makes one policy of them and
of the comment service's address, and writes it into the pages and for everybody who sends it: `_headers`, the
files of `POLICY_FILES`, which the service and Caddy send as they are, and a `map` of nginx. A bucket is told of
types and freshness; `deploy/` has the other headers for nginx and Caddy, and a test compares those samples with this.
"""

import mimetypes
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

FOREVER = "public, max-age=31536000, immutable"
# Asked for again each time, at the cost of a 304.
FRESH = "no-cache"
# Names that carry a hash of their content.
HASHED = re.compile(
    r"\.[0-9a-f]{8,}(?:-[0-9]+)?\.(?:js|css|svg|png|jpe?g|webp|avif)$"
    r"|_[0-9a-f]{7,}\.pf_(?:fragment|index|meta)$"
)
# The search alone compiles WebAssembly: its page in each language, and the worker that it starts.
SEARCH_PAGE = re.compile(r"(?:[a-z]{2,3}(?:-[a-z0-9]{2,8})*/)?search/(?:index\.html)?")
SEARCH_FILES = "pagefind/"
# How the addresses of both begin, as servers in front are told.
SEARCH_PATHS = r"((?:[a-z]{2,3}(?:-[a-z0-9]{2,8})*/)?search/|pagefind/)"
SPECULATION = "speculation-rules.json"
TEXT = frozenset(
    {
        *("text/html", "text/css", "text/javascript", "text/plain", "text/xml"),
        *("text/markdown", "application/json", "application/ld+json", "application/xml"),
        *("application/atom+xml", "application/rss+xml", "image/svg+xml", "application/xhtml+xml"),
    }
)
CHARSET = "; charset=utf-8"
TYPES: Mapping[str, str] = {
    ".atom": "application/atom+xml",
    ".rss": "application/rss+xml",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".md": "text/markdown",
    ".xhtml": "application/xhtml+xml",
    ".xml": "application/xml",
    ".epub": "application/epub+zip",
    ".gz": "application/gzip",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
}
# What Python knows by itself. The tables of machines differ, and so do those of Python's releases: what
# a blog may well hold is named above.
_known = mimetypes.MimeTypes()

# What pages may load besides their own, by the setting that lists the hosts, and what a policy calls it.
ALLOWED_BY: Mapping[str, str] = {
    "ALLOW_SCRIPTS_FROM": "script-src",
    "ALLOW_STYLES_FROM": "style-src",
    "ALLOW_IMAGES_FROM": "img-src",
    "ALLOW_MEDIA_FROM": "media-src",
    "ALLOW_FRAMES_FROM": "frame-src",
    "ALLOW_FONTS_FROM": "font-src",
    "ALLOW_CONNECTIONS_TO": "connect-src",
    "ALLOW_FORMS_TO": "form-action",
}
# A host, all hosts below one, or either with its scheme, port and path; and of what does nothing by itself, any.
HOST = re.compile(
    r"(?P<scheme>https?://)?(?P<below>\*\.)?(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?P<port>:(?:\d+|\*))?"
    r"(?P<path>/[\w./~%+-]*)?",
    re.ASCII | re.IGNORECASE,
)
ANY_HOST = "https:"
HARMLESS = frozenset({"ALLOW_IMAGES_FROM", "ALLOW_MEDIA_FROM"})
# The same for all pages but those of the search, and for these: one line each, in the built site.
POLICY_FILES: Mapping[bool, str] = {
    False: "content-policy.txt",
    True: "content-policy-search.txt",
}
# No longer than what servers take for one header.
MAX_POLICY_CHARS = 4_000

SNIFF = {"X-Content-Type-Options": "nosniff"}
TLS = {"Strict-Transport-Security": "max-age=31536000"}
# Snapshots and the embed hold nothing private: any page may fetch them.
SHARED = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
# What programs read, and no browser shows as a page.
DATA = "default-src 'none'; sandbox; frame-ancestors 'none'"


def content_type(name: str) -> str:
    """The type of a file, as it stands in the header of that name; of text it ends in CHARSET."""
    if PurePosixPath(name).name == SPECULATION:
        return "application/speculationrules+json"
    # Pelican's name for a feed is `.atom.xml`.
    suffix = ".atom" if name.endswith(".atom.xml") else PurePosixPath(name).suffix.lower()
    kind = TYPES.get(suffix) or _known.guess_type(f"x{suffix}")[0] or "application/octet-stream"
    return f"{kind}{CHARSET}" if kind in TEXT else kind


def freshness(name: str) -> str:
    """How long a copy of a file may be used, as Cache-Control says it."""
    return FOREVER if HASHED.search(name) else FRESH


def compiles(name: str) -> bool:
    """Whether a file of the site, or the address of a folder's index, is part of the search."""
    return bool(SEARCH_PAGE.fullmatch(name)) or name.startswith(SEARCH_FILES)


def origin_of(url: str) -> str:
    """Scheme and host of a whole address; empty for a path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


Allowed = Mapping[str, Sequence[str]]


def allowed(settings: Mapping[str, Any]) -> Allowed:
    """What a blog's settings let its pages load from elsewhere, by the policy's own names."""
    return {by: tuple(settings.get(name) or ()) for name, by in ALLOWED_BY.items()}


def wrong_hosts(settings: Mapping[str, Any]) -> Iterable[str]:
    """What of these settings no policy can say, a sentence each."""
    for name in ALLOWED_BY:
        value = settings.get(name) or ()
        if isinstance(value, str) or not isinstance(value, list | tuple):
            yield f'{name} is {value!r}. Write a list of hosts: {name} = ["images.example.org"].'
            continue
        for each in value:
            if isinstance(each, str) and (HOST.fullmatch(each) or each == ANY_HOST):
                if each == ANY_HOST and name not in HARMLESS:
                    yield f'{name} has "{ANY_HOST}", which is every host there is. Name those that you trust.'
                continue
            yield (
                f'{name} has {each!r}, which is no host. Write one such as "images.example.org",'
                ' "*.example.org" or "https://example.org:8080".'
            )


def in_page(comments_url: str, may: Allowed | None = None, *, compiles: bool = False) -> str:
    """What the blog's pages may load: their own, the comment service's, and what the blog's settings name.

    The service is named where it has a host of its own; a path on the blog's is 'self' already.
    """
    origin = origin_of(comments_url)
    service = (origin,) if origin else ()
    sources: dict[str, Sequence[str]] = {
        "default-src": (),
        "script-src": (*service, *(("'wasm-unsafe-eval'",) if compiles else ())),
        "style-src": service,
        "img-src": ("data:",),
        "connect-src": service,
        "form-action": service,
    }
    for name, hosts in (may or {}).items():
        if hosts:
            sources[name] = (*sources.get(name, ()), *hosts)
    said = "; ".join(" ".join((name, "'self'", *hosts)) for name, hosts in sources.items())
    return f"{said}; object-src 'none'; base-uri 'none'"


def of_page(comments_url: str, may: Allowed | None = None, *, compiles: bool = False) -> str:
    """The same in a header, which also says what a page cannot say of itself: who may frame it."""
    return f"{in_page(comments_url, may, compiles=compiles)}; frame-ancestors 'self'"


def site_headers(policy: str, *, secure: bool) -> dict[str, str]:
    """The headers of every file of the blog, with the policy of its pages."""
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "strict-origin-when-cross-origin",
        **SNIFF,
        **(TLS if secure else {}),
    }


@cache
def service_headers(*, is_page: bool, secure: bool, blog: str = "") -> Mapping[str, str]:
    """The headers of what the service itself answers; `blog` is the blog's origin where it is another.

    Browsers hold `form-action` against redirects too: a posted form leads back to the blog, whose
    logo and own style sheets are on the service's pages.
    """
    also = f" {blog}" if blog else ""
    page = (
        f"default-src 'none'; script-src 'self'; style-src 'self'{also}; img-src 'self' data:{also};"
        f" connect-src 'self'; form-action 'self'{also}; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": page if is_page else DATA,
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        **SNIFF,
        **(TLS if secure else {}),
    }
