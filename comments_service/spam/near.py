"""Near copies: numbers that two texts have in common if most of their words follow each other alike.

MinHash over pairs of words, in four bands of three: of two texts that share nine of ten pairs, 99 % have
a number in common, of those that share eight 94 %, of those that share one 0.4 %. A number is found by an
index.
"""

import hashlib
from collections.abc import Iterable
from itertools import islice, pairwise

from comments_service.spam import words

BANDS, ROWS = 4, 3
# "Thanks, that helped me a lot!" is said by many: what has fewer words than this has no near copies.
LEAST_PAIRS = 12
# Where a text goes on after these, it has been told from others.
_MOST_WORDS = 400
_PRIME = (1 << 61) - 1
_steps = [
    tuple(
        int.from_bytes(hashlib.blake2b(f"{kind} {number}".encode(), digest_size=7).digest())
        for kind in "ab"
    )
    for number in range(BANDS * ROWS)
]


def numbers(said: Iterable[words.Word]) -> tuple[int | None, ...]:
    """A number for each band; nothing for what is too short to be told from others."""
    compared = (word for word, _ in islice(said, _MOST_WORDS))
    pairs = {words.number(f"{one} {two}") for one, two in pairwise(compared)}
    if len(pairs) < LEAST_PAIRS:
        return (None,) * BANDS
    least = [min((a * pair + b) % _PRIME for pair in pairs) for a, b in _steps]
    return tuple(
        words.number(repr(least[band * ROWS : (band + 1) * ROWS])) for band in range(BANDS)
    )
