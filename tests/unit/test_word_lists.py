"""A word list with words taken out is, byte for byte, the one that is written anew."""

import random
from typing import Any

import pytest

from formats import word_lists

# Among them those as which the beginning of an entry is written: so that one is found in another.
LETTERS = "abxy\u0103\u00c3"


def pages(some: random.Random) -> list[Any]:
    """The pages of a word: often many, and many that are written in the same way."""
    how_far, which = some.choice([1, 3, 300]), some.choice([2, 70_000])
    return [
        [some.randint(1, how_far), [some.randint(-2, which) for _ in range(some.randint(0, 3))]]
        for _ in range(some.choice([1, 2, 9, 40]))
    ]


def words(some: random.Random) -> list[Any]:
    names = {
        "".join(some.choices(LETTERS, k=some.randint(1, 5))) for _ in range(some.randint(1, 9))
    }
    forms = [[], [], [["\u00e3x", pages(some)]]]
    return [[name, pages(some), some.choice(forms)] for name in sorted(names)]


@pytest.mark.parametrize("seed", range(50))
def test_any_list_loses_any_pages_and_places(seed: int) -> None:
    some = random.Random(seed)
    for _ in range(10):
        before = words(some)
        many = some.choice([1, 1, 4])
        gone = {some.randint(0, 60): some.choice([None, {1, 2, 3, 5}]) for _ in range(many)}
        data = word_lists.encoded([before])
        now = [word_lists.without(word, gone) for word in before]
        left = [word for word in now if word]
        assert word_lists.with_words(data, before, now) == word_lists.encoded([left])
