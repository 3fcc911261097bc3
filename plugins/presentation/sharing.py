"""Sharing: what other sites show of a page, and what search engines read in it.

Templates get two functions. `share_picture(content)` draws a picture of 1200 × 630 for an article or
page (for the site itself without one): its title, the site's name, author and date, on paper with a
rubric line, in a font that has Chinese. `linked_data(content)` returns JSON-LD: the article, and where
it stands in the site; `linked_comments(content)` its comments as they are baked. `theme/templates/parts-sharing.html`
puts both into a page's head, with Open Graph's lines.

A picture is named after what it shows: an unchanged one is not drawn again. Characters that the font
does not have, such as emoji, are left out of it; they stay in the page's title.

Settings: SHARE_PICTURES (True), SHARE_FONT (the path of a font, for a language that Noto Serif SC does
not have), SHARE_FOLDER ("images/share"), CACHE_PATH.
"""

import contextlib
import hashlib
import io
import json
import re
import time
import unicodedata
from collections.abc import Callable
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pylopdf_fonts_zh_cn
from markupsafe import Markup
from pelican import signals
from PIL import Image, ImageDraw, ImageFont, features

from plugins import files
from plugins.comments.manifest import Article, Generator, Pelican, absolute, plain

VERSION = 1  # of the drawing: a change draws every picture anew
WIDTH, HEIGHT = 1200, 630
PAPER, INK, QUIET, RUBRIC, LINE = "#fbfaf7", "#1d1c1a", "#655f56", "#9c3a20", "#ddd6c9"
LEFT, RIGHT = 190, 1110
TOP, BOTTOM = 150, 500
# From the size of a short title to that of a long one, and how many lines it may have.
SIZES = ((88, 3), (76, 3), (66, 4), (56, 4), (48, 5))
LEADING = 1.28
COLOURS = 32
MAX_CHARACTERS = 200
KEEP_SECONDS = 30 * 24 * 3600
COMMENTS = 3
COMMENT_CHARACTERS = 500

