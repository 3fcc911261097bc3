"""The native parser: each way of writing, in whatever it stands, and what is hostile.

What comes of each way of writing by itself is in tests/samples/markdown.txt; here is that everything
works within everything, and that no text is a trouble.
"""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.markdown import commonmark
from plugins.markdown.commonmark import signs
from plugins.markdown.postprocess import Finishing
from tests.normal import normal

HOSTILE = sorted((Path(__file__).parent.parent / "samples" / "hostile").glob("*.md"))


def html(text: str) -> str:
    return normal(commonmark.html(text)).replace("\n", "")


def finished(text: str) -> str:
    """With what `postprocess` makes of it."""
    finishing = Finishing({})
    done = finishing.speak(finishing.finish(commonmark.html(text)), "en")
    assert not finishing.remarks
    return done


# --- What Python-Markdown does not have, or has in another way


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~~gone~~", "<p><del>gone</del></p>"),
        (
            "See https://a.example/b.",
            '<p>See <a href="https://a.example/b">https://a.example/b</a>.</p>',
        ),
        ("www.a.example", '<p><a href="http://www.a.example">www.a.example</a></p>'),
        ("a@b.example", '<p><a href="mailto:a@b.example">a@b.example</a></p>'),
        ("Words:\n- one\n- two", "<p>Words:</p><ul><li>one</li><li>two</li></ul>"),
        ("- a\n  - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("3. three\n4. four", '<ol start="3"><li>three</li><li>four</li></ol>'),
        ("#words", "<p>#words</p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
        ("**“中文”**是", "<p><strong>“中文”</strong>是</p>"),
        ("<div>\n\n*words*\n\n</div>", "<div><p><em>words</em></p></div>"),
        ("<h2>Typed</h2>", '<h2 id="typed">Typed</h2>'),
        ('<div markdown="0">\n*x*\n</div>', "<div>*x*</div>"),
        ('"quotes" -- and ...', '<p>"quotes" -- and ...</p>'),
        ("a[^2] b[^1]\n\n[^1]: one\n\n[^2]: two\n\n[^3]: nobody asks", None),
        (
            "> one\n\n> two",
            "<blockquote><p>one</p></blockquote><blockquote><p>two</p></blockquote>",
        ),
    ],
)
def test_where_it_differs_it_differs_as_documented(text: str, expected: str | None) -> None:
    if expected:
        assert html(text) == expected
        return
    found = html(text)
    assert re.findall(r'href="#fn:(\d)">(\d)<', found) == [("2", "1"), ("1", "2")]
    assert "nobody asks" not in found


def test_a_file_may_have_spaces_in_its_name() -> None:
    found = html('[a]({filename}my file.md#b "T") `[a]({filename}my file.md)`')
    assert 'href="{filename}my file.md#b" title="T"' in found
    assert "<code>[a]({filename}my file.md)</code>" in found


def test_html_that_the_author_typed_remains_as_it_was_typed() -> None:
    typed = '<svg viewBox="0 0 1 1"><path d="M0 0"/><circle r="1" /></svg>'
    found = commonmark.html(f"{typed}\n\n![a](b.png)\n\n***\n\na<br />b  \nc\n\n- [ ] d")
    assert typed in found
    assert '<img src="b.png" alt="a">' in found
    assert "<hr>" in found
    assert "disabled> d" in found


# --- Everything in everything

INSIDE = {
    "note": ("!!! tip\n    {}", "<aside", "</aside>"),
    "callout": ("> [!TIP]\n> {}", "<aside", "</aside>"),
    "quotation": ("> {}", "<blockquote>", "</blockquote>"),
    "item": ("- first\n\n    {}", "<ul>", "</ul>"),
    "numbered item": ("10. first\n\n    {}", "<ol", "</ol>"),
    "item of an item": ("- a\n    - first\n\n        {}", "<ul>", "</ul>"),
    "footnote": ("Words[^n]\n\n[^n]: first\n\n    {}", '<div class="footnote">', "</div>"),
    "definition": ("Term\n:   first\n\n    {}", "<dl>", "</dl>"),
    "html": ('<div class="o" markdown="1">\n{}\n</div>', '<div class="o">', "</div>"),
    "note in an item": ("- first\n\n    !!! tip\n        {}", "<aside", "</aside>"),
    "note in a note": ("!!! tip\n    !!! tip\n        {}", "<aside", "</aside>"),
}
THINGS = {
    "note": ("!!! caution\n    Words\n\n    more", "note-caution"),
    "callout": ("> [!CAUTION]\n> Words", "note-caution"),
    "code": ('```python title="t"\nx = 1\n\n    y = 2\n```', "x = 1\n\n    y = 2</code></pre>"),
    "formula": ("$$\na < b\n- c\n$$", '<span data-math-style="display">a &lt; b - c</span>'),
    "definition": ("Word\n:   Meaning", "<dt>Word</dt><dd>Meaning</dd>"),
    "table": ("| a |\n|--:|\n| b |", '<td align="right">b</td>'),
    "tasks": ("- [x] done", '<li><input checked="" disabled="" type="checkbox"> done'),
    "heading": ("## Words {#here}", '<h2 id="here">Words</h2>'),
    "attributes": ("Words\n{: .here }", '<p class="here">Words'),
    "list": ("1. a\n    - b", "<li>a<ul><li>b</li></ul></li>"),
}


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("inside", INSIDE)
def test_everything_works_within_everything(inside: str, thing: str) -> None:
    frame, begins, ends = INSIDE[inside]
    text, expected = THINGS[thing]
    before, _, after = frame.partition("{}")
    prefix = before.rpartition("\n")[2]
    # What the first line of an item or of a note has before it, the others have as spaces.
    whole = f"Above.\n\n{before}{text.replace(chr(10), chr(10) + prefix)}{after}\n\nBelow."
    flat = re.sub(r"\n(?=<)|(?<=>)\n", "", normal(commonmark.html(whole)))
    assert expected in flat
    assert flat.index(begins) < flat.index(expected.partition("\n")[0][:12]) < flat.rindex(ends)
    assert "<p>Below.</p>" in flat
    if inside != "footnote":
        assert flat.rindex(ends) < flat.index("<p>Below.</p>")


