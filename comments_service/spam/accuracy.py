"""How well the filter tells an owner's own comments apart: by cross-validation over what he decided."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from comments_service.spam import filter as learned
from comments_service.spam import words

FOLDS = 10

# The features of a comment, and whether a moderator called it spam.
Example = tuple[frozenset[int], bool]


@dataclass(frozen=True)
class Accuracy:
    """What became of comments that the filter had not seen, against what a moderator said of them."""

    spam_held: int = 0
    spam_passed: int = 0
    genuine_held: int = 0
    genuine_passed: int = 0

    @property
    def precision(self) -> float | None:
        """Of what it calls spam, how much is."""
        return _part(self.spam_held, self.genuine_held)

    @property
    def recall(self) -> float | None:
        """Of what is spam, how much it finds."""
        return _part(self.spam_held, self.spam_passed)


def _part(this: int, that: int) -> float | None:
    return this / (this + that) if this + that else None


class Counts:
    """What is counted, in memory: `learning` keeps the same numbers in the database."""

    def __init__(self, examples: Iterable[Example] = ()) -> None:
        self._spam: Counter[int] = Counter()
        self._genuine: Counter[int] = Counter()
        for features, spam in examples:
            self.add(features, spam=spam)

    def add(self, features: Iterable[int], *, spam: bool) -> None:
        (self._spam if spam else self._genuine).update({*features, words.TOTAL})

    def of(self, features: Iterable[int]) -> dict[int, learned.Count]:
        return {
            each: learned.Count(self._spam[each], self._genuine[each])
            for each in features
            if each in self._spam or each in self._genuine
        }

    def judged(self, features: Iterable[int]) -> learned.Likeness | None:
        shown = dict.fromkeys(features, "")
        return learned.likeness(shown, self.of([*shown, words.TOTAL]))


def tried(counts: Counts, unseen: Iterable[Example]) -> Accuracy:
    became: Counter[tuple[bool, bool]] = Counter()
    for features, spam in unseen:
        found = counts.judged(features)
        became[spam, found is not None and found.is_spam] += 1
    return Accuracy(
        spam_held=became[True, True],
        spam_passed=became[True, False],
        genuine_held=became[False, True],
        genuine_passed=became[False, False],
    )


def cross_validated(examples: Sequence[Example]) -> Accuracy:
    """Each tenth is judged by what the other nine teach; the same for the same examples in the same order."""
    mixed = [*examples]
    random.Random(1).shuffle(mixed)  # noqa: S311 - no secret: the order of a measurement
    found = Accuracy()
    for fold in range(FOLDS):
        counts = Counts(each for n, each in enumerate(mixed) if n % FOLDS != fold)
        part = tried(counts, mixed[fold::FOLDS])
        found = Accuracy(
            *(
                getattr(found, name) + getattr(part, name)
                for name in ("spam_held", "spam_passed", "genuine_held", "genuine_passed")
            )
        )
    return found
