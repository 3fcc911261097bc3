"""The theme: what its settings may say, what it says by itself, and what its pages are made of."""

import gzip
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup, escape

from authoring import catalogues
from plugins import gettext
from plugins.presentation import i18n, reading, theme_settings
from plugins.problems import WrongSetting
from tests.sites import BLOG, ROOT, Site, disconnect, gzipped, pelican

THEME = ROOT / "theme"
SPEAKERS = {each.folder.name: each for each in catalogues.speakers(ROOT)}
SAMPLE = ROOT / "tests" / "samples" / "reading"
TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    yield Site(tmp_path)
    disconnect()


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample that has everything, as it is published."""
    folder = tmp_path_factory.mktemp("reading")
    # A copy, because a build notes beside the comments where it has put them.
    published = str(shutil.copytree(SAMPLE / "published", f"{folder}-published"))
    built = pelican(SAMPLE / "content", folder, conf="publishconf.py", COMMENTS_PUBLISHED=published)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "WARNING" not in built.stdout + built.stderr
    return folder


def refusal(site: Site, **settings: Any) -> list[str]:
    """What a build says about its settings, a line for each of them."""
    site.write("one")
    with pytest.raises(WrongSetting) as raised:
        site.build(**settings)
    assert not site.output.exists()
    return list(raised.value.problems)


# ---- settings


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SITENAME", "  ", "plain text"),
        ("SITENAME", "<b>Postil</b>", "plain text"),
        ("SITESUBTITLE", 7, "plain text"),
        ("DEFAULT_LANG", "xx-nowhere", '"en" or "zh-cn"'),
        ("MENUITEMS", "archives/", "pairs"),
        ("MENUITEMS", [("Archives",)], "pairs"),
        ("MENUITEMS", [("Bad", "javascript:alert(1)")], "https://"),
        ("SOCIAL", [("Mastodon", "example.social/@ada")], "https://"),
        ("ACCENT", "#9c3a20", "two colours"),
        ("ACCENT", ("red", "#e58a6f"), "#rrggbb"),
        ("LICENCE", ("CC BY 4.0",), "name and address"),
        ("EDIT_LINK", "https://example.org/edit", "{path}"),
        ("EDIT_LINK", "edit/{path}", "whole address"),
    ],
)
def test_a_wrong_setting_stops_the_build_and_tells_the_remedy(
    site: Site, name: str, value: Any, says: str
) -> None:
    (problem,) = refusal(site, **{name: value})
    assert problem.startswith(f"{name} ")
    assert says in problem
    shown = value[0][0] if isinstance(value, list) else value
    assert str(shown if isinstance(shown, str | int) else shown[0]).strip() in problem


def test_all_wrong_settings_are_told_at_once(site: Site) -> None:
    problems = refusal(site, SITENAME="", ACCENT="red", EDIT_LINK="x")
    assert [problem.split()[0] for problem in problems] == ["SITENAME", "ACCENT", "EDIT_LINK"]


def test_an_accent_that_cannot_be_read_is_refused_with_its_contrast(site: Site) -> None:
    light, dark = refusal(site, ACCENT=("#ffcc00", "#7a2d18"))
    surface = theme_settings.surfaces(THEME)
    assert f"contrast of {theme_settings.contrast('#ffcc00', surface[0]):.2f}" in light
    assert f"contrast of {theme_settings.contrast('#7a2d18', surface[1]):.2f}" in dark
    for problem, page in zip((light, dark), surface, strict=True):
        remedy = re.findall(r"#[0-9a-f]{6}", problem)[-1]
        assert theme_settings.contrast(remedy, page) >= 4.5


def test_the_command_line_tells_a_wrong_setting_too(tmp_path: Path) -> None:
    conf = tmp_path / "conf.py"
    conf.write_text(
        f"import sys; sys.path.insert(0, {str(BLOG)!r})\nfrom pelicanconf import *\nLICENCE = 3\n"
    )
    built = pelican(SAMPLE / "content", tmp_path / "output", conf=str(conf))
    assert built.returncode != 0
    assert "LICENCE is 3" in built.stdout + built.stderr


def test_settings_are_seen_on_the_page(site: Site) -> None:
    site.write("one")
    site.build(
        MENUITEMS=[("Archives", "archives/"), ("Photos", "https://photos.example.org/")],
        SOCIAL=[("Mastodon", "https://example.social/@ada")],
        LICENCE=("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        EDIT_LINK="https://example.org/edit/{path}",
        ACCENT=("#0b5d3b", "#7fd1a8"),
        ARCHIVES_URL="archives/",
        ARCHIVES_SAVE_AS="archives/index.html",
        DIRECT_TEMPLATES=["index", "archives"],
    )
    page = site.page("one")
    assert '<a href="/archives/">Archives</a>' in page
    assert '<a href="https://photos.example.org/">Photos</a>' in page
    assert '<a rel="me" href="https://example.social/@ada">Mastodon</a>' in page
    assert 'rel="license" href="https://creativecommons.org/licenses/by/4.0/"' in page
    assert 'href="https://example.org/edit/one.md"' in page
    assert '<a href="/archives/" aria-current="page">' in site.page("archives")
    (style,) = (site.output / "theme").glob("site.*.css")
    assert "--accent:light-dark(#0b5d3b,#7fd1a8)" in style.read_text(encoding="utf-8")


def test_without_any_setting_nothing_is_empty(site: Site) -> None:
    site.write("one")
    site.build(SITESUBTITLE="", SITENAME="A Pelican Blog")
    page = site.page("one")
    for empty in ('href=""', 'content=""', "<li></li>", "<span></span>", "None"):
        assert empty not in page
    (style,) = (site.output / "theme").glob("site.*.css")
    assert style.read_text(encoding="utf-8").count("--accent:") == 1


# ---- colours


def tokens() -> dict[str, tuple[str, str]]:
    text = (THEME / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    return {name: (light, dark) for name, light, dark in TOKEN.findall(text)}


def test_theme_and_service_share_one_set_of_tokens() -> None:
    ours = THEME / "static" / "css" / "tokens.css"
    theirs = ROOT / "comments_service" / "static" / "tokens.css"
    assert theirs.read_bytes() == ours.read_bytes(), "copy the theme's tokens.css to the service"
    for style in (ROOT / "comments_service" / "static").glob("*.css"):
        if style.name != "tokens.css":
            assert not re.search(
                r"^ {4}--(surface|text|accent|line|font)[\w-]*:", style.read_text(), re.M
            )


def test_text_is_neither_faint_nor_glaring() -> None:
    colours = tokens()
    for scheme, (low, high) in enumerate(((12, 16), (10, 13))):
        found = theme_settings.contrast(colours["text"][scheme], colours["surface"][scheme])
        assert low <= found <= high


def test_whatever_is_read_can_be_read() -> None:
    colours = tokens()
    small = [name for name in colours if name.startswith("code-")] + ["text-quiet", "accent"]
    assert len(small) == 7
    for name in small:
        for surface in ("surface", "surface-raised"):
            for scheme in (0, 1):
                found = theme_settings.contrast(colours[name][scheme], colours[surface][scheme])
                assert found >= 4.5, (name, surface, scheme, found)


def test_a_page_is_neither_white_nor_black() -> None:
    assert not {"#ffffff", "#000000"} & {one for pair in tokens().values() for one in pair}


# ---- words


def test_what_is_filled_in_is_escaped() -> None:
    say, count = gettext.gettext_of(THEME / "translations", "zh-cn")
    assert say("Page %(num)s", num="<2>") == "第 &lt;2&gt; 页"
    assert count("%(num)s article", "%(num)s articles", 3) == "3 篇文章"


@pytest.mark.parametrize(
    ("lang", "day", "short", "name", "direction"),
    [
        ("en", "2 March 2025", "2 March", "English", "ltr"),
        ("zh-cn", "2025年3月2日", "3月2日", "简体中文", "ltr"),
        ("zh-tw", "2025年3月2日", "3月2日", "繁體中文", "ltr"),
        ("fr", "2 mars 2025", "2 mars", "Français", "ltr"),
        ("pt-br", "2 de março de 2025", "2 de março", "Português", "ltr"),
        ("he", "2 במרץ 2025", "2 במרץ", "עברית", "rtl"),
        ("tlh", "2 March 2025", "2 March", "tlh", "ltr"),
    ],
)
def test_a_language_writes_its_dates_and_its_name(
    lang: str, day: str, short: str, name: str, direction: str
) -> None:
    moment = datetime(2025, 3, 2, 23, 30, tzinfo=UTC)
    assert i18n.date(moment, lang) == f'<time datetime="2025-03-02">{day}</time>'
    assert f">{short}<" in i18n.date(moment, lang, year=False)
    assert i18n.language(lang) == name
    assert i18n.direction(lang) == direction


# ---- pages


def test_contents_are_the_headings_in_their_order() -> None:
    html = (
        '<h2 id="a">A <em>b</em> &amp; c<sup id="fnref:1"><a href="#fn:1">1</a></sup></h2>'
        '<h3 id="a1">Below</h3><h2>No address</h2><h4 id="deep">Deep</h4><h2 id="b">B</h2>'
    )
    below = [reading.Heading("a1", "Below", [])]
    assert reading.contents(html) == [
        reading.Heading("a", "A b &amp; c", below),
        reading.Heading("b", "B", []),
    ]
    linked = reading.linked(html)
    assert '<h3 id="a1"><a href="#a1">Below</a></h3>' in linked
    assert '<h2 id="a">A <em>' in linked  # A link within a link is none.


def test_contents_are_shown_from_three_headings_on(site: Site) -> None:
    settings = {"MARKDOWN": {"extensions": ["toc"], "extension_configs": {}}}
    site.write("two", body="## One\n\n## Two\n")
    site.write("three", body="## One\n\n### Within\n\n## Two\n")
    site.build(**settings)
    assert 'class="contents"' not in site.page("two")
    assert '<a href="#within">Within</a>' in site.page("three")


def test_what_is_pinned_comes_first_and_once(site: Site) -> None:
    site.write("new", Date="2026-03-01")
    site.write("pinned", Date="2025-01-01", Pinned="yes")
    site.write("old", Date="2024-01-01", Pinned="no")
    site.build(DEFAULT_PAGINATION=2)
    first = re.findall(
        r'entry-title"><a href="/(\w+)/', (site.output / "index.html").read_text(encoding="utf-8")
    )
    rest = re.findall(
        r'entry-title"><a href="/(\w+)/', (site.output / "index2.html").read_text(encoding="utf-8")
    )
    assert (first, rest) == (["pinned", "new"], ["old"])


def test_an_article_is_pinned_by_yes_and_by_nothing_else(site: Site) -> None:
    site.write("one", Pinned="maybe")
    with pytest.raises(Exception, match=r'one\.md:4: Pinned: "maybe" .* Write yes or no'):
        site.build()


def test_a_page_in_arabic_runs_from_the_right(output: Path) -> None:
    page = (output / "ar" / "right-to-left" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="ar" dir="rtl">' in page
    assert (
        "dir="
        not in (output / "everything" / "index.html").read_text(encoding="utf-8").split("<body>")[0]
    )


def test_words_that_a_language_has_no_catalogue_for_are_marked_as_english(output: Path) -> None:
    page = (output / "ar" / "right-to-left" / "index.html").read_text(encoding="utf-8")
    words = [
        escape(text)
        for message in catalogues.sentences(catalogues.said(SPEAKERS["theme"]))
        for text in catalogues.texts(message.id)
        if "%(" not in text
    ]
    shown = [word for word in words if f">{word}<" in page]
    assert {"Archives", "Tags", "Contents", "Skip to the text"} <= {*shown}
    for word in shown:
        assert page.count(f">{word}<") == page.count(f'<span lang="en" dir="ltr">{word}<'), word
    assert not re.search(r'="[^"]*<span', page)
    # Nobody who reads one of our languages hears of it.
    for path in ("everything", "zh-cn/everything"):
        assert '<span lang="en"' not in (output / path / "index.html").read_text(encoding="utf-8")


def test_a_list_says_of_each_entry_what_it_speaks_and_from_where(site: Site) -> None:
    site.write("right", Lang="ar", Title="عنوان")
    site.write("left")
    site.build()
    index = (site.output / "index.html").read_text(encoding="utf-8")
    assert index.count('<li class="entry" lang="ar" dir="rtl">') == 1
    assert index.count('<li class="entry">') == 1


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "<b>a</b>, x &amp; y and c"),
        ("zh-cn", "<b>a</b>、x &amp; y和c"),
        ("ja", "<b>a</b>、x &amp; y、c"),
    ],
)
def test_several_things_are_listed_as_a_language_lists_them(lang: str, said: str) -> None:
    assert i18n.listed([Markup("<b>a</b>"), "x & y", "c"], lang) == said


@pytest.mark.parametrize(
    ("numbers", "lang", "said"),
    [
        ((2026,), "de", "2026"),
        ((2026, 4), "de", "April 2026"),
        ((2026, 4, 3), "zh-cn", "2026年4月3日"),
    ],
)
def test_an_archive_is_called_as_its_language_calls_that_time(
    numbers: tuple[int, ...], lang: str, said: str
) -> None:
    assert i18n.period_name(numbers, lang) == said


def test_notes_have_names_for_those_who_hear_them(output: Path) -> None:
    english = (output / "everything" / "index.html").read_text(encoding="utf-8")
    chinese = (output / "zh-cn" / "everything" / "index.html").read_text(encoding="utf-8")
    assert 'role="doc-endnotes" aria-label="Notes"' in english
    assert 'role="doc-endnotes" aria-label="注释"' in chinese
    assert english.count('aria-label="Back to the text"') == 3
    assert chinese.count('aria-label="回到正文"') == 2


def test_the_page_and_its_files_are_within_their_budget(output: Path) -> None:
    (style,) = (output / "theme").glob("site.*.css")
    (script,) = (output / "theme").glob("site.*.js")
    assert gzipped(style) <= 6 * 1024
    assert gzipped(script) <= 3 * 1024
    page = (output / "everything" / "index.html").read_bytes()
    # What readers wrote is theirs to measure: the list, and what search engines are told of it.
    ours = re.sub(
        rb'<ol class="postil-list">.*?</ol>|"comment":\[.*?\}\],', b"", page, flags=re.DOTALL
    )
    assert len(page) - len(ours) > 2000
    html = len(gzip.compress(ours, 9, mtime=0))
    assert html <= 7 * 1024
    assert html + gzipped(style) + gzipped(script) <= 14 * 1024
