"""Sitemap: the manifest of a site that Pelican does not build, made of the pages that its sitemap lists.

A page that holds `<comment-thread thread="…">` has that thread; where scripts make the element, every
page may have one that is called after its address. What comes out is what the site's own build would
have written: the same pages give the same bytes (docs/formats.md, docs/embed.md).
"""

import re
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from formats.manifest import LANG, THREAD, VERSION

# What a sitemap may hold by its own standard, and how many of them one may name.
MAX_PAGES = 50_000
MAX_BYTES = 50_000_000
MAX_MAPS = 1_000
FETCH_SECONDS = 20
# A page that says nothing of its day; the same in every run.
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)

Fetch = Callable[[str], bytes]


class SitemapError(ValueError):
    """A sitemap that cannot be used; the text says where and why."""


class Listed(NamedTuple):
    """A page in a sitemap."""

    url: str
    changed: str


class Page(HTMLParser):
    """What a page says of itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lang = self.title = self.published = ""
        self.threads: list[str] = []
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.lang = given.get("lang", "")
        elif tag == "title":
            self._in_title = not self.title
        elif tag == "meta" and given.get("property") == "article:published_time":
            self.published = given.get("content", "")
        elif tag == "time":
            self.published = self.published or given.get("datetime", "")
        elif tag == "comment-thread":
            self.threads.append(given.get("thread", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data


def fetched(url: str) -> bytes:
    """What lies at an http(s) address. Raises SitemapError."""
    if not url.startswith(("http://", "https://")):
        raise SitemapError(f"{url} is no http(s) address")
    try:
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:  # noqa: S310 - only http(s)
            data: bytes = answer.read(MAX_BYTES + 1)
    except OSError as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise SitemapError(f"{url} cannot be fetched: {error}") from error
    if len(data) > MAX_BYTES:
        raise SitemapError(f"{url} is larger than {MAX_BYTES:,} bytes")
    return data


def pages(source: str, fetch: Fetch) -> Iterator[Listed]:
    """Every page of a sitemap and of those that it names, each once."""
    waiting, known, seen = [source], {source}, set[str]()
    while waiting:
        url = waiting.pop(0)
        try:
            root = ElementTree.fromstring(fetch(url))
        except (ElementTree.ParseError, DefusedXmlException) as error:
            raise SitemapError(f"{url} is no sitemap: {error}") from error
        for each in root:
            said = {part.tag.rpartition("}")[2]: (part.text or "").strip() for part in each}
            where = said.get("loc", "")
            if root.tag.endswith("sitemapindex"):
                if where and where not in known:
                    known.add(where)
                    waiting.append(where)
                    if len(known) > MAX_MAPS:
                        raise SitemapError(f"{source} names more than {MAX_MAPS:,} sitemaps")
            elif where and where not in seen:
                seen.add(where)
                if len(seen) > MAX_PAGES:
                    raise SitemapError(f"{source} lists more than {MAX_PAGES:,} pages")
                yield Listed(where, said.get("lastmod", ""))


def named(url: str) -> str:
    """A thread's id after the address of its page; the home page's is `home`."""
    path = unicodedata.normalize("NFKD", unquote(urlsplit(url).path)).lower()
    path = re.sub(r"(?:index)?\.(?:html?|php)$|index$", "", path)
    return re.sub(r"[^a-z0-9]+", "-", path).strip("-")[:128] or "home"


def moment(*texts: str) -> datetime:
    """The first of these that is one; a day begins at midnight, UTC."""
    for text in texts:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return UNDATED


def manifest(
    source: str, site_url: str, fetch: Fetch = fetched, *, every_page: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """The manifest of a site, and what to say of pages that are not in it."""
    threads: dict[str, dict[str, Any]] = {}
    remarks: list[str] = []
    title, spoken = "", ""
    for listed in pages(source, fetch):
        if not f"{listed.url}/".startswith(f"{site_url}/"):
            remarks.append(f"{listed.url}: is not below SITE_URL, {site_url}.")
            continue
        page = Page(fetch(listed.url).decode("utf-8", "replace"))
        lang = page.lang.lower() if re.fullmatch(LANG, page.lang) else spoken or "en"
        words = " ".join(page.title.split()) or listed.url
        if listed.url.rstrip("/") == site_url:
            title = words
        spoken = spoken or lang
        for thread in page.threads or ([named(listed.url)] if every_page else []):
            if not re.fullmatch(THREAD, thread):
                remarks.append(
                    f'{listed.url}: thread="{thread}" is no name. Write small letters, digits and dashes.'
                )
            elif (known := threads.get(thread)) is None:
                threads[thread] = {
                    "id": thread,
                    "url": listed.url,
                    "title": words,
                    "published": moment(page.published, listed.changed).isoformat(),
                    "lang": lang,
                    "comments": "open",
                    "translations": [],
                }
            elif lang in (known["lang"], *(each["lang"] for each in known["translations"])):
                remarks.append(f"{listed.url}: the thread {thread} belongs to {known['url']}.")
            else:
                known["translations"].append({"lang": lang, "url": listed.url, "title": words})
    site = {"url": site_url, "title": title or urlsplit(site_url).netloc, "lang": spoken or "en"}
    in_order = [threads[name] for name in sorted(threads)]
    return {"version": VERSION, "site": site, "threads": in_order}, remarks
