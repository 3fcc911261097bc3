"""Differences: what an edit changed, word by word, at a cost that no text can raise."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.differences import Kind, Part, between

SAME, GONE, NEW = Kind.SAME, Kind.GONE, Kind.NEW


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("They scoop.", "They scoop.", [Part(SAME, "They scoop.")]),
        ("", "New.", [Part(NEW, "New.")]),
        ("Gone.", "", [Part(GONE, "Gone.")]),
        (
            "Call 555 1234 now.",
            "Call now.",
            [Part(SAME, "Call "), Part(GONE, "555 1234 "), Part(SAME, "now.")],
        ),
        (
            "They scoop fish.",
            "They eat fish.",
            [Part(SAME, "They "), Part(GONE, "scoop "), Part(NEW, "eat "), Part(SAME, "fish.")],
        ),
        # Without spaces, a character is what a word is elsewhere.
        (
            "鹈鹕排成一行",
            "鹈鹕排了一行",
            [Part(SAME, "鹈鹕排"), Part(GONE, "成"), Part(NEW, "了"), Part(SAME, "一行")],
        ),
        # An accent is no letter of its own.
        (
            "cafe\u0301 a",
            "cafe a",
            [Part(GONE, "cafe\u0301 "), Part(NEW, "cafe "), Part(SAME, "a")],
        ),
    ],
)
def test_what_went_and_what_came_stand_where_they_were(
    before: str, after: str, parts: list[Part]
) -> None:
    assert between(before, after) == parts


def whole(before: str, after: str) -> None:
    parts = between(before, after)
    assert "".join(each.text for each in parts if each.kind is not NEW) == before
    assert "".join(each.text for each in parts if each.kind is not GONE) == after


@given(st.text(), st.text())
def test_no_character_of_either_text_is_lost(before: str, after: str) -> None:
    whole(before, after)


@given(
    st.lists(st.sampled_from(["a ", "b\n", "漢", ". "])), st.lists(st.sampled_from(["a ", "b\n"]))
)
def test_nor_where_much_is_alike(before: list[str], after: list[str]) -> None:
    whole("".join(before), "".join(after))


def test_two_changes_far_apart_leave_the_lines_between_them() -> None:
    middle = "\n".join(f"Line {number} of a long comment, with words." for number in range(80))
    parts = between(f"First.\n{middle}\nLast.", f"Begin.\n{middle}\nEnd.")
    assert [each.text for each in parts if each.kind is not SAME] == [
        *("First", "Begin", "Last", "End")
    ]


@pytest.mark.parametrize("alphabet", [2, 20, 100, 400, 3_000])
def test_no_text_makes_a_difference_costly(alphabet: int) -> None:
    """Without a limit, two such texts of 10,000 characters take minutes."""
    chance = random.Random(alphabet)
    letters = [chr(0x4E00 + number) for number in range(alphabet)]
    texts = ["".join(chance.choices(letters, k=10_000)) for _ in range(2)]
    lines = ["\n".join(text[at : at + 100] for at in range(0, 10_000, 100)) for text in texts]
    for before, after in (texts, lines, [texts[0][:400], texts[1][:400]]):
        began = time.process_time()
        whole(before, after)
        assert time.process_time() - began < 1
