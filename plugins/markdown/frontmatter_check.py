"""Front matter, checked: what can be said of an article's file alone, without building anything.

Pelican drops an article whose date it cannot read, and takes a misspelt line for the beginning of
the text; both pass silently. What `Comments` and `Thread` may say is known to `comments/manifest`, and
`Aliases` to `delivery/redirects`: the build asks them too. Here each line is looked at as it was typed.
The author's check asks it of every file; the build, of those that cannot be read (`unread`).
"""

import contextlib
import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from plugins.site import Problem

from . import dates, frontmatter
from .frontmatter import Line

KEYS = (
    *("title", "date", "modified", "slug", "status", "category", "tags", "authors", "author"),
    *(
        "summary",
        "description",
        "lang",
        "series",
        "series_index",
        "template",
        "translation",
        "save_as",
        "url",
    ),
    *("comments", "comments_close", "thread", "aliases", "pinned", "shared"),
)
# What YAML and TOML may have instead.
ELSEWHERE = (*frontmatter.SAME, "draft", "published")
STATUSES = ("published", "draft", "hidden", "skip")
# A key without a colon, with a space before it, or with the wide one of Chinese and Japanese.
NEARLY = re.compile(r"(?P<key>\w+)(?: *[:：] *| +)(?P<value>.*)")
# What is meant for front matter, so near to the beginning of a file.
BEGUN = re.compile(r"^(?:---|\+\+\+)\s*$|^(?:title|date)[ \t]*:", re.IGNORECASE | re.MULTILINE)
NEAR = 1000
NOT_IN_A_SLUG = re.compile(r"[\s/\\?#%\"<>]+")


class Head(NamedTuple):
    """The front matter of one file, and the lines in it that mean nothing."""

    lines: list[Line]
    strays: list[tuple[int, str]]

    def of(self, key: str) -> list[Line]:
        return [line for line in self.lines if line.key == key]


def head(text: str) -> Head:
    """The lines before the text, in any of the three notations; raises Unreadable."""
    fenced = frontmatter.lines(text)
    if fenced is not None:
        return Head(fenced, [])
    lines: list[Line] = []
    strays: list[tuple[int, str]] = []
    for number, row in enumerate(frontmatter.normal(text).split("\n"), 1):
        row = row.expandtabs(4)
        if number == 1 and row.startswith(frontmatter.BEGINS):
            continue
        if not row.strip() or row.startswith(frontmatter.ENDS):
            break
        if found := frontmatter.KEY.match(row):
            typed, value = found["key"], found["value"].strip()
            lines.append(Line(number, typed.lower(), [value], typed))
        elif not (lines and frontmatter.MORE.match(row)):
            strays.append((number, row.strip()))
    return Head(lines, strays)


def suggestion(word: str, known: tuple[str, ...]) -> str:
    meant = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
    return f" Did you mean {meant[0].capitalize()}?" if meant else ""


def problems(path: Path, name: str, page: bool, settings: dict[str, Any]) -> Iterator[Problem]:
    """What is wrong with the front matter of one file, each with its line."""

    def problem(line: int, text: str) -> Problem:
        return Problem(name, line, text)

    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        broken = path.read_bytes()[: error.start].count(b"\n") + 1
        yield problem(broken, "This is not UTF-8. Save the file in that encoding.")
        return
    try:
        found = head(text)
    except frontmatter.Unreadable as error:
        yield from (problem(line, wrong) for line, wrong in error.problems)
        return
    if not found.lines:
        yield problem(*headless(text))
        return
    yield from (problem(number, stray(row)) for number, row in found.strays)
    fenced = frontmatter.lines(text) is not None
    seen: dict[str, int] = {}
    for line in found.lines:
        known = (*KEYS, *(key.lower() for key in settings.get("FRONT_MATTER", ())))
        if line.key not in known and not (fenced and line.key in ELSEWHERE):
            yield problem(
                line.number,
                f"{line.typed} is not a key that is known.{suggestion(line.key, known)}"
                " A key of your own belongs into FRONT_MATTER in pelicanconf.py.",
            )
        elif line.key in seen and line.key != "aliases":
            yield problem(
                line.number,
                frontmatter.twice(line.typed, seen[line.key]),
            )
        seen.setdefault(line.key, line.number)
        yield from (
            problem(line.number, text) for text in of_value(line, settings.get("TIMEZONE", "UTC"))
        )
    if "title" not in seen:
        yield problem(1, 'There is no Title, and Pelican would leave this out. Write "Title: …".')
    if "date" not in seen and not page and not settings.get("DEFAULT_DATE"):
        yield problem(
            1,
            "There is no Date, and Pelican would leave this article out. Write one such as"
            f' "Date: {written_on(path)}".',
        )


def headless(text: str) -> tuple[int, str]:
    """What to write in a file that does not begin with its front matter, and in which line."""
    if text.lstrip("\ufeff \r\n\t").startswith("{"):
        return (
            1,
            'No front matter in JSON is read here. Write it as YAML between ---, or as "Title: …".',
        )
    below = BEGUN.search(frontmatter.normal(text), 0, NEAR)
    if below and (line := text.count("\n", 0, below.start()) + 1) > 1:
        return line, "Front matter begins on the first line. Take out what stands above it."
    return 1, 'There is no front matter. Begin the file with "Title: …" and "Date: …".'


def written_on(path: Path) -> str:
    """The day that the file's name begins with, or any day, to show how one is written."""
    found = re.match(r"\d{4}-\d{2}-\d{2}", path.name)
    return found[0] if found and not dates.wrong(found[0]) else "2026-11-20"


def misread(text: str) -> list[tuple[int, str]]:
    """Lines of front matter that lack their colon: they, and all below, would be published as text."""
    with contextlib.suppress(frontmatter.Unreadable):
        return [(number, stray(row)) for number, row in head(text).strays if meant(row)]
    return []


def meant(row: str) -> re.Match[str] | None:
    """The key and value of a line that lacks its colon, or has one that is not ours."""
    found = NEARLY.match(row)
    return found if found and found["key"].lower() in KEYS else None


def stray(row: str) -> str:
    if found := meant(row):
        return (
            f'"{row[:60]}" lacks its colon, so that it and all below become text. Write'
            f' "{found["key"].capitalize()}: {found["value"][:40]}".'
        )
    return (
        f'"{row[:60]}" stands among the front matter and is no line of it. Write "Key: value",'
        " or leave an empty line before the text."
    )


def of_value(line: Line, zone: str = "UTC") -> Iterator[str]:
    """What is wrong with the value of a known key; `zone` is the blog's own."""
    key, value = frontmatter.SAME.get(line.key, line.key), line.value
    if key in ("title", "date", "modified", "slug", "status", "category") and not value:
        yield f"{line.typed} is empty. Write it, or remove the line."
        return
    if key in ("date", "modified") and (fault := dates.wrong(value, zone)):
        yield f'{line.typed}: "{value}" {fault}'
    elif key in ("draft", "published") and value.lower() not in ("true", "false"):
        yield f'{line.typed}: "{value}" is no answer. Write true or false.'
    elif key == "status" and value.lower() not in STATUSES:
        meant = difflib.get_close_matches(value.lower(), STATUSES, n=1)
        guess = f" Did you mean {meant[0]}?" if meant else ""
        yield f'{line.typed}: "{value}" is no status. Write published, draft or hidden.{guess}'
    elif key == "slug" and NOT_IN_A_SLUG.search(value):
        better = NOT_IN_A_SLUG.sub("-", value).strip("-").lower()
        yield f'{line.typed}: "{value}" cannot be part of an address. Write {better or "words"}.'
