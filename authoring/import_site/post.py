"""Posts: an article or page of another blog, what its site says of itself, and notes of what was left out.

Every reader of another blog (`wordpress`, `ghost`, `hugo`, `jekyll`, `pelican_site`) is a `Reader`: it
yields these, and `plan` says what becomes of them here.
"""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

# Fenced code, code within a line, and HTML's own: what stands there is nobody's markup.
CODE = re.compile(
    r"^(?P<fence> {0,3}(?:`{3,}|~{3,})).*?(?:^(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?<![`\\])(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)"
    r"|<(?P<tag>pre|code)\b.*?</(?P=tag)>",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)


class Note(NamedTuple):
    """Something that was left out, or that its author should look at."""

    place: str
    # 0 where it is said of the whole blog.
    line: int
    text: str

    def __str__(self) -> str:
        where = f"{self.place}:{self.line}" if self.line else self.place
        return f"{where}: {self.text}"


@dataclass
class Post:
    """An article or a page of another blog, its text in Markdown."""

    place: str
    line: int
    title: str
    slug: str
    body: str
    # What the other blog knows it by, whatever its export is called: the same in each import.
    source: str = ""
    # Whether it is one of many in a file, whose lines say little.
    exported: bool = False
    # What its translations share.
    group: str = ""
    date: datetime | None = None
    modified: datetime | None = None
    lang: str = ""
    is_page: bool = False
    draft: bool = False
    hidden: bool = False
    pinned: bool = False
    comments: str = ""
    category: str = ""
    tags: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    series: str = ""
    summary: str = ""
    # The first is the one that it had last.
    addresses: list[str] = field(default_factory=list)
    body_line: int = 1
    # What readers of the other blog saw, for whoever looks whether a word was lost.
    words: Counter[str] = field(default_factory=Counter)
    # The folder that it has to itself, where it has one.
    bundle: Path | None = None
    # What its front matter says and nothing here asks for.
    unused: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def note(self, text: str, line: int = 0) -> None:
        if self.exported:
            line, text = self.line, f'"{self.title}": {text}'
        self.notes.append(Note(self.place, line or self.line, text))


@dataclass
class Site:
    """What another blog says of itself."""

    kind: str
    title: str = ""
    url: str = ""
    lang: str = ""
    zone: str = ""
    # Its menu: words, and addresses as they were.
    menu: list[tuple[str, str]] = field(default_factory=list)


class Reader(ABC):
    """Another blog, however it is kept."""

    site: Site
    # The file that each article becomes here, by its source; known when all have been read.
    written: dict[str, str]

    @abstractmethod
    def read(self) -> Iterator[Post | Note]:
        """Each article and page, and a note for each thing that is left out."""

    @abstractmethod
    def find(self, post: Post, name: str) -> Path | None:
        """The file that an article calls by a path; None where it is not at hand."""

    def article(self, post: Post, name: str) -> str | None:
        """The address of the article that another one calls by a name of its own; None for no such."""
        return None

    def unshown(self, post: Post) -> list[str]:
        """Files that lie with an article, and that no text shows."""
        return []


REFERENCE = re.compile("\ue002([^\ue003]*)\ue003")


def referred(post: Post) -> str:
    """A link to an article whose file is known when all have been read."""
    return f"\ue002{post.source}\ue003"


def number(value: object) -> int:
    """A number that something is sorted by; nothing that is none stops anybody."""
    text = str(value or "0").strip()
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else 0


def within(top: Path, path: Path) -> Path | None:
    """A file, if it is one and lies in this folder, whatever a text calls it."""
    try:
        found = path.resolve()
        return found if found.is_relative_to(top.resolve()) and found.is_file() else None
    except (OSError, ValueError):  # No disk has such a name.
        return None


def outside_code(text: str, change: Callable[[str, int], str]) -> str:
    """A text changed everywhere but in code; `change` gets a piece and the lines before it."""
    parts, at, lines = [], 0, 0
    for match in CODE.finditer(text):
        parts += [change(text[at : match.start()], lines), match[0]]
        lines += text.count("\n", at, match.end())
        at = match.end()
    parts.append(change(text[at:], lines))
    return "".join(parts)


# What code may stand in on its own line: quotations and items.
BEFORE_CODE = re.compile(r"(?:[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t]|>)*\Z")


def fenced(found: re.Match[str], info: str) -> str:
    """Code of another notation between fences: as far in as where it begins, in an item too, and apart from words."""
    text, code = found.string, found["code"]
    before = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    alone = BEFORE_CODE.match(before)
    within = re.sub(r"[^>\s]", " ", before) if alone else ""
    lines = code.split("\n")
    if ">" in within and not lines[-1].strip("> \t"):
        lines.pop()
    if not all(line.startswith(within.rstrip() or within) for line in lines if line.strip()):
        lines = [f"{within}{line}".rstrip() for line in lines]
    ticks = "`" * max(3, 1 + max(map(len, re.findall(r"`+", code)), default=0))
    after = text[found.end() :].partition("\n")[0].strip()
    begin = ticks if alone else f"\n\n{ticks}"
    end = f"{within}{ticks}" + (f"\n\n{within}" if after else "")
    return "\n".join([begin + info, *lines, end])
