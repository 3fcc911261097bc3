"""Which pages each kind of edit renders: those that show it, and no other; and the site is as a clean build."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pelican import signals

from plugins.incremental import render_pages
from tests.sites import Site, everything

WORDS = ("pelicans", "vitriol", "harbours", "violins", "granite", "orchards")
GIVEN: dict[str, Any] = {
    "DEFAULT_PAGINATION": 2,
    "YEAR_ARCHIVE_SAVE_AS": "{date:%Y}/index.html",
    "YEAR_ARCHIVE_URL": "{date:%Y}/",
    "AUTHOR_SAVE_AS": "",
    "AUTHOR_FEED_ATOM": None,
    "AUTHOR_FEED_RSS": None,
    "TRANSLATION_FEED_ATOM": None,
    "RENDERING_PROCESSES": 1,
    # Any word may bring other articles closer.
    "RELATED_MAX": 0,
}
ABOUT = "Title: About\nDate: 2026-01-01\n\nWho we are."


@pytest.fixture
def site(site: Site) -> Site:
    """Six articles from a0, the oldest, to a5; two on a page of a list."""
    for number in range(6):
        write(site, number)
    (site.content / "pages" / "about.md").write_text(ABOUT)
    site.build(**GIVEN)
    return site


def write(site: Site, number: int, body: str = "", **keys: str) -> None:
    first = {
        "Title": f"About {WORDS[number % 6]}",
        "Date": f"202{number // 3 + 4}-01-0{number + 1}",
        "Tags": f"t{number % 3}",
        "Category": f"c{number % 2}",
        "Summary": f"Of {WORDS[number % 6]}.",
    }
    site.write(f"a{number}", body or f"Words of {WORDS[number % 6]}.", **{**first, **keys})


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was rendered, by its address."""
    names: list[str] = []
    real = render_pages.Rendering.keep

    def keep(self: render_pages.Rendering, what: str, *rest: Any) -> None:
        names.append(what.partition(" ")[2].removesuffix("index.html"))
        real(self, what, *rest)

    monkeypatch.setattr(render_pages.Rendering, "keep", keep)
    return names


def body(site: Site) -> None:
    write(site, 2, "Entirely other words.")


def longer(site: Site) -> None:
    write(site, 2, "Entirely other words. " * 200)


def title(site: Site) -> None:
    write(site, 2, Title="On harbours")


def tag(site: Site) -> None:
    write(site, 2, Tags="t0")


def date(site: Site) -> None:
    write(site, 2, Date="2024-01-02 12:00")


def same_date(site: Site) -> None:
    write(site, 2, Date="2025-01-04")


def slug(site: Site) -> None:
    write(site, 2, Slug="ports")


def new(site: Site) -> None:
    write(site, 6, "A word.", Title="Of nothing", Summary="None.")


def deleted(site: Site) -> None:
    (site.content / "a0.md").unlink()


def translated(site: Site) -> None:
    write(site, 2, Translation_of="", Lang="en")
    site.write("a2-de", "Worte.", Title="Von Häfen", Slug="a2", Lang="de", Date="2024-01-03")


def commented(site: Site) -> None:
    site.publish("a2", words="Well.")


def another_page(site: Site) -> None:
    (site.content / "pages" / "about.md").write_text(ABOUT.replace("Who", "What"))


# The lists of one article among six: by date, category, tag and year, and the feeds.
LISTS = {"index2.html", "category/c0.html", "tag/t2.html", "2024/"}
FEEDS = {"feeds/all.atom.xml", "feeds/c0.atom.xml"}
COUNTS = {"authors.html", "categories.html", "tags.html"}
EDITS: list[tuple[Callable[[Site], None], set[str]]] = [
    (body, {"a2/", *FEEDS}),
    # Lists tell how long it takes to read.
    (longer, {"a2/", *LISTS, *FEEDS}),
    (title, {"a1/", "a2/", "a3/", "archives.html", *LISTS, *FEEDS}),
    (tag, {"a2/", "tag/t0.html", "tag/t02.html", "tags.html", *LISTS, *FEEDS}),
    (date, {"a2/", "archives.html", *LISTS, *FEEDS}),
    # By the lists the newer of the two, between a4 and a3.
    (
        same_date,
        {
            "a1/",
            "a2/",
            "a3/",
            "a4/",
            "2024/",
            "2025/",
            "archives.html",
            "authors.html",
            "index2.html",
        }
        | {"category/c0.html", "tag/t2.html", *FEEDS},
    ),
    (slug, {"ports/", "a1/", "a3/", "archives.html", *LISTS, *FEEDS}),
    # Whatever is older moves on by one, and the first of each page to the next.
    (
        new,
        {"a6/", "a5/", "", "index2.html", "index3.html", "index4.html", "2026/", "archives.html"}
        | {"category/c0.html", "category/c02.html", "tag/t0.html", "tag/t02.html", *COUNTS, *FEEDS},
    ),
    (
        deleted,
        {"a1/", "index3.html", "2024/", "archives.html", "category/c0.html", "tag/t0.html"}
        | {*COUNTS, *FEEDS},
    ),
    (translated, {"a2/", "de/a2/", *LISTS, *FEEDS}),
    (commented, {"a2/", *LISTS}),
    (another_page, {"pages/about.html"}),
]


