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


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('<p><img data-src="a.png" src="data:image/gif;base64,x" alt="A"></p>', "![A](a.png)"),
        ('<img src="a.png"><noscript><img src="a.png"></noscript>', "![](a.png)"),
        ("<noscript><p>Words</p></noscript>", "Words"),
        ('<picture><source srcset="a.webp"><img src="a.png" alt="A"></picture>', "![A](a.png)"),
        ('<video poster="p.png"><source src="a.mp4"></video>', '<video controls src="a.mp4" poster="p.png"></video>'),
        ("<video>Words</video>", "Words"),
        ('<ul><li><input type="checkbox" checked> done</li></ul>', "- [x]  done"),
        ('<p><img class="emoji" src="https://s.example/x.svg" alt="🐦"> sings</p>', "🐦 sings"),
        ('<p><acronym title="Hypertext">HT</acronym></p>', '<abbr title="Hypertext">HT</abbr>'),
        ('<p><a href="javascript:go()">go</a> <a href="#">x</a></p>', "go [x](#)"),
        ('<p><a href="https://x.example/"></a></p>', "<https://x.example/>"),
        ('<p><a href="a b(c">x</a></p>', "[x](<a b(c>)"),
        ('<a href="https://x.example/"><h3>Card</h3></a>', "### Card\n\n<https://x.example/>"),
        ('<a href="/x"><div>Card</div></a>', "Card\n\n[/x](/x)"),
        ("<p><button>Press <b>me</b></button></p>", "Press me"),
        ('<p><svg viewbox="0 0 1 1"><path d="M0"></path></svg></p>', '<svg viewbox="0 0 1 1"><path d="M0"></path></svg>'),
        ('<ol type="a"><li>x</li></ol>', "1. x"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<ul>\n<ul><li>deep</li></ul>\n</ul>", "- deep"),
        ("<p>a<p>b", "a\n\nb"),
        ('<p dir="RTL">ש<br>b</p><p dir="ltr">c</p>', 'ש\\\nb\n{: dir="rtl" }\n\nc'),
        ('<blockquote><p dir="rtl">ש</p></blockquote>', '> ש\n> {: dir="rtl" }'),
        ('<h2 dir="rtl">ש</h2>', '<div dir="rtl">\n\n## ש\n\n</div>'),
        ('<ul><li dir="rtl">ש</li></ul>', '- <div dir="rtl">\n\n  ש\n\n  </div>'),
        ('<p dir="rtl"><kbd>A</kbd> ש</p>', '<div dir="rtl">\n\n<kbd>A</kbd> ש\n\n</div>'),
        ("<pre>one<br>two</pre>", "```\none\ntwo\n```"),
        ('<p id="here">x</p><p><a href="#here">y</a></p>', '<a id="here"></a>\n\nx\n\n[y](#here)'),
        ('<p><a name="here"></a>x <a href="#here">y</a></p>', '<a id="here"></a>x [y](#here)'),
        ('<table><tr><td><iframe src="https://v.example/"></iframe><span style="x">w</span></td></tr></table>',
         '<table><tr><td><a href="https://v.example/">https://v.example/</a>w</td></tr></table>'),
        ("<p>x <code>a</code><code>b</code></p>", "x <code>a</code><code>b</code>"),
        ('<p><object data="https://v.example/x"></object></p>', "<https://v.example/x>"),
    ],
)  # fmt: skip
def test_what_becomes_of_elements_that_editors_and_plugins_write(source: str, text: str) -> None:
    assert html_text.converted(source).text.strip("\n") == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('[audio mp3="/a.mp3"][/audio]', '<audio controls src="/a.mp3"></audio>'),
        ('[video src="/a.mp4"]', '<video controls src="/a.mp4"></video>'),
        ("[youtube=https://y.example/w]", "https://y.example/w"),
        ("[embed width=1]https://y.example/w[/embed]", "https://y.example/w"),
        ('[gallery ids="1"]', "![One](/1.png)"),
        ("[gallery]", "![One](/1.png)"),
        ("[nextpage]", ""),
        ("[caption]no picture[/caption]", "no picture"),
        ("$latex x^2&amp;s=2$ ends", "$x^2$ ends"),
        ("[sic] [link](x)", r"\[sic\] \[link\](x)"),
    ],
)
def test_what_wordpress_s_own_shortcodes_mean(source: str, text: str) -> None:
    attachment = {
        "wp:post_type": "attachment", "wp:post_id": "1", "wp:post_parent": "7",
        "wp:attachment_url": "/1.png", "title": "One",
    }  # fmt: skip
    library = wordpress_text.Library([attachment])
    entry = {"meta": {"footnotes": "no json"}, "wp:post_id": "7"}
    assert wordpress_text.converted(source, library, entry).text.strip() == text


def test_a_note_whose_words_are_nowhere_keeps_its_number_and_is_told() -> None:
    source = '<p>So<sup data-fn="a"><a href="#a">1</a></sup>, and<sup data-fn="b"><a href="#b">2</a></sup>.</p>'
    made = html_text.converted(source, footnotes={"a": "A note."})
    assert made.text == "So[^1], and<sup>2</sup>.\n\n[^1]: A note.\n"
    assert made.troubles == ["the words of note 2 are not in the file; its number stays"]
