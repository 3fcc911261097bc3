"""Search pages: what the index is told of a built page, and whether that is what it was told before."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from formats.search_index import JOINT
from plugins.site import Article

from .reading import IDEOGRAPH, IDEOGRAPHS

BODY = "data-pagefind-body"
MARKED = re.compile(rf"<([a-z][a-z0-9-]*)\b[^<>]*\s{BODY}\b[^<>]*>")
TITLE = re.compile(r"<title\b[^<>]*>.*?</title>", re.DOTALL)
TAG = re.compile(r"(<[^>]*>)")
# Behind these pagefind begins a new word anyway, most of them a new sentence.
ENDS = re.compile(r"</(h[1-6]|p|td|div|ul|li|article|section)>|<br\b")
SEAM = re.compile(rf"(?<=[{IDEOGRAPHS}])(?=\S)|(?<=\S)(?=[{IDEOGRAPHS}])")


class Page(NamedTuple):
    """A built page: where it is, what it was when it was looked at, and what the index is told of it."""

    path: Path
    meta: dict[str, str]
    stamp: list[int]
    digest: str

    def html(self) -> str:
        return told(self.path.read_text(encoding="utf-8"), self.meta)


def address(content: Article) -> str:
    """A page's address as the index has it."""
    return "/" + unquote(content.url.removesuffix("index.html")).lstrip("/")


def page(content: Article, output: Path, before: list[Any] | None) -> Page | None:
    """The page as it was written; None if nothing is to be found. Read only if it is not as it was before."""
    path = output / content.save_as
    try:
        stat = path.stat()
    except OSError:
        return None
    meta = {"lang": content.lang.lower()}
    if hasattr(content, "date"):
        # Pelican's own `strftime` takes every format apart.
        meta["date"] = content.date.date().isoformat()
    stamp = [stat.st_size, stat.st_mtime_ns]
    if before and before[:2] == [stamp, meta]:
        digest = before[2]
    else:
        text = told(path.read_text(encoding="utf-8"), meta)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""
    return Page(path, meta, stamp, digest)


def told(html: str, meta: Mapping[str, str]) -> str:
    """Of a whole page, what is marked to be indexed, with what a result says of it; or nothing."""
    marked = parts(html)
    if not marked:
        return ""
    values = "".join(f' data-{name}="{value}"' for name, value in meta.items())
    named = ", ".join(f"{name}[data-{name}]" for name in meta)
    marked[0] = marked[0].replace(BODY, f'{BODY} data-pagefind-meta="{named}"{values}', 1)
    body = "".join(marked)
    # A page's own heading is its title; what the theme adds to that elsewhere is none of its words.
    title = None if "<h1" in body else TITLE.search(html)
    return apart(f"<html><head>{title[0] if title else ''}</head><body>{body}</body></html>")


def apart(html: str) -> str:
    """The same with each character of Chinese and Japanese as a word of its own: pagefind splits at spaces."""
    if not IDEOGRAPH.search(html):
        return html
    pieces = TAG.split(html)
    # Where the last text stands, and its last character unless a sentence ends there.
    at, end = 0, ""
    for number, piece in enumerate(pieces):
        if number % 2:
            end = "" if ENDS.match(piece) else end
        elif piece:
            if end and piece[0].isalnum() and SEAM.match(end + piece[0], 1):
                pieces[at] += f"{JOINT} "
            pieces[number] = SEAM.sub(f"{JOINT} ", piece)
            at, end = number, piece[-1]
    return "".join(pieces)


def parts(html: str) -> list[str]:
    """The elements that the theme marks; the whole page where their end cannot be told."""
    found = []
    at = 0
    while start := MARKED.search(html, at):
        depth = 1
        for tag in re.compile(rf"<(/?){start[1]}\b[^<>]*>").finditer(html, start.end()):
            depth += -1 if tag[1] else 1
            if not depth:
                at = tag.end()
                break
        else:
            return [html]
        found.append(html[start.start() : at])
    return found
