"""What becomes of formulas, code, notes, figures and tasks, whichever parser wrote their HTML."""

import re

import pytest

import plugins
from plugins import problems
from plugins.markdown import commonmark, footnotes, postprocess, reader
from plugins.markdown.postprocess import Finishing, line_numbers
from plugins.problems import Refused
from tests.sites import Site

# Without the blog's own theme and the other plugins.
ALONE = {"THEME": "simple", "JINJA_ENVIRONMENT": {}, "PLUGINS": [reader, postprocess]}
# As Pelican reads where `reader` is left out, but for colours, which are for `postprocess` to give.
PELICANS = {
    "PLUGINS": plugins.in_order(without=["markdown.reader"]),
    "MARKDOWN": {"extension_configs": {"markdown.extensions.extra": {}}},
}


def page(text: str, lang: str = "en", **settings: object) -> str:
    """What a parser and the finishing make of a text."""
    settings = {"OUTPUT_PATH": "", **settings}
    finishing = Finishing(settings)
    html = finishing.speak(finishing.finish(commonmark.html(text)), lang)
    postprocess.tell("", settings, finishing.remarks)
    assert not any(remark.stops for remark in finishing.remarks)
    return html


@pytest.mark.parametrize(
    "text",
    [
        "It is $5 and $6.",
        "US$7, or 30$ of $40.",
        "From $20,000 and then 30$ more.",
        r"Write \$x\$ for that.",
        "A `$x$` in code.",
        "One $ alone, and $ x $ with spaces.",
    ],
)
def test_a_dollar_that_is_a_price_stays_a_dollar(text: str) -> None:
    html = page(text)
    assert "<math" not in html
    assert html.count("$") == text.count("$")


def test_a_formula_becomes_mathml_within_a_line_and_on_its_own() -> None:
    html = page("Then $x_i * y_i$ 是$z$.\n\n$$\na\n- b < c\n$$\n\nEnd.")
    assert html.count("<math>") == 2
    assert "<msub><mi>x</mi><mi>i</mi></msub>" in html
    assert "<em>" not in html
    assert '<div class="math"><math display="block">' in html
    assert "<mo>&lt;</mo>" in html
    assert "<ul>" not in html


def test_a_formula_has_no_style_attributes() -> None:
    tex = r"\begin{align} a &= b \end{align} \begin{cases} 1 & x \\ 0 & y \end{cases}"
    html = page(rf"$${tex} \color{{red}}{{x}} \boxed{{y}}$$")
    assert " style=" not in html
    assert 'class="math-end"' in html
    assert 'mathcolor="#FF0000"' in html
    assert '<mrow class="math-box">' in html


def test_a_formula_that_cannot_be_set_stops_the_build_with_file_and_line(site: Site) -> None:
    site.write("bad", body="Good: $x$.\n\nBad: $\\frac{a}{$ here.\n\n$$\n\\nothing\n$$")
    with pytest.raises(Refused) as raised:
        site.build(**ALONE)
    text = str(raised.value)
    # Title, date and slug, an empty line, and then the text.
    assert re.search(r"bad\.md:7: The formula \\frac\{a\}\{ cannot be set", text)
    assert re.search(r"bad\.md:10: The formula \\nothing cannot be set", text)
    assert not (site.output / "bad").exists()


def test_a_sites_own_macros_are_known() -> None:
    assert "ℝ" in page(r"$\R$", MATH_MACROS={"R": r"\mathbb{R}"})


@pytest.mark.parametrize(
    "text", ["> [!WARNING]\n> Mind the *step*.", "!!! warning\n    Mind the *step*."]
)
@pytest.mark.parametrize(
    ("lang", "title"),
    [
        *(("en", "Warning"), ("zh-cn", "警告"), ("de", "Warnung"), ("ja", "警告")),
        ("nl", '<span lang="en" dir="ltr">Warning</span>'),
    ],
)
def test_both_ways_to_write_a_note_give_the_same_in_the_pages_language(
    text: str, lang: str, title: str
) -> None:
    assert page(text, lang) == (
        f'<aside class="note note-warning" role="note">\n<p class="note-title">{title}</p>\n'
        "<p>Mind the <em>step</em>.</p>\n</aside>"
    )


def test_a_note_may_have_its_own_title_and_anything_in_it() -> None:
    html = page(
        '> [!TIP] My *own*\n> - one\n> - two\n>\n> ```text\n> code\n> ```\n\n!!! note "A & B"\n    x'
    )
    assert '<p class="note-title">My <em>own</em></p>' in html
    assert html.count("<li>") == 2
    assert "<pre><code>code\n</code></pre>" in html
    assert '<p class="note-title">A &amp; B</p>' in html


