"""What people write: signs pasted from elsewhere, names of every script, habits of other programs."""

import json
import re
import sys
import xml.etree.ElementTree as ET
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import plugins
from plugins import site as sites
from plugins.markdown import commonmark, frontmatter, postprocess
from plugins.problems import Refused
from tests.sites import Site, disconnect

PELICANS: dict[str, Any] = {
    "PLUGINS": plugins.in_order(without=["markdown.reader"]),
    "MARKDOWN": {"extension_configs": {"markdown.extensions.extra": {}}},
}
# Pelican's own settings give both one file where they share a name.
APART: dict[str, Any] = {
    "CATEGORY_FEED_ATOM": None,
    "AUTHOR_FEED_ATOM": None,
    "AUTHOR_FEED_RSS": None,
}
READERS = pytest.mark.parametrize("reader", [{}, PELICANS], ids=["ours", "pelican's"])


def page(text: str) -> str:
    """What a text becomes, as far as it is the same in every language."""
    return postprocess.Finishing({"OUTPUT_PATH": ""}).finish(commonmark.html(text))


# --- Signs that nobody sees


@READERS
@pytest.mark.parametrize(
    "sign", ["\x0b", "\x00", "\x1b", "\x7f", "\uffff", "&#11;", "&#x1F;", "&#xFFFE;"]
)
def test_signs_that_no_feed_can_have_are_left_out(
    site: Site, reader: dict[str, Any], sign: str
) -> None:
    words = f"Un{sign}seen"
    site.write(
        "fish", f"{words}.", Title=words, Summary=words, Tags=words, Category=words, Authors=words
    )
    site.build(
        **reader, **APART, FEED_ALL_ATOM="feeds/all.atom.xml", FEED_ALL_RSS="feeds/all.rss.xml"
    )
    for name in ("feeds/all.atom.xml", "feeds/all.rss.xml", "sitemap.xml"):
        feed = (site.output / name).read_text(encoding="utf-8")
        ET.fromstring(feed)
        assert sign not in feed
    written = site.page("fish") + json.dumps(site.manifest, ensure_ascii=False)
    assert sign not in written
    assert re.search(r"Un ?seen", site.threads["fish"]["title"])


def test_what_is_told_quickly_of_a_text_is_what_a_look_at_each_letter_tells() -> None:
    for letter in map(chr, range(sys.maxunicode + 1)):
        assert sites.all_legible(letter) is not bool(sites.ILLEGIBLE.match(letter)), ascii(letter)


@given(st.text())
def test_what_is_legible_stays_so(text: str) -> None:
    once = sites.legible(text)
    ET.fromstring(f"<a>{''.join(c if c not in '<&>' else '.' for c in once)}</a>")
    assert sites.legible(once) == once
    if "&#" not in text:
        assert [c for c in once if c.isprintable() and c != " "] == [
            c for c in text if c.isprintable() and c != " "
        ]


# --- Names in links

NAMES = ["图片", "größe", "a b", "it's", "(1)", "a[1]", "a&b", "ф", "日本 語", "e\u0301"]


@READERS
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["static", "attach"])
def test_a_picture_may_be_called_anything(
    site: Site, reader: dict[str, Any], kind: str, name: str
) -> None:
    (site.content / "images").mkdir()
    Image.new("RGB", (20, 20)).save(site.content / "images" / f"{name}.png")
    written = name.replace(" ", "%20") if reader else name
    site.write("fish", f"![words]({{{kind}}}images/{written}.png)")
    site.build(**reader, STATIC_PATHS=["images"])
    assert 'width="20"' in site.page("fish")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "written", ["[x]({{filename}}{}.md#a)", "[x][r]\n\n[r]: <{{filename}}{}.md#a>"]
)
def test_so_may_an_article(site: Site, name: str, written: str) -> None:
    (site.content / f"{name}.md").write_text("Title: A\nDate: 2026-01-01\nSlug: other\n\n# A")
    site.write("fish", written.format(name))
    site.build()
    assert '<a href="https://example.org/other/#a">x</a>' in site.page("fish")


@READERS
@pytest.mark.parametrize(
    ("name", "slug"), [("茶", "cha"), ("Übung", "ubung"), ("C++", "c"), ("R 语言", "r-yu-yan")]
)
@pytest.mark.parametrize("kind", ["tag", "category", "author"])
def test_so_may_a_tag_a_category_and_an_author(
    site: Site, reader: dict[str, Any], kind: str, name: str, slug: str
) -> None:
    # Pelican's parser takes no address with a space in it.
    name = name.replace(" ", "-") if reader else name
    site.write("fish", f"[x]({{{kind}}}{name})", Tags=name, Category=name, Authors=name)
    pattern = {
        f"{kind.upper()}_URL": "to/{slug}/",
        f"{kind.upper()}_SAVE_AS": "to/{slug}/index.html",
    }
    site.build(**reader, **APART, **pattern)
    assert f'<a href="https://example.org/to/{slug}/">x</a>' in site.page("fish")


