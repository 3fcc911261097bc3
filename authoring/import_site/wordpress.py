"""From WordPress: articles and pages of an export (Tools › Export, a WXR file).

The file comes from elsewhere: it is read as a stream, without DTD, entities or anything fetched,
within limits. What WordPress keeps of an article is HTML with shortcodes: `wordpress_text` reads it.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from defusedxml import DefusedXmlException, sax

from authoring import Refused
from authoring.import_site import html_text, wordpress_text, words
from authoring.import_site.post import Note, Post, Reader, Site, number, within

MAX_FILE_BYTES = 1_000_000_000
MAX_ITEM_CHARS = 5_000_000
MAX_ITEMS = 200_000
KINDS = {"post": "article", "page": "page"}
# Files of the library, menus and pieces of articles are read for their own sake; others are WordPress's own.
SILENT = frozenset(
    ["attachment", "nav_menu_item", "revision", "custom_css", "wp_global_styles", "wp_navigation"]
)
STATES = {"publish": False, "future": False, "draft": True, "pending": True, "private": True}
NOT_XML = bytes(number for number in range(32) if number not in (9, 10, 13))
# Of an entry's own fields (`wp:postmeta`) those that mean something here.
META = ("footnotes", "_thumbnail_id", "_menu_item_url", "_menu_item_object_id", "_menu_item_type")


class TooLarge(Exception):
    """An export beyond the limits."""


class Items(ContentHandler):
    """Gathers the fields of each item, with the line on which it begins."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[dict[str, Any]] = []
        self.site: dict[str, str] = {}
        self.authors: dict[str, str] = {}
        self.item: dict[str, Any] | None = None
        self.text: list[str] | None = None
        self.given: dict[str, str] = {}
        self.login = self.meta_key = ""
        self.comments = self.chars = 0
        self.root = ""
        self.locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - SAX names it
        self.locator = locator

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - SAX names it
        self.root = self.root or name
        if name == "item":
            if len(self.items) >= MAX_ITEMS:
                raise TooLarge(f"It has more than {MAX_ITEMS:,} entries.")
            line = self.locator.getLineNumber() if self.locator else 1
            self.item = {"line": line, "category": [], "post_tag": [], "meta": {}, "comments": 0}
            self.chars = 0
        self.text, self.given = [], dict(attrs)

    def characters(self, content: str) -> None:
        if self.text is not None:
            self.chars += len(content)
            if self.item is not None and self.chars > MAX_ITEM_CHARS:
                raise TooLarge(f"An entry has more than {MAX_ITEM_CHARS:,} characters.")
            self.text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX names it
        text, self.text = "".join(self.text or ()).strip(), None
        if self.item is None:
            if name == "wp:author_login":
                self.login = text
            elif name == "wp:author_display_name":
                self.authors[self.login] = text
            self.site.setdefault(name, text)
        elif name == "item":
            self.items.append(self.item)
            self.item = None
        elif name == "category":
            domain = self.given.get("domain", "")
            name = unescape(text).strip() or unquote(self.given.get("nicename", ""))
            self.item.setdefault(domain, []).append(name)
        elif name == "wp:comment":
            self.item["comments"] += 1
        elif name == "wp:meta_key":
            self.meta_key = text
        elif name == "wp:meta_value":
            if self.meta_key in META:
                self.item["meta"].setdefault(self.meta_key, text)
        elif not name.startswith("wp:comment_") or name == "wp:comment_status":
            self.item.setdefault(name, text)


class Readable:
    """A file without the signs that no XML may have, and that WordPress exports all the same."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def read(self, size: int = -1) -> bytes:
        return self.file.read(size).translate(None, NOT_XML)

    def close(self) -> None:
        self.file.close()


def parsed(path: Path) -> Items:
    """The export's entries; raises Refused for what is no export, or more than one may be."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise Refused(
            f"{path} is larger than {MAX_FILE_BYTES / 1e9:g} GB. Export one year at a time."
        )
    handler = Items()
    try:
        with path.open("rb") as file:
            sax.parse(Readable(file), handler, forbid_dtd=True)
    except SAXParseException as error:
        raise Refused(
            f"{path}:{error.getLineNumber()}: this is not well-formed XML ({error.getMessage()})."
            " Export again, or remove the line's odd characters."
        ) from None
    except DefusedXmlException:
        raise Refused(
            f"{path}: a WordPress export has no DTD and no entities, and this file has. It was not read."
        ) from None
    except TooLarge as error:
        raise Refused(f"{path}: {error} Export a part of it at a time.") from None
    if handler.root != "rss":
        raise Refused(
            f"{path} is XML, and no export of WordPress. Make one by Tools, Export, All content."
        )
    return handler


def moment(item: dict[str, Any], key: str) -> datetime | None:
    """A date of WordPress, its GMT one where it is set; zeros mean none."""
    for name, zone in ((f"{key}_gmt", UTC), (key, None)):
        try:
            return datetime.fromisoformat(item.get(name, "")).replace(tzinfo=zone)
        except ValueError:
            continue
    return None