def test_neighbouring_notes_stay_apart_and_a_quotation_stays_one() -> None:
    html = page("> Plain.\n\n> [!NOTE]\n> One.\n\n> [!CAUTION]\n> Two.")
    assert html.count("<blockquote>") == 1
    assert html.count("<aside") == 2
    assert html.index("Plain.") < html.index("One.") < html.index("Two.")


def test_an_unknown_kind_of_note_is_a_warning() -> None:
    assert "note note-note" in page("> [!WARNED]\n> x")
    (told,) = problems.warnings({"OUTPUT_PATH": ""})
    assert "There is no note of the kind warned" in told


def test_a_sites_own_titles_come_first() -> None:
    titles = {"fr": {"tip": "Conseil"}}
    assert ">Conseil<" in page("> [!TIP]\n> x", "fr-ca", NOTE_TITLES=titles)


@pytest.mark.parametrize(
    "info", ['python title="a & b.py" hl_lines="2"', '{.python title="a & b.py" hl_lines="2"}']
)
def test_code_has_a_file_name_and_highlighted_lines(info: str) -> None:
    html = page(f"```{info}\nx = 1\ny = '<'\n```")
    assert html.startswith('<figure class="code"><figcaption>a &amp; b.py</figcaption>')
    assert '<div class="highlight"><pre><code>' in html
    assert html.count('<span class="hll">') == 1
    assert html.index('<span class="hll">') > html.index('<span class="mi">1</span>')
    assert " style=" not in html


def test_no_language_is_guessed() -> None:
    assert page("```\nimport os\n```") == (
        '<div class="highlight"><pre><code>import os\n</code></pre></div>'
    )


