"""Search, the plugin: which pages are indexed, which files are kept, and when it stays away."""

import importlib.util
import json
import re
import signal
import sys
import unicodedata
from pathlib import Path

import pytest

from formats import search_index
from plugins.presentation import reading, search, search_indexes, search_pages
from tests import search_words
from tests.sites import ROOT, Site


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish", "Pelicans scoop.")
    return site


def index(site: Site) -> dict[str, bytes]:
    folder = site.output / "pagefind"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def pages(site: Site) -> int:
    entry = json.loads((site.output / "pagefind" / "pagefind-entry.json").read_bytes())
    return sum(language["page_count"] for language in entry["languages"].values())


def test_published_articles_and_pages_are_indexed_and_no_lists(site: Site) -> None:
    site.write("birds")
    site.write("draft", Status="draft")
    (site.content / "pages" / "about.md").write_text("Title: About\nSlug: about\n\nUs.\n")
    site.build(SEARCH=True)
    assert pages(site) == 3
    assert (site.output / "search" / "index.html").exists()
    names = set(index(site))
    assert {name for name in names if not search_indexes.USED.fullmatch(name)} == {
        "changes.json",
        "pagefind-entry.json",
    }


@pytest.mark.parametrize(
    ("lang", "stem"),
    [
        ("en", "gelesen"),
        ("de", "geles"),
        ("ja", "gelesen"),
        ("zh-cn", "gelesen"),
        ("ko", "gelesenes"),
    ],
)
def test_each_character_of_chinese_and_japanese_is_found_in_a_blog_of_any_language(
    site: Site, lang: str, stem: str
) -> None:
    site.write("signs", "使用Python入門。 Gelesenes", Title="ペリカン")
    site.publish("signs", words="我觉得<em>鹈</em>鹕Well said, 한국어도.")
    site.build(SEARCH=True, DEFAULT_LANG=lang)
    found = search_words.found(site.output / "pagefind")
    words = {*"使用入門ヘリカン我觉得鹈鹕", stem, "python", "well"}
    words.add(unicodedata.normalize("NFD", "한국어도"))
    assert {word for word in words if found.get(word) != {"/signs/"}} == set()
    text = search_words.shown(site.output / "pagefind")["/signs/"]
    assert "ペリカン" in text
    assert "使用Python入門。 Gelesenes. " in text
    assert "我觉得鹈鹕Well said, 한국어도." in text


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("<p>no fish</p>", "<p>no fish</p>"),
        ("<p>捕鱼</p><p>不捕</p>", "<p>捕:/: 鱼</p><p>不:/: 捕</p>"),
        ("a鱼b, <i>鱼</i> 鱼", "a:/: 鱼:/: b, <i>鱼</i> 鱼"),
        ("<em>捕</em><b>鱼</b>ing", "<em>捕:/: </em><b>鱼:/: </b>ing"),
        ("swim<em>鱼</em><i>, s</i>", "swim:/: <em>鱼</em><i>, s</i>"),
        ("鱼<br>鱼&amp;鱼", "鱼<br>鱼:/: &amp;:/: 鱼"),
        ("「ペンー。」", "「:/: ペ:/: ン:/: ー:/: 。」"),
        ('<a title="捕鱼">鱼</a>', '<a title="捕鱼">鱼</a>'),
    ],
)
def test_where_no_space_is_the_index_is_told_so(html: str, told: str) -> None:
    assert search_pages.apart(html) == told


def test_the_search_page_knows_the_same_characters_and_the_same_mark() -> None:
    script = (ROOT / "theme" / "static" / "js" / "search.js").read_text("utf-8")
    told = re.search(r"const IDEOGRAPH =\s+/\[(.+)\]/gu;", script)
    assert told
    ranges = re.sub(r"\\u\{?([0-9a-f]+)\}?", lambda sign: chr(int(sign[1], 16)), told[1])
    assert ranges == reading.IDEOGRAPHS
    assert f'const JOINT = "{search_index.JOINT} ";' in script