class WordPress(Reader):
    """One export, with the library's files beside it where they are there."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path, self.folder = path, folder
        handler = parsed(path)
        self.items, self.authors = handler.items, handler.authors
        given = handler.site
        links = [item["link"] for item in self.items if item.get("link")]
        self.base = given.get("wp:base_blog_url") or given.get("link") or next(iter(links), "")
        self.site = Site(
            "WordPress", unescape(given.get("title", "")), self.base, given.get("language", "")
        )
        self.library = wordpress_text.Library(self.items)
        self.sources: dict[str, str] = {}
        self.site.menu = list(self.menu())

    def menu(self) -> Iterator[tuple[str, str]]:
        """What the site's menus hold, in their order."""
        by_id = {item.get("wp:post_id"): item for item in self.items}
        entries = [item for item in self.items if item.get("wp:post_type") == "nav_menu_item"]
        entries.sort(
            key=lambda item: (str(item.get("nav_menu")), number(item.get("wp:menu_order")))
        )
        for item in entries:
            meta = item["meta"]
            target = by_id.get(meta.get("_menu_item_object_id"), {})
            is_page = meta.get("_menu_item_type") == "post_type"
            words = unescape(item.get("title") or (target.get("title", "") if is_page else ""))
            link = meta.get("_menu_item_url") or (target.get("link", "") if is_page else "")
            if words and link:
                yield words, link.removeprefix(self.base)

    def read(self) -> Iterator[Post | Note]:
        left_out: dict[str, list[str]] = {}
        for item in self.items:
            kind = item.get("wp:post_type", "post")
            if kind in KINDS:
                yield self.post(item)
            elif kind not in SILENT:
                left_out.setdefault(kind, []).append(unescape(item.get("title", "")) or "untitled")
        for kind, titles in sorted(left_out.items()):
            yield Note(
                self.path.name,
                1,
                f'what is of the kind "{kind}" was left out: {", ".join(titles)}',
            )
        if comments := sum(item["comments"] for item in self.items):
            yield Note(
                self.path.name,
                1,
                f"its comments ({comments:,}) are not articles: they stay in the export",
            )
        shown = {str(url) for url in self.library.shown}
        spare = [url for url in self.library.urls.values() if url not in shown]
        if spare:
            yield Note(
                self.path.name,
                1,
                f"files of its library that no article shows, and that stay there: {len(spare):,}",
            )

    def post(self, item: dict[str, Any]) -> Post | Note:
        place, line = self.path.name, int(item["line"])
        name = unescape(item.get("title", "")) or item.get("wp:post_name", "")
        status = item.get("wp:status", "publish")
        if status not in STATES:
            return Note(place, line, f'"{name}" was left out: its status is {status}')
        is_page = item.get("wp:post_type", "post") == "page"
        categories = [each for each in item["category"] if each.lower() != "uncategorized"]
        link = item.get("link", "")
        author = item.get("dc:creator", "")
        post = Post(
            place,
            line,
            title=words.plain(item.get("title", "")),
            # WordPress keeps 鹈鹕 as %e9%b9%88….
            slug=unquote(item.get("wp:post_name", "")),
            body="",
            source=item.get("guid") or link or f"wordpress:{item.get('wp:post_id') or name}",
            # Polylang's: translations belong together.
            group=next(iter(item.get("post_translations") or []), ""),
            exported=True,
            date=None
            if is_page
            else moment(item, "wp:post_date") or moment(item, "wp:post_modified"),
            modified=None if is_page else moment(item, "wp:post_modified"),
            lang=self.language_of(item),
            is_page=is_page,
            draft=STATES[status],
            pinned=item.get("wp:is_sticky") == "1" and not is_page,
            comments="closed" if item.get("wp:comment_status") == "closed" and not is_page else "",
            category=categories[0] if categories else "",
            tags=[*item["post_tag"], *categories[1:]],
            authors=[self.authors.get(author) or author] if author else [],
            summary=html_text.converted(item.get("excerpt:encoded", "")).text,
        )
        self.sources[str(item.get("wp:post_id"))] = post.source
        if item.get("wp:post_password"):
            post.draft = True
            post.note("it comes as a draft: it asked for a password")
        elif post.draft and status != "draft":
            post.note(f"it comes as a draft: it was {status}")
        if link and not post.draft and "?" not in link:
            post.addresses = [link]
        elif link and not post.draft:
            post.note(
                f"its old address {link} is a query, which no file answers; let the server lead it here"
            )
        made = wordpress_text.converted(item.get("content:encoded", ""), self.library, item)
        post.body, post.words = made.text, made.words
        post.words += words.of_html(item.get("excerpt:encoded", ""))
        for trouble in made.troubles:
            post.note(trouble)
        others = [
            key
            for key in item
            if isinstance(item[key], list)
            and key
            not in (
                "category",
                "post_tag",
                "post_format",
                "nav_menu",
                "language",
                "post_translations",
            )
        ]
        for key in others:
            if item[key]:
                post.note(f'its {key} "{", ".join(item[key])}" has no meaning here')
        return post

    def article(self, post: Post, name: str) -> str | None:
        """By its number, as WordPress links while nobody has chosen addresses: `/?p=17`."""
        try:
            url, base = urlsplit(name), urlsplit(self.base)
        except ValueError:
            return None
        if url.netloc not in ("", base.netloc) or url.path.strip("/") not in (
            "",
            base.path.strip("/"),
        ):
            return None
        asked = parse_qs(url.query)
        number = next(iter(asked.get("p") or asked.get("page_id") or []), "")
        return self.written.get(self.sources.get(number, ""))

    def language_of(self, item: dict[str, Any]) -> str:
        """What plugins for several languages put beside tags and categories."""
        return (
            str((item.get("language") or [""])[0]) if isinstance(item.get("language"), list) else ""
        )

    def find(self, post: Post, name: str) -> Path | None:
        """A file in wp-content/uploads/ or uploads/ beside the export."""
        below = name.partition("/uploads/")[2]
        for below_folder in ("wp-content/uploads", "uploads"):
            top = self.folder / below_folder
            # WordPress makes smaller copies, and names them by their size; the whole one is better.
            for each in (
                re.sub(r"-\d+x\d+(?=\.\w+$)", "", below),
                below,
                re.sub(r"-scaled(?=\.\w+$)", "", below),
            ):
                if below and (path := within(top, top / each)):
                    return path
        return None
