"""Site: what every plugin knows of a Pelican site: its contents, whole addresses, a problem told by its line.

Pelican keeps what it has read in a dozen lists, by kind, language and status: `published`, `hidden` and
`drafts` are all of them.
"""

import html
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin

from formats.article_text import LEFT_OUT

INLINE = re.compile(r"</?(abbr|b|cite|code|em|i|q|s|small|span|strong|sub|sup|tt|u|wbr)\b[^<>]*>")
# The sign that ends a tag may stand in a value before; what is never ended is read once.
TAG = re.compile(r"""</?[a-zA-Z](?:[^<>"']++|"[^"]{0,50000}"|'[^']{0,50000}'){0,200}+>|<[^<>]*>""")
# What stands in these is no word of a text; how characters are read is.
UNREAD = "|".join(name for name in LEFT_OUT if name[0] not in ".[" and name not in ("rp", "rt"))
RAW = ("script", "style", "textarea", "iframe")
HIDES = re.compile(
    rf"<!--(?:.*?-->|.*)|<(?P<end>/?)(?P<tag>{UNREAD})(?=[\s/>])[^<>]*>?", re.DOTALL | re.IGNORECASE
)
# How any of it begins, in small letters: most texts have none, and need not be taken apart.
HIDING = ("<!--", *(f"<{name}" for name in UNREAD.split("|")))

# Of the paragraphs of a text, those that have words; and the numbers of notes in them.
PARAGRAPH = re.compile(
    r"<p(?!\s[^<>]*note-title)(?:\s[^<>]*)?>(?!\s*(?:<a [^<>]*>)?<img\b)(.*?)</p>", re.DOTALL
)
NOTE = re.compile(r'<sup id="fnref.*?</sup>', re.DOTALL)
# How wide a line of search results is, in letters; an ideograph is as wide as two.
WIDTH = 160
# An address that leads to a page by itself: taken apart and put together it is the same.
WHOLE = re.compile(
    r"https?://[\w.-]+/(?:[\w~+%@:-]+/)*(?:[\w~+%@:-][\w~+%@:.-]*)?(?:#[\w-]+)?", re.ASCII
)
# One in which nothing needs to be quoted, as nearly all are.
AS_IT_IS = re.compile(r"[\w./~-]*", re.ASCII)
# What XML, and so a feed, cannot have; people paste it from slides and terminals. As it is, or by number.
ILLEGIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\r"))
REFERENCE = re.compile(r"&#(?:[xX](?P<hex>[0-9a-fA-F]{1,6})|(?P<decimal>[0-9]{1,7}));")

# Pelican is untyped: its articles, generators and settings are whatever the plugins before us made.
Article = Any
Generator = Any
Pelican = Any


class Problem(NamedTuple):
    """A line that cannot be used; `text` says what is wrong and what to write."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def as_typed(path: str | Path) -> str:
    """A path as its author would type it: from the current folder if below it."""
    path = Path(path)
    typed = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    # A name that is not written in UTF-8 can be shown all the same.
    return os.fsencode(typed).decode("utf-8", "backslashreplace")


def absolute(site_url: str, url: str) -> str:
    if AS_IT_IS.fullmatch(url):
        return f"{site_url}/{url.lstrip('/')}"
    return f"{site_url}/{quote(url.lstrip('/'), safe='/%:@!$&()*+,;=~?#')}"


def joined(base: str, address: str) -> str:
    """An address as seen from another; one that is none stays as it is."""
    # Most are whole or lead to a place in the same text, and need not be taken apart.
    if WHOLE.fullmatch(address):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def legible(text: str) -> str:
    """A text without signs that nobody sees and no feed can have; those that end a line part words."""

    def shown(found: re.Match[str]) -> str:
        code = int(found["hex"], 16) if found["hex"] else int(found["decimal"])
        return "" if code <= 0xFFFF and ILLEGIBLE.match(chr(code)) else found[0]

    if "&#" in text:
        text = REFERENCE.sub(shown, text)
    if all_legible(text):
        return text
    return ILLEGIBLE.sub(lambda found: " " if found[0] in "\x0b\x0c" else "", text)


def all_legible(text: str) -> bool:
    """Whether there is nothing to take out of a text: told in a tenth of the time, and asked of every text."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return False
    return (
        len(data.translate(None, CONTROLS)) == len(data)
        and "\ufffe" not in text
        and "\uffff" not in text
    )


