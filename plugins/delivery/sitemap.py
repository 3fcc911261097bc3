"""Sitemap: which pages a crawler may find, and where it is not wanted.

`sitemap.xml` has every page that is meant to be found, its last change and its translations; above
50,000 pages it is a list of several. Drafts, hidden articles, the 404 and whatever says `noindex` are
left out. `robots.txt` names it, and keeps robots off the comment service's own pages; one in ROOT_FILES
comes instead.

Settings: SITEMAP_SAVE_AS ("sitemap.xml"; empty: none), ROBOTS_DISALLOW (the path of COMMENTS_URL, if
it is on this site).
"""

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import escape

from pelican import signals

from formats.files import Stamp
from plugins import built, files
from plugins.site import Article, Generator, Pelican, absolute, by_kind, published

PAGES_OF_ONE_SITEMAP = 50_000
VERSION = 1  # of the record: another one is not understood
# A page as it was when it was read, and what it said its address is.
Seen = tuple[Stamp, str | None]
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)
HEAD = re.compile(r"<head\b.*?</head>", re.DOTALL)
NOINDEX = re.compile(r'<meta\s[^>]*name="robots"[^>]*content="[^"]*noindex')
REFRESH = re.compile(r'<meta\s[^>]*http-equiv="refresh"')
CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)"')

_published: dict[str, list[Article]] = {}
_written: dict[str, set[str]] = {}


def collect(generators: Iterable[Generator]) -> None:
    articles, pages = by_kind(generators)
    _published[articles.settings["OUTPUT_PATH"]] = published(articles, pages)


def note(path: str, context: dict[str, Any]) -> None:
    """What this build writes: an output folder may still hold pages of an earlier one."""
    output = context["OUTPUT_PATH"]
    # Where the page is at the end, wherever a writer may have put it for now.
    name = context.get("output_file") or os.path.relpath(path, output)
    _written.setdefault(output, set()).add(posixpath.normpath(str(name).replace(os.sep, "/")))


note.only_names = True  # type: ignore[attr-defined]  # so that `writing` need not render for it


# --- The sitemap ----------------------------------------------------------------------------------


def changed(content: Article) -> str:
    """The day on which a page was last written to."""
    moment = getattr(content, "modified", None) or getattr(content, "date", None)
    return moment.date().isoformat() if moment else ""


def entry(address: str, day: str, alternates: dict[str, str]) -> str:
    lines = [f"<url><loc>{escape(address)}</loc>"]
    lines += [f"<lastmod>{day}</lastmod>"] if day else []
    lines += [
        f'<xhtml:link rel="alternate" hreflang="{escape(lang)}" href="{escape(other)}"/>'
        for lang, other in alternates.items()
    ]
    return "".join(lines) + "</url>"


def said_of(page: str) -> str | None:
    """What a page says its address is, or nothing; None where it does not want to be found."""
    head = HEAD.search(page)
    if not head or NOINDEX.search(head[0]) or REFRESH.search(head[0]):
        return None
    canonical = CANONICAL.search(head[0])
    return unescape(canonical[1]) if canonical else ""


def looked_at(
    written: Iterable[str], site: built.Built, kept: dict[str, Seen]
) -> Iterator[tuple[str, Seen]]:
    """What each page says of itself, by its name; those that are as they were are not opened."""
    for name in sorted(written):
        stamp = site.files.get(name)
        if not stamp or not name.endswith(".html"):
            continue
        seen = kept.get(name)
        if seen is None or seen[0] != stamp:
            seen = (stamp, said_of((site.output / name).read_text(encoding="utf-8")))
        yield name, seen


def found_pages(
    pages: dict[str, Seen], site: str, contents: list[Article]
) -> Iterator[tuple[str, str]]:
    """Every page of the site that wants to be found, by address, with its line for the sitemap."""
    by_file = {content.save_as: content for content in contents}
    newest = max((changed(content) for content in contents), default="")
    for name, (_, canonical) in pages.items():
        if canonical is None:
            continue
        address = absolute(
            site, name.removesuffix("index.html") if name.endswith("index.html") else name
        )
        if canonical and absolute("", canonical.removeprefix(site)) != absolute(
            "", address.removeprefix(site)
        ):
            continue
        content = by_file.get(name)
        alternates = {}
        if content and content.translations:
            group = [content, *content.translations]
            alternates = {
                one.lang: absolute(site, one.url) for one in sorted(group, key=lambda one: one.lang)
            }
        yield address, entry(address, changed(content) if content else newest, alternates)


def sitemaps(name: str, site: str, entries: list[str]) -> dict[str, bytes]:
    """The files of a sitemap by name: one, or a list of several."""

    def document(root: str, lines: list[str]) -> bytes:
        begin = f'<?xml version="1.0" encoding="utf-8"?>\n<{root} {NAMESPACES}>\n'
        return (begin + "\n".join(lines) + f"\n</{root}>\n").encode()

    if len(entries) <= PAGES_OF_ONE_SITEMAP:
        return {name: document("urlset", entries)}
    found, lines = {}, []
    for start in range(0, len(entries), PAGES_OF_ONE_SITEMAP):
        part = f"{name.removesuffix('.xml')}-{start // PAGES_OF_ONE_SITEMAP + 1}.xml"
        found[part] = document("urlset", entries[start : start + PAGES_OF_ONE_SITEMAP])
        lines.append(f"<sitemap><loc>{escape(absolute(site, part))}</loc></sitemap>")
    return {name: document("sitemapindex", lines), **found}


# --- robots.txt ------------------------------------------------------------------------------------


def robots(settings: dict[str, Any], site: str) -> bytes:
    comments = urlsplit(urljoin(f"{site}/", settings.get("COMMENTS_URL", "")))
    here = comments.netloc == urlsplit(site).netloc and comments.path.strip("/")
    ours = [comments.path] if here and comments.path != urlsplit(site).path + "/" else []
    # The scripts and the published comments are part of the pages that show them.
    lines = ["User-agent: *"]
    for path in settings.get("ROBOTS_DISALLOW", ours):
        lines += [f"Allow: {path}threads/", f"Allow: {path}embed", f"Disallow: {path}"]
    lines += [] if len(lines) > 1 else ["Allow: /"]
    if name := settings.get("SITEMAP_SAVE_AS", "sitemap.xml"):
        lines += ["", f"Sitemap: {absolute(site, name)}"]
    return ("\n".join(lines) + "\n").encode()


def write(pelican: Pelican) -> None:
    """Last, when every page is there to be looked at."""
    settings = pelican.settings
    output, site = Path(settings["OUTPUT_PATH"]), settings["SITEURL"].rstrip("/")
    contents = _published.pop(settings["OUTPUT_PATH"], [])
    written = _written.pop(settings["OUTPUT_PATH"], set())
    # The author's own stands there already.
    own = Path(settings.get("ROOT_FILES") or output / "none", "robots.txt").is_file()
    made = {} if own else {"robots.txt": robots(settings, site)}
    if name := settings.get("SITEMAP_SAVE_AS", "sitemap.xml"):
        record = files.record(settings, "sitemap")
        known = files.read_record(record)
        kept = known["pages"] if known.get("version") == VERSION else {}
        pages = dict(looked_at(written, built.of(pelican), kept))
        files.write_record(record, {"version": VERSION, "pages": pages})
        lines = [line for _, line in sorted(set(found_pages(pages, site, contents)))]
        made |= sitemaps(name, site, lines)
    for name, data in made.items():
        files.update(output / name, data)


def register() -> None:
    signals.all_generators_finalized.connect(collect)
    signals.content_written.connect(note)
    signals.finalized.connect(write)
