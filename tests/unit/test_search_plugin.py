"""Search, the plugin: which pages are indexed, which files are kept, and when it stays away."""

import gzip
import importlib.util
import json
import signal
import sys
from pathlib import Path

import pytest

from plugins.presentation import search_indexes
from tests.sites import Site, fragment


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


def pages(site: Site, which: str = "") -> int:
    entry = json.loads((site.output / "pagefind" / which / "pagefind-entry.json").read_bytes())
    return sum(language["page_count"] for language in entry["languages"].values())


def test_published_articles_and_pages_are_indexed_and_no_lists(site: Site) -> None:
    site.write("birds")
    site.write("draft", Status="draft")
    (site.content / "pages" / "about.md").write_text("Title: About\nSlug: about\n\nUs.\n")
    site.build(SEARCH=True)
    assert pages(site) == 3
    assert not (site.output / "pagefind" / "cjk").exists()
    assert (site.output / "search" / "index.html").exists()
    names = set(index(site))
    assert {name for name in names if not search_indexes.USED.fullmatch(name)} == {
        "changes.json",
        "pagefind-entry.json",
    }


def test_a_comment_in_chinese_brings_its_page_into_the_other_index(site: Site) -> None:
    site.write("birds")
    site.publish("fish", words="我觉得鹈鹕非常有趣。")
    site.build(SEARCH=True)
    assert pages(site, "cjk") == 1
    site.publish("fish", text=fragment("fish", words="Interesting."))
    site.build(SEARCH=True)
    assert not (site.output / "pagefind" / "cjk").exists()
    assert pages(site) == 2


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
    fragments = {name for name in first if name.startswith(("fragment/", "cjk/fragment/"))}
    assert len(fragments) == 4
    assert len(fragments & now) == 3
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


def told(site: Site, which: str = "") -> dict[str, str]:
    """What the index knows of each page: its address, and the words that may be found."""
    found = {}
    for path in (site.output / "pagefind" / which / "fragment").glob("*"):
        data = gzip.decompress(path.read_bytes()).decode().removeprefix("pagefind_dcd")
        page = json.loads(data)
        found[page["url"]] = page["content"].replace("\u200b", "")
    return found


def test_words_are_told_and_what_surrounds_them_is_not(site: Site) -> None:
    site.publish("fish", words="Well <em>said</em>.")
    site.write("old", Slug="鹈鹕")
    site.build(SEARCH=True)
    found = told(site)
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
