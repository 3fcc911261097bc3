"""Feeds: JSON Feed beside Pelican's Atom; in both, whole addresses, and ids that never change.

A feed is read far from its site: every address in its texts is whole, those of pictures and of their
widths included. `feeds/all.json` is JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/) and carries
the same articles as Pelican's own feeds.

An article is called by its thread, which stays when its slug, its date or the pattern of addresses changes.
Atom also says where the comments are that answer it (RFC 4685). The feed of a tag, a category or an author has
its newest articles, fewer than that of all.

Settings: FEED_ALL_JSON ("feeds/all.json"; empty: none), FEED_MAX_ITEMS (Pelican's, 100), FEED_LIST_ITEMS (10),
FEED_HOST (the host in all ids; the site's own: a blog that moves writes down the one that it had). Templates
get WEBMENTION, the address of the endpoint, if it is set.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from feedgenerator import Atom1Feed
from pelican import signals

from formats import feed_ids
from plugins import files
from plugins.site import (
    Article,
    Generator,
    Pelican,
    absolute,
    by_kind,
    joined,
    plain,
    plain_text,
    published,
)

ADDRESS = re.compile(r'(\s(?:href|src|poster|cite)=")([^"]*)"')
# An address in which nothing is quoted, and that leads nowhere else when it is seen from the site.
PLAIN = re.compile(r"[\w~-][\w/~-]*(?:\.\w+)?", re.ASCII)
WIDTHS = re.compile(r'(\ssrcset=")([^"]*)"')

_published: dict[str, list[Article]] = {}
# Pelican tells of a feed's items nothing but what they say.
_by_link: dict[str, dict[str, Article]] = {}


def whole(html: str, base: str) -> str:
    """The same HTML with whole addresses: a feed is read far from its site."""
    html = ADDRESS.sub(lambda found: f'{found[1]}{joined(base, found[2])}"', html)

    def widths(found: re.Match[str]) -> str:
        parts = (part.strip().split(" ", 1) for part in found[2].split(", "))
        return found[1] + ", ".join(" ".join([joined(base, a), *w]) for a, *w in parts) + '"'

    return WIDTHS.sub(widths, html) if 'srcset="' in html else html


def by_date(contents: list[Article]) -> list[Article]:
    """Articles alone, the newest first."""
    articles = [content for content in contents if type(content).__name__ == "Article"]
    articles.sort(key=lambda article: (article.slug, article.lang))
    return sorted(articles, key=lambda article: article.date, reverse=True)


def id_of(article: Article) -> str:
    settings = article.settings
    host = settings.get("FEED_HOST") or urlsplit(settings["SITEURL"]).netloc
    # Also of one without comments: they may be opened later.
    thread = str(article.metadata.get("thread") or article.slug)
    return feed_ids.of_article(host, thread, article.lang)


def at_home(address: str, settings: dict[str, Any]) -> str:
    """An address with the host that ids name."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=settings.get("FEED_HOST") or parts.netloc))


def item(article: Article, site: str) -> dict[str, Any]:
    address = absolute(site, article.url)
    found = {
        "id": id_of(article),
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
    """Pelican's own feeds, before they are written."""
    settings, known = context, _by_link.get(context["OUTPUT_PATH"], {})
    if feed.feed["title"] != plain(settings["SITENAME"]):
        del feed.items[settings.get("FEED_LIST_ITEMS", 10) :]
        feed.feed["id"] = at_home(feed.feed["feed_url"], settings)
    for item in feed.items:
        for key in ("content", "description"):
            if item.get(key):
                item[key] = whole(item[key], item["link"])
        if article := known.get(unquote(item["link"].removesuffix("?ref=feed"))):
            item["unique_id"] = id_of(article)
            item["replies"] = replies(article, settings)
    if isinstance(feed, Atom1Feed):
        feed.__class__ = Threaded


def replies(article: Article, settings: dict[str, Any]) -> str:
    """The feed of an article's comments, or nothing."""
    thread = getattr(article, "thread", None)
    if not thread or not settings.get("COMMENTS_URL"):
        return ""
    site = settings["SITEURL"].rstrip("/") + "/"
    return str(urljoin(site, f"{settings['COMMENTS_URL']}threads/{thread}.atom"))


class Threaded(Atom1Feed):  # type: ignore[misc]  # Pelican's feeds are untyped
    """Atom that says where the answers to its articles are."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if address := item.get("replies"):
            given = {"rel": "replies", "type": "application/atom+xml", "href": address}
            handler.addQuickElement("link", "", given)


def collect(generators: Iterable[Generator]) -> None:
    articles, pages = by_kind(generators)
    output, site = articles.settings["OUTPUT_PATH"], articles.settings["SITEURL"].rstrip("/")
    _published[output] = published(articles, pages)
    _by_link[output] = {link(site, each.url): each for each in published(articles)}


def link(site: str, url: str) -> str:
    """An article's address as Pelican's feeds have it, as it is read."""
    return f"{site}/{url}" if PLAIN.fullmatch(url) else unquote(urljoin(f"{site}/", url))


def write(pelican: Pelican) -> None:
    settings = pelican.settings
    contents = _published.pop(settings["OUTPUT_PATH"], [])
    _by_link.pop(settings["OUTPUT_PATH"], None)
    if name := settings.get("FEED_ALL_JSON", "feeds/all.json"):
        site = settings["SITEURL"].rstrip("/")
        files.update(Path(settings["OUTPUT_PATH"], name), json_feed(name, settings, site, contents))


def register() -> None:
    signals.all_generators_finalized.connect(collect)
    signals.feed_generated.connect(complete)
    signals.finalized.connect(write)
