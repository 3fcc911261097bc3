"""The filter that learns: how much a comment is like those that a moderator called spam.

Naive Bayes over words, put together by Fisher's method as Gary Robinson described it for mail: a text of
many weak signs is as unsure as one of none, and only signs that agree are believed. It says "spam" or
nothing: what it is unsure of, it leaves to the other rules.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comments_service.spam.words import TOTAL

# docs/spam.md has the curves that these come from.
ENOUGH = 20
THRESHOLD = 0.98
# A word that was never seen says nothing, and one that was seen once says little.
_STRENGTH, _UNKNOWN = 0.45, 0.5
# A word that comes in spam about as often as elsewhere is left out; of the others the strongest count.
_LEAST, _MOST = 0.1, 100
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Count:
    """In how many comments of either kind a feature was."""

    spam: int
    genuine: int


NEVER = Count(0, 0)


@dataclass(frozen=True)
class Likeness:
    """How much like spam, from 0 to 1, and the words that said so, the strongest first."""

    score: float
    words: tuple[str, ...]

    @property
    def is_spam(self) -> bool:
        return self.score >= THRESHOLD


def enough(total: Count) -> bool:
    """Whether a verdict rests on something: of either kind, as many as it takes."""
    return min(total.spam, total.genuine) >= ENOUGH


def likeness(features: Mapping[int, str], counts: Mapping[int, Count]) -> Likeness | None:
    """None where there are too few examples for a verdict."""
    return scored(features, counts) if enough(counts.get(TOTAL, NEVER)) else None


def scored(features: Mapping[int, str], counts: Mapping[int, Count]) -> Likeness:
    total = counts.get(TOTAL, NEVER)
    signs = [
        (weight, shown)
        for feature, shown in features.items()
        if feature in counts and abs((weight := _weight(counts[feature], total)) - 0.5) >= _LEAST
    ]
    # Of equals the longest word first: it tells a moderator most.
    signs.sort(key=lambda sign: (-abs(sign[0] - 0.5), -len(sign[1]), sign[1]))
    del signs[_MOST:]
    if not signs:
        return Likeness(0.5, ())
    spam = _chi_squared([1 - weight for weight, _ in signs])
    genuine = _chi_squared([weight for weight, _ in signs])
    words = dict.fromkeys(shown for weight, shown in signs if weight > 0.5 and shown)
    return Likeness((1 + spam - genuine) / 2, tuple(words)[:_SHOWN])


def _weight(count: Count, total: Count) -> float:
    """How likely a comment with this feature is spam, if there were as much of it as of the other kind."""
    spam, genuine = count.spam / max(1, total.spam), count.genuine / max(1, total.genuine)
    seen = count.spam + count.genuine
    if not seen:
        return _UNKNOWN
    return (_STRENGTH * _UNKNOWN + seen * spam / (spam + genuine)) / (_STRENGTH + seen)


def _chi_squared(chances: Sequence[float]) -> float:
    """How sure it is that not all of these came about by chance, from 0 to 1."""
    half = -sum(map(math.log, chances))
    term = total = math.exp(-half)
    for number in range(1, len(chances)):
        term *= half / number
        total += term
    return 1 - min(total, 1.0)
