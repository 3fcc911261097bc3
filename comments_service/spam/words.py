"""Words: what a text says, as the filter and the search for near copies compare it.

Folded by NFKC, case and look-alikes, so that "Cаsinо" in half Cyrillic is "casino". A script that
writes no spaces has no words here but pairs of characters. Each feature is a number, a hash: what is
kept of a text does not say what the text said. What it looks like is known while the text is at hand.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import urlsplit

import regex

from comments_service import characters

# What a text is about shows in fewer, and in its beginning: this bounds what a post costs. Links count
# wherever they stand.
MOST = 250
_READ_CHARS = 4_000
_LONGEST_WORD = 40
_link = regex.compile(r"(?:https?://|\bwww\.)[^\s<>()\[\]\"']+", regex.I)
# Letters that somebody has torn apart, four at least: c-a-s-i-n-o.
_torn = regex.compile(r"(?<![\p{L}\p{N}])\p{L}(?:[ .*_\-]\p{L}){3,}(?![\p{L}\p{N}])")
_unspaced = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_spaced = rf"[[\p{{L}}\p{{N}}\p{{M}}]--[{_unspaced}]]"
_run = regex.compile(
    rf"(?P<unspaced>[{_unspaced}][{_unspaced}\p{{M}}ー]*)|(?P<word>{_spaced}(?:{_spaced}|['’])*)",
    regex.V1,
)
_latin, _look_alike = regex.compile(r"\p{Latin}"), regex.compile(r"[\p{Cyrillic}\p{Greek}]")

# What no word of a text begins with: a feature of the kind that follows.
_MARK = "\0"
# How many comments the filter has seen is counted as if it were a word of each.
TOTAL = 0


def number(feature: str) -> int:
    """64 bits of a hash, as both databases count them."""
    digest = hashlib.blake2b(feature.encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True) or 1


# A word as it is compared, and as it is shown.
Word = tuple[str, str]


def spoken(text: str) -> Iterator[Word]:
    """Each word of a text in its order: as it is compared, and as it is shown."""
    # Cut again: some characters are eighteen once they are folded.
    folded = unicodedata.normalize("NFKC", text[:_READ_CHARS])[:_READ_CHARS]
    plain = characters.visible(folded).casefold()
    for found in _run.finditer(_link.sub(" ", plain)):
        if (run := found["unspaced"]) is not None:
            for each in (run[n : n + 2] for n in range(max(1, len(run) - 1))):
                yield each, each
        elif 2 <= len(word := found["word"]) <= _LONGEST_WORD:
            yield _folded(word), word


@lru_cache(maxsize=20_000)
def _folded(word: str) -> str:
    return characters.skeleton(word)


def features(text: str, said: Iterable[Word], name: str = "", website: str = "") -> dict[int, str]:
    """What the filter counts of a text whose words are `said`: by its number what a moderator is shown; empty if nothing.

    Links count by their host, a name by its words, apart from the same words in the text.
    """
    found: dict[int, str] = {}
    for feature, shown in _all(text, said, name, website):
        found.setdefault(number(feature), shown)
        if len(found) == MOST:
            break
    return found


def _all(text: str, said: Iterable[Word], name: str, website: str) -> Iterator[Word]:
    links = _link.findall(text)
    yield f"{_MARK}links {min(len(links), 4)}", ""
    for each in (website, *links):
        if host := _host(each):
            yield f"{_MARK}host {host}", host
    if website:
        yield f"{_MARK}website", ""
    for compared, shown in spoken(name):
        yield f"{_MARK}name {compared}", shown
    plain = characters.visible(text[:_READ_CHARS])
    for torn in _torn.findall(plain):
        whole = "".join(char for char in torn if char.isalpha()).casefold()
        yield f"{_MARK}torn", ""
        yield _folded(whole), whole
    for compared, shown in said:
        if _latin.search(shown) and _look_alike.search(shown):
            yield f"{_MARK}mixed", ""
        yield compared, shown


def _host(link: str) -> str:
    """The name that a link leads to, as far as somebody has registered it, roughly; empty if none."""
    try:
        host = urlsplit(link if "//" in link else f"//{link}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")[:100]
