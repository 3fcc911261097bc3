"""HTML that is begun and not ended: in each text it takes nothing of its page along, and its author is told."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.markdown import commonmark, postprocess, tags
from tests.sites import Site
from tests.unit.test_what_people_write import APART, READERS


class Outline(HTMLParser):
    """What the footer of an article's page stands in, as whoever reads only tags sees it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.around: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("class", "article-footer") in attrs:
            self.around = [*self.open]
        if tag not in tags.VOID | tags.OPTIONAL | tags.INLINE:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass


BEGUN = [
    "<div>\nwords", "<!-- note", "<script>\nx", "<style>\nx", "a <textarea> b", "<title>", "The <title> tag",
    "The <div> element", "<details>\n<summary>x</summary>", "<plaintext>", "<xmp>", "<b>bold", "<iframe src='x' />",
    "</div>", "</article></main></body>", "- <div>\n  x\n- y", "<div class='clear' />", '<div class="note>\nx\n</div>',
    "<table><tr><td>", "<svg>", "<form>", "> <section>\n> x", "<noscript>", "<select><option>a",
]  # fmt: skip


@READERS
def test_what_a_text_never_ends_takes_nothing_of_its_page_along(
    site: Site, reader: dict[str, Any]
) -> None:
    site.write("plain", "before\n\nafter")
    for number, begun in enumerate(BEGUN):
        site.write(f"fish-{number}", f"before\n\n{begun}\n\nafter")
    site.build(**reader, **APART)
    around = Outline(site.page("plain")).around
    assert around[-1] == "article"
    for number, begun in enumerate(BEGUN):
        html = site.page(f"fish-{number}")
        assert Outline(html).around == around, begun
        assert html.count("<b>") == html.count("</b>"), begun
        # Within these a browser takes tags for words, which not each parser does.
        assert not re.search(r"<(textarea|title|plaintext|xmp)\b(?!.*</\1)", html, re.DOTALL), begun


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("ssh <user>@<host>", "ssh <user>@<host>"),
        ("A List<String> of", "A List<String> of"),
        ("The <title> tag", "The <title> tag"),
        ("# The <main> part", "The <main> part"),
        ("<?php echo 1; ?>", "<?php echo 1; ?>"),
        ("<!DOCTYPE html>", "<!DOCTYPE html>"),
        ("x </user> y", "x </user> y"),
        ('<div class="note>\nwords\n</div>\n\n[more](x "y")', '<div class="note>\nwords\n\nmore'),
        ("a <title>x</title> b", "a <title>x</title> b"),
        ("The <plaintext>x</plaintext>", "The <plaintext>x</plaintext>"),
        (
            "<noembed>x</noembed> y <NoFrames>z</noframes>",
            "<noembed>x</noembed> y <NoFrames>z</noframes>",
        ),
        ("a <xmp><b>x</b></xmp> b", "a x b"),
        ("Between <script> and </script>.", "Between <script> and </script>."),
        ("The <style> part\n\n<style>\nb {}\n</style>", "The <style> part\n\nb {}"),
        ("The <svg> part\n\n<svg><path/></svg>", "The <svg> part"),
        ("<svg><svg></svg> x", "<svg> x"),
        ("the <li>, (<td>) and <option>", "the <li>, (<td>) and <option>"),
        ("the <td> in\n\n<table><tr><td>x</td></tr></table>", "the <td> in\nx"),
        ("the <img> and <meta /> tags", "the <img> and <meta /> tags"),
        ("the </b> and </div> tags", "the </b> and </div> tags"),
        ("words </div>", "words"),
        ("x</b> y", "x y"),
        ("The *new* <p> tag", "The new  tag"),
        ("用<p>标签", "用标签"),
        ("a <my-own>b</my-own> <p> c", "a b  c"),
        ("it begins with <p>", "it begins with"),
    ],
)
def test_what_no_reader_would_see_of_a_text_is_shown_and_told(text: str, seen: str) -> None:
    finishing = postprocess.Finishing({"OUTPUT_PATH": ""})
    html = finishing.finish(commonmark.html(text))
    assert unescape(re.sub(r"<[^>]*>", "", html)).strip() == seen
    assert finishing.remarks
    assert all(remark.at.strip() in text for remark in finishing.remarks)


