"""Markdown: what comes of each way of writing, of CommonMark's examples, and of other people's texts.

The differences from Python-Markdown, with which most of Pelican's blogs are written, are a list in
docs/markdown.md; each of its rows is shown to be so.
"""

import re
from pathlib import Path

import pytest
from markdown import Markdown

from plugins.markdown import commonmark
from tests.normal import normal

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "samples" / "markdown.txt"
SPEC = ROOT / "node_modules" / "commonmark-spec" / "spec.txt"
EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", re.DOTALL | re.MULTILINE)


def python_markdown(text: str) -> str:
    """What Pelican's own reader makes of a text, with the extensions that most blogs have."""
    return Markdown(extensions=["extra", "toc"]).convert(text)


# --- What is written, and what comes of it


NAMED = re.compile(rf"^## (.+)\n\n{EXAMPLE.pattern}", EXAMPLE.flags)
WRITTEN = {name: (text, html) for name, text, html in NAMED.findall(SAMPLES.read_text("utf-8"))}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_becomes_the_html_beside_it(name: str) -> None:
    text, html = WRITTEN[name]
    assert f"{commonmark.html(text.removesuffix(chr(10)))}\n" == html


# --- Moving from Python-Markdown

# What docs/markdown.md says of it, what is written, and what each makes of it: native, Python-Markdown.
DIFFERENCES = {
    "A list that follows words without an empty line": (
        "Words:\n- one",
        "<p>Words:</p><ul><li>one</li></ul>",
        "<p>Words: - one</p>",
    ),
    "A list in a list, indented by two": (
        "- a\n  - b",
        "<ul><li>a<ul><li>b</li></ul></li></ul>",
        "<ul><li>a</li><li>b</li></ul>",
    ),
    "A list that begins with `3.`": (
        "3. c",
        '<ol start="3"><li>c</li></ol>',
        "<ol><li>c</li></ol>",
    ),
    "`1)`": ("1) a", "<ol><li>a</li></ol>", "<p>1) a</p>"),
    "Items with `-`, then with `*`": (
        "- a\n* b",
        "<ul><li>a</li></ul><ul><li>b</li></ul>",
        "<ul><li>a</li><li>b</li></ul>",
    ),
    "An empty line between two items of three": (
        "- a\n\n- b\n- c",
        "<ul><li><p>a</p></li><li><p>b</p></li><li><p>c</p></li></ul>",
        "<ul><li><p>a</p></li><li><p>b</p></li><li>c</li></ul>",
    ),
    "A second paragraph of an item": (
        "- a\n\n  b",
        "<ul><li><p>a</p><p>b</p></li></ul>",
        "<ul><li>a</li></ul><p>b</p>",
    ),
    "Code in an item by its indentation": (
        "- a\n\n        x",
        "<ul><li><p>a</p><pre><code>  x</code></pre></li></ul>",
        "<ul><li>a<pre><code>x</code></pre></li></ul>",
    ),
    "`#Words`": ("#Words", "<p>#Words</p>", '<h1 id="words">Words</h1>'),
    "A heading in HTML": ("<h2>Words</h2>", '<h2 id="words">Words</h2>', "<h2>Words</h2>"),
    "Two quotations": (
        "> a\n\n> b",
        "<blockquote><p>a</p></blockquote><blockquote><p>b</p></blockquote>",
        "<blockquote><p>a</p><p>b</p></blockquote>",
    ),
    "An empty line within HTML": (
        "<div>\n\n*a*\n\n</div>",
        "<div><p><em>a</em></p></div>",
        "<div>*a*</div>",
    ),
    '`markdown="0"`': (
        '<div markdown="0">a</div>',
        "<div>a</div>",
        '<div markdown="0">a</div>',
    ),
    "`~~words~~`": ("~~a~~ ~b~", "<p><del>a</del> <del>b</del></p>", "<p>~~a~~ ~b~</p>"),
    "A bare address": (
        "https://a.example",
        '<p><a href="https://a.example">https://a.example</a></p>',
        "<p>https://a.example</p>",
    ),
    "A backslash at the end of a line": ("a\\\nb", "<p>a<br> b</p>", "<p>a\\ b</p>"),
    "A fence that is never closed": ("```\na", "<pre><code>a</code></pre>", "<p>``` a</p>"),
    "A fence below a definition's colon": (
        "a\n:   ```python\n    b\n    ```",
        '<dl><dt>a</dt><dd><pre><code class="language-python">b</code></pre></dd></dl>',
        "<dl><dt>a</dt><dd><code>python b</code></dd></dl>",
    ),
    "An address with a space in it": ("[a](b c)", "<p>[a](b c)</p>", '<p><a href="b c">a</a></p>'),
    "A footnote's name with a space": (
        "a[^b c]\n\n[^b c]: x",
        '<p>a<a href="x">^b c</a></p>',
        None,
    ),
    "Footnotes in another order": (
        "a[^2] b[^1]\n\n[^1]: one\n\n[^2]: two",
        None,
        None,
    ),
    "A footnote that nothing refers to": ("a\n\n[^1]: one", "<p>a</p>", None),
    "`!!! note`": (
        "!!! note\n    a",
        '<aside class="note note-note" role="note"><p class="note-title"></p><p>a</p></aside>',
        "<p>!!! note a</p>",
    ),
    "`> [!NOTE]`": (
        "> [!NOTE]\n> a",
        '<aside class="note note-note" role="note"><p class="note-title"></p><p>a</p></aside>',
        "<blockquote><p>[!NOTE] a</p></blockquote>",
    ),
    "`- [ ] task`": (
        "- [ ] task",
        '<ul><li><input disabled="" type="checkbox"> task</li></ul>',
        "<ul><li>[ ] task</li></ul>",
    ),
    "`$x^2$`": (
        "$x^2$",
        '<p><span data-math-style="inline">x^2</span></p>',
        "<p>$x^2$</p>",
    ),
    "`` $`a_b`$ `` and code in the language `math`": (
        "$`a_b`$",
        '<p><span data-math-style="inline">a_b</span></p>',
        "<p>$<code>a_b</code>$</p>",
    ),
    "`{word}`, `{% tag %}` at the end of a heading, a cell or a paragraph": (
        "# Of {draft}",
        '<h1 id="of-draft">Of {draft}</h1>',
        None,
    ),
    'Code with `title="…"`': (
        '```python title="a.py"\nx\n```',
        '<pre><code class="language-python" data-meta="title=&quot;a.py&quot;">x</code></pre>',
        '<p><code>python title="a.py" x</code></p>',
    ),
    "A fence in a list": (
        "- a\n\n    ```\n    b\n    ```",
        "<ul><li><p>a</p><pre><code>b</code></pre></li></ul>",
        "<ul><li><p>a</p><p><code>b</code></p></li></ul>",
    ),
    "A column that is set to a side": (
        "|a|\n|-:|",
        '<table><thead><tr><th align="right">a</th></tr></thead></table>',
        None,
    ),
    "A heading in another script": (
        "# 中文",
        '<h1 id="中文">中文</h1>',
        '<h1 id="_1">中文</h1>',
    ),
}


