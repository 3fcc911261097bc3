"""Feeds: JSON Feed beside Pelican's Atom, and whole addresses in both.

A feed is read far from its site: every address in its texts is whole, those of pictures and of their
widths included. `feeds/all.json` is JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/) and carries
the same articles as Pelican's own feeds.

Settings: FEED_ALL_JSON ("feeds/all.json"; empty: none), FEED_MAX_ITEMS (Pelican's, 100). Templates get
WEBMENTION, the address of the endpoint, if it is set.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from pelican import signals

from plugins import files
from plugins.site import (
    Article,
    Generator,
    Pelican,
    absolute,
    by_kind,
    plain,
    plain_text,
    published,
)

ADDRESS = re.compile(r'(\s(?:href|src|poster|cite)=")([^"]*)"')
WIDTHS = re.compile(r'(\ssrcset=")([^"]*)"')

_published: dict[str, list[Article]] = {}


def whole(html: str, base: str) -> str:
    """The same HTML with whole addresses: a feed is read far from its site."""
    html = ADDRESS.sub(lambda found: f'{found[1]}{urljoin(base, found[2])}"', html)

    def widths(found: re.Match[str]) -> str:
        parts = (part.strip().split(" ", 1) for part in found[2].split(", "))
        return found[1] + ", ".join(" ".join([urljoin(base, a), *w]) for a, *w in parts) + '"'

    return WIDTHS.sub(widths, html)


def by_date(contents: list[Article]) -> list[Article]:
    """Articles alone, the newest first."""
    articles = [content for content in contents if type(content).__name__ == "Article"]
    articles.sort(key=lambda article: (article.slug, article.lang))
    return sorted(articles, key=lambda article: article.date, reverse=True)


def item(article: Article, site: str) -> dict[str, Any]:
    address = absolute(site, article.url)
    found = {
        "id": address,
        "url": address,
        "title": plain(article.title),
        "content_html": whole(article.get_content(site), address),
        "date_published": article.date.isoformat(),
        "authors": [{"name": str(author)} for author in getattr(article, "authors", [])],
        "language": article.lang,
    }
    if getattr(article, "modified", None):
        found["date_modified"] = article.modified.isoformat()
    if summary := plain_text(article.metadata.get("summary", "")):
        found["summary"] = summary
    if tags := [str(tag) for tag in getattr(article, "tags", [])]:
        found["tags"] = tags
    return found


def json_feed(name: str, settings: dict[str, Any], site: str, contents: list[Article]) -> bytes:
    most = settings.get("FEED_MAX_ITEMS") or 100
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": settings["SITENAME"],
        "home_page_url": f"{site}/",
        "feed_url": absolute(site, name),
        "description": settings.get("SITESUBTITLE", ""),
        "language": settings["DEFAULT_LANG"],
        "items": [item(article, site) for article in by_date(contents)[:most]],
    }
    return json.dumps(
        {key: value for key, value in feed.items() if value != ""}, ensure_ascii=False
    ).encode()


def complete(context: dict[str, Any], feed: Any) -> None:
    """Pelican's own feeds: addresses in their texts become whole ones."""
    for item in feed.items:
        for key in ("content", "description"):
            if item.get(key):
                item[key] = whole(item[key], item["link"])


def collect(generators: Iterable[Generator]) -> None:
    articles, pages = by_kind(generators)
    _published[articles.settings["OUTPUT_PATH"]] = published(articles, pages)


def write(pelican: Pelican) -> None:
    settings = pelican.settings
    contents = _published.pop(settings["OUTPUT_PATH"], [])
    if name := settings.get("FEED_ALL_JSON", "feeds/all.json"):
        site = settings["SITEURL"].rstrip("/")
        files.update(Path(settings["OUTPUT_PATH"], name), json_feed(name, settings, site, contents))


def register() -> None:
    signals.all_generators_finalized.connect(collect)
    signals.feed_generated.connect(complete)
    signals.finalized.connect(write)
