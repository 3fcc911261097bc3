"""Passages: the words of an article that a note is about, and where they stand in it now.

A note keeps the words and their neighbours (`Passage`, the W3C's TextQuoteSelector), never a position:
an article changes. `places` finds them in its text by a rule that rather finds nothing than something
else; what it reads of a page, `article_text` says.
"""

from bisect import bisect_right
from typing import NamedTuple

from .article_text import FOLDED, LEFT_OUT, Text, cleaned, text_in_page, text_of

__all__ = [
    "LEFT_OUT",
    "Found",
    "Passage",
    "Text",
    "cleaned",
    "find",
    "passage_at",
    "places",
    "quoted",
    "read",
    "text_in_page",
    "text_of",
]

MOST_CHARACTERS, NEIGHBOUR_CHARACTERS = 300, 32

# So much of a neighbour tells its place, where the rest of it has changed.
HELD_CHARACTERS = 12
# What stands between the same neighbours is the passage still, if so much of it is the same …
BETWEEN_ALIKE = 0.5
# … and what stands beside one of them, if nearly all is.
NEAR_ALIKE = 0.85
# Neighbours that stand at more places than these tell none: each costs a hundred comparisons.
MOST_PLACES = 50


class Passage(NamedTuple):
    """Words of an article with what stands before and after them, in the language of their page."""

    exact: str
    prefix: str = ""
    suffix: str = ""
    lang: str = ""


def read(told: object) -> Passage | None:
    """A passage as JSON has it; None for what is none."""
    if not isinstance(told, dict):
        return None
    parts = [told.get(name, "") for name in Passage._fields]
    if not all(isinstance(part, str) for part in parts) or not 0 < len(parts[0]) <= MOST_CHARACTERS:
        return None
    exact, prefix, suffix, lang = parts
    return Passage(exact, prefix[-NEIGHBOUR_CHARACTERS:], suffix[:NEIGHBOUR_CHARACTERS], lang)


class Found(NamedTuple):
    """Where a passage stands in the words of a `Text`.

    `how` says what it was known by: "exact", its words; "between", both neighbours; "near", one of them.
    """

    start: int
    end: int
    how: str


def find(passage: Passage, text: Text) -> Found | None:
    """Where a passage stands, if that is one place beyond doubt."""
    found = places(passage, text)
    return found[0] if len(found) == 1 else None


def places(passage: Passage, text: Text) -> list[Found]:
    """Where a passage stands: nowhere, if nothing is like it enough; of several places none is better."""
    exact, prefix, suffix, _ = (part.translate(FOLDED) for part in passage)
    if not exact.strip(" "):
        return []
    wanted = _Wanted(exact, prefix, suffix, text.folded)
    return wanted.exactly() or wanted.between() or wanted.near()


