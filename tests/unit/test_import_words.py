"""Words: what of a text is one, and whether any was lost on the way."""

import pytest

from authoring.import_site import words
from plugins.markdown import commonmark
from tests.sites import ROOT


@pytest.mark.parametrize("name", ["everything", "markdown"])
def test_no_word_of_markdown_is_missed_that_its_page_has(name: str) -> None:
    found = {
        "everything": ROOT / "tests" / "samples" / "reading" / "content" / "everything.md",
        "markdown": ROOT / "docs" / "import.md",
    }[name]
    text = found.read_text(encoding="utf-8").partition("\n\n")[2]
    gone = words.lost(words.of_markdown(text), words.of_html(commonmark.html(text)))
    assert set(gone) <= {"x"}  # Of tasks within notes.


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        ("One *two* three.", "<p>One three.</p>", ["two"]),
        ("港で**カモメ**を", "<p>港でを</p>", ["カ", "モ", "メ"]),
        ("wo*rd*s and un_der_line", "<p>wo<em>rd</em>s and un_der_line</p>", []),
        ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>", []),
        ("![A gull](x.png)", '<p><img src="x.png" alt="A gull"></p>', []),
        ("![A gull](x.png)", '<p><img src="x.png"></p>', ["a", "gull"]),
        ("[text][ref]\n\n[ref]: /x 'Title'", '<p><a href="/x" title="Title">text</a></p>', []),
        ("a<!-- hidden --><script>x</script>", "<p>a</p>", []),
        ("a<!-- c -->b<script>x</script>c", "<p>ab<!-- c --><script>x</script>c</p>", []),
        ("a\n<!-- c -->\nb", "<p>a</p>\n<!-- c -->\n<p>b</p>", []),
        ("&copy; and &#65;", "<p>© and A</p>", []),
        ("twice twice", "<p>twice</p>", ["twice"]),
    ],
)
def test_what_is_lost_is_told_and_nothing_else(before: str, after: str, gone: list[str]) -> None:
    assert words.lost(words.of_markdown(before), words.of_html(after)) == gone
