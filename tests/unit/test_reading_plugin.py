"""What helps a reader along, and the files a page asks for: reading, assets, compressed copies."""

import os
import re
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from plugins import files
from plugins.delivery import assets
from plugins.presentation.reading import reading_minutes
from plugins.site import first_words, plain_text
from tests.sites import Site


@pytest.mark.parametrize(
    ("html", "minutes"),
    [
        ("", 1),
        ("<p>" + "word " * 238 * 5 + "</p>", 5),
        ("<p>" + "字" * 350 * 3 + "</p>", 3),
        ("<p>" + "字" * 350 + " word" * 238 + "</p>", 2),
        ("<p class='a very long list of words that nobody reads'>Short.</p>" * 100, 1),
    ],
)
def test_reading_time_counts_words_and_where_there_are_none_characters(
    html: str, minutes: int
) -> None:
    assert reading_minutes(html) == minutes


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ('<h2>No</h2><p>Words<sup id="fnref:1"><a href="#fn:1">1</a></sup> of <b>5</b> m<sup>2</sup>.</p>', "Words of 5 m2."),
        ("<p>Of <math><mi>π</mi><mi>r</mi></math>, &lt;fish&gt; &amp; birds.</p>", "Of πr, <fish> & birds."),
        ('<p><img src="a.png" alt="no"></p><p class="note-title">No</p><p>Yes</p>', "Yes"),
        (f"<p>{'So it is told at some length. ' * 9}</p>", ("So it is told at some length. " * 5).strip()),
        (f"<p>{'word ' * 99}</p>", f"{('word ' * 31).strip()} word…"),
        (f"<p>{'中文，' * 99}</p>", f"{'中文，' * 26}中文…"),
        ('<pre>No</pre><p></p><div class="footnote"><p>No</p></div>', ""),
    ],
)  # fmt: skip
def test_a_text_is_described_by_how_it_begins(html: str, words: str) -> None:
    assert first_words(html) == words


HIDDEN = [
    "<svg><style>.no{}</style><svg><title>no</title></svg><text>no</text></svg>", "<style>.no > b{}</style>",
    "<script>'</svg><svg>' no</script>", "<template><p>no</p></template>", "<!-- <p>no</p> > no -->",
    "<textarea>no <script></textarea>", "<iframe>no</iframe>", "<SVG class='no'>no</SVG >", "<canvas>no</canvas>",
    '<img alt="no > no">', "<noscript>no</noscript>", "<svg class='no'/>", "<select><option>no</select>",
]  # fmt: skip


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_no_reader_reads_is_no_word_of_a_text(site: Site, hidden: str) -> None:
    begun = f"<div>{hidden}</div><p>{hidden}</p><p>It {hidden} begins.</p><p>{hidden}</p>"
    assert first_words(begun) == "It begins."
    assert reading_minutes(f"<p>{hidden * 1000}</p>") == 1
    site.write(
        "fish", f"It {hidden} begins.\n\n# A {hidden} head\n\n[TOC]", Summary=f"In {hidden} short."
    )
    site.build()
    html = site.page("fish")
    assert 'content="In short."' in html
    assert '<h2 id="a-head">' in html or '<h1 id="a-head">' in html
    assert '<a href="#a-head">A head</a>' in " ".join(html.split())


def test_a_text_of_any_signs_is_read_once() -> None:
    for sign in ("<svg>", "<svg ", "<!--", "<a '", '<a "', "</svg>", "<a", "<script>"):
        assert plain_text("word" + sign * 50_000).startswith("word")


def test_search_engines_and_other_sites_are_told_how_a_text_without_summary_begins(
    site: Site,
) -> None:
    site.write("fish", "# No\n\nIt *begins* so.\n\nAnd goes on.")
    site.write("bird", Summary="In *short*.")
    (site.content / "pages" / "about.md").write_text("Title: About\n\nWho we are.")
    site.build()
    for path, words in (
        ("fish", "It begins so. And goes on."),
        ("bird", "In short."),
        ("pages/about.html", "Who we are."),
    ):
        name = path if path.endswith(".html") else f"{path}/index.html"
        html = (site.output / name).read_text(encoding="utf-8")
        assert f'<meta name="description" content="{words}">' in html
        assert f'<meta property="og:description" content="{words}">' in html
    assert '"description":"It begins so. And goes on."' in site.page("fish")


def test_a_series_is_in_order_of_date_and_within_one_language(site: Site) -> None:
    site.write("two", Series="Fish", Date="2026-01-02", Title="The second")
    site.write("one", Series="Fish", Date="2026-01-01", Title="The first")
    site.write("er", Slug="two", Series="Fish", Lang="zh-cn", Title="第二")
    site.write("solo", Series="Other")
    site.build()
    series = site.page("two").partition('<nav class="series"')[2].partition("</nav>")[0]
    assert series.index("The first") < series.index("The second")
    assert "第二" not in series
    assert 'class="series"' not in site.page("solo") + site.page("zh-cn/two")


def own_order(article: Any) -> tuple[float, int]:
    return -article.date.timestamp(), -ord(article.slug[0])


