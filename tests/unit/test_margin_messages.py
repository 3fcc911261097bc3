"""Notes in the margin: what the build tells an author of them, and what they cost."""

import gzip
import logging
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from authoring.check import lenient_build, report
from formats import passages
from plugins.comments import margin
from tests.noting import BODY, note, on, plainly, publish, text_of
from tests.sites import BLOG, Site


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish", BODY)
    site.build()
    return site


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """What the build told the author since the last time."""
    logger: Any = margin.logger
    logger.disable_filter()

    def told() -> list[str]:
        found = [r.getMessage() for r in caplog.records if r.name == margin.__name__]
        caplog.clear()
        return found

    with caplog.at_level(logging.WARNING):
        yield told
    logger.enable_filter()


# ---- what the author is told


def test_a_note_whose_words_are_gone_is_told_until_it_is_settled(
    site: Site, said: Callable[[], list[str]]
) -> None:
    publish(site, "fish", [on(site, "Nobody leads", 17), on(site, "fish together", 18)])
    site.build()
    assert said() == []
    site.write("fish", "Something else altogether.")
    path = site.content / "fish.md"
    wanted = [
        f'{path}: 2 notes no longer find their words: "Nobody leads" (comment 17), "fish together"'
        " (comment 18). In the comments they stand with their quotations. To mark other words:"
        ' .venv/bin/flask comments anchor 17 "the words now"'
    ]
    for _ in range(2):
        site.build()
        assert said() == wanted
    assert "postil-mark" not in text_of(site)
    publish(site, "fish", [on(site, "Something else", 17)], revision=2)
    site.build()
    assert said() == []
    assert 'id="at-17">Something else</mark>' in text_of(site)


def test_where_no_notes_are_taken_none_is_marked(site: Site, said: Callable[[], list[str]]) -> None:
    publish(site, "fish", [on(site, "Nobody leads", 17), note(18, "words that are gone")])
    site.write("fish", BODY, Comments="open, no notes")
    site.build()
    assert "postil-mark" not in text_of(site)
    assert said() == []


def test_of_two_places_the_author_is_asked(site: Site, said: Callable[[], list[str]]) -> None:
    publish(site, "fish", [on(site, "Nobody leads", 17)])
    site.write("fish", BODY + "\n" + BODY)
    site.build()
    (line,) = said()
    assert (
        "fish.md: the note of comment 17 fits 2 places: “…fish towards the shore. Nobody leads, and"
        in line
    )
    assert line.endswith('Say which: .venv/bin/flask comments anchor 17 "more words around"')
    assert "postil-mark" not in text_of(site)


def test_what_strangers_wrote_reaches_a_terminal_without_its_signs(
    site: Site, said: Callable[[], list[str]]
) -> None:
    publish(site, "fish", [note(17, "a \x1b[31m\u202ered\x07\nline")])
    site.build()
    (line,) = said()
    assert '"a [31mred line" (comment 17)' in line
    assert line.isprintable()


def test_a_check_tells_of_lost_words_and_finds_nothing_to_correct(site: Site) -> None:
    publish(site, "fish", [note(17, "words that are gone")])
    heard = lenient_build.LenientBuild()
    logging.getLogger().addHandler(heard)
    try:
        site.build()
    finally:
        logging.getLogger().removeHandler(heard)
    assert (heard.problems, heard.said) == ([], [])
    told = str(report.Report([], [], 1, remarks=heard.remarks)).splitlines()
    assert (
        'fish.md: 1 note no longer finds its words: "words that are gone" (comment 17)' in told[0]
    )
    assert told[1:] == ["Nothing to correct in 1 article and pages."]


@pytest.mark.parametrize(
    "text",
    [
        '{"notes": 1}',
        '{"notes": [1]}',
        '{"notes"',
        '["notes"]',
        '{"notes": [{"id": "x"}]}',
        '{"notes": [{"id": 1, "passage": null}]}',
        '{"notes": [{"id": 1, "passage": {"exact": ""}}]}',
    ],
)
def test_a_damaged_snapshot_marks_nothing_and_stops_nothing(site: Site, text: str) -> None:
    publish(site, "fish", [])
    (site.published / "threads/fish.json").write_text(text)
    site.build()
    assert "postil-mark" not in text_of(site)


# ---- what it costs


def test_a_build_in_which_no_note_changed_reads_no_snapshot_and_looks_for_nothing(
    site: Site, said: Callable[[], list[str]]
) -> None:
    publish(site, "fish", [on(site, "Nobody leads", 17), note(18, "words that are gone")])
    site.build()
    told = said()
    assert len(told) == 1
    marked = text_of(site)
    # Whoever read it would find other notes; whoever looked, other words.
    path = site.published / "threads/fish.json"
    before = path.stat()
    path.write_text(path.read_text().replace("Nobody leads", "Someone went"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    (record,) = (site.folder / "cache/margin").glob("*.json")
    record.write_text(record.read_text().replace("words that are gone", "words as noted"))
    site.write("stone", "Another article.")
    site.build()
    assert text_of(site) == marked
    assert said() == [told[0].replace("words that are gone", "words as noted")]
    path.write_text(path.read_text())
    site.write("stone", "Another article, changed.")
    site.build()
    assert "postil-mark" not in text_of(site)
    assert '"Someone went" (comment 17), "words that are gone" (comment 18)' in said()[0]


def test_twenty_notes_cost_a_page_as_much_as_a_paragraph(site: Site) -> None:
    text = (BLOG / "content" / "how-pelicans-fish.md").read_text("utf-8")
    site.write("fish", re.sub(r"!\[.*?\]\(.*?\)", "", text.partition("\n\n")[2]))
    site.build()
    article = passages.text_of(text_of(site))
    words = list(re.finditer(r"\S+", article.words))
    apart = len(words) // 20
    notes = []
    for number in range(20):
        first, last = words[number * apart + 3], words[number * apart + 3 + 3 + number % 5]
        passage = passages.passage_at(first.start(), last.end(), article, "en")
        name = ("Pia", "Lin", "Tomás", "Ada", "Noor", "Olga")[number % 6]
        notes.append({**note(101 + 3 * number, "", name), "passage": passage._asdict()})
    publish(site, "fish", notes)
    site.build()
    page = site.page("fish")
    assert page.count('class="postil-at"') == 20

    def weighs(page: str) -> int:
        return len(gzip.compress(page.encode(), 6)) - len(gzip.compress(plainly(page).encode(), 6))

    # Whose note a number is, and on what, costs a third of it.
    assert weighs(re.sub(r'(class="postil-at"[^>]*?) aria-label="[^"]*"', r"\1", page)) <= 400
    assert weighs(page) <= 600