class _Wanted:
    """A passage that is looked for in a text."""

    def __init__(self, exact: str, prefix: str, suffix: str, text: str) -> None:
        self.exact, self.text = exact, text
        # Neighbours are told by what is next to the passage; white space belongs to neither.
        self.prefix, self.suffix = prefix.strip(" "), suffix.strip(" ")
        # The longer the words, the less their neighbours have to tell.
        self.enough = max(1, min(HELD_CHARACTERS, 2 * HELD_CHARACTERS - len(exact)))

    def before(self, at: int) -> bool:
        """Whether what stands before this place is what stood before the passage."""
        begin = max(0, at - NEIGHBOUR_CHARACTERS - 2)
        text = self.text[begin:at].rstrip(" ")
        if len(self.prefix) < self.enough:
            # Too little to tell a place, unless the article begins there.
            return begin == 0 and text == self.prefix
        return text.endswith(self.prefix[-HELD_CHARACTERS:])

    def behind(self, at: int) -> bool:
        end = at + NEIGHBOUR_CHARACTERS + 2
        text = self.text[at:end].lstrip(" ")
        if len(self.suffix) < self.enough:
            return end >= len(self.text) and text == self.suffix
        return text.startswith(self.suffix[:HELD_CHARACTERS])

    def exactly(self) -> list[Found]:
        """Where the words stand beside at least one neighbour; of several, the one where nothing has changed on
        either side, if no other has both. Else beside both is no better than beside one: whoever doubles
        a section may change what stands around the first.

        Of a passage whose neighbours nobody wrote down, wherever its words stand.
        """
        length, anywhere = len(self.exact), not self.prefix and not self.suffix
        found = [
            Found(at, at + length, "exact")
            for at in _all(self.exact, self.text)
            if anywhere or self.before(at) or self.behind(at + length)
        ]
        both = [each for each in found if self.before(each.start) and self.behind(each.end)]
        return both if len(both) == 1 and self.as_it_was(both[0]) else found

    def as_it_was(self, found: Found) -> bool:
        """Whether all of both neighbours stands beside this place; at the article's ends they say too little."""
        before = self.text[max(0, found.start - NEIGHBOUR_CHARACTERS - 1) : found.start]
        behind = self.text[found.end : found.end + NEIGHBOUR_CHARACTERS + 1]
        return (
            min(len(self.prefix), len(self.suffix)) >= 2 * HELD_CHARACTERS
            and before.rstrip(" ").endswith(self.prefix)
            and behind.lstrip(" ").startswith(self.suffix)
        )

    def after_prefix(self) -> list[int]:
        if len(self.prefix) < HELD_CHARACTERS:
            # That little stands before what begins an article, and what a stranger sends to have it looked for everywhere.
            ends = [len(self.prefix)] if self.text.startswith(self.prefix) else []
        else:
            needle = self.prefix[-HELD_CHARACTERS:]
            ends = [at + len(needle) for at in _all(needle, self.text)]
        return [end + self.text.startswith(" ", end) for end in ends]

    def before_suffix(self) -> list[int]:
        if len(self.suffix) < HELD_CHARACTERS:
            starts = [len(self.text) - len(self.suffix)] if self.text.endswith(self.suffix) else []
        else:
            starts = _all(self.suffix[:HELD_CHARACTERS], self.text)
        return [start - (start > 0 and self.text[start - 1] == " ") for start in starts]

    def between(self) -> list[Found]:
        """What stands between both neighbours, where that is at least half alike."""
        most = 2 * len(self.exact) + NEIGHBOUR_CHARACTERS
        ends = self.before_suffix()
        found = []
        for start in self.after_prefix():
            past = bisect_right(ends, start)
            if past < len(ends) and ends[past] - start <= most:
                end = ends[past]
                if _alike(self.exact, self.text[start:end]) >= BETWEEN_ALIKE:
                    found.append(Found(start, end, "between"))
        return found

    def near(self) -> list[Found]:
        """What stands beside one neighbour, where it is nearly the same."""
        starts, ends = self.after_prefix(), self.before_suffix()
        if len(starts) + len(ends) > MOST_PLACES:
            return []
        beside = [self.beside(start, 1) for start in starts]
        beside += [self.beside(end, -1) for end in ends]
        found: list[Found] = []
        for _, each in sorted(filter(None, beside), key=lambda one: (-one[0], one[1])):
            if all(each.end <= other.start or other.end <= each.start for other in found):
                found.append(each)
        return sorted(found)

    def beside(self, at: int, step: int) -> tuple[float, Found] | None:
        """The best of what begins here, or with a negative step ends here, and how alike it is."""
        length = len(self.exact)
        most = int(length / NEAR_ALIKE)
        best: tuple[float, Found] | None = None
        for size in range(max(1, int(length * NEAR_ALIKE)), most + 1):
            start, end = (at, at + size) if step > 0 else (at - size, at)
            if start < 0 or end > len(self.text):
                break
            alike = _alike(self.exact, self.text[start:end])
            if alike >= NEAR_ALIKE and (best is None or alike > best[0]):
                best = alike, Found(start, end, "near")
        return best


def _all(needle: str, text: str) -> list[int]:
    found, at = [], text.find(needle)
    while at >= 0:
        found.append(at)
        at = text.find(needle, at + 1)
    return found


def _alike(one: str, other: str) -> float:
    # Imported when something has changed: what both halves agree on is read without anything installed.
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.normalized_similarity(one, other)


def quoted(words: str, text: Text, lang: str) -> Passage | None:
    """Words that stand exactly once in a text, as a passage with its neighbours."""
    wanted = cleaned(words)
    if not 0 < len(wanted) <= MOST_CHARACTERS:
        return None
    at = _all(wanted.translate(FOLDED), text.folded)
    if len(at) != 1:
        return None
    return passage_at(at[0], at[0] + len(wanted), text, lang)


def passage_at(start: int, end: int, text: Text, lang: str) -> Passage:
    """The words of a text from here to there, with their neighbours."""
    words = text.words
    before, behind = words[max(0, start - NEIGHBOUR_CHARACTERS) : start], words[end:]
    return Passage(words[start:end], before, behind[:NEIGHBOUR_CHARACTERS], lang)
