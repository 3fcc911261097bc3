"""From WordPress: articles and pages of an export (Tools › Export, a WXR file).

The file comes from elsewhere: it is read as a stream, without DTD, entities or anything fetched,
within limits. WordPress keeps HTML; it becomes Markdown. What has no meaning here (shortcodes of its
plugins, embedded players) is named with the line of its article.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from defusedxml import DefusedXmlException, sax
from markdownify import markdownify

from authoring import Refused
from authoring.import_site.post import Finder, Note, Post

MAX_FILE_BYTES = 1_000_000_000
MAX_ITEM_CHARS = 5_000_000
MAX_ITEMS = 200_000
KINDS = {"post": "article", "page": "page"}
# Published pictures are files of the library, not articles; the others are WordPress's own.
SILENT = frozenset({"attachment", "nav_menu_item", "revision", "custom_css", "wp_global_styles"})
STATES = {"publish": False, "future": False, "draft": True, "pending": True, "private": True}
SHORTCODE = re.compile(r"\[(?P<name>[a-z][\w-]*)(?:\s[^\]\n]*)?/?\](?!\()")
CAPTION = re.compile(r"\[caption\b[^\]]*\](?P<inner>.*?)\[/caption\]", re.DOTALL)
CODE = re.compile(
    r"\[(?P<tag>code|sourcecode)(?:\s+(?:language|lang)?=?[\"']?(?P<lang>\w*)[\"']?)?[^\]]*\]"
    r"(?P<code>.*?)\[/(?P=tag)\]",
    re.DOTALL,
)
PLAYER = re.compile(
    r"<(iframe|embed|object)\b[^>]*?\bsrc=[\"']([^\"']+)[\"'][^>]*>(?:.*?</\1>)?", re.I | re.S
)
PRE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL | re.IGNORECASE)
BLOCK = re.compile(
    r"\s*</?(?:p|div|h[1-6]|ul|ol|li|table|blockquote|figure|hr|pre|dl|section)\b", re.I
)


class TooLarge(Exception):
    """An export beyond the limits."""


class Items(ContentHandler):
    """Gathers the fields of each item, with the line on which it begins."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[dict[str, Any]] = []
        self.languages = ""
        self.item: dict[str, Any] | None = None
        self.text: list[str] | None = None
        self.given: dict[str, str] = {}
        self.chars = 0
        self.locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - SAX names it
        self.locator = locator

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - SAX names it
        if name == "item":
            if len(self.items) >= MAX_ITEMS:
                raise TooLarge(f"It has more than {MAX_ITEMS:,} entries.")
            line = self.locator.getLineNumber() if self.locator else 1
            self.item = {"line": line, "category": [], "post_tag": []}
            self.chars = 0
        if self.item is not None or name == "language":
            self.text, self.given = [], dict(attrs)

    def characters(self, content: str) -> None:
        if self.text is not None:
            self.chars += len(content)
            if self.chars > MAX_ITEM_CHARS:
                raise TooLarge(f"An entry has more than {MAX_ITEM_CHARS:,} characters.")
            self.text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX names it
        text, self.text = "".join(self.text or ()), None
        if name == "item" and self.item is not None:
            self.items.append(self.item)
            self.item = None
        elif self.item is None:
            self.languages = text if name == "language" else self.languages
        elif name == "category":
            if self.given.get("domain") in ("category", "post_tag"):
                self.item[self.given["domain"]].append(unescape(text).strip())
        elif name not in ("wp:comment_content", "wp:meta_key", "wp:meta_value"):
            self.item.setdefault(name, text.strip())