# --- Single ways of writing


def test_a_price_is_no_formula_also_beside_one() -> None:
    found = html("US$7, or 30$ of $40. From $20,000 and then 30$ more, $x$ and `$5` [a](?b=$1)")
    assert found.count("data-math-style") == 1
    assert "US$7, or 30$ of $40. From $20,000 and then 30$ more" in found
    assert "<code>$5</code>" in found
    assert 'href="?b=$1"' in found


@pytest.mark.parametrize("text", ["$$ a\n\nb $$", "$$\n\nx\n$$", "$$a$$ and more", "$$\n$$"])
def test_what_is_no_formula_of_its_own_is_left_to_the_line(text: str) -> None:
    assert "<pre>" not in html(text)


def test_the_facts_of_code_come_in_one_order() -> None:
    block = '```python title="a" hl_lines="1"\nx\n```\n\n'
    found = commonmark.html(block * 40)
    assert found.count('<pre><code class="language-python" data-meta="title=') == 40
    assert "<figcaption>a</figcaption>" in finished(block)


def test_an_attribute_replaces_what_is_there_and_a_class_stands_beside_it() -> None:
    assert html('[a](b "t"){ title="u" href="c" }') == '<p><a href="c" title="u">a</a></p>'
    assert html('<a class="x" href="b">a</a>{.y}') == '<p><a class="x y" href="b">a</a></p>'
    assert html("`a`{.b}{.c}") == '<p><code class="b">a</code>{.c}</p>'
    assert (
        html("x\n{: .b onclick=\"a('<>')\" }")
        == '<p class="b" onclick="a(&#x27;&lt;&gt;&#x27;)">x</p>'
    )


@pytest.mark.parametrize(
    "text",
    ["a{: .b }", "a {.b}", "*a* {.b}", "{.b}", "a\n{ }", "a\n{.b} c", "</em>{.b}", "a\n{: .b"],
)
def test_braces_behind_nothing_stay_words(text: str) -> None:
    assert 'class="b"' not in html(text)


def test_abbreviations_are_found_in_words_only() -> None:
    found = html('*[A]: Long "one"\n\nA `A` [A](A) ![A](A.png "A") <kbd>A</kbd> AB $A$\n\n    A')
    assert found.count("<abbr") == 2
    assert found.count('<abbr title="Long &quot;one&quot;">A</abbr>') == 2


def test_an_id_that_an_author_gives_is_not_given_again() -> None:
    found = html('# A\n\n# B {#a}\n\n<i id="c"></i>\n\n# C\n\n# 中文\n\n# ?\n\n# ?')
    assert re.findall(r'<h1 id="([^"]*)"', found) == ["a_1", "a", "c_1", "中文", "_1", "_2"]


def test_notes_of_every_kind_keep_their_name_for_markup_to_judge() -> None:
    assert 'class="note note-warned"' in html("> [!Warned]\n> x")
    assert 'class="note note-danger"' in html("!!! danger inline end\n    x")
    assert finished("> [!TIP]\n> x").startswith(
        '<aside class="note note-tip" role="note">\n<p class="note-title">Tip</p>\n<p>x</p>'
    )


def test_what_is_shown_as_code_is_not_looked_into() -> None:
    shown = "!!! note\n    x\n\n> [!NOTE]\n\nTerm\n:   Def\n\n*[A]: b\n\n$x$ $ {: .a }\n[TOC]\n"
    shown += '<div markdown="1">\n[a]({filename}b c.md)\n'
    for text in (
        f"````\n{shown}````",
        f"~~~~\n```\n{shown}```\n~~~~",
        "- ````\n" + re.sub("^", "  ", f"{shown}````", flags=re.M),
        f"<pre>\n{shown}</pre>",
    ):
        found = commonmark.html(text)
        assert not re.search(
            r"<(aside|dl|abbr|span|div)\b", found.replace('<div markdown="1">', "")
        )
        assert "[a]({filename}b c.md)" in found
        assert not any(sign in found for sign in signs.ALL)