WIDE = re.compile(
    r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
)
NOT_FIRST = set(
    "，。、；：？！）》」』】〉〕…—～·,.;:?!)]}”’％%ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
NOT_LAST = set("（《「『【〈〔([{“‘$￥")
QUOTES = str.maketrans("“”‘’", "\"\"''")
TAG = re.compile(r"<[^>]*>")
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def words(html: str) -> str:
    """HTML as a line of plain text."""
    return " ".join(unescape(TAG.sub("", html)).split())


# --- The picture ----------------------------------------------------------------------------------


@cache
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@cache
def has(path: str, character: str) -> bool:
    """Whether the font has a sign for this character, and not just its box for what is missing."""
    if character.isspace():
        return True
    if unicodedata.category(character) in ("Cf", "Cc", "Cs", "Co", "Cn") or (
        "\ufe00" <= character <= "\ufe0f"
    ):
        return False
    one = font(path, 24)
    return bytes(one.getmask(character)) != bytes(one.getmask("\U0010ffff"))


def drawable(path: str, text: str) -> str:
    if not WIDE.search(text):
        # In a Chinese font these are as wide as a Chinese character.
        text = text.translate(QUOTES)
    kept = "".join(c for c in unicodedata.normalize("NFC", text) if has(path, c))
    return " ".join(kept.split())


def pieces(text: str) -> list[str]:
    """What may stand on a line of its own: words, and single characters of scripts without spaces.
    A space belongs to the piece before it.
    """
    found: list[str] = []
    for run in re.findall(rf"{WIDE.pattern}|\s+|[^\s]", text):
        joins = found and (
            run.isspace()
            or run in NOT_FIRST
            or found[-1][-1] in NOT_LAST
            or not (WIDE.match(run) or WIDE.match(found[-1][-1]) or found[-1][-1].isspace())
        )
        if joins:
            found[-1] += run
        else:
            found.append(run)
    return found


def broken(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The text in as few lines as it needs, and these as equal in length as they can be."""
    parts: list[str] = []
    for piece in pieces(text):
        parts += [piece] if measure(piece.rstrip()) <= width else list(piece)
    long = [measure(part) for part in parts]
    # What a piece adds at the end of a line, where its space does not count.
    last = [measure(part.rstrip()) for part in parts]
    # Of each end: lines, roughness, and where its last line begins.
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]
    for end in range(1, len(parts) + 1):
        options: list[tuple[int, float, int]] = []
        length = 0.0
        for start in range(end - 1, -1, -1):
            length += last[start] if start == end - 1 else long[start]
            if length > width and start < end - 1:
                break
            lines, rough, _ = best[start]
            options.append((lines + 1, rough + (width - length) ** 2, start))
        best.append(min(options))
    found: list[str] = []
    at = len(parts)
    while at:
        start = best[at][2]
        found.insert(0, "".join(parts[start:at]).strip())
        at = start
    return found


class Shown(NamedTuple):
    """Everything that a picture shows."""

    site: str
    title: str
    foot: str


def fitted(path: str, title: str) -> tuple[int, list[str]]:
    """The title's size and lines; what is too long even for the smallest ends in dots."""
    lines: list[str] = []
    for size, most in SIZES:
        lines = broken(title, RIGHT - LEFT, cache(font(path, size).getlength))
        if len(lines) <= most:
            return size, lines
    size, most = SIZES[-1]
    measure = cache(font(path, size).getlength)
    while len(lines) > most:
        title = title[:-1].rstrip()
        lines = broken(f"{title}…", RIGHT - LEFT, measure)
    return size, lines


def mark(draw: ImageDraw.ImageDraw, left: float, top: float, side: float) -> None:
    """The site's mark: text, the rule beside it, and two notes in the margin."""
    unit = side / 32
    strokes = (
        (RUBRIC, ((12, 3, 12, 29), (3, 13.5, 8.5, 13.5), (3, 18.5, 6.5, 18.5))),
        (
            INK,
            ((16, 8.5, 29, 8.5), (16, 13.5, 27, 13.5), (16, 18.5, 29, 18.5), (16, 23.5, 23, 23.5)),
        ),
    )
    for colour, lines in strokes:
        for x1, y1, x2, y2 in lines:
            ends = (left + x1 * unit, top + y1 * unit, left + x2 * unit, top + y2 * unit)
            draw.line(ends, colour, max(2, round(2.2 * unit)))


def drawn(path: str, shown: Shown) -> bytes:
    """The picture as PNG; the same bytes for the same words."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.line((126, 0, 126, HEIGHT), RUBRIC, 3)
    for width, y in ((44, 300), (28, 322)):
        draw.line((52, y, 52 + width, y), RUBRIC, 3)
    mark(draw, LEFT - 8, 52, 52)
    draw.text((LEFT + 62, 78), shown.site, INK, font(path, 32), anchor="lm")
    size, lines = fitted(path, shown.title)
    face = font(path, size)
    height = size * LEADING
    top = (TOP + BOTTOM) / 2 - height * len(lines) / 2
    for number, line in enumerate(lines):
        middle = top + height * (number + 0.5)
        draw.text((LEFT, middle), line, INK, face, anchor="lm", stroke_width=size / 110)
    if shown.foot:
        draw.line((LEFT, 528, RIGHT, 528), LINE, 2)
        draw.text((LEFT, 564), shown.foot, QUIET, font(path, 28), anchor="lm")
    made = io.BytesIO()
    image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        made, "PNG", compress_level=6
    )
    return made.getvalue()


def day(content: Article) -> str:
    """A date as the picture's language writes it; others as numbers, which everybody reads."""
    date = content.date
    language = content.lang.lower().split("-")[0]
    if language in ("zh", "ja"):
        return f"{date.year}年{date.month}月{date.day}日"
    if language == "en":
        return f"{date.day} {MONTHS[date.month - 1]} {date.year}"
    return str(date.date().isoformat())


# --- What search engines read ---------------------------------------------------------------------


class Comments(HTMLParser):
    """The first comments of a baked fragment: who wrote what, and when."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self._into = self._tag = ""
        self._depth = 0
        self.feed(fragment)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "li" and "postil-comment" in classes:
            self.found.append({"id": given.get("id", ""), "author": "", "date": "", "text": ""})
        elif self.found and not self._into:
            if tag == "time" and not self.found[-1]["date"]:
                self.found[-1]["date"] = given.get("datetime", "")
            for name, key in (("postil-name", "author"), ("postil-body", "text")):
                if name in classes and not self.found[-1][key]:
                    self._into, self._depth, self._tag = key, 0, tag
        if self._into and tag == self._tag:
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self._into and tag == self._tag:
            self._depth -= 1
            if not self._depth:
                self._into = ""

    def handle_data(self, data: str) -> None:
        if self._into:
            self.found[-1][self._into] += data


def cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def comments(content: Article, address: str) -> list[dict[str, Any]]:
    fragment = str(getattr(content, "comments_fragment", None) or "")
    listed = [one for one in Comments(fragment).found if one["text"].strip()]
    made = []
    for one in listed[:COMMENTS]:
        comment: dict[str, Any] = {
            "@type": "Comment",
            "text": cut(one["text"], COMMENT_CHARACTERS),
            "url": f"{address}#{one['id']}",
        }
        if author := " ".join(one["author"].split()):
            comment["author"] = {"@type": "Person", "name": author}
        if one["date"]:
            comment["datePublished"] = one["date"]
        made.append(comment)
    return made


def inert(data: Any) -> Markup:
    """JSON that can stand in a script element: nothing in it ends the element or opens another."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - made harmless a line above


class Sharing:
    """What the templates of one build ask for."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.site = settings["SITEURL"].rstrip("/")
        self.output = Path(settings["OUTPUT_PATH"])
        self.cache = Path(settings.get("CACHE_PATH", "cache"), "share")
        self.folder = settings.get("SHARE_FOLDER", "images/share").strip("/")
        self.font = str(settings.get("SHARE_FONT") or pylopdf_fonts_zh_cn.serif_path())
        self.written: set[str] = set()

    def picture(self, content: Article | None = None) -> str | None:
        """The whole address of a page's picture, which is there when this returns."""
        if not self.settings.get("SHARE_PICTURES", True):
            return None
        site = drawable(self.font, self.settings["SITENAME"])
        title, foot = self.settings["SITENAME"], self.settings.get("SITESUBTITLE", "")
        if content is not None:
            title, foot = plain(content.title), ""
            if getattr(content, "date", None):
                authors = ", ".join(str(author) for author in getattr(content, "authors", []))
                foot = " · ".join(part for part in (authors, day(content)) if part)
        title = drawable(self.font, title)[:MAX_CHARACTERS] or site
        shown = Shown(site, title, cut(drawable(self.font, foot), 60))
        recipe = json.dumps([VERSION, features.version("pil"), Path(self.font).name, *shown])
        name = f"{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.png"
        if name not in self.written:
            kept = self.cache / name
            if not kept.exists():
                files.replace(kept, drawn(self.font, shown))
            files.update(self.output / self.folder / name, kept.read_bytes())
            self.written.add(name)
            files.ask(self.output, f"{self.folder}/{name}")
        return absolute(self.site, f"{self.folder}/{name}")

    def linked_data(self, content: Article) -> Markup:
        address = absolute(self.site, content.url)
        crumbs = [(self.settings["SITENAME"], f"{self.site}/")]
        if category := getattr(content, "category", None):
            crumbs.append((str(category), absolute(self.site, category.url)))
        crumbs.append((plain(content.title), address))
        found: list[dict[str, Any]] = [
            {
                "@context": "https://schema.org",
                "@type": "BreadcrumbList",
                "itemListElement": [
                    {"@type": "ListItem", "position": number, "name": name, "item": item}
                    for number, (name, item) in enumerate(crumbs, 1)
                ],
            }
        ]
        if getattr(content, "date", None):
            found.insert(0, self.article(content, address))
        return inert(found)

    def linked_comments(self, content: Article) -> Markup | None:
        """The baked comments in a block of its own, named as part of the article: whoever bakes the
        page again takes it out, so that no deleted word stays in it.
        """
        if not getattr(content, "comment_count", 0):
            return None
        address = absolute(self.site, content.url)
        return inert(
            {
                "@context": "https://schema.org",
                "@type": "Article",
                "@id": f"{address}#article",
                "commentCount": content.comment_count,
                "comment": comments(content, address),
            }
        )

    def article(self, content: Article, address: str) -> dict[str, Any]:
        published = content.date.isoformat()
        changed = getattr(content, "modified", None)
        data: dict[str, Any] = {
            "@context": "https://schema.org",
            "@type": "Article",
            "@id": f"{address}#article",
            "headline": plain(content.title),
            "description": words(content.metadata.get("summary", "")),
            "inLanguage": content.lang,
            "datePublished": published,
            "dateModified": changed.isoformat() if changed else published,
            "author": [
                {"@type": "Person", "name": str(author), "url": absolute(self.site, author.url)}
                for author in getattr(content, "authors", [])
            ],
            "publisher": {"@type": "Organization", "name": self.settings["SITENAME"]},
            "image": self.picture(content),
            "keywords": [str(tag) for tag in getattr(content, "tags", [])],
        }
        return {key: value for key, value in data.items() if value not in ("", [], None)}


def offer(generator: Generator) -> None:
    sharing = Sharing(generator.settings)
    generator.env.globals.update(
        share_picture=sharing.picture,
        linked_data=sharing.linked_data,
        linked_comments=sharing.linked_comments,
        plain_words=words,
    )


def prune(pelican: Pelican) -> None:
    """Drop what no page has shown since long: other sites may still ask for yesterday's picture."""
    settings = pelican.settings
    if str(Path(settings["OUTPUT_PATH"])) in files.partial:
        return
    below = settings.get("SHARE_FOLDER", "images/share").strip("/")
    written = files.asked_for(settings["OUTPUT_PATH"], below)
    folder = Path(settings["OUTPUT_PATH"], below)
    for path in folder.glob("*.png"):
        with contextlib.suppress(FileNotFoundError):
            if path.name not in written and path.stat().st_mtime < time.time() - KEEP_SECONDS:
                path.unlink()


def register() -> None:
    signals.generator_init.connect(offer)
    signals.finalized.connect(prune)
