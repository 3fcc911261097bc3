"""Words of a Markdown file: as the page has them, each with its line."""

import re
from pathlib import Path
from typing import Any

import pytest
from pelican import signals

from authoring.markdown_words import bare, words_of
from formats.passages import Passage, cleaned, passage_at, text_of
from plugins.markdown import frontmatter
from tests.sites import BLOG, Site


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("The *quagga* is a **zebra**.", "The quagga is a zebra."),
        ("a snake_case_name and _so_ on", "a snake_case_name and so on"),
        ("[fewer stripes](https://example.org/a_(b) 'T')", "fewer stripes"),
        ("[fewer\nstripes](/a) than", "fewer stripes than"),
        ("[others][1] are\n\n[1]: /others/", "others are"),
        ("before ![a picture](a.png) after", "before after"),
        ("said[^1] so\n\n[^1]: The note.", "said so The note."),
        ("# A title #\n\ntext", "A title text"),
        ("Titled\n======\n\n---\n\ntext", "Titled text"),
        ("> Nobody\n> has *seen* one.", "Nobody has seen one."),
        ("- one\n- [ ] two\n  1. three", "one two three"),
        ("| a | b |\n|---|:-:|\n| c | d |", "a b c d"),
        ("```python\n*args = [1](2)\n```\nend", "*args = [1](2) end"),
        ("`a*b*` and ``c`d``", "a*b* and c`d"),
        ("2 \\* 3 &lt; 7 &amp; so", "2 * 3 < 7 & so"),
        ("brown -- mostly ... so", "brown – mostly … so"),
        ("<em>mine</em> <https://a.example/>", "mine https://a.example/"),
        ("one <!-- not\nthis --> two", "one two"),
        ("", ""),
    ],
)
def test_signs_are_taken_away_and_words_stay(source: str, shown: str) -> None:
    assert cleaned(words_of(source).text.words) == shown
    assert bare(source).count("\n") == source.count("\n")


def test_a_passage_is_found_in_its_line(tmp_path: Path) -> None:
    words = words_of("One line.\n\nThe *quagga* is\na [zebra](/z).\n\nThe quagga was.", 5)
    found = words.find(Passage("a zebra", "The quagga is ", ". The quagga"))
    assert found is not None
    assert found[0] == 8
    assert words.find(Passage("The quagga", "One line. ", " is a zebra")) is not None


def test_what_is_gone_is_in_no_line_and_neither_is_what_may_be_in_two() -> None:
    words = words_of("\n\n".join(["The quagga is brown."] * 4))
    assert words.find(Passage("a dodo flew past", "Yesterday and now ", " and was gone")) is None
    assert words.find(Passage("quagga", "is brown. The ", " is brown. The")) is None


def passages_of_the_samples(tmp_path: Path) -> list[tuple[str, list[str], Passage]]:
    """Six words in every nine of each article as the page has them, with its file."""
    contents: list[Any] = []

    def hear(generators: Any) -> None:
        contents.extend(each for one in generators for each in getattr(one, "articles", ()))

    signals.all_generators_finalized.connect(hear)
    Site(tmp_path).build(PATH=str(BLOG / "content"))
    found = []
    for each in contents:
        source = Path(each.source_path).read_text("utf-8")
        text = text_of(each.content)
        starts = [(word.start(), word.end()) for word in re.finditer(r"\S+", text.words)]
        for at in range(0, len(starts) - 6, 9):
            passage = passage_at(starts[at][0], starts[at + 5][1], text, each.lang)
            found.append((source, source.split("\n"), passage))
    return found


@pytest.mark.usefixtures("site")
def test_what_is_noted_in_the_samples_is_found_and_never_in_another_line(tmp_path: Path) -> None:
    """Of 1,300 passages a handful is in no line: of formulas, and beside them."""
    total = lost = 0
    for source, lines, passage in passages_of_the_samples(tmp_path):
        body = frontmatter.split(source).body
        first = source[: len(source) - len(body)].count("\n") + 1
        found = words_of(body, first).find(passage)
        total += 1
        if found is None:
            lost += 1
            continue
        # Of code, the line that says which file it is of is no line of words.
        line = lines[found[0] - 1]
        assert any(word in line for word in re.findall(r"\w{3,}|\w", passage.exact)), passage
    assert total > 1_000
    assert lost <= total // 200
