"""HTTP headers: type, freshness and Content-Security-Policy; how each file of a blog is to be served, and what its pages may load.

The service sends these headers, the build writes them into `_headers` and into the pages, a bucket is
told of them; `deploy/` has them for nginx and Caddy, and a test compares those samples with this.
"""

import mimetypes
import re
from collections.abc import Mapping
from functools import cache
from pathlib import PurePosixPath
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


def in_page(comments_url: str, *, compiles: bool = False) -> str:
    """What the blog's pages may load: what is their own, and what is the comment service's.

    The service is named where it has a host of its own; a path on the blog's is 'self' already.
    """
    wasm = " 'wasm-unsafe-eval'" if compiles else ""
    origin = origin_of(comments_url)
    also = f" {origin}" if origin else ""
    return (
        f"default-src 'self'; script-src 'self'{also}{wasm}; style-src 'self'{also};"
        f" img-src 'self' data:; connect-src 'self'{also}; form-action 'self'{also};"
        " object-src 'none'; base-uri 'none'"
    )


def of_page(comments_url: str, *, compiles: bool = False) -> str:
    """The same in a header, which also says what a page cannot say of itself: who may frame it."""
    return f"{in_page(comments_url, compiles=compiles)}; frame-ancestors 'self'"


def site_headers(comments_url: str, *, secure: bool, compiles: bool = False) -> dict[str, str]:
    """The headers of every file of the blog."""
    return {
        "Content-Security-Policy": of_page(comments_url, compiles=compiles),
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