# What is done to a page afterwards; test_what_people_write.py has it.
AFTERWARDS = {"The end of a line between two Chinese or Japanese signs"}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_the_list_of_differences_says_is_so(name: str) -> None:
    text, native, python = DIFFERENCES[name]
    found = [normal(html(text)).replace("\n", "") for html in (commonmark.html, python_markdown)]
    assert found[0] != found[1]
    assert native in (None, found[0])
    assert python in (None, found[1])
    assert f"| {name} |" in (ROOT / "docs" / "markdown.md").read_text(encoding="utf-8")


def test_the_list_of_differences_is_whole() -> None:
    text = (ROOT / "docs" / "markdown.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| .+ \| .+ \|$", text.partition("## Differences")[2], re.M)
    assert set(rows) - {"What you write"} - AFTERWARDS == set(DIFFERENCES)


# --- CommonMark's own examples


HEADING_ID = re.compile(r'(<h[1-6]) id="[^"]*"')
BEHIND = "what follows the language of code is kept, for file names and highlighted lines"
ADDRESS = "a bare address becomes a link"
DIFFERENT = {143: BEHIND, 146: BEHIND, 602: ADDRESS, 608: ADDRESS, 611: ADDRESS, 612: ADDRESS}


@pytest.mark.skipif(not SPEC.is_file(), reason="npm has not installed commonmark-spec here")
def test_every_example_of_commonmark_gives_what_it_says_but_for_those_named() -> None:
    """Heading ids apart, which CommonMark does not have and every heading here gets."""
    given = EXAMPLE.findall(SPEC.read_text("utf-8").replace("→", "\t"))
    assert len(given) > 600
    different = {
        number
        for number, (source, html) in enumerate(given, 1)
        if normal(HEADING_ID.sub(r"\1", commonmark.html(source))) != normal(html)
    }
    assert different == set(DIFFERENT)
