"""Addresses: what would take another's place is refused with file, line and remedy, before anything is written."""

import re
from contextlib import nullcontext

import pytest
from pelican.settings import read_settings

from plugins.problems import Refused, WrongSetting
from tests.sites import ROOT, Site
from tests.unit.test_manifest_plugin import problems

# As the blog's own settings have them.
LISTS = {
    "TAG_SAVE_AS": "tags/{slug}/index.html",
    "CATEGORY_SAVE_AS": "categories/{slug}/index.html",
    "AUTHOR_SAVE_AS": "authors/{slug}/index.html",
    "YEAR_ARCHIVE_SAVE_AS": "{date:%Y}/index.html",
    "ARCHIVES_SAVE_AS": "archives/index.html",
    "TAGS_SAVE_AS": "tags/index.html",
    "CATEGORIES_SAVE_AS": "categories/index.html",
    "AUTHORS_SAVE_AS": "authors/index.html",
    "DISCUSSIONS_URL": "discussions/",
    "DISCUSSIONS_SAVE_AS": "discussions/index.html",
    "DRAFT_SAVE_AS": "drafts/{slug}/index.html",
    "DIRECT_TEMPLATES": ["index", "archives", "tags", "categories", "authors", "404"],
    "STATIC_PATHS": ["images"],
}
TAKEN = {
    "archives": "the page of all archives",
    "tags": "the page of all tags",
    "categories": "the page of all categories",
    "authors": "the page of all authors",
    "2026": "the archive of 2026",
    "2031": "the archive of 2031",
    "drafts": "drafts, which readers never get",
    "comments": "the comment service",
    "pagefind": "the search",
    "search": "the page of the search",
    "discussions": "the page of the discussions",
    "sitemap.xml": "a file that the site makes by itself",
    "robots.txt": "a file that the site makes by itself",
    "threads.json": "a file that the site makes by itself",
    "Tags": "the page of all tags",  # on a disk that knows no capitals
}


@pytest.mark.parametrize("slug", TAKEN)
def test_an_article_cannot_take_an_address_of_the_site_s_own(site: Site, slug: str) -> None:
    site.write("fish", Slug=slug, Tags="water")
    assert problems(site, **LISTS) == [
        f'fish.md:3: The slug "{slug}" gives it the address of {TAKEN[slug]}. Write another Slug.'
    ]


@pytest.mark.parametrize("slug", ["draft", "comment", "theme", "images", "page", "20260", "feeds"])
def test_any_other_slug_is_an_article_s(site: Site, slug: str) -> None:
    site.write("fish", Slug=slug)
    site.build(**LISTS)
    assert "Words." in site.page(slug)


@pytest.mark.parametrize("slug", ["a b", "what?", "c#", "100%", "a/b", "a\\b"])
def test_a_slug_that_no_link_can_name_is_refused(site: Site, slug: str) -> None:
    site.write("fish", Slug=slug)
    (told,) = problems(site, **LISTS)
    assert told.startswith(f'fish.md:3: Slug: "{slug}" cannot be part of an address. Write ')


@pytest.mark.parametrize("folder", ["pages", "."])
@pytest.mark.parametrize("status", ["published", "hidden"])
def test_two_contents_cannot_share_an_address(site: Site, folder: str, status: str) -> None:
    site.write("fish")
    (site.content / folder / "other.md").write_text(
        f"Title: Other\nSlug: fish\nDate: 2026-01-02\nStatus: {status}\n\nWords."
    )
    (told,) = problems(site, PAGE_URL="{slug}/", PAGE_SAVE_AS="{slug}/index.html")
    assert "other.md:2: The slug" in told
    assert "fish.md" in told


def test_a_comments_service_elsewhere_takes_no_address(site: Site) -> None:
    site.write("fish", Slug="comments")
    site.build(**LISTS, COMMENTS_URL="https://talk.example.org/")
    assert "Words." in site.page("comments")


@pytest.mark.parametrize(
    "alias", ["/tags/", "/drafts/old/", "/2026/", "/tags/water/", "/feeds/all.json"]
)
def test_an_old_address_cannot_hide_what_the_site_writes(site: Site, alias: str) -> None:
    site.write("fish", Tags="water", Aliases=alias)
    (told,) = problems(site, **LISTS)
    assert told.startswith(f'fish.md:5: Aliases: "{alias}" is the address of ')


