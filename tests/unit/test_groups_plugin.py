"""Articles by tag, category and author, and what Pelican asks of them."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from pelican import signals
from pelican.generators import ArticlesGenerator

from plugins.incremental import groups, render_pages
from tests.sites import Site


class Article:
    """One that is never compared with another."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("a group was looked through")

    __hash__ = None  # type: ignore[assignment]


def test_a_group_knows_its_own_without_looking_through_it() -> None:
    one, two, three = Article(), Article(), Article()
    given: Any = SimpleNamespace(tags={"a": [one, two]}, categories=[("b", [one])], authors=[])
    listed = given.categories
    groups.group(given)
    (_, category), tag = given.categories[0], given.tags["a"]
    assert [each in tag for each in (one, two, three)] == [True, True, False]
    assert [each in category for each in (one, two, three)] == [True, False, False]
    assert [id(each) for each in tag] == [id(one), id(two)]
    # What the templates have been told of is as it was.
    assert type(listed[0][1]) is list


def test_templates_are_handed_plain_lists(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """By which it is told what a page asks of them."""
    handed: dict[str, list[type]] = {}
    write = render_pages.Writer.parted

    def parted(self: Any, name: str, *given: Any) -> Any:
        handed[name] = [type(value) for value in given[-1].values()]
        return write(self, name, *given)

    monkeypatch.setattr(render_pages.Writer, "parted", parted)
    for name in ("fish", "ink"):
        site.write(name, Tags="birds", Category="sea", Authors="Rhea Ono")
    site.build(DEFAULT_PAGINATION=1)
    told = {name.partition("/")[0]: kinds for name, kinds in handed.items()}
    assert {"tag", "category", "author"} <= told.keys()
    assert all(list in kinds and groups.Group not in kinds for kinds in told.values())


SAVE_AS = {
    "YEAR_ARCHIVE_SAVE_AS": "{date:%Y}/index.html",
    "MONTH_ARCHIVE_SAVE_AS": "{date:%Y}/{date:%m}/index.html",
    "DAY_ARCHIVE_SAVE_AS": "{date:%Y}/{date:%m}/{date:%d}/index.html",
    "MONTH_ARCHIVE_URL": "{date:%Y}/{date:%m}/",
}


@pytest.mark.parametrize("left_out", [(), ("DAY",), ("YEAR", "MONTH", "DAY")], ids=str)
@pytest.mark.parametrize("order", ["reversed-date", "title"])
def test_periods_are_those_of_pelican(site: Site, left_out: tuple[str, ...], order: str) -> None:
    """Also of articles of one moment, and where lists have an order of their own."""
    moments = ("2025-12-31 23:30", "2026-01-01 00:30", "2026-01-01 00:30", "2026-01-02")
    for number, moment in enumerate((*moments, "2026-02-01T12:00+09:00")):
        site.write(f"fish-{number}", Date=moment, Title=f"Title {9 - number}")
    site.write("fisch", Date="2026-01-01", Lang="de")
    found: list[Any] = []

    def compare(generator: ArticlesGenerator) -> None:
        own = generator._build_period_archives(
            generator.dates, generator.articles, generator.settings
        )
        assert generator.context["period_archives"] is generator.period_archives
        assert dict(generator.period_archives) == dict(own)
        assert generator.settings["MONTH_ARCHIVE_URL"] == SAVE_AS["MONTH_ARCHIVE_URL"]
        found.append(own.keys())

    signals.article_generator_finalized.connect(compare)
    off = {f"{each}_ARCHIVE_SAVE_AS": "" for each in left_out}
    site.build(**{**SAVE_AS, **off, "ARTICLE_ORDER_BY": order})
    kinds = [each for each in ("year", "month", "day") if each.upper() not in left_out]
    assert [sorted(each) for each in found] == [sorted(kinds)]
    assert (site.output / "2026" / "01" / "index.html").is_file() == ("MONTH" not in left_out)


def test_a_year_is_one_page_where_articles_of_other_zones_stand_in_between(site: Site) -> None:
    site.write("berlin", Date="2026-01-01 00:30+01:00")
    site.write("boston", Date="2025-12-31 23:45-05:00")
    site.write("tokyo", Date="2026-01-01 15:00+09:00")
    site.build(**SAVE_AS)
    listed = {
        year: re.findall("/(berlin|boston|tokyo)/", site.page(year)) for year in ("2025", "2026")
    }
    assert {year: set(names) for year, names in listed.items()} == {
        "2025": {"boston"},
        "2026": {"tokyo", "berlin"},
    }