@pytest.mark.parametrize(
    "html",
    [
        "<b>one\n\ntwo</b>", "<ul><li>a<li>b</ul>", "<p>a<p>b", "<table><tr><td>a<td>b</table>", "<br><br/>x<hr>",
        "<details><summary>x</summary>\n\ny\n\n</details>", "<svg viewBox='0 0 1 1'><path d=''/><title>x</title></svg>",
        "<a href=https://a.example/>x</a>", "<my-own a=1>x</my-own>", "<!-- x --><!--> y", "<center>\n\nx\n\n</center>",
        "<iframe src=x></iframe>", "<script>'<div>'</script>", "`<div>` <code><i>x</i></code>", "1 < 2 > 0",
        "<div title='it\nis <x>'>\nx\n</div>", "<ruby>漢<rt>kan</ruby>", "<dl><dt>a<dd>b</dl>",
        "<svg><g><svg x='1'/><svg><style>.a > b{}</style></svg></g></svg> y", "<svg>\n<style>\n.a{}\n\n.b{}\n</style>\n</svg>",
        '<iframe srcdoc="<p>a</p>\n<p>b</p>"></iframe>', '<b title="1 > 0 < 2">x</b>', "<DIV><B>x</B></DIV>",
        "<template>\n\n- a\n\n</template>", "- a\n\n<!-- c -->\n\n- b", "<!--[if IE]><p>x</p><![endif]-->",
        "<!--[if !IE]><!--><p>x</p><!--<![endif]-->", "a <br/> <img src='x' alt=''/>", "a\n\n<!-- PELICAN_END_SUMMARY -->",
        "<math><mrow><mi>x</mi><mo><</mo></mrow></math>", "<video controls><source src=a><track src=b></video>",
        "<table>\n\n<tr>\n\n<td>\n\n*x*\n\n</td>\n\n</tr>\n\n</table>", "# A <small>b</small> <a id=x></a>",
        "<ul> <li> a <li> b </ul>", "<select> <option> a <option> b </select>", "<p>a</p> <p> b</p>", "One.<p>Two. <p>\nThree.",
        "<ruby> 漢 <rt> kan </ruby>", "<textarea> words </textarea>", "<table> <tr> <td> a <td> b </table>",
        "x <script>document.write('<script src=x><\\/script>')</script> y", "<colgroup><col><col></colgroup>",
    ],
)  # fmt: skip
def test_html_that_ends_as_it_should_is_left_as_it_is(html: str) -> None:
    made = commonmark.html(html)
    assert tags.whole(made) == (made, [])


@given(st.lists(st.sampled_from(
    ["<div>", "</div>", "<b>", "</b>", "<!-- ", "-->", "<style>", "</style>", "<x>", "</x>", "<li>", "<ul>", "</ul>",
     "<?", "<div/>", '<p a="', "'", "\n\n", "words ", "<p>", "</p>", "<script>", "</SCRIPT >"]
)))  # fmt: skip
def test_whatever_a_text_is_made_of_what_follows_stands_where_it_should(parts: list[str]) -> None:
    html, _ = tags.whole("".join(parts))
    assert Outline(f'<article>{html}<footer class="article-footer">').around == ["article"]


def test_a_long_text_that_ends_nothing_is_read_once() -> None:
    for begun in (
        "<title>", "<div>", "<x>", "<b>", "<!--", '<a b="', "</div>", "<svg>", "a <script> ", "a <script>\n", "a <li> ",
        "<svg></svg></svg>", "a <p> ", '<a b=">\n>\n>',
    ):  # fmt: skip
        assert "words" in tags.whole(begun * 20_000 + "words")[0]
    assert "words" in tags.whole("<div>" * 20_000 + "</section>" * 20_000 + "words")[0]