def parsed(path: Path) -> Items:
    """The export's entries; raises Refused for what is no export, or more than one may be."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise Refused(
            f"{path} is larger than {MAX_FILE_BYTES / 1e9:g} GB. Export one year at a time."
        )
    handler = Items()
    try:
        with path.open("rb") as file:
            sax.parse(file, handler, forbid_dtd=True)
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
    return handler


def moment(item: dict[str, Any], key: str) -> datetime | None:
    """A date of WordPress, its GMT one where it is set; zeros mean none."""
    for name, zone in ((f"{key}_gmt", UTC), (key, None)):
        try:
            return datetime.fromisoformat(item.get(name, "")).replace(tzinfo=zone)
        except ValueError:
            continue
    return None


def read(path: Path) -> Iterator[Post | Note]:
    handler = parsed(path)
    left_out: Counter[str] = Counter()
    for item in handler.items:
        kind = item.get("wp:post_type", "post")
        place, line = path.name, int(item["line"])
        name = unescape(item.get("title", "")) or item.get("wp:post_name", "")
        if kind not in KINDS:
            left_out[kind] += kind not in SILENT
            continue
        status = item.get("wp:status", "publish")
        if status not in STATES:
            yield Note(place, line, f'"{name}" was left out: its status is {status}')
            continue
        draft = STATES[status]
        if item.get("wp:post_password"):
            draft = True
        if draft and status != "draft":
            why = "it asked for a password" if item.get("wp:post_password") else f"it was {status}"
            yield Note(place, line, f'"{name}" comes as a draft: {why}')
        date = moment(item, "wp:post_date") or moment(item, "wp:post_modified")
        if date is None and kind == "post":
            yield Note(place, line, f'"{name}" was left out: it has no date')
            continue
        body, troubles = markdown(item.get("content:encoded", ""))
        yield from (Note(place, line, f'"{name}": {trouble}') for trouble in troubles)
        categories = [each for each in item["category"] if each.lower() != "uncategorized"]
        link = item.get("link", "")
        yield Post(
            place,
            line,
            title=name or "",
            slug=item.get("wp:post_name", ""),
            body=body,
            body_line=line,
            date=date,
            is_page=kind == "page",
            draft=draft,
            category=categories[0] if categories else "",
            tags=[*item["post_tag"], *categories[1:]],
            authors=[item["dc:creator"]] if item.get("dc:creator") else [],
            summary=plain(item.get("excerpt:encoded", "")),
            # A draft's address is its number in a query: nobody has linked to that.
            addresses=[link] if link and "?" not in link and not draft else [],
        )
    for kind, number in sorted((+left_out).items()):
        yield Note(path.name, 1, f'{number} entries of the kind "{kind}" were left out')


def plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", html))


def markdown(html: str) -> tuple[str, list[str]]:
    """WordPress's HTML as Markdown, and what in it has no meaning here."""
    troubles: list[str] = []
    html = CODE.sub(lambda m: f'<pre data-lang="{m["lang"] or ""}">{m["code"]}</pre>', html)

    def captioned(match: re.Match[str]) -> str:
        image = re.search(r"<img\b[^>]*>", match["inner"])
        if not image:
            return match["inner"]
        words = plain(match["inner"].replace(image[0], "")).strip().replace('"', "&quot;")
        kept = re.sub(r"\stitle=([\"']).*?\1", "", image[0])
        return f'\n\n<p>{kept.rstrip("/> ")} title="{words}"></p>\n\n'

    def linked(match: re.Match[str]) -> str:
        troubles.append(f"the player of {match[2]} became a link")
        return f'<p><a href="{match[2]}">{match[2]}</a></p>'

    html = PLAYER.sub(linked, CAPTION.sub(captioned, html))
    if "<!-- wp:" not in html and not re.search(r"<p\b", html.replace("\n\n<p><img", "")):
        html = "".join(
            part if PRE.fullmatch(part) else paragraphs(part) for part in PRE.split(html)
        )
    names = {
        match["name"]
        for part in PRE.split(html)
        if not PRE.fullmatch(part)
        for match in SHORTCODE.finditer(plain(part))
    }
    for name in sorted(names):
        troubles.append(f"the shortcode [{name}] has no meaning here and stands in the text")
    text = markdownify(
        html,
        heading_style="ATX",
        bullets="-",
        code_language_callback=lambda element: element.get("data-lang", ""),
        escape_misc=False,
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", troubles


def paragraphs(text: str) -> str:
    """What WordPress's old editor leaves out: blank lines between paragraphs, line breaks in them."""
    made = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        if block.strip():
            inner = block.strip()
            made.append(inner if BLOCK.match(inner) else f"<p>{inner.replace(chr(10), '<br>')}</p>")
    return "\n".join(made)


def pictures_beside(export: Path) -> Finder:
    """Finds pictures in wp-content/uploads/ or uploads/ beside the export."""
    uploads = export.resolve().parent

    def find(_: Post, name: str) -> Path | None:
        below = name.partition("/uploads/")[2]
        for folder in (uploads / "wp-content" / "uploads", uploads / "uploads"):
            path = (folder / below).resolve()
            if below and path.is_relative_to(folder) and path.is_file():
                return path
        return None

    return find
