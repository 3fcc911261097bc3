"""Whatever strangers send as a passage, and whatever an author writes: a page's markup stays whole."""

import re
from functools import cache
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats import passages
from formats.passages import Passage
from plugins.comments import margin
from plugins.markdown import commonmark
from plugins.presentation.reading import linked
from tests.noting import comment, depth_of_marks, plainly
from tests.sites import BLOG, ROOT

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</mark></p><a href='javascript:alert(1)'>",
    "\u2068\u2069\u202e\u2066",
    "--> <!-- postil:end fish -->",
    "&quot;&lt;&amp;#34;",
    "]]>\x00\x1b[31m",
    "%s %(name)s {name} \\1",
)


@cache
def articles() -> tuple[str, ...]:
    """The samples as they are on their pages, before anything is marked."""
    paths = [
        *(BLOG / "content").glob("*.md"),
        *(ROOT / "tests/samples/reading/content").glob("*.md"),
    ]
    texts = [path.read_text("utf-8").partition("\n\n")[2] for path in sorted(paths)]
    return tuple(linked(commonmark.html(each)) for each in texts)


class Tags(HTMLParser):
    """The elements of a page in order, but those that marks are made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        ours = given.get("class") in ("postil-mark", "postil-at")
        if given.get("class") == "postil-at":
            assert "a" not in self.inside, "a link in a link"
            assert set(given) == {"class", "href", "aria-label"}
        if ours:
            assert "math" not in self.inside
        if tag in ("a", "math", "mark"):
            self.inside.append(tag)
        if not ours and not (tag == "span" and str(given.get("id", "")).startswith("at-")):
            self.found.append(f"{tag} {attrs}")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            self.inside.remove(tag)


def page_of(html: str, notes: list[margin.Note], names: dict[int, str]) -> str:
    fragment = "".join(comment(number, name) for number, name in names.items())
    article = SimpleNamespace(
        margin_notes=notes,
        comments_fragment=fragment,
        lang="en",
        thread="fish",
        settings={"COMMENTS_URL": "/comments/"},
    )
    return margin.noted(html, article)


def stays_whole(html: str, marked: str) -> None:
    assert plainly(marked) == html
    assert passages.text_of(marked).words == passages.text_of(html).words
    assert depth_of_marks(marked) <= 1
    assert Tags(marked).found == Tags(html).found
    # No mark holds a tag, but a formula's own and an empty element with an id.
    for inside in re.findall(r"<mark[^>]*>(.*?)</mark>", marked, re.DOTALL):
        inside = re.sub(r'<span id="at-\d+"></span>', "", inside)
        assert "<" not in inside or re.fullmatch(r"<math.*</math>", inside, re.DOTALL), inside


@st.composite
def noted(draw: st.DrawFn) -> tuple[str, list[margin.Note]]:
    """An article with notes on it, at any places, which overlap as they like."""
    html = draw(st.sampled_from(articles()))
    text = passages.text_of(html)
    notes = []
    for number in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text.words) - 2))
        end = min(len(text.words), start + draw(st.integers(1, 300)))
        notes.append(margin.Note(100 + number, passages.passage_at(start, end, text, "en")))
    return html, notes


@given(noted())
def test_marks_never_nest_and_leave_the_text_as_it_was(
    drawn: tuple[str, list[margin.Note]],
) -> None:
    html, notes = drawn
    stays_whole(html, page_of(html, notes, {note.id: "Pia" for note in notes}))


words = st.one_of(st.text(max_size=40), st.sampled_from(HOSTILE))


@given(st.sampled_from(articles()), words, words, words, words)
def test_a_hostile_passage_breaks_no_markup(
    html: str, exact: str, prefix: str, suffix: str, lang: str
) -> None:
    passage = passages.read({"exact": exact, "prefix": prefix, "suffix": suffix, "lang": lang})
    assert (passage is None) is (exact == "")
    if passage:
        notes = [margin.Note(7, passage)]
        stays_whole(html, page_of(html, notes, {}))
        for line in margin.told(
            SimpleNamespace(source_path="fish.md"), margin.lost(passages.text_of(html), notes)
        ):
            assert line.isprintable()


@pytest.mark.parametrize("words", HOSTILE)
def test_an_article_about_markup_is_marked_as_text(words: str) -> None:
    """Its words come back in the number's name, where quotation marks and angle brackets would end it."""
    from html import escape

    html = f"<p>He wrote {escape(words)} and went on to the next page.</p>"
    text = passages.text_of(html)
    passage = passages.passage_at(3, len(text.words) - 5, text, "en")
    marked = page_of(html, [margin.Note(7, passage)], {7: escape(words)})
    stays_whole(html, marked)
    assert marked.count('class="postil-at"') == 1


@given(st.text(alphabet="ab <>/&;\"'!-=pmath\u0301", max_size=60))
def test_any_html_of_an_author_is_read_and_marked(html: str) -> None:
    text = passages.text_of(html)
    if text.words:
        passage = Passage(text.words[:300])
        marked = page_of(html, [margin.Note(7, passage)], {7: "Pia"})
        assert plainly(marked) == html