@pytest.mark.parametrize(("edit", "shown"), EDITS, ids=[edit.__name__ for edit, _ in EDITS])
def test_an_edit_renders_the_pages_that_show_it(
    site: Site, kept: list[str], edit: Callable[[Site], None], shown: set[str]
) -> None:
    kept.clear()
    edit(site)
    site.build(**GIVEN)
    rendered = set(kept)
    found = everything(site.output)
    shutil.rmtree(site.output)
    shutil.rmtree(site.folder / "cache")
    site.build(**GIVEN)
    clean = everything(site.output)
    assert {name: found.get(name) for name in clean} == clean
    assert rendered == shown


def test_a_setting_is_shown_wherever_it_may_be(site: Site, kept: list[str]) -> None:
    kept.clear()
    site.build(**GIVEN, SITESUBTITLE="Other")
    assert {f"a{number}/" for number in range(6)} | LISTS | FEEDS <= set(kept)


def test_a_list_that_a_template_looks_through_is_shown_by_all_its_pages(
    site: Site, kept: list[str]
) -> None:
    looks = site.folder / "looks"
    looks.mkdir()
    (looks / "page.html").write_text(
        "{% for article in articles[:2] %}{{ article.title }} {% endfor %}"
        "{{ dates|length }} {{ tags and 'tags' }}"
        "{% for name, listed in categories %}{{ name }}: {{ listed[0].slug }} {% endfor %}"
    )
    given = {**GIVEN, "THEME_TEMPLATES_OVERRIDES": [str(looks)]}
    site.build(**given)
    about = site.output / "pages" / "about.html"
    for edit, shows in ((title, False), (new, True), (deleted, True), (body, False)):
        kept.clear()
        edit(site)
        site.build(**given)
        assert ("pages/about.html" in kept) == shows
    assert about.read_text() == "Of nothing About orchards 6 tagsc0: a6 c1: a5 "


def latest(_: object) -> str:
    """A filter whose author alone knows where it looks."""
    return " ".join(sorted(path.stem for path in LATEST[0].glob("*.md")))


LATEST = [Path()]


def test_whatever_changes_renders_a_page_that_asks_a_function_nobody_knows(
    site: Site, kept: list[str]
) -> None:
    looks = site.folder / "looks"
    looks.mkdir()
    (looks / "page.html").write_text("{{ page|latest }}")
    LATEST[0] = site.content
    given = {
        **GIVEN,
        "THEME_TEMPLATES_OVERRIDES": [str(looks)],
        "JINJA_FILTERS": {"latest": latest},
    }
    site.build(**given)
    deleted(site)
    site.build(**given)
    assert (site.output / "pages" / "about.html").read_text() == "a1 a2 a3 a4 a5"
    kept.clear()
    site.build(**given)
    assert kept == []


def test_a_page_that_reads_what_nobody_knows_is_rendered_in_each_build(
    site: Site, kept: list[str]
) -> None:
    looks = site.folder / "looks"
    looks.mkdir()
    (looks / "page.html").write_text("{{ strange[:1]|length }}")
    (looks / "tags.html").write_text("{{ strange|length }}")
    given = {**GIVEN, "THEME_TEMPLATES_OVERRIDES": [str(looks)]}

    def strange(generators: list[Any]) -> None:
        generators[0].context["strange"] = [object(), object()]

    with signals.all_generators_finalized.connected_to(strange):
        for _ in range(2):
            kept.clear()
            site.build(**given)
    assert kept == ["pages/about.html"]
    assert (site.output / "pages" / "about.html").read_text() == "1"
    assert (site.output / "tags.html").read_text() == "2"


def test_a_link_is_filled_in_when_the_file_that_it_leads_to_is_there(
    site: Site, kept: list[str]
) -> None:
    write(site, 2, "See [it]({filename}a9.md) and [that]({filename}a4.md).")
    site.build(**GIVEN)
    site.write("a9", Date="2020-01-01", Slug="nine")
    write(site, 4, Slug="four")
    site.build(**GIVEN)
    assert 'href="https://example.org/nine/"' in site.page("a2")
    assert 'href="https://example.org/four/"' in site.page("a2")
    kept.clear()
    (site.content / "a9.md").unlink()
    site.build(**GIVEN)
    assert "a2/" in kept
    assert "nine" not in site.page("a2")
