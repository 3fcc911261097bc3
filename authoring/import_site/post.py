"""Posts: an article or page of another blog, and notes of what was left out of it.

Every reader of another blog (`wordpress`, `hugo`, `jekyll`) yields these, and `importer` writes them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

FENCED = re.compile(r"^(?P<fence> {0,3}(?:```+|~~~+)).*?(?:^(?P=fence)[ \t]*$|\Z)", re.M | re.S)


class Note(NamedTuple):
    """Something that was left out, or that its author should look at."""

    place: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: {self.text}"


@dataclass
class Post:
    """An article or a page of another blog, its text in Markdown."""

    place: str
    line: int
    title: str
    slug: str
    body: str
    date: datetime | None = None
    modified: datetime | None = None
    lang: str = ""
    is_page: bool = False
    draft: bool = False
    category: str = ""
    tags: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    series: str = ""
    summary: str = ""
    addresses: list[str] = field(default_factory=list)
    body_line: int = 1


# Finds the file of a picture by what an article calls it; None where it is not at hand.
Finder = Callable[[Post, str], Path | None]


def outside_code(text: str, change: Callable[[str, int], str]) -> str:
    """A text changed everywhere but in fenced code; `change` gets a piece and the lines before it."""
    parts, at = [], 0
    for match in FENCED.finditer(text):
        parts += [change(text[at : match.start()], text.count("\n", 0, at)), match[0]]
        at = match.end()
    parts.append(change(text[at:], text.count("\n", 0, at)))
    return "".join(parts)
