"""A list of words and phrases, found in a text however they are disguised.

Compared without case, accents, invisible characters and look-alikes, word by word: "ass" is not found
in "class". Where writing puts no spaces between words, as in Chinese, each character is a word, so
that a phrase is found anywhere. No pattern of anybody's is run: the list is a tree, and the text is
walked along it once.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex

from comments_service import characters

# Korean has spaces, but its words carry endings.
_UNSPACED = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\u30fc\uff70\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
)
_word = regex.compile(r"[\p{L}\p{N}\p{M}\u24b6-\u24e9\p{Default_Ignorable_Code_Point}]+")
_unspaced = regex.compile(rf"[{_UNSPACED}]")
_runs = regex.compile(
    rf"(?P<unspaced>[{_UNSPACED}][{_UNSPACED}\p{{M}}\p{{Default_Ignorable_Code_Point}}]*)|[^{_UNSPACED}]+"
)
_character = regex.compile(r".[\p{M}\p{Default_Ignorable_Code_Point}]*")


@dataclass(frozen=True)
class Found:
    """A word of the list, as its owner wrote it, and where it stands in the text."""

    word: str
    start: int
    end: int


class Words:
    def __init__(self, listed: Iterable[str]) -> None:
        self._tree: dict[str, Any] = {}
        for word in listed:
            node = self._tree
            tokens = [token for token, _, _ in _tokens(word)]
            for token in tokens:
                node = node.setdefault(token, {})
            if tokens:
                # No token is empty.
                node.setdefault("", word)

    def __bool__(self) -> bool:
        return bool(self._tree)

    def find(self, text: str) -> list[Found]:
        """Each place where a word stands, the longest that begins there, in the order of the text.

        As long as the text times the longest phrase, whatever is listed.
        """
        if not self:
            return []
        tokens = [*_tokens(text)]
        found = []
        at = 0
        while at < len(tokens):
            node, last, word = self._tree, at, None
            for number in range(at, len(tokens)):
                if (node := node.get(tokens[number][0], {})) == {}:
                    break
                if "" in node:
                    last, word = number, node[""]
            if word is not None:
                found.append(Found(word, tokens[at][1], tokens[last][2]))
                at = last
            at += 1
        return found


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """What is compared of each word, and where the word begins and ends."""
    for word in _word.finditer(text):
        begin = word.start()
        if not _unspaced.search(word[0]):
            yield from _token(_folded(word[0]), begin, word.end())
            continue
        for run in _runs.finditer(word[0]):
            if not run["unspaced"]:
                yield from _token(_folded(run[0]), begin + run.start(), begin + run.end())
                continue
            for char in _character.finditer(word[0], *run.span()):
                yield from _token(_plain(char[0]), begin + char.start(), begin + char.end())


def _token(folded: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    if folded:
        yield folded, start, end


# Most of what is written are words that were written before.
@lru_cache(maxsize=8_192)
def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFKC", word)
    # A number is what it is: 100 is not taken for letters.
    return plain if plain.isdecimal() else characters.skeleton(word)


@lru_cache(maxsize=8_192)
def _plain(char: str) -> str:
    return unicodedata.normalize("NFKC", char).casefold()
