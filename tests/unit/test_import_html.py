"""HTML as Markdown: what means something stays, what meant nothing becomes no markup, no word is lost."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.import_site import html_text, wordpress_text, words
from plugins.markdown import commonmark


def read_back(source: str, *, breaks: bool = False) -> str:
    """What the blog's own reader makes of the Markdown that became of it."""
    return commonmark.html(html_text.converted(source, breaks=breaks).text)


def of_wordpress(source: str) -> str:
    return wordpress_text.converted(source, wordpress_text.Library([]), {"meta": {}}).text


@pytest.mark.parametrize(
    "source",
    [
        "<p>10<sup>6</sup> and H<sub>2</sub>O</p>",
        '<p><kbd>Ctrl</kbd> <abbr title="Hypertext">HT</abbr> <cite>Book</cite> <ins>new</ins></p>',
        "<p><ruby>漢字<rt>かんじ</rt></ruby> <mark>x</mark> <small>y</small> <q>z</q></p>",
        "<p>Use the &lt;title&gt; element, and &lt;script&gt;</p>",
        "<p>&amp;amp; &amp;lt; AT&amp;T</p>",
        "<p><strong>foo:</strong>bar</p>",
        "<p><strong>「太字」</strong>です</p>",
        "<p>a <em>b <strong>c</strong></em>d</p>",
        "<ol>\n<li>one</li>\n<li>two</li>\n</ol>\n<ol>\n<li>another</li>\n</ol>",
        '<ol start="3">\n<li>three</li>\n</ol>',
        "<blockquote>\n<p>said</p>\n<p>again</p>\n</blockquote>",
        '<pre><code class="language-python">if a &lt; b:\n\n    ```\n</code></pre>',
        "<p><code>a|b `c`</code></p>",
        '<p><a href="https://x.example/a_(b)" title="T">link</a></p>',
        '<p><img src="a b.png" alt="x [y]" title="&quot;T&quot;"></p>'.replace("a b", "a%20b"),
        '<p><a href="b.html"><img src="a.png" alt="x"></a></p>',
        "<hr>",
        "<dl>\n<dt>Term</dt>\n<dd>Meaning</dd>\n</dl>",
        '<h2 id="named">A heading</h2>',
        "<table>\n<tr><td>no</td><td>head</td></tr>\n</table>",
        "<table>\n<thead>\n<tr>\n<th>a|b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td><code>c|d</code></td>\n</tr>\n</tbody>\n</table>",
        "<address>\n<p>A street</p>\n</address>",
        "<details>\n<summary>More</summary>\n<p>hidden</p>\n</details>",
        "<p>a<br>\nb</p>",
    ],
)
def test_what_html_means_the_page_says(source: str) -> None:
    assert read_back(source) == source


@pytest.mark.parametrize(
    "line",
    ["1986. A year", "3) x", "# x", "+ x", "- x", "> x", "=== x", "!!! note", "| a | b |", "* x",
     "[TOC](", "~~~ x", "`x", "a_b_c _d_", "*x*", "$a^2$ and $b$", "<b", "&copy;", ": x", "![x](y)", "\\x"],
)  # fmt: skip
def test_signs_of_plain_text_become_no_markup(line: str) -> None:
    escaped = line.replace("&", "&amp;").replace("<", "&lt;")
    assert read_back(f"<p>{escaped}</p>") == f"<p>{escaped.replace('>', '&gt;')}</p>"


def test_two_paragraphs_of_the_old_editor_stay_two_whatever_follows() -> None:
    text = of_wordpress('One.\n\nTwo\nlines.\n\n<p style="text-align:center">Three</p>\n\nFour.')
    assert text == "One.\n\nTwo\\\nlines.\n\nThree\n\nFour.\n"


def test_code_of_a_shortcode_keeps_its_signs() -> None:
    text = of_wordpress('Before\n[code]print("<b>")[/code]\n[python]x = a[1] &lt; 2[/python]')
    assert text == 'Before\n\n```\nprint("<b>")\n```\n\n```python\nx = a[1] < 2\n```\n'


def test_a_table_behind_a_line_of_words_is_a_table() -> None:
    text = of_wordpress("Words.\n<table>\n<tr>\n<td>!</td>\n</tr>\n</table>\nMore.")
    assert text == "Words.\n\n<table>\n<tr>\n<td>!</td>\n</tr>\n</table>\n\nMore.\n"


def test_what_refers_to_a_place_in_the_text_finds_it() -> None:
    html = read_back('<p><a href="#there">go</a></p><div id="there"><p>Here</p></div>')
    assert '<a id="there"></a>' in html
    assert html.count("id=") == 1


TEXT = st.text(
    alphabet=st.sampled_from("abc 12.#*_`~<>&[](){}|$!-+=:\\/\"'鹈鹕漢é\n"), min_size=1, max_size=12
)
INLINE = ("strong", "em", "code", "sup", "kbd", "a", "span", "del")
BLOCK = ("p", "blockquote", "ul", "ol", "h2", "pre", "div", "table", "figure")


@st.composite
def fragments(draw: st.DrawFn, depth: int = 2) -> str:
    """HTML such as people's editors leave it, signs of Markdown in every place."""
    made = []
    for _ in range(draw(st.integers(1, 3))):
        text = draw(TEXT).replace("&", "&amp;").replace("<", "&lt;")
        inner = draw(fragments(depth - 1)) if depth else text
        kind = draw(st.sampled_from((*INLINE, *BLOCK, "")))
        if kind in ("ul", "ol"):
            made.append(f"<{kind}><li>{inner}</li><li>{text}</li></{kind}>")
        elif kind == "table":
            made.append(f"<table><tr><th>{text}</th></tr><tr><td>{inner}</td></tr></table>")
        else:
            made.append(f"<{kind}>{inner}</{kind}>" if kind else text)
    return draw(st.sampled_from((" ", "\n", ""))).join(made)


@settings(max_examples=150, deadline=None)
@given(fragments(), st.booleans())
def test_no_word_of_any_html_is_lost(source: str, breaks: bool) -> None:
    made = html_text.converted(source, breaks=breaks)
    signs = re.findall(r"[^\W_]", words.plain(source))
    shown = Counter(re.findall(r"[^\W_]", words.plain(commonmark.html(made.text))))
    assert not Counter(signs) - shown


def test_html_that_is_nested_without_end_comes_as_its_words() -> None:
    made = html_text.converted("<div>" * 3000 + "Words &amp; <i>more</i>")
    assert made.text == "Words &amp; more\n"
    assert "nested too deeply" in made.troubles[0]
