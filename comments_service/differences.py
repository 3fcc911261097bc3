"""Differences: what an edit took out of a text and what it put in, word by word.

Pure. A text is a stranger's, and comparing costs more than its length: what would cost too much is
compared by its lines, or shown as another text altogether.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

import regex

# Two texts of so many words without any order between them take some 10 ms; an edit changes fewer.
MAX_WORDS = 400
MAX_LINES = 100
# A word with the space behind it; in scripts that put no space between words, a character.
_unspaced = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_letter = r"[\p{L}\p{N}\p{M}_]"
_word = regex.compile(
    rf"{_unspaced}\p{{M}}*\s*|[{_letter}--{_unspaced}]+\s*|{_letter}\s*|[^\p{{L}}\p{{N}}\p{{M}}_\s]\s*|\s+",
    regex.V1,
)


class Kind(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


class Part(NamedTuple):
    """A run of text that stayed, went or came."""

    kind: Kind
    text: str


def between(before: str, after: str) -> list[Part]:
    """The one text and the other as runs: without the new ones it is `before`, without the gone `after`."""
    found: list[Part] = []
    for kind, text in _compared(_word.findall(before), _word.findall(after), MAX_WORDS):
        if not text:
            continue
        if found and found[-1].kind is kind:
            text = found.pop().text + text
        found.append(Part(kind, text))
    return found


def _compared(before: Sequence[str], after: Sequence[str], most: int) -> Iterator[tuple[Kind, str]]:
    """What stands alike at both ends first: the rest is little, or is cut into lines."""
    first = _alike(before, after)
    last = _alike(before[first:][::-1], after[first:][::-1])
    ends = len(before) - last, len(after) - last
    gone, new = before[first : ends[0]], after[first : ends[1]]
    yield Kind.SAME, "".join(before[:first])
    if not gone or not new:
        yield from _changed(gone, new)
    elif max(len(gone), len(new)) <= most:
        yield from _matched(gone, new)
    else:
        lines = _lines(gone), _lines(new)
        if most == MAX_WORDS and 1 < max(map(len, lines)) <= MAX_LINES:
            yield from _by_lines(*lines)
        else:
            yield from _changed(gone, new)
    yield Kind.SAME, "".join(before[ends[0] :])


def _alike(some: Sequence[str], others: Sequence[str]) -> int:
    pairs = enumerate(zip(some, others, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(some), len(others)))


def _matched(gone: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Kind, str]]:
    for act, a, b, c, d in SequenceMatcher(None, gone, new).get_opcodes():
        if act == "equal":
            yield Kind.SAME, "".join(gone[a:b])
        else:
            yield from _changed(gone[a:b], new[c:d])


def _by_lines(gone: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Kind, str]]:
    left = MAX_WORDS
    for act, a, b, c, d in SequenceMatcher(None, gone, new, autojunk=False).get_opcodes():
        some, others = "".join(gone[a:b]), "".join(new[c:d])
        if act == "equal":
            yield Kind.SAME, some
        else:
            words = _word.findall(some), _word.findall(others)
            # All of them together may cost as much as one.
            yield from _compared(*words, most=left - 1)
            left = max(1, left - max(map(len, words)))


def _lines(words: Sequence[str]) -> list[str]:
    return "".join(words).splitlines(keepends=True)


def _changed(gone: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Kind, str]]:
    yield Kind.GONE, "".join(gone)
    yield Kind.NEW, "".join(new)
