"""What becomes of 350 notes and more when the articles of the samples are edited, nine ways (`passages_edited`)."""

import random
from collections import Counter

import pytest

from tests.passages_edited import AT_LEAST, TABLE, Edit, noted, outcome


@pytest.mark.parametrize(
    ("edit", "found", "orphans", "asked"), TABLE, ids=[each[0].__name__ for each in TABLE]
)
def test_after_an_edit_a_note_is_found_where_its_words_are_or_nowhere(
    edit: Edit, found: int, orphans: int, asked: int
) -> None:
    chance = random.Random(4)
    assert len(noted()) >= AT_LEAST
    counts = Counter(outcome(note, edit, chance) for note in noted())
    assert counts.total() >= AT_LEAST
    assert counts["wrong"] == 0, counts
    assert counts["found"] <= found, counts
    assert counts["orphan"] <= orphans, counts
    assert counts["asked"] <= asked, counts
