"""Notes in the margin: what becomes of them when articles are edited, nine ways, and what finding one costs.

    python3 tasks.py bench passages

Counts are of all notes on the samples' articles (`tests/passages_edited`); milliseconds are CPU time of one note, the
least of five rounds.
"""

import random
import time
from collections import Counter
from collections.abc import Sequence

from formats import passages
from tests.bench.report import machine, say
from tests.passages_edited import TABLE, Edit, html, noted, outcome, text_before

ROUNDS = 5


def milliseconds(edit: Edit) -> float:
    chance = random.Random(4)
    asked = []
    for note in noted():
        text = text_before(html(note.paragraphs))
        passage = passages.passage_at(note.at(), note.at() + len(note.exact), text, "en")
        asked.append((passage, passages.text_of(html(edit(note, chance)[0]))))
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for passage, after in asked:
            passages.places(passage, after)
        found.append(time.process_time() - began)
    return min(found) * 1_000 / len(asked)


def main(arguments: Sequence[str] | None = None) -> None:
    passages.places(passages.Passage("warm", "it", "up"), passages.text_of("it worm up"))
    for edit, *_ in TABLE:
        chance = random.Random(4)
        counts = Counter(outcome(note, edit, chance) for note in noted())
        told = ", ".join(f"{counts[name]} {name}" for name in ("found", "asked", "orphan", "wrong"))
        say(f"{edit.__name__.replace('_', ' ')}: {told}; {milliseconds(edit):.3f} ms")
    say(machine())


if __name__ == "__main__":
    main()