@pytest.mark.parametrize(
    ("order", "listed"),
    [
        ("reversed-date", ["z", "b", "c", "d", "a"]),
        ("date", ["a", "b", "c", "d", "z"]),
        (own_order, ["z", "d", "c", "b", "a"]),
    ],
)
def test_neighbours_are_those_of_the_lists_where_dates_are_equal(
    site: Site, order: Any, listed: list[str]
) -> None:
    for name, day in {"a": 1, "b": 2, "c": 2, "d": 2, "z": 3}.items():
        site.write(name, Date=f"2026-01-0{day}")
        site.write(f"{name}-de", Slug=name, Lang="de", Date=f"2026-01-0{day}")
    site.build(ARTICLE_ORDER_BY=order)
    front = re.findall(r'<h2[^>]*><a href="/(\w+)/"', site.page(""))
    assert front == listed
    newest_first = listed if listed[0] == "z" else listed[::-1]
    for newer, older in pairwise(newest_first):
        for lang in ("", "de/"):
            page, other = site.page(f"{lang}{older}"), site.page(f"{lang}{newer}")
            assert f'<a class="newer" rel="next" href="/{lang}{newer}/"' in page
            assert f'<a class="older" rel="prev" href="/{lang}{older}/"' in other
    for lang in ("", "de/"):
        assert 'class="newer"' not in site.page(f"{lang}z")
        assert 'class="older"' not in site.page(f"{lang}a")


def test_files_that_no_page_asks_for_go_after_a_month_and_foreign_ones_stay(site: Site) -> None:
    site.write("fish")
    theme = site.output / "theme"
    long_ago = time.time() - assets.KEEP_SECONDS - 60
    for name, age in {
        "site.00000000.css": long_ago,
        "site.11111111.css": time.time(),
        "other.00000000.css": long_ago,
        "logo.small.png": long_ago,
    }.items():
        files.write(theme / name, b"old")
        os.utime(theme / name, (age, age))
    site.build()
    names = {path.name for path in theme.iterdir()}
    assert "site.00000000.css" not in names
    assert names >= {"site.11111111.css", "other.00000000.css", "logo.small.png"}


def test_the_embed_is_copied_under_the_hash_of_its_content(site: Site, tmp_path: Path) -> None:
    (tmp_path / "embed").mkdir()
    (tmp_path / "embed" / "embed.js").write_text("export {};")
    site.write("fish")
    site.build(COMMENTS_EMBED=str(tmp_path / "embed"), SITEURL="https://example.org/blog")
    (script,) = (site.output / "theme").glob("embed.????????.js")
    page = site.page("fish")
    assert f'data-script="/blog/theme/{script.name}"' in page
    assert '<link rel="stylesheet" href="/comments/embed.css">' in page


def test_a_module_is_copied_with_what_it_imports_and_a_change_there_renames_both(
    site: Site, tmp_path: Path
) -> None:
    folder = tmp_path / "embed"
    folder.mkdir()
    (folder / "embed.js").write_text(
        '/** @typedef {import("./types.js").Type} Type */\n'
        'export const later = () => import("./embed-later.js");\n'
    )
    (folder / "embed-later.js").write_text('import { a } from "./embed-deep.js";\nexport { a };\n')
    (folder / "embed-deep.js").write_text("export const a = 1;\n")
    site.write("fish")
    names = []
    for value in (1, 2):
        (folder / "embed-deep.js").write_text(f"export const a = {value};\n")
        site.build(COMMENTS_EMBED=str(folder), COMPRESS=bool(value % 2))
        found = re.search(r'data-script="/theme/(embed\.\w+\.js)"', site.page("fish"))
        assert found
        names.append(found[1])
        later = re.findall(
            r'import\("\./(embed-later\.\w{8}\.js)"\)',
            (site.output / "theme" / found[1]).read_text(),
        )
        deep = re.findall(
            r'from "\./(embed-deep\.\w{8}\.js)"', (site.output / "theme" / later[0]).read_text()
        )
        assert f"a = {value}" in (site.output / "theme" / deep[0]).read_text()
    assert names[0] != names[1]


def test_the_script_of_a_service_elsewhere_comes_from_there_and_the_style_does_not(
    site: Site, tmp_path: Path
) -> None:
    (tmp_path / "embed").mkdir()
    for name in ("embed.js", "embed.css"):
        (tmp_path / "embed" / name).write_text("")
    site.write("fish")
    url = "https://talk.example.net/comments/"
    site.build(COMMENTS_EMBED=str(tmp_path / "embed"), COMMENTS_URL=url)
    page = site.page("fish")
    assert f'data-script="{url}embed.js"' in page
    assert '<link rel="stylesheet" href="/theme/embed.' in page


def test_an_unchanged_file_is_not_compressed_again_and_a_damaged_copy_is(site: Site) -> None:
    site.write("fish")
    site.build(COMPRESS=True)
    copy, other = files.siblings(site.output / "index.html")
    before = copy.stat().st_ino
    site.build(COMPRESS=True)
    assert copy.stat().st_ino == before
    assert copy.stat().st_mtime_ns == (site.output / "index.html").stat().st_mtime_ns
    good = other.read_bytes()
    other.write_bytes(b"damaged")
    site.build(COMPRESS=True)
    assert other.read_bytes() == good


def test_a_tiny_file_has_no_copies(site: Site) -> None:
    site.write("fish")
    files.write(site.output / "robots.txt", b"User-agent: *\n")
    site.build(COMPRESS=True)
    assert not any(copy.exists() for copy in files.siblings(site.output / "robots.txt"))


def test_a_build_without_drafts_takes_away_those_of_a_preview(site: Site) -> None:
    site.write("fish", Status="draft")
    site.build(DRAFT_SAVE_AS="drafts/{slug}/index.html")
    assert "Words." in site.page("drafts/fish")
    site.build(DRAFT_SAVE_AS="")
    assert not (site.output / "drafts").exists()
