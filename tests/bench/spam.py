"""The spam filter: what it finds and what it takes for spam, by how much it was taught, on invented comments.

    python3 tasks.py bench spam

What is invented, and why figures of it say less than `flask comments spam status` does of an owner's own
decisions, stands in `spam_corpus` and in docs/spam.md.
"""

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations

from comments_service.spam import Text, accuracy, words
from comments_service.spam import filter as learned
from tests.bench import spam_corpus
from tests.bench.spam_corpus import Written
from tests.service import ROOT

TAUGHT = (5, 10, 20, 40, 100, 400, 1_000)
SEEDS = range(8)
UNSEEN = 1_000


def curve(say: Callable[[str], None]) -> None:
    """What is held, by the number of examples of each kind: the mean of eight blogs, and the worst."""
    for way, judge in (("Fisher", fisher), ("multinomial", multinomial)):
        say(f"{way}: examples of each kind | genuine of 1,000 | known campaigns | new campaigns")
        for number in TAUGHT:
            held, found, new = [], [], []
            for seed in SEEDS:
                counts = accuracy.Counts()
                for share in (0, 1):
                    for each in spam_corpus.written(seed + 100 * share, number, share):
                        counts.add(each.text.features, spam=each.spam)
                ask = partial(judge, counts)
                held.append(
                    sum(map(ask, spam_corpus.written(seed + 200, UNSEEN, 0, kept_back=True)))
                )
                found.append(sum(map(ask, spam_corpus.written(seed + 300, UNSEEN, 1))))
                new.append(
                    sum(map(ask, spam_corpus.written(seed + 400, UNSEEN, 1, kept_back=True)))
                )
            say(
                f"{number:5} | {mean(held):6.1f} ({max(held)})"
                f" | {mean(found) / UNSEEN:6.1%} ({min(found) / UNSEEN:.1%})"
                f" | {mean(new) / UNSEEN:6.1%} ({min(new) / UNSEEN:.1%})"
            )


def fisher(counts: accuracy.Counts, comment: Written) -> bool:
    """Whether the service's filter would hold it, if it did not wait for enough examples."""
    features = comment.text.features
    return learned.scored(features, counts.of([*features, words.TOTAL])).is_spam


def multinomial(counts: accuracy.Counts, comment: Written) -> bool:
    """The textbook's naive Bayes, which multiplies: what was not chosen."""
    features = comment.text.features
    found = counts.of([*features, words.TOTAL])
    total = found[words.TOTAL]
    odds = sum(
        math.log((found[each].spam + 1) / (total.spam + 2))
        - math.log((found[each].genuine + 1) / (total.genuine + 2))
        for each in features
        if each in found
    )
    return odds >= math.log(learned.THRESHOLD / (1 - learned.THRESHOLD))


def mean(numbers: Sequence[int]) -> float:
    return sum(numbers) / len(numbers)


def by_kind(say: Callable[[str], None]) -> None:
    """What is held of each kind of comment, after 200 decisions."""
    counts = accuracy.Counts(
        (frozenset(each.text.features), each.spam) for each in spam_corpus.written(1, 200)
    )
    held, total = Counter[str](), Counter[str]()
    for new in (False, True):
        for each in spam_corpus.written(2, 4_000, kept_back=new):
            kind = f"{'spam' if each.spam else 'genuine'}, {each.kind}{', new' * new}"
            total[kind] += 1
            held[kind] += fisher(counts, each)
    for kind in sorted(total):
        say(f"{kind:25} {held[kind]:5} of {total[kind]:5} held")


def copies(say: Callable[[str], None]) -> None:
    """Near copies: how many paragraphs are found again, of which so many words are others."""
    chance = random.Random(5)
    # Of this project's documents: what people wrote, each about something.
    texts = [
        paragraph.split()[:60]
        for path in sorted((ROOT / "docs").glob("**/*.md"))
        for paragraph in path.read_text("utf-8").split("\n\n")
        if len(paragraph.split()) >= 25 and not {"|", "`"} & {*paragraph}
    ]
    kept = [near_numbers(text) for text in texts]
    every = [word for text in texts for word in text]
    for percent in (5, 10, 20, 30, 50):
        found = 0
        for text, known in zip(texts, kept, strict=True):
            other = [chance.choice(every) if chance.random() < percent / 100 else w for w in text]
            found += bool(known & near_numbers(other))
        say(f"{percent:3} % of the words: {found / len(texts):.0%}")
    taken = sum(bool(one & two) for one, two in combinations(kept, 2))
    say(f"of {math.comb(len(kept), 2):,} pairs of different ones, {taken} are taken for copies")


def near_numbers(text: Sequence[str]) -> set[int]:
    return {each for each in Text(" ".join(text)).near if each is not None}


def costs(say: Callable[[str], None]) -> None:
    """What it costs to cut a text into words."""
    usual = (
        "They scoop fish out of the river, as you say, and the old bridge is where one sees it. "
    )
    texts = {
        "usual": usual,
        "the longest": (usual * 200)[:10_000],
        "the longest, of other words each": " ".join(f"word{n} and" for n in range(2_000))[:10_000],
        "the longest, of ligatures": "\ufdfa" * 10_000,
    }
    for name, text in texts.items():
        began = time.perf_counter()
        for _ in range(20):
            cut = Text(text)
            assert cut.features
            assert cut.near
        say(f"{name}: {(time.perf_counter() - began) * 50:.2f} ms")


def main() -> None:
    for part in (curve, by_kind, copies, costs):
        print(f"\n{part.__doc__}")
        part(print)


if __name__ == "__main__":
    main()
