"""Markdown words: what readers see of a Markdown file, word by word, with the line of the file each stands in.

Not a renderer: signs of Markdown are taken away, and nothing is put in, so that what is left reads as the page
does. A passage is then looked for as in the page (`formats/passages`).
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from html import unescape
from typing import NamedTuple

from formats.passages import Found, Passage, Text, cleaned, find

# What begins a line, and is none of its words; what is a line by itself, and has none.
BEGINS = re.compile(
    r"^[ \t]*(?:>[ \t]?)*[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)*"
)
TITLE = re.compile(r"^#{1,6}[ \t]+|[ \t]+#+[ \t]*$|[ \t]*\{[#.][^{}\n]*\}[ \t]*$")
BARE = re.compile(
    r"^[ \t]*(?:=+|(?:[-*_][ \t]*){3,}|\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?)$"
)
ELSEWHERE = re.compile(r"^[ \t]{0,3}\[[^\]\n]+\]:[ \t]*\S.*$")
NOTE = re.compile(r"^[ \t]{0,3}\[\^[^\]\n]+\]:[ \t]*")
FENCE = re.compile(r"^[ \t>]*(?P<fence>```+|~~~+)")
_INNER = r"(?:[^\[\]\\]|\\.|\[[^\[\]]*\])*"
_TARGET = r"\((?:[^()\\\n]|\\.|\([^()\n]*\))*\)"

Keep = Callable[[re.Match[str]], str]


class Words(NamedTuple):
    """The words of a file in one line, and in which line of the file each place begins."""

    text: Text
    places: list[int]
    lines: list[int]

    def line(self, found: Found) -> int:
        return self.lines[max(0, bisect_right(self.places, found.start) - 1)]

    def find(self, passage: Passage) -> tuple[int, Found] | None:
        """The line in which a passage begins, if that is one beyond doubt."""
        found = find(passage, self.text)
        return (self.line(found), found) if found else None


def words_of(body: str, first: int = 1) -> Words:
    """The words of a text whose first line is of this number."""
    parts: list[str] = []
    places: list[int] = []
    lines: list[int] = []
    at = 0
    for number, line in enumerate(bare(body).split("\n"), first):
        if text := cleaned(line):
            places.append(at)
            lines.append(number)
            parts.append(text)
            at += len(text) + 1
    return Words(Text(" ".join(parts), [], []), places or [0], lines or [first])


def bare(body: str) -> str:
    """A text without the signs of Markdown, of as many lines."""
    code: list[str] = []

    def keep(text: str) -> str:
        """Code says what it says: it is put aside while signs are taken away."""
        code.append(text)
        return f"\0{len(code) - 1}\0"

    text = "\n".join(blocks(body, keep))
    text = re.sub(r"(`+)([^`\n]+|[^`].*?[^`])\1(?!`)", lambda found: keep(found[2]), text)
    for pattern, kept in INLINE:
        # What is taken away leaves its line ends, by which lines are counted.
        text = pattern.sub(lambda found, kept=kept: _with_lines(found, kept(found)), text)  # type: ignore[misc]  # bound at once
    text = unescape(text)
    return re.sub(r"\0(\d+)\0", lambda found: code[int(found[1])], text)


def blocks(body: str, keep: Callable[[str], str]) -> list[str]:
    """The lines without what says which kind of block they are of."""
    fence = ""
    lines = []
    for line in body.split("\n"):
        found = FENCE.match(line)
        if found and (not fence or found["fence"].startswith(fence)):
            fence = "" if fence else found["fence"]
            lines.append("")
        elif fence:
            lines.append(keep(line))
        elif BARE.match(line) or (ELSEWHERE.match(line) and not NOTE.match(line)):
            lines.append("")
        else:
            line = TITLE.sub("", BEGINS.sub("", NOTE.sub("", line)))
            lines.append(line.replace("|", " ") if line.lstrip().startswith("|") else line)
    return lines


def _with_lines(found: re.Match[str], kept: str) -> str:
    return kept + "\n" * (found[0].count("\n") - kept.count("\n"))


def _nothing(_: re.Match[str]) -> str:
    return ""


def _first(found: re.Match[str]) -> str:
    return found[1]


INLINE: list[tuple[re.Pattern[str], Keep]] = [
    (re.compile(r"<!--.*?-->", re.DOTALL), _nothing),
    (re.compile(rf"!\[{_INNER}\]{_TARGET}", re.DOTALL), _nothing),
    (re.compile(r"\[\^[^\]\n]+\]"), _nothing),
    (re.compile(rf"\[({_INNER})\](?:{_TARGET}|\[[^\[\]\n]*\])", re.DOTALL), _first),
    (re.compile(r"<((?:https?|mailto):[^<>\s]+)>"), _first),
    (re.compile(r"</?[a-zA-Z][^<>]*>"), _nothing),
    (re.compile(r"(?<!\\)\*+|(?<!\\)~~|(?<![\w\\])_+(?=\S)|(?<=[^\s\\])_+(?!\w)"), _nothing),
    # As typographers and the folding of passages have them.
    (re.compile(r"(?<!-)---?(?!-)"), lambda _: "–"),
    (re.compile(r"\.\.\."), lambda _: "…"),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), _first),
]
