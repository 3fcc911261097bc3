"""The table of edits: what becomes of 350 notes and more when the articles of the samples are edited, nine ways.

Each note is on a few words, a phrase or a sentence of an article. Where its words stand after an edit is known from
the edit and not searched for. What is found elsewhere is wrong; what is found nowhere is an orphan, which is
no fault, but a question too many; of what stands twice the author is asked.
"""

import random
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from formats import passages
from plugins.markdown import commonmark
from tests.sites import BLOG

AT_LEAST = 350
OTHER = (
    *("wind", "lamp", "grain", "cellar", "tide", "velvet", "mason", "quarrel", "ember", "ledger"),
    *("orchard", "thimble", "barrel", "cedar", "plume", "anchor", "saddle", "marble", "cinder"),
)
SENTENCE = re.compile(r"[^.!?。！？]+[.!?。！？]*[”’\"')」]*\s*")


class Noted(NamedTuple):
    """An article's paragraphs, and the words of one of them that are noted."""

    paragraphs: list[str]
    paragraph: int
    start: int
    end: int

    def at(self) -> int:
        """Where its words stand in the whole text."""
        before = " ".join(self.paragraphs[: self.paragraph])
        return len(before) + bool(before) + self.start

    @property
    def exact(self) -> str:
        return self.paragraphs[self.paragraph][self.start : self.end]


# Where the words are after an edit, or None where they are gone.
Edited = tuple[list[str], tuple[int, int] | None]
Edit = Callable[[Noted, random.Random], Edited]


def html(paragraphs: list[str]) -> str:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;")

    return "\n".join(f"<p>{escaped(each)}</p>" for each in paragraphs)


@cache
def articles() -> list[list[str]]:
    """The paragraphs of the samples, as plain text."""
    found: list[list[str]] = []
    for path in sorted((BLOG / "content").glob("*.md")):
        body = path.read_text("utf-8").partition("\n\n")[2]
        made = commonmark.html(body)
        blocks = re.findall(r"<(?:p|h2|h3|li)>(.*?)</(?:p|h2|h3|li)>", made, re.DOTALL)
        texts = [passages.text_of(each).words for each in blocks]
        if len(kept := [each for each in texts if len(each) > 20]) > 3:
            found.append(kept)
    return found


