"""Text fragments: what a link says so that a browser finds words, whatever stands in them."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats import text_fragments
from formats.passages import Passage

LONG = "The first words of it and all that they say, at length, until the last words of it"


@pytest.mark.parametrize(
    ("passage", "directive"),
    [
        (Passage("a lake"), "a%20lake"),
        (Passage("a lake", "they need", "that is"), "they%20need-,a%20lake,-that%20is"),
        # What separates the parts of a directive is none of the words.
        (Passage("well-known, & more"), "well%2Dknown%2C%20%26%20more"),
        # Three words beside it are enough; what may be cut is left out.
        (Passage("a lake", "", "one two three four"), "a%20lake,-one%20two%20three"),
        (Passage("a lake", "ut of a word which was cut there", ""), "was%20cut%20there-,a%20lake"),
        (Passage("a lake", "", "onewordthatislongerthanallthatiskept"), "a%20lake"),
        (Passage(LONG), "The%20first%20words%20of%20it%20and,until%20the%20last%20words%20of%20it"),
        # Without spaces nobody here knows where a word ends.
        (Passage("鹈鹕" * 40), "%E9%B9%88%E9%B9%95" * 40),
    ],
)
def test_words_are_named_so_that_browsers_find_them(passage: Passage, directive: str) -> None:
    assert text_fragments.directive(passage) == directive


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(WORDS.filter(str.strip), WORDS, WORDS)
def test_no_words_end_the_link_or_their_part_of_it(exact: str, prefix: str, suffix: str) -> None:
    made = text_fragments.directive(Passage(exact, prefix[-32:], suffix[:32]))
    assert made.isascii()
    assert not {*made} & {*"<>\"'& #"}
    before, *parts = made.split(",")
    parts = parts if before.endswith("-") else [before, *parts]
    parts = parts[:-1] if parts[-1].startswith("-") else parts
    assert 1 <= len(parts) <= 2
    assert all(unquote(each) in " ".join(exact.split()) or unquote(each) == exact for each in parts)
