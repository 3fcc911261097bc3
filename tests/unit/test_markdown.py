"""Fidelity: the native parser gives what Python-Markdown gives, and what CommonMark says.

Both are compared as HTML without what means nothing (`tests.normal`). Where the native parser
differs on purpose, a list says why; docs/markdown.md tells it to authors.
"""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from markdown import Markdown

import pelicanconf
from plugins.markdown import commonmark
from tests.normal import normal

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "node_modules" / "commonmark-spec" / "spec.txt"


def python_markdown(text: str) -> str:
    """What the blog's own `MARKDOWN` makes of a text."""
    given: dict[str, Any] = copy.deepcopy(pelicanconf.MARKDOWN)
    given["extensions"] = [each for each in given["extension_configs"] if "meta" not in each]
    return Markdown(**given).convert(text)


# --- Both parsers, the same


SAMPLES = {
    "prose": "Text *a* **b** `c`  \nline, &copy; & < \"q\" 'a' \\*x\\*\n\n***\n\nSetext\n======\n\nTwo\n---",
    "heading ids": (
        '# One\n\n## One\n\n## Ünï 中文 `code` & "q"\n\n## [Link](x) ![i](y)\n\n## One_1\n\n## One'
    ),
    "heading with attributes": '## Two {#two .cls}\n\n## Three {: .a .b title="x y" }\n\n## Two',
    "heading with a note": "Words[^1]\n=========\n\n[TOC]\n\n[^1]: n",
    "contents": "[TOC]\n\n## A\n\n### B\n\n#### C\n\n## D & <b>x</b>\n\n# E\n\n### F\n\n## G",
    "contents with a label": '[TOC]\n\n## A long one {: data-toc-label="Short" }',
    "contents of nothing": "[TOC]\n\nWords.",
    "definitions": (
        "Apple\n:   Pomaceous fruit.\n    second line\n\nOrange\nLemon\n:   The fruit\n:   Another\n\n"
        "    para\n\n    - list\n    - b\n\nText."
    ),
    "definitions apart from their terms": "Loose\n\n:   Def\n\n:   Def 2",
    "short definitions": "Term *a*\n: short\nlazy\n\nNext\n:  two\n\nAfter.",
    "definitions in a list": "- item\n\n    Term\n    :   Def\n\n- b",
    "definitions in a note": "!!! tip\n    Term\n    :   Def",
    "note": "!!! note\n    Text\n\n    Second\n\nAfter",
    "note with code and list": (
        '!!! note\n    Text\n\n    1. a\n\n    ```python title="x"\n    code\n\n        indented\n    ```\n\nAfter'
    ),
    "note with title": '!!! warning "A *title* & more"\n    One\nLazy out',
    "note without title": '!!! tip ""\n    No title',
    "note in a note": '!!! tip\n    !!! note "inner"\n        deep\n    back',
    "note in a list": "1. First\n\n    !!! note\n        In list\n\n2. Second",
    "note in a quotation": "> quote\n>\n> !!! note\n>     in quote\n>\n> end",
    "callout": "> [!NOTE]\n> One.\n\ntext\n\n> [!TIP] My *own*\n> - a\n> - b",
    "callouts side by side": "> Plain.\n\n> [!NOTE]\n> One.\n\n> [!TIP]\n> Two.",
    "callouts in one quotation": "> [!NOTE]\n> One.\n>\n> [!TIP]\n> Two.",
    "callout in a list": "- x\n\n    > [!WARNING]\n    > in list",
    "footnotes": (
        "Text[^1] and[^long] again[^1].\n\n[^1]: Note *x*.\n[^long]: Para\n\n    Second\n\n        code\n\n    - list"
    ),
    "footnote that is a list": "a[^1]\n\n[^1]:\n    - list\n    - b",
    "footnote with a name": "a[^Näme]\n\n[^Näme]: x",
    "footnotes in their place": "a[^1]\n\n///Footnotes Go Here///\n\nend\n\n[^1]: n",
    "tasks": "- [ ] a\n- [x] b\n    - [X] c\n- d [x]",
    "tasks apart": "1. [ ] x\n\n    para\n\n2. [x] y",
    "table": "| a | b | c |\n|:--|:-:|--:|\n| 1 | `x` | *z* |\n| 1 | 2 |\n\nx | y\n--|--\n1 | 2",
    "table with bars in code": "a | b\n--|--\n`x|y` | ``|``\n`a` | `b`\n\n`c|d`\n\n```\n|a|\n|-|\n|`b|c`|\n```",
    "table with attributes": "| a {: .h } | b |\n|---|---|\n| c {.cell} | d |",
    "attributes of blocks": "Para text\n{: .cls #pid }\n\n> quote\n{: .q }\n\nTerm {.t}\n:   Def",
    "attributes in a line": (
        '*em*{: .e } **st**{.s} `co`{.c} [l](u){ target="_blank" } ![i](u "t"){ width="300" .big } **a *b*{.i} c**{.o}'
    ),
    "attributes of items": "- item\n{: .item }\n- other\n- third\n  {: .x }\n    - nest",
    "an attribute that is a word": "[file](a.zip){ download }",
    "an address in an attribute": 'Text\n{: cite="http://example.org/a" }',
    "abbreviations": (
        'The HTML and W3C and `HTML` in [HTML](x) HTMLX.\n\n*[HTML]: Hyper "Text"\n*[W3C]:  World\n\n## HTML'
    ),
    "abbreviation below its name": "*[A]:\n    Long\n\nAn A.",
    "Markdown in HTML": '<div class="x" markdown="1">\n## Inside\n\n- a *b*\n\n</div>\n\nafter *x*',
    "Markdown in HTML of one line": '<div markdown="1">text *em*</div>\n\nafter',
    "Markdown in details": (
        '<details markdown="1">\n<summary>Sum *raw*</summary>\nBody **b**\n\n```python\nx = "</details>"\n'
        "```\n</details>\nafter"
    ),
    "Markdown in nested HTML": '<section markdown="1">\n<div markdown="1">\n*x*\n</div>\n</section>',
    "Markdown in a paragraph of HTML": '<p markdown="1">*x* y</p>\n\n<p markdown="span">\n*x*\n</p>',
    "Markdown in a figure": (
        '<figure markdown="1">\n![a](b.png)\n<figcaption markdown="span">Cap *x*</figcaption>\n</figure>'
    ),
    "HTML": '<div>\nraw *x*\n</div>\n\n<!-- comment -->\n\ntext <span class="k">*x*</span> <kbd>k</kbd>',
    "formulas": (
        "Math $x_i * y_i$ and $$a * b$$.\n\nUS$7, or 30$ of $40. From $20,000 and then 30$ more \\$x\\$ `$x$`."
    ),
    "formulas on lines of their own": '$$\na "q"\n- b < c\n$$\n\n- item\n\n    $$\n    x\n    $$\n\n- b',
    "code": (
        '```python title="a & b.py" hl_lines="2 4-5"\nx = "<"\n```\n\n```{.python title="b"}\ny\n```\n\n'
        '``` title="t"\nz\n```\n\n~~~\nq\n~~~\n\n```{ .yaml .extra }\nz\n```\n\n```title="x"\nz\n```'
    ),
    "code in lists": (
        "1. a\n\n    ```python\n    x\n\n        y\n    ```\n\n2. b\n\n    para\n\n    * c\n        * d\n\n            deep"
    ),
    "code that shows Markdown": "````\n!!! note\n    x\n\nTerm\n:   Def\n\n*[A]: b\n\n$x$ {: .a }\n[TOC]\n````",
    "indented code": "Text\n\n    !!! note\n        x\n\n    $$\n    y\n    $$",
    "links of Pelican": (
        '[x]({filename}a.md) ![z]({static}/images/z.png "t") [w]({attach}f.pdf) [o]({filename}a.md#b)\n\n'
        '[ref]\n\n[ref]: {filename}b.md "Title"'
    ),
    "links": '<http://example.org/?a=b&c=d> [a](b "t") [c](<d>) ![e](f.png) [![e](f.png "g")](h)',
    "quotation": "> quote\n> more\n>\n> - a\n> - b\n\nText",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_both_parsers_give_the_same(name: str) -> None:
    assert normal(commonmark.html(SAMPLES[name])) == normal(python_markdown(SAMPLES[name]))


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("content/**/*.md"), *ROOT.glob("tests/samples/[!h]*/content/**/*.md")]),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_both_parsers_give_the_same_of_our_own_articles(path: Path) -> None:
    text = path.read_text(encoding="utf-8").partition("\n\n")[2]
    assert normal(commonmark.html(text)) == normal(python_markdown(text))