def test_what_is_wrong_with_code_is_a_warning_with_a_remedy(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    fence = "```"
    site.write(
        "code",
        body=f'{fence}pythn\nx\n{fence}\n\n{fence}python hl_lines="3"\nx\n{fence}\n\n'
        f'{fence}python titles="a"\nx\n{fence}',
    )
    site.build(**ALONE)
    assert "code.md:5: The language pythn of this code is not known" in caplog.text
    assert "Did you mean python?" in caplog.text
    assert 'code.md:9: hl_lines="3": "3" names no line' in caplog.text
    assert 'code.md:13: Code has no "titles".' in caplog.text


def test_what_is_told_of_a_text_names_the_line_that_is_meant(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    body = "Of zig and pythn.\n\n```pythn\nx\n```\n\n<kbd>a and <kbd>b\n\n~~~pythn\n~~~\n\n``` pythn\n```"
    site.write("pythn", body, Title="Of pythn and &lt;kbd>", Summary="So <sup>.")
    site.build(**ALONE)
    lines = re.findall(r"pythn\.md:(\d+): (?:The language|<)(?:kbd|sup| pythn)", caplog.text)
    assert sorted(map(int, lines)) == [4, 8, 12, 14, 17]


def test_the_author_is_told_of_footnotes_that_do_not_find_each_other(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.write(
        "notes", "A[^a] and [^nowhere].\n\n[^a]: Said.\n\n[^Unasked]: Left.", Summary="So[^x]."
    )
    site.build(**ALONE)
    assert "notes.md:6: There is no footnote [^nowhere], which is shown as text." in caplog.text
    assert (
        "notes.md:10: Nothing refers to the footnote [^Unasked], so it is left out." in caplog.text
    )
    assert "notes.md:4: There is no footnote [^x]" in caplog.text
    assert "[^nowhere]" in site.page("notes")


def test_so_is_one_whose_blog_is_read_by_python_markdown(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    said = "A[^a], [^nowhere] and[^A].\n\n[^a]: Said.\n\n[^Unasked]: Left.\n\n`[^b]`"
    site.write("notes", said, Summary="So[^x].")
    (site.content / "other.rst").write_text("T\n#\n\n:date: 2026-01-01\n\nWords[^1]\n")
    site.build(**PELICANS)
    assert caplog.text.count("There is no footnote") == 3
    assert "notes.md:6: There is no footnote [^nowhere], which is shown as text." in caplog.text
    assert "notes.md:6: There is no footnote [^A], which is shown as text." in caplog.text
    assert "notes.md:4: There is no footnote [^x]" in caplog.text
    # This parser shows it all the same.
    assert "Left." in site.page("notes")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("> a\n>\n> [^é]: x", ["[^é]:"]),
        ("- a\n\n  [^1]: x", ["[^1]:"]),
        ("!!! note\n    a\n\n    [^1]: x", ["[^1]:"]),
        ("a\n\n[^1]: one[^2]\n\n[^2]: two", ["[^1]:"]),
        ("[^a]: x\n\n`[^a]`", ["[^a]:"]),
        ("a[^m]\n\n```\n[^m]: x\n```", ["[^m]"]),
        ("| a |\n|---|\n| b[^1] |\n\n# c[^2]", ["[^1]", "[^2]"]),
        ("a[^Q]\n\n[^q]: x", []),
        ("a[^&]\n\n[^&]: x", []),
        ("a[^1] b[^1]\n\n[^1]:\n    x\n\n///Footnotes Go Here///", []),
        (r"`[^1]` \[^2] [^a-z] [^A-Z0-9] [^ab]+ $[^a]$ [^3](x) <!-- [^4]: x -->", []),
        ("<div>\n[^1]: x\n</div>\n\n    [^2]: y", ["[^1]"]),
    ],
)
def test_only_a_footnote_that_readers_miss_is_told(text: str, told: list[str]) -> None:
    assert [said.at for said in footnotes.unmatched(text, commonmark.html(text))] == told


def test_fences_work_in_lists_and_longer_ones_hold_shorter_ones() -> None:
    html = page("1. First\n\n   ```text\n   a\n\n     b\n   ```\n\n2. Second")
    assert html.count("<ol>") == 1
    assert "<pre><code>a\n\n  b\n</code></pre>" in html
    assert "```text\nx\n```" in page("````text\n```text\nx\n```\n````")


def test_html_of_another_reader_is_finished_as_far_as_it_says_the_same(site: Site) -> None:
    body = '```python\nx = 1\n```\n\n![A gull](g.png "Said")\n\n<span data-math-style="inline">x^2</span>'
    site.write("gull", body, Summary="*So.*")
    site.build(**PELICANS)
    page = site.page("gull")
    assert '<div class="highlight"><pre><code><span class="n">x</span>' in page
    assert "<figcaption>Said</figcaption>" in page
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in page
    assert "<em>So.</em>" in (site.output / "index.html").read_text()
    assert site.threads["gull"]["title"] == "Gull"


def test_an_image_alone_with_a_title_is_a_figure() -> None:
    html = page('![Alt](x.png "Said & done")')
    assert html == (
        '<figure>\n<img src="x.png" alt="Alt">\n<figcaption>Said &amp; done</figcaption>\n</figure>'
    )
    assert "<figure>\n<a" in page('[![Alt](x.png "Said")](y.html)')
    assert "<figure" not in page('An ![Alt](x.png "Said") in a line.\n\n![Alt](y.png)')


def test_a_tasks_box_says_in_words_what_it_shows() -> None:
    html = page("- [ ] one\n- [x] two\n    - [X] three\n- four [x]")
    assert html.count('aria-label="to do"') == 1
    assert html.count('aria-label="done"') == 2
    assert "<input" not in html
    assert "four [x]" in html
    assert 'aria-label="已完成"' in page("- [x] 二", "zh-cn")


def test_a_column_is_set_to_a_side_by_a_class() -> None:
    cells = '<tr><th align="right">n</th><td align="center">x</td></tr>'
    assert Finishing({}).finish(cells) == (
        '<tr><th class="to-right">n</th><td class="to-center">x</td></tr>'
    )


def test_lines_to_highlight_are_numbers_within_the_code() -> None:
    assert line_numbers("2 4-6, 9", 9) == [2, 4, 5, 6, 9]
    for wrong in ("0", "10", "5-4", "x", "1-"):
        with pytest.raises(ValueError, match=re.escape(wrong)):
            line_numbers(wrong, 9)


def test_a_title_is_a_sites_own_or_marked_as_english_where_no_catalogue_has_it() -> None:
    own = {"nl": {"tip": "Let op"}}
    assert postprocess.titles("nl", own)["tip"] == "Let op"
    warning = postprocess.titles("nl", own)["warning"]
    assert warning == '<span lang="en" dir="ltr">Warning</span>'
    # What is read from an attribute cannot change its language.
    assert warning.plain == "Warning"


def test_a_summary_is_finished_too(site: Site) -> None:
    site.write("sum", Summary="About $x^2$.")
    site.build(**ALONE)
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in (site.output / "index.html").read_text()
