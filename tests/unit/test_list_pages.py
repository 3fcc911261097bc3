"""List pages: which articles are on which page of a list, at which address."""

import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pelican import signals
from pelican.paginator import PaginationRule

from plugins import settings as ours
from plugins.incremental.list_pages import Pages
from tests.sites import Site

GIVEN: dict[str, Any] = {
    "PAGINATION_PATTERNS": [PaginationRule(*each) for each in ours.PAGINATION_PATTERNS],
    "DEFAULT_PAGINATION": 2,
    "RELATED_MAX": 0,
}
# An address that is written to no file.
UNWRITTEN = [PaginationRule(1, "{url}", "{name}.html"), PaginationRule(2, "{number}.html", None)]
PELICANS = {**GIVEN, "PAGINATION_PATTERNS": [PaginationRule(1, "{url}", "{name}{number}.html")]}


def pages(items: list[int], most: int, patterns: list[PaginationRule]) -> Pages:
    settings = {"PAGINATION_PATTERNS": patterns, "DEFAULT_ORPHANS": 0}
    return Pages("index.html", "", items, settings, most)


def shown(of: Pages) -> dict[str, list[int]]:
    """The items of each page, by its file."""
    return {page.save_as: page.object_list for page in map(of.page, of.page_range)}


@given(count=st.integers(0, 60), most=st.integers(1, 11))
def test_every_article_stays_where_it_is_when_one_is_added(count: int, most: int) -> None:
    items = list(range(count, 0, -1))
    before = shown(pages(items, most, GIVEN["PAGINATION_PATTERNS"]))
    assert [*chain(*before.values())] == items  # The newest first, none left out, none twice.
    first, *others = before.values()
    assert all(len(each) == most for each in others)
    assert not others or most / 2 <= len(first) < most * 1.5
    after = shown(pages([count + 1, *items], most, GIVEN["PAGINATION_PATTERNS"]))
    changed = {name for name in after if after[name] != before.get(name)}
    new = after.keys() - before.keys()
    assert changed == {"index.html", *new}
    assert len(new) <= 1


def test_patterns_of_any_kind_are_taken() -> None:
    of = pages([3, 2, 1], 2, UNWRITTEN)
    assert [page.save_as for page in map(of.page, of.page_range)] == ["index.html", None]


@given(count=st.integers(0, 60), most=st.integers(1, 11))
def test_a_page_knows_which_part_of_the_list_it_is(count: int, most: int) -> None:
    items = list(range(1, count + 1))
    for patterns in (GIVEN["PAGINATION_PATTERNS"], PELICANS["PAGINATION_PATTERNS"]):
        of = pages(items, most, patterns)
        for page in map(of.page, of.page_range):
            its = list(range(page.start_index(), page.end_index() + 1))
            assert its == (page.object_list or [0])


def write(site: Site, *days: int) -> None:
    for day in days:
        site.write(f"a{day}", f"Words {day}.", Date=f"2026-01-0{day}", Summary="So.")


@pytest.mark.parametrize("most", [2, False])
def test_an_address_leads_to_the_same_articles_for_good(site: Site, most: int) -> None:
    given = {**GIVEN, "DEFAULT_PAGINATION": most}
    write(site, *range(1, 8))
    site.build(**given)
    places = sorted(site.output.glob("page/*/index.html"))
    assert [path.parent.name for path in places] == (["1", "2", "3"] if most else [])
    before = {path: path.stat().st_mtime_ns for path in places}
    write(site, 8)
    site.build(**given)
    assert {path: path.stat().st_mtime_ns for path in places} == before
    assert "/a8/" in (site.output / "index.html").read_text("utf-8")


def listed(path: Path) -> list[str]:
    return re.findall(r'entry-title"><a href="/(\w+)/', path.read_text("utf-8"))


def test_pages_lead_to_each_other_and_say_their_numbers(site: Site) -> None:
    write(site, *range(1, 7))
    site.build(**GIVEN)
    assert listed(site.output / "index.html") == ["a6", "a5"]
    assert listed(site.output / "page/2/index.html") == ["a4", "a3"]
    assert listed(site.output / "page/1/index.html") == ["a2", "a1"]
    first, second, last = map(site.page, (".", "page/2", "page/1"))
    assert ('class="older"' in first, 'class="newer"' in first) == (True, False)
    assert re.search(r'class="older" rel="next" href="/page/2/"', first)
    assert re.search(r'class="newer" rel="prev" href="/"', second)
    assert re.search(r'class="older" rel="next" href="/page/1/"', second)
    assert re.search(r'class="newer" rel="prev" href="/page/2/"', last)
    assert "<title>Sample · Page 2</title>" in second
    assert '<span class="count">Page 1</span>' in last
    assert "Page " not in first


@pytest.mark.parametrize("given", [GIVEN, PELICANS], ids=["ours", "pelicans"])
def test_a_plugin_that_hears_of_each_page_changes_nothing(
    site: Site, given: dict[str, Any]
) -> None:
    write(site, *range(1, 8))
    site.build(**given)
    alone = {path: path.read_bytes() for path in site.output.rglob("*.html")}
    heard: list[str] = []

    def hear(path: str, **_: Any) -> None:
        heard.append(Path(path).name)

    signals.content_written.connect(hear)
    try:
        site.build(**given)
    finally:
        signals.content_written.disconnect(hear)
    assert {path: path.read_bytes() for path in site.output.rglob("*.html")} == alone
    assert len(heard) >= len(alone)
    if given is PELICANS:
        assert listed(site.output / "index2.html") == ["a5", "a4"]