# --- On purpose not the same

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
}


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
    assert set(rows) - {"What you write"} == set(DIFFERENCES)


# --- CommonMark's own examples


EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", re.DOTALL | re.MULTILINE)
HEADING_ID = re.compile(r'(<h[1-6]) id="[^"]*"')
FACTS = "what follows the language of code is kept, for file names and highlighted lines"
ADDRESS = "a bare address becomes a link"
DIFFERENT = {143: FACTS, 146: FACTS, 602: ADDRESS, 608: ADDRESS, 611: ADDRESS, 612: ADDRESS}


def examples() -> list[tuple[str, str]]:
    if not SPEC.is_file():
        return []
    text = SPEC.read_text(encoding="utf-8").replace("→", "\t")
    return EXAMPLE.findall(text)


@pytest.mark.skipif(not SPEC.is_file(), reason="npm has not installed commonmark-spec here")
def test_every_example_of_commonmark_gives_what_it_says_but_for_those_named() -> None:
    """Heading ids apart, which CommonMark does not have and every heading here gets."""
    given = examples()
    assert len(given) > 600
    different = {
        number
        for number, (source, html) in enumerate(given, 1)
        if normal(HEADING_ID.sub(r"\1", commonmark.html(source))) != normal(html)
    }
    assert different == set(DIFFERENT)