def test_tabs_indent_as_four_spaces_do() -> None:
    with_tabs = "!!! tip\n\tWords\n\n\t- a\n\n\t\tb\n\nTerm\n:\tDef\n\n\tmore"
    assert html(with_tabs) == html(with_tabs.expandtabs(4))


def test_line_ends_of_other_systems_mean_the_same() -> None:
    text = "!!! tip\n    Words\n\n```\na\n```\n"
    assert html(text.replace("\n", "\r\n")) == html(text) == html(text.replace("\n", "\r"))


@pytest.mark.parametrize("end", ["", "\n", "\n\ny"])
def test_the_end_of_a_text_ends_a_definition(end: str) -> None:
    assert '<a href="https://a.example/">x</a>' in html(f"[x][n]\n\n[n]: <https://a.example/>{end}")


def test_signs_of_our_own_in_a_text_are_dropped() -> None:
    assert html(f"a{signs.ALL}b\n\nc{signs.LINE}") == "<p>ab</p><p>c</p>"


# --- Whatever is written


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_a_hostile_sample_takes_no_time_to_speak_of(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    began = time.process_time()
    commonmark.html(text)
    assert time.process_time() - began < 1


REPEATED = [
    "!!! note\n",
    "!!! a\n    ",
    "    !!! note\n",
    "> [!NOTE]\n",
    "> [!x] ",
    "> ",
    "$",
    "$a",
    "$$\n",
    "$$a\n\n",
    "\\$",
    "<div markdown>",
    "<div markdown=1>\n",
    "<div markdown markdown ",
    "<p markdown=1>\n",
    "*[A]: b\n",
    "[^1] ",
    "{",
    "*a*{.b}",
    "</em>{",
    "`a`{",
    "a\n{: .a }\n\n",
    "# a\n",
    "# a {#b}\n",
    "# a_1\n",
    "]({filename} ",
    "- ```\n",
    "<pre>",
    "<!--",
    "\t!!! note\n",
    "[TOC]\n\n",
    "a|b\n-|-\n`c|`|d\n\n",
    "|`a|``b",
]


@pytest.mark.parametrize("piece", REPEATED)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    """Four times the text may take eight times as long on a machine that others use as well."""

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        times = []
        for _ in range(3):
            began = time.process_time()
            commonmark.html(text)
            times.append(time.process_time() - began)
        return min(times)

    assert seconds(40_000) < max(8 * seconds(10_000), 0.1)


def test_many_things_within_each_other_are_no_trouble() -> None:
    began = time.process_time()
    commonmark.html("".join(f"{' ' * (4 * n)}!!! note\n" for n in range(500)))
    commonmark.html('<div markdown="1">\n' * 2000 + "x\n" + "</div>\n" * 2000)
    commonmark.html("*a " * 2000 + "x" + "*{.a}" * 2000)
    assert time.process_time() - began < 2


PIECES = st.sampled_from(
    [
        *(
            "!!! note\n",
            '!!! tip "t"\n',
            "    ",
            "\n",
            "\n\n",
            "> ",
            "> [!NOTE]",
            "- ",
            "1. ",
            "- [ ] ",
        ),
        *(
            "```\n",
            "```py {a}\n",
            "~~~",
            "$",
            "$$",
            "$x$",
            ":   d",
            "Term\n",
            ": e",
            "[^1]",
            "[^1]: n",
        ),
        *(
            "*[A]: b",
            "A ",
            "*",
            "**",
            "`",
            '{: .a #b k="v" }',
            "{.c}",
            "{",
            "}",
            "[TOC]",
            "# ",
            "## h {#x}",
        ),
        *(
            "|a|b|\n|-|-|\n|c|d|",
            "[l](u)",
            '![i](u "t")',
            "[x]({filename}a b.md)",
            "~~d~~",
            "http://a.b",
        ),
        *(
            "\t",
            "é",
            "中",
            signs.DOLLAR,
            signs.TIGHT,
            "\\",
            "&amp;",
            "word ",
            '<div markdown="1">',
            "</div>",
        ),
    ]
)
OURS = [
    "aside",
    "dl",
    "dt",
    "dd",
    "abbr",
    "blockquote",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "em",
    "strong",
    "del",
    "code",
    "pre",
    "sup",
]


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=25).map("".join)))
def test_any_text_gives_elements_that_are_closed_and_no_sign_of_ours(text: str) -> None:
    found = commonmark.html(text)
    if "<" not in text.replace('<div markdown="1">', "").replace("</div>", ""):
        for tag in OURS:
            assert len(re.findall(rf"<{tag}[\s>]", found)) == found.count(f"</{tag}>"), tag
    assert not any(sign in found for sign in signs.ALL)
    assert commonmark.html(text) == found
