"""What people have written for other programs: it is what it was there, or words, and none of it is lost."""

import re
from html import unescape
from typing import Any

import pytest

from plugins.markdown import commonmark, frontmatter, postprocess
from plugins.problems import Refused
from tests.normal import normal
from tests.sites import Site
from tests.unit.test_what_people_write import READERS


@pytest.mark.parametrize(
    "where", ["# Of {}", "Of\n{}", "- Of\n  {}", "| Of {} |\n|---|\n| x |", "*Of*{}", "Of\n: x\n{}"]
)
@pytest.mark.parametrize(
    "words", ["{draft}", "{a, b}", "{% endhighlight %}", "{1..5}", "{x: y}", "{ }", "{name}.txt {x}", "{% a b=c %}", "{.}"]
)  # fmt: skip
def test_words_in_braces_stay_words(where: str, words: str) -> None:
    assert words in normal(re.sub(r"<[^>]*>", "", commonmark.html(where.format(words))))


@pytest.mark.parametrize(
    ("given", "said"),
    [("{.a #b c=d}", 'class="a" id="b" c="d"'), ("{: draft}", " draft"), ("{hidden .a}", " hidden"),
     ("{ role=presentation }", 'role="presentation"'), ('{data-x="y z"}', 'data-x="y z"'), ("{title=https://a.b/c }", 'title="https://a.b/c"')],
)  # fmt: skip
def test_a_list_of_attributes_is_no_word(given: str, said: str) -> None:
    for where in ("Of\n{}", "*Of*{}", "- Of\n  {}", "| Of {} |\n|---|\n| x |"):
        found = commonmark.html(where.format(given))
        assert "{" not in found
        assert said in found


@pytest.mark.parametrize(
    ("text", "formula"),
    [("Then $`a_b`$.", "a_b"), ("```math\na < b\n```", "a < b"), ("> ``` math\n> a\n> ```", "a"), ("- ~~~math\n  a\n  ~~~", "a")],
)  # fmt: skip
def test_formulas_may_be_written_as_github_has_them(text: str, formula: str) -> None:
    found = re.findall(r'<span data-math-style="\w+">([^<]*)</span>', commonmark.html(text))
    assert [unescape(each) for each in found] == [formula]


@pytest.mark.parametrize(
    ("first", "title"),
    [
        ("[!tip]- Its title", "Its title"),
        ("[!tip]+", ""),
        ("[!tip] - x", "- x"),
        ("[!tip]-5 °C", "-5 °C"),
    ],
)
def test_a_note_that_obsidian_folds_is_shown_open(first: str, title: str) -> None:
    found = commonmark.html(f"> {first}\n> Words.")
    assert f'<p class="note-title">{title}</p>' in found
    assert "<p>Words.</p>" in found


def test_texts_that_no_reader_reads_are_told(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.write("fish")
    for name in ("one.MD", "two.mdx", "three.org", "files/four.ipynb", "five.txt", ".six.MD"):
        path = site.content / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("Title: x\nDate: 2026-01-01\n\nWords.")
    site.build(STATIC_PATHS=["files"])
    assert re.findall(r"content/(.*):1: No reader of this blog reads", caplog.text) == [
        "one.MD",
        "three.org",
        "two.mdx",
    ]
    assert "Name it one.md." in caplog.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n\n---\ntitle: x\n---\n", "3: Front matter begins on the first line"),
        ("<!-- x -->\n\nTitle: x\n", "3: Front matter begins on the first line"),
        ('{\n"title": "x"\n}\n', "1: No front matter in JSON"),
        ("Words.\n", "1: There is no front matter"),
        ("", "1: There is no front matter"),
    ],
)
def test_front_matter_that_stands_elsewhere_is_told_with_its_line(
    site: Site, text: str, told: str
) -> None:
    (site.content / "fish.md").write_text(text)
    with pytest.raises(Refused, match=rf"fish\.md:{told}"):
        site.build()


def test_nothing_in_a_list_is_no_tag() -> None:
    fields, _ = frontmatter.split("---\ntags: [a, ~, '', null, 'null']\ntitle: ~\n---\n")
    assert fields == {"tags": ["a, , null"]}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "So ![[a b.png|300]] and [[Note#Head|words]].",
            ["![[a b.png|300]]", "[[Note#Head|words]]"],
        ),
        ("Words %%of mine%% here.", ["%%of mine%%"]),
        ("##Second head\n\n###`third`", ["##Second"]),
        ('{{< figure src="a.png" >}}\n\n{{% /notice %}}', ['{{< figure src="a.png" >}}']),
        ("{% highlight ruby %}\nx\n{% endhighlight %}", ["{% highlight ruby %}"]),
        ('[caption id="a" width="1"]x[/caption]', ['[caption id="a" width="1"]']),
        (r"So \(a_b\), and \\[x = 1\\].", [r"\(a_b\)"]),
        (r"- so \[\frac{1}{2}\]", [r"\[\frac{1}{2}\]"]),
    ],
)
def test_signs_of_other_programs_that_readers_would_see_are_told(
    text: str, told: list[str]
) -> None:
    assert remarks(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "`[[x]]` and `{{< x >}}`", "```\n{% x %}\n[[a]]\n```", "    %%a%%\n    {{% b %}}", r"\[[x]] \{% x %} \{{< x >}} \%%x%%",
        "[[1]](a.md) of [1, [2]] and [[2, 3], [4]]", "100 %% of 5 %%", r"An escaped \(bracket\) and \[one\], 2 \* 3",
        "[video] of it, [code] too, {{ x }}, [gallery]", "<pre>\n[[x]]\n</pre>", "[[x]][r]\n\n[r]: a.md", "$a_{[[x]]}$",
        "## Words\n\n#tag\n\n`##x`\n\nC ##x", r"\##x", "[[x](y)]", "![[x]](y.png)", "[^1]\n\n[^1]: x",
    ],
)  # fmt: skip
def test_such_signs_that_are_meant_are_not_told(text: str) -> None:
    assert remarks(text) == []


@READERS
def test_they_are_told_whichever_parser_reads(
    site: Site, reader: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    site.write("fish", "Words.\n\nAnd [[more]].", Summary="In %%no%% short.")
    site.build(**reader)
    assert "fish.md:8: [[more]] is a link of a wiki" in caplog.text
    assert "fish.md:4: %%no%% is a comment of Obsidian" in caplog.text


def remarks(text: str) -> list[str]:
    _, said = postprocess.finished(commonmark.html(text), {"OUTPUT_PATH": ""}, text)
    return [remark.at for remark in said]