@cache
def noted() -> list[Noted]:
    """Notes of readers: a few words, a phrase, or a whole sentence, each once in its article."""
    chance = random.Random(12)
    found: list[Noted] = []
    while len(found) < AT_LEAST:
        for paragraphs in articles():
            number = chance.randrange(len(paragraphs))
            text = paragraphs[number]
            spans = [each.span() for each in SENTENCE.finditer(text)]
            start, end = chance.choice(spans)
            words = [
                (start + each.start(), start + each.end())
                for each in re.finditer(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+", text[start:end])
            ]
            many = chance.choice((3, 5, 8, len(words)))
            first = chance.randrange(max(1, len(words) - many + 1))
            part = words[first : first + many]
            note = Noted(paragraphs, number, part[0][0], part[-1][1])
            whole = " ".join(paragraphs)
            if 8 <= len(note.exact) <= 300 and whole.count(note.exact) == 1:
                found.append(note)
    return found


text_before = cache(passages.text_of)


def sentence_of(note: Noted) -> tuple[int, int]:
    """The sentence, or all of those, in which the words stand."""
    spans = [each.span() for each in SENTENCE.finditer(note.paragraphs[note.paragraph])]
    start = max(start for start, _ in spans if start <= note.start)
    return start, max(min(end for _, end in spans if end >= note.end), note.end)


def with_text(note: Noted, text: str, start: int, end: int) -> Edited:
    """The article with another text of the noted paragraph, in which the words stand from here to there."""
    paragraphs = [*note.paragraphs]
    paragraphs[note.paragraph] = text
    at = Noted(paragraphs, note.paragraph, start, end).at()
    return paragraphs, (at, at + end - start)


def sentence_elsewhere_changed(note: Noted, chance: random.Random) -> Edited:
    others = [n for n in range(len(note.paragraphs)) if n != note.paragraph]
    paragraphs = [*note.paragraphs]
    changed = chance.choice(others)
    paragraphs[changed] = " ".join(chance.sample(OTHER, 9)).capitalize() + "."
    at = Noted(paragraphs, note.paragraph, note.start, note.end).at()
    return paragraphs, (at, at + note.end - note.start)


def sentence_deleted(note: Noted, chance: random.Random) -> Edited:
    start, end = sentence_of(note)
    text = note.paragraphs[note.paragraph]
    paragraphs = [*note.paragraphs]
    paragraphs[note.paragraph] = text[:start] + text[end:]
    return [each for each in paragraphs if each], None


def sentence_rewritten(note: Noted, chance: random.Random) -> Edited:
    start, end = sentence_of(note)
    text = note.paragraphs[note.paragraph]
    # What another article says, which is written by the same hand.
    others = [each for each in articles() if each is not note.paragraphs]
    new = chance.choice(SENTENCE.findall(chance.choice(chance.choice(others)))).strip() + " "
    paragraphs = [*note.paragraphs]
    paragraphs[note.paragraph] = (text[:start] + new + text[end:]).strip()
    return paragraphs, None


def word_inside_changed(note: Noted, chance: random.Random) -> Edited:
    words = [each.span() for each in re.finditer(r"\S+", note.exact)]
    start, end = chance.choice(words[1:-1] or words)
    exact = note.exact[:start] + chance.choice(OTHER) + note.exact[end:]
    text = note.paragraphs[note.paragraph]
    text = text[: note.start] + exact + text[note.end :]
    return with_text(note, text, note.start, note.start + len(exact))


def paragraph_moved(note: Noted, chance: random.Random) -> Edited:
    paragraphs = [*note.paragraphs]
    text = paragraphs.pop(note.paragraph)
    to = chance.choice([n for n in range(len(paragraphs) + 1) if n != note.paragraph])
    paragraphs.insert(to, text)
    at = Noted(paragraphs, to, note.start, note.end).at()
    return paragraphs, (at, at + note.end - note.start)


def paragraphs_merged(note: Noted, chance: random.Random) -> Edited:
    paragraphs = [*note.paragraphs]
    first = min(note.paragraph, len(paragraphs) - 2)
    paragraphs[first : first + 2] = [" ".join(paragraphs[first : first + 2])]
    return paragraphs, (note.at(), note.at() + note.end - note.start)


def slip_inside_corrected(note: Noted, chance: random.Random) -> Edited:
    letters = [at for at, sign in enumerate(note.exact) if sign.isalpha()]
    at = chance.choice(letters)
    exact = note.exact[:at] + note.exact[at] + note.exact[at:]
    text = note.paragraphs[note.paragraph]
    text = text[: note.start] + exact + text[note.end :]
    return with_text(note, text, note.start, note.start + len(exact))


def doubled(note: Noted, chance: random.Random) -> Edited:
    """The paragraph before, this one and the next stand in the text three times."""
    first, last = max(0, note.paragraph - 1), note.paragraph + 2
    part = note.paragraphs[first:last]
    return [*note.paragraphs[:last], *part, *note.paragraphs[last:], *part], None


def other_typography(note: Noted, chance: random.Random) -> Edited:
    table = str.maketrans("’‘“”–—'\"", "''\"\"--’”")
    paragraphs = [each.translate(table) for each in note.paragraphs]
    return paragraphs, (note.at(), note.at() + note.end - note.start)


def outcome(note: Noted, edit: Edit, chance: random.Random) -> str:
    text = text_before(html(note.paragraphs))
    passage = passages.passage_at(note.at(), note.at() + len(note.exact), text, "en")
    assert passage.exact == note.exact
    paragraphs, stands = edit(note, chance)
    after = passages.text_of(html(paragraphs))
    found = passages.places(passage, after)
    if len(found) > 1:
        return "asked"
    if not found:
        return "orphan"
    if stands is None:
        return "wrong"
    # A few characters more or less are no other place.
    start, end = stands
    slack = max(3, (end - start) // 6)
    near = abs(found[0].start - start) <= slack and abs(found[0].end - end) <= slack
    return "found" if near else "wrong"


# Of 350 and more, at most so many found, orphans, and asked of the author; wrong is none.
ALL = 999
TABLE: list[tuple[Edit, int, int, int]] = [
    (sentence_elsewhere_changed, ALL, 0, 0),
    (sentence_deleted, 0, ALL, 0),
    (sentence_rewritten, 0, ALL, 0),
    (word_inside_changed, ALL, 15, 0),
    (paragraph_moved, ALL, 12, 0),
    (paragraphs_merged, ALL, 0, 0),
    (slip_inside_corrected, ALL, 0, 0),
    (doubled, 0, 0, ALL),
    (other_typography, ALL, 0, 0),
]