def plain(title: str) -> str:
    """A title without the markup that Typogrify and docutils put into it; other words stay."""
    return " ".join(html.unescape(INLINE.sub("", title)).split())


def shown(html_text: str) -> str:
    """HTML without what readers get no words of: drawings, style sheets, scripts, comments and the like."""
    small = html_text.lower() if "<" in html_text else ""
    if not any(each in small for each in HIDING):
        return html_text
    out: list[str] = []
    at = depth = 0
    inside = ""
    for found in HIDES.finditer(html_text):
        tag, begins, empty = (found["tag"] or "").lower(), not found["end"], found[0].endswith("/>")
        if not inside:
            out.append(html_text[at : found.start()])
            at = found.end()
            if tag and begins and not empty:
                inside, depth = tag, 1
        elif tag == inside and not (begins and (empty or inside in RAW)):
            depth += 1 if begins else -1
            if not depth:
                inside, at = "", found.end()
    return "".join(out) if inside else "".join([*out, html_text[at:]])


def bare(html_text: str, between: str = "") -> str:
    """HTML as its words alone, as they are written in it."""
    return TAG.sub(between, shown(html_text)) if "<" in html_text else html_text


def plain_text(html_text: str) -> str:
    """HTML as a line of plain text."""
    return " ".join(html.unescape(bare(html_text)).split())


def _words_of(paragraph: re.Match[str]) -> str:
    return plain_text(NOTE.sub("", paragraph[1]))


def _as_many_as(characters: int, texts: Iterable[str]) -> Iterator[str]:
    """The first of these texts that have so many characters together."""
    for text in texts:
        yield text
        characters -= len(text)
        if characters <= 0:
            return


@lru_cache(maxsize=32)  # A page tells it in several places, one after the other.
def first_words(html_text: str, most: int = WIDTH) -> str:
    """How a text begins, as a line that stands for it: its first paragraphs, to the end of a sentence or word."""
    text = shown(html_text.partition('<div class="footnote"')[0])
    words = " ".join(_as_many_as(most + 2, filter(None, map(_words_of, PARAGRAPH.finditer(text)))))
    width = end = sentence = 0
    for place, sign in enumerate(words):
        width += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if width > most:
            break
        wide = width and unicodedata.east_asian_width(sign) in "WF"
        if sign in "。！？" or (sign in ".!?" and words[place + 1 : place + 2] in ("", " ")):
            sentence = place + 1
        if sign == " " or wide:
            end = place + bool(wide)
    else:
        return words
    if sentence > end // 2:
        return words[:sentence]
    return words[: end or most].rstrip(" ,;:、，；：") + "…"


def described(content: Article) -> str:
    """What a page is about, as a line of plain text: its summary, or how it begins."""
    return plain_text(content.metadata.get("summary") or "") or first_words(content.content)


def by_kind(generators: Iterable[Generator]) -> tuple[Generator, Generator]:
    """Pelican's generator of articles and that of pages."""
    named = {type(generator).__name__: generator for generator in generators}
    return named["ArticlesGenerator"], named["PagesGenerator"]


def published(*generators: Generator) -> list[Article]:
    """What lists, feeds and maps of the site show, in every language."""
    return _listed(generators, "articles", "pages", "translations")


def hidden(*generators: Generator) -> list[Article]:
    """What has an address that no list tells."""
    return _listed(generators, "hidden_articles", "hidden_pages", "hidden_translations")


def drafts(*generators: Generator) -> list[Article]:
    """What is yet to be published, or whose date is to come."""
    own = ("drafts", "draft_pages")
    return _listed(generators, *own, "drafts_translations", "draft_translations")


def _listed(generators: Iterable[Generator], *names: str) -> list[Article]:
    return [
        content
        for generator in generators
        for name in names
        for content in getattr(generator, name, ())
    ]