@pytest.mark.parametrize(
    ("key", "words"), [("Tags", "air, 🎉"), ("Category", "!!!"), ("Authors", "Ada, ???")]
)
def test_a_name_without_letters_is_refused(site: Site, key: str, words: str) -> None:
    site.write("fish", **{key: words})
    (told,) = problems(site, **LISTS)
    assert "has no letters for an address. Write another" in told
    assert told.startswith("fish.md:4:")


LONG = "a" * 201


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("Slug", LONG),
        ("Slug", "字" * 67),
        ("Save_as", f"a/{LONG}/index.html"),
        ("Tags", f"air, {LONG}"),
        ("Category", LONG),
        ("Authors", LONG),
        ("Aliases", f"/old/{LONG}/"),
    ],
)
def test_a_name_that_no_disk_can_have_is_refused(site: Site, key: str, words: str) -> None:
    site.write("fish", **{"Summary": "x", key: words})
    (told,) = problems(site, **LISTS)
    line = (site.content / "fish.md").read_text("utf-8").splitlines().index(f"{key}: {words}") + 1
    assert re.match(rf"fish\.md:{line}: {key}: .{{30,50}} is too long for the name of a file", told)


def test_a_file_name_without_letters_is_refused(site: Site) -> None:
    (site.content / "🎉.md").write_text("Title: Party\nDate: 2026-01-01\n\nx")
    (told,) = problems(site, **LISTS, SLUGIFY_SOURCE="basename")
    assert told == '🎉.md:1: Its name has no letters for an address. Write a Slug, such as "first".'


@pytest.mark.parametrize("save_as", ["tags", "images/a.svg", "second"])
def test_a_page_cannot_be_a_file_where_others_need_a_folder(site: Site, save_as: str) -> None:
    (site.content / "images").mkdir()
    (site.content / "images" / "a.svg").write_text("<svg/>")
    site.write("first", Tags="water", Save_as=save_as, Url=save_as)
    site.write("second")
    with pytest.raises(Refused, match=r"(first|second)\.md:\d: The slug"):
        site.build(**LISTS)


def test_the_blog_s_own_settings_reserve_what_they_write(site: Site) -> None:
    own = read_settings(str(ROOT / "publishconf.py"))
    kept = {key: own[key] for key in LISTS if key not in ("STATIC_PATHS", "DRAFT_SAVE_AS")}
    site.write("fish", Slug="archives")
    (told,) = problems(site, **kept)
    assert "the page of all archives" in told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"TAG_SAVE_AS": "of/{slug}.html", "CATEGORY_SAVE_AS": "of/{slug}.html"},
            "CATEGORY_SAVE_AS names of/tide.html for the page of the category tide, where the page of the tag tide is,",
        ),
        (
            {"TAG_SAVE_AS": "tags.html"},
            "TAG_SAVE_AS names tags.html for the page of the tag .*, where the page of the tag .* is,",
        ),
        (
            {"FEED_ALL_ATOM": "feeds"},
            "FEED_ALL_ATOM names feeds for .*, where the file of FEED_ALL_JSON is, or needs a folder",
        ),
        (
            {
                "YEAR_ARCHIVE_SAVE_AS": "{date:%Y}/index.html",
                "MONTH_ARCHIVE_SAVE_AS": "{date:%Y}/index.html",
            },
            "MONTH_ARCHIVE_SAVE_AS names 2026/index.html for the archive of 2026-01, where the archive of 2026 is,",
        ),
    ],
    ids=["two kinds", "one pattern without a name", "a file and a folder", "periods"],
)
def test_two_lists_cannot_share_a_file(site: Site, settings: dict[str, str], told: str) -> None:
    """Pelican would say that it failed to overwrite a file; where one page was there before, not even that."""
    site.write("gulls", Tags="tide, ebb")
    site.write("terns", Tags="ebb")
    with pytest.raises(WrongSetting) if "CATEGORY_SAVE_AS" not in settings else nullcontext():
        site.build(**settings)
    site.write("terns", Category="tide")
    with pytest.raises(WrongSetting, match=told):
        site.build(**settings)