def test_an_index_of_a_former_release_is_replaced(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("zh", "鹈鹕怎样捕鱼", Lang="zh-cn", Slug="fish")
    with monkeypatch.context() as patch:
        patch.setattr(search, "VERSION", "search 2")
        patch.setattr(search_pages, "apart", str)
        site.build(SEARCH=True)
    former = site.output / "pagefind" / "cjk"
    (former / "index").mkdir(parents=True)
    (former / "index" / "zh_0123abc.pf_index").write_bytes(b"")
    assert "鱼" not in search_words.held(site.output / "pagefind")
    site.build(SEARCH=True)
    assert "鱼" in search_words.held(site.output / "pagefind")
    assert not former.exists()


def test_what_did_not_change_keeps_its_file(site: Site) -> None:
    site.write("birds", "Gulls wait.")
    site.write("zh", "鹈鹕怎样捕鱼", Lang="zh-cn", Slug="fish")
    site.build(SEARCH=True, COMPRESS=True)
    before = {path: path.stat().st_mtime_ns for path in (site.output / "pagefind").rglob("*.*")}
    site.build(SEARCH=True, COMPRESS=True)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    first = set(index(site))
    site.write("birds", "Gulls wait no longer.")
    site.build(SEARCH=True, COMPRESS=True)
    now = set(index(site))
    fragments = {name for name in first if name.startswith("fragment/")}
    assert len(fragments) == 3
    assert len(fragments & now) == 2
    assert len(now) == len(first)


def test_the_same_site_makes_the_same_index(site: Site, tmp_path: Path) -> None:
    site.write("zh", "鹈鹕怎样捕鱼", Lang="zh-cn", Slug="fish")
    site.build(SEARCH=True)
    first = index(site)
    site.build(SEARCH=True, OUTPUT_PATH=str(tmp_path / "again"))
    site.output = tmp_path / "again"
    assert index(site) == first


def test_each_language_has_its_own_page_and_other_pages_lead_to_it(site: Site) -> None:
    site.write("zh", "鹈鹕怎样捕鱼", Lang="zh-cn", Slug="fish")
    site.build(SEARCH=True)
    assert 'href="/search/" rel="search"' in site.page("fish")
    assert 'href="/zh-cn/search/" rel="search"' in site.page("zh-cn/fish")
    assert '<html lang="zh-cn">' in site.page("zh-cn/search")


def test_only_the_search_may_compile(site: Site) -> None:
    site.build(SEARCH=True)
    for path in site.output.rglob("*.html"):
        allows = "wasm-unsafe-eval" in path.read_text("utf-8")
        assert allows == (path.parent.name == "search"), path


def test_where_pagefind_is_missing_the_build_says_so_and_offers_no_search(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.build(SEARCH=True)
    assert (site.output / "pagefind").exists()
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *a: None if name == "pagefind" else found(name, *a),
    )
    site.output = site.output.with_name("without")
    site.build(SEARCH=True, OUTPUT_PATH=str(site.output))
    assert "built without search" in caplog.text
    assert 'rel="search"' not in site.page("fish")
    assert not (site.output / "pagefind").exists()
    assert not (site.output / "search").exists()


def test_where_search_is_switched_off_what_a_build_left_goes(site: Site) -> None:
    site.build(SEARCH=True)
    site.build(SEARCH=False)
    assert not (site.output / "pagefind").exists()
    assert 'rel="search"' not in site.page("fish")


def test_words_are_told_and_what_surrounds_them_is_not(site: Site) -> None:
    site.publish("fish", words="Well <em>said</em>.")
    site.write("old", Slug="鹈鹕")
    site.build(SEARCH=True)
    found = search_words.shown(site.output / "pagefind")
    assert set(found) == {"/fish/", "/鹈鹕/"}
    assert "Pelicans scoop." in found["/fish/"]
    assert "Well said." in found["/fish/"]
    for word in ("min read", "Comments", "Archives"):
        assert word not in found["/fish/"]


def test_an_index_that_cannot_be_made_stops_the_build(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "pagefind"
    broken.write_text("#!/bin/sh\necho 'no space left' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PAGEFIND_BINARY_PATH", str(broken))
    with pytest.raises(search_indexes.SearchError, match=r"no space left\s+SEARCH = False"):
        site.build(SEARCH=True)


def test_a_build_may_be_given_up_while_the_index_is_made() -> None:
    class GivenUp(BaseException):
        pass

    def give_up(*_: object) -> None:
        raise GivenUp

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(GivenUp):
            search_indexes.run([sys.executable, "-c", "import time; time.sleep(600)"])
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_program_that_fails_is_told_in_its_own_words() -> None:
    assert search_indexes.run([sys.executable, "-c", "print('fine')"]) == ""
    assert "no index" in search_indexes.run([sys.executable, "-c", "raise SystemExit('no index')"])
    assert search_indexes.run([sys.executable, "-c", "raise SystemExit(3)"]) == "exit status 3"