@READERS
@pytest.mark.parametrize(
    "address", ["http://[", "//[x", "http://a:b", "\\\\x", "%zz", "mailto:", "javascript:"]
)
def test_what_is_no_address_stops_nothing(site: Site, reader: dict[str, Any], address: str) -> None:
    site.write("fish", f'<a href="{address}">x</a> ![y]({address}) [z]({address})')
    site.build(**reader)
    assert ">x</a>" in site.page("fish")


# --- Code as Pelican's manual has it


@READERS
@pytest.mark.parametrize(
    ("first", "stays"),
    [
        (":::python", False),
        ("#!python", False),
        ("#!/usr/bin/env python", True),
        ('::python hl_lines="2"', False),
    ],
)
def test_the_first_line_of_code_may_name_its_language(
    site: Site, reader: dict[str, Any], first: str, stays: bool
) -> None:
    site.write("fish", f"Code:\n\n    {first}\n    print(1)\n    print(2)\n")
    site.build(**reader)
    html = site.page("fish")
    assert '<span class="nb">print</span>' in html
    assert (first.split(" ")[0] in re.sub(r"<[^>]*>", "", html)) == stays
    assert ('class="hll"' in html) == ("hl_lines" in first)


@pytest.mark.parametrize(
    "first", ["#!nonsense", "::is no language", "::", "#! /bin/sh x", "# python"]
)
def test_what_names_no_language_stays_as_it_is(first: str) -> None:
    assert first in page(f"    {first}\n    x")


def test_the_first_line_of_code_in_a_list_may_be_further_in() -> None:
    html = page("- x\n\n        :::python\n        if x:\n            print(1)\n")
    assert ":::" not in html
    assert re.sub(r"<[^>]*>", "", html).endswith("\nif x:\n    print(1)\n\n\n")


def test_a_language_after_colons_that_nobody_knows_is_a_warning() -> None:
    finishing = postprocess.Finishing({"OUTPUT_PATH": ""})
    assert ":::" not in finishing.finish(commonmark.html("    :::pythn\n    x"))
    assert "Did you mean python?" in finishing.remarks[0].text


# --- Dollars


@pytest.mark.parametrize(
    "text",
    [
        "Set $FOO/bar:$BAZ before.",
        "$HOME/$USER and $PATH:$HOME/bin",
        "In PHP $foo->bar($baz) is a call.",
        '$.each($("li")) and $("a").$("b")',
        "${a}} {{$b} and $",
        "$a }} {{ $b",
        "The PID is $$ at the prompt, and $$ in a script.",
        "kill $$ }} {{ $$",
        "Perl: $1,$2 and $x{$y}",
        "Pay A$5, NZ$6 or 7€$é",
        "<code>$x->y($z)</code> and <kbd>$</kbd><kbd>$</kbd>",
        "<pre>\n$x = $y;\n</pre>",
        "<script>\nlet a = $b$;\n</script>",
    ],
)
def test_a_dollar_of_a_program_stays_one(text: str) -> None:
    html = page(text)
    assert "<math" not in html
    assert html.count("$") == text.count("$")


@pytest.mark.parametrize(
    "text",
    ["the $n$th", "($x$)", "$x$, $y$.", "是$x$的", "$[0,1)$", "$\\{a\\}$", "$k$-means", "`<pre>` $x$ `</pre>`",
     "<code>$</code> $x$", "so $$ a = b $$ holds", "so $$\\sin x$$ and $$ x mod n $$"],
)  # fmt: skip
def test_a_formula_stays_one_beside_them(text: str) -> None:
    assert "<math" in page(text)


# --- YAML as people write it


@pytest.mark.parametrize(
    "title",
    [
        "Part 1: the colon", "Foo:", "@home", "*star*", '"A" and more', "&c is good", "!important thing",
        "> said she", "- dash", "%x", "`code`", "[draft] My post", "{a} b", "| bar", "? why", "'a' b's",
        "a: b: c",
    ],
)  # fmt: skip
def test_a_value_that_wants_quotation_marks_is_read_without(title: str) -> None:
    head = f'---\ntitle: {title}\ndate: 2026-01-02\ntags: [alpha, beta]\nsummary: "In quotes"\n---\nText'
    fields, body = frontmatter.split(head)
    assert fields == {
        "title": [title], "date": ["2026-01-02"], "tags": ["alpha, beta"], "summary": ["In quotes"],
    }  # fmt: skip
    assert body == "Text"


