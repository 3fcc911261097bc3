"""Word lists: what a search index knows of words, read as pagefind writes it, and written without some of them.

A list has words in order; each word the pages where it stands, with its places there, and the same for
other forms of it, such as with accents. Which lists an index has, `search_index` knows.
"""

from collections.abc import Mapping
from itertools import accumulate
from operator import itemgetter
from typing import Any

# Places of a page's words that go; None for all of them, and the page with them.
Places = set[int] | None


def decoded(data: bytes) -> Any:
    # Whoever has no index needs it not.
    import cbor2

    try:
        return cbor2.loads(data)
    except cbor2.CBORError as error:
        raise ValueError(str(error)) from error


def encoded(what: list[Any]) -> bytes:
    import cbor2

    return cbor2.dumps(what)


def with_words(data: bytes, words: list[Any], now: list[list[Any] | None]) -> bytes:
    """A word list with some words changed or gone. To write all of them again takes as long as to read them:
    the few are found by what they were, where that stands there once.
    """
    left = [word for word in now if word]
    parts, at = [_head(len(left))], len(_head(len(words)))
    for word, changed in zip(words, now, strict=True):
        if changed is not word:
            was = encoded(word)
            found = data.find(was, at)
            if found < 0 or data.find(was) != data.rfind(was):
                return encoded([left])
            parts += [data[at:found], encoded(changed) if changed else b""]
            at = found + len(was)
    return b"".join((*parts, data[at:]))


def _head(many: int) -> bytes:
    """How a word list of so many words begins."""
    return encoded([[0] * many])[:-many]


def without(word: list[Any], gone: Mapping[int, Places]) -> list[Any] | None:
    """A word's entry without these places; the same where it has none; None if it stands nowhere else."""
    key, pages, forms, *more = word
    left = _pages_without(pages, gone)
    if left is pages and not forms:
        return word
    its = [(form, found, _pages_without(found, gone)) for form, found in forms]
    if left is pages and all(found is kept for _, found, kept in its):
        return word
    kept_forms = [[form, kept] for form, _, kept in its if kept]
    return [key, left, kept_forms, *more] if left or kept_forms else None


_first = itemgetter(0)


def _pages_without(pages: list[Any], gone: Mapping[int, Places]) -> list[Any]:
    """Pages are told by how many they come after the one before."""
    numbers = list(accumulate(map(_first, pages)))
    if gone.keys().isdisjoint(numbers):
        return pages
    kept: list[Any] = []
    last = 0
    for number, (_, places, *more) in zip(numbers, pages, strict=True):
        if number in gone:
            leaving = gone[number]
            places = [] if leaving is None else _places_without(places, leaving)
            if leaving is None or not (places or any(more)):
                continue
        kept.append([number - last, places, *more])
        last = number
    return kept


def _places_without(told: list[int], gone: set[int]) -> list[int]:
    """Places are told likewise; a number below nothing is a weight, after which one begins anew."""
    kept: list[int] = []
    weight: int | None = None
    written: int | None = None
    place = last = 0
    for number in told:
        if number < 0:
            weight, place = number, 0
            continue
        place += number
        if place in gone:
            continue
        if weight is not None and weight != written:
            kept.append(weight)
            written, last = weight, 0
        kept.append(place - last)
        last = place
    return kept
