"""Word lists: what a search index knows of words, read as pagefind writes it, and written without some of them.

A list has words in order; each word the pages where it stands, with its places there, and the same for
other forms of it, such as with accents. Which lists an index has, `search_index` knows.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from operator import itemgetter, ne
from typing import Any

# Places of a page's words that go; None for all of them, and the page with them.
Places = set[int] | None


def decoded(data: bytes) -> Any:
    # Whoever has no index needs it not.
    import cbor2

    # Of a hundred thousand small lists none can go yet: to look for such takes Python longer than to read them.
    looking = gc.isenabled()
    gc.disable()
    try:
        return cbor2.loads(data)
    except cbor2.CBORError as error:
        raise ValueError(str(error)) from error
    finally:
        if looking:
            gc.enable()


def encoded(what: Any) -> bytes:
    import cbor2

    return cbor2.dumps(what)


def listed(words: list[bytes]) -> bytes:
    """A word list of these entries, each encoded."""
    # All words are one list, within another.
    return b"".join((_head(1), _head(len(words)), *words))


def with_words(data: bytes, words: list[Any], now: list[list[Any] | None]) -> bytes:
    """A word list with some words changed or gone. To write all of them again takes longer than to read them:
    the few are found by what they were, where that stands there once.
    """
    parts = [_head(1) + _head(sum(map(bool, now)))]
    at = len(_head(1) + _head(len(words)))
    for word, changed, following in zip(words, now, [*words[1:], None], strict=True):
        if changed is word:
            continue
        after = _begun(following) if following else b""
        for was, becomes, past in _replaced(word, changed, after):
            found = data.find(was, at)
            if found < 0 or data.find(was) != data.rfind(was):
                return encoded([[word for word in now if word]])
            parts += [data[at:found], becomes]
            at = found + len(was) - past
    return b"".join((*parts, data[at:]))


def _replaced(
    word: list[Any], changed: list[Any] | None, after: bytes
) -> Iterator[tuple[bytes, bytes, int]]:
    """What of a word's entry is to be found, what it becomes, and how much at its end only says where it ends.

    A word may stand in all pages: only what comes before the first that changed is written to be found, or
    what comes behind the last, whichever is less.
    """
    if changed is None or changed[2:] != word[2:]:
        yield encoded(word), encoded(changed) if changed else b"", 0
        return
    pages, left = word[1], changed[1]
    least = min(len(pages), len(left))
    first = _alike(pages, left, least)
    last = _alike(reversed(pages), reversed(left), least - first)
    head, new_head = (_begun(word) + _head(len(each)) for each in (pages, left))
    was, becomes = (_bare(each[first : len(each) - last]) for each in (pages, left))
    # Where the last word of all ends, nothing follows that would say so.
    if first <= last or not after:
        before = _bare(pages[:first])
        yield head + before + was, new_head + before + becomes, 0
        return
    yield head, new_head, 0
    behind = _bare(pages[len(pages) - last :]) + _bare(word[2:])
    yield was + behind + after, becomes + behind, len(after)


def _alike(some: Iterable[Any], others: Iterable[Any], most: int) -> int:
    """How many of them are the same, from the first on."""
    differing = enumerate(map(ne, some, others))
    return min(most, next((number for number, differs in differing if differs), most))


def _head(many: int) -> bytes:
    """How a list of so many begins."""
    return encoded([0] * many)[: -many or None]


def _bare(what: list[Any]) -> bytes:
    """What a list holds, without how it begins."""
    return encoded(what)[len(_head(len(what))) :]


def _begun(word: list[Any]) -> bytes:
    return _head(len(word)) + encoded(word[0])


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