@pytest.mark.parametrize(
    ("row", "line"),
    [('title: "A', 2), ("tags: [a, b", 2), ("a: b\n- c", 3)],
)
def test_yaml_that_is_not_closed_is_refused_with_its_line(row: str, line: int) -> None:
    with pytest.raises(frontmatter.Unreadable) as raised:
        frontmatter.split(f"---\n{row}\ndate: 2026-01-02\n---\nText")
    assert all(line <= number <= line + 2 for number, _ in raised.value.problems)


@READERS
def test_a_description_is_a_summary_in_pelican_s_own_lines_as_well(
    site: Site, reader: dict[str, Any]
) -> None:
    site.write("fish", Description="Of fish & birds.")
    site.write("both", Description="Not this.", Summary="But this.")
    site.build(**reader)
    assert '<meta name="description" content="Of fish &amp; birds.">' in site.page("fish")
    assert '<meta name="description" content="But this.">' in site.page("both")


# --- The ends of lines, in Chinese and Japanese


@READERS
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("中文\n中文", "中文中文"),
        ("ひら\nカナ", "ひらカナ"),
        ("**粗体**\n中文，\n“好”", "<strong>粗体</strong>中文，“好”"),
        ("中文\nEnglish\n中文", "中文\nEnglish\n中文"),
        ("한국어\n한국어", "한국어\n한국어"),
        ("So…\n“Well”", "So…\n“Well”"),
        ("中文  \n中文", "中文<br>\n中文"),
    ],
)
def test_the_end_of_a_line_is_no_space_between_ideographs(
    site: Site, reader: dict[str, Any], text: str, shown: str
) -> None:
    site.write("fish", text)
    site.build(**reader, THEME="simple", JINJA_ENVIRONMENT={})
    html = site.page("fish").replace("<br />", "<br>").replace("<br/>", "<br>")
    assert f"<p>{shown}</p>" in html


@pytest.mark.parametrize("text", ["```\n中\n文\n```", "<pre>中\n文</pre>", "    中\n    文"])
def test_the_lines_of_code_stay_apart(text: str) -> None:
    assert "中\n文" in page(text)


# --- Anything

KEYS = st.sampled_from([
    "Title", "Date", "Modified", "Slug", "Status", "Category", "Tags", "Authors", "Summary", "Description", "Lang",
    "Series", "Template", "Save_as", "Url", "Comments", "Comments_close", "Thread", "Aliases", "Pinned", "Weather",
    "Content", "Timezone", "Settings", "relative_dir", "_content", "title", "older", "Translation",
])  # fmt: skip
VALUES = st.sampled_from([
    "x", "", "A: b", "[a, b]", "[a", '"q', "@h", "&a b", "> x", "{a: b}", "中文", "🎉", "\x0b", "a/b", "../x", "2026",
    "archives", "soon", "2026-01-02 10:00", "12.1.2026", "9999-12-31 23:59-12:00", "off", "99999 days", "zh-cn",
    "english", "/old/", "/a/../b/", "{slug}", "{date:%Y}", "%s", "{0}", "</title>", ",,", ";", "C++", "x" * 300, "~",
])  # fmt: skip
BODIES = st.sampled_from([
    "中文\n中文", "## H {#id .c}", "[TOC]", "```nolang\n```", "    :::python\n    x", "$x$ $ {", "<pre>", "![]()",
    "![a](x.png)", "[l]({filename}none.md)", "[l]({tag})", "[l]({author}🎉)", "[l]({unknown}x)", "[l]({attach}../../x)",
    "[^1]\n\n[^1]: note", "> [!TIP]\n> x", "https://a.b/，c", "&#11;", "{{ x }} {% raw %}", "<!-- postil:begin x -->",
    "<!-- a", "</article>", "\u2028", "<p {", "![a](http://[)", "<img src=x>", "*" * 99, "<div>", "</div>", "<user>",
])  # fmt: skip
PAIRS = st.lists(st.tuples(KEYS, VALUES), max_size=2)


@READERS
@pytest.mark.parametrize("form", ["{}: {}", '{} = "{}"', "---"])
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pairs=PAIRS, bodies=st.lists(BODIES, max_size=3), page=st.booleans())
def test_whatever_is_written_is_built_or_refused(
    site: Site,
    reader: dict[str, Any],
    form: str,
    pairs: list[tuple[str, str]],
    bodies: list[str],
    page: bool,
) -> None:
    fence = {"---": "---\n", "{}: {}": ""}.get(form, "+++\n")
    row = "{}: {}" if form == "---" else form
    pairs = [("Title", "A"), ("Date", "2026-01-03"), *pairs]
    head = "".join(f"{row.format(key, value)}\n" for key, value in pairs)
    path = site.content / ("pages/a.md" if page else "a.md")
    path.write_text(f"{fence}{head}{fence}\n" + "\n\n".join(bodies), encoding="utf-8")
    # Nothing else is ever raised.
    with suppress(Refused):
        site.build(**reader, **APART)
    path.unlink()
    disconnect()
