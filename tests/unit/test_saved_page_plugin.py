"""The page of a saved article, written from what the build before still knows."""

from pathlib import Path

import pytest
from filelock import FileLock, Timeout
from PIL import Image

from plugins.incremental import saved_page
from plugins.problems import Refused
from tests.sites import Site, disconnect

DRAFTS = {
    "PREVIEW": True,
    "DRAFT_URL": "drafts/{slug}/",
    "DRAFT_SAVE_AS": "drafts/{slug}/index.html",
}


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish", "Words of fish.", Tags="water", Summary="Fish.")
    site.write("bird", "Words of birds, see [fish]({filename}fish.md).", Date="2026-01-02")
    site.write("rough", "Half a thought.", Status="draft")
    site.write("later", "Of another day.", Date="2099-01-01")
    page = site.content / "pages" / "about.md"
    page.write_text("Title: About\nSlug: about\n\nWho writes.\n", encoding="utf-8")
    site.publish("fish", words="The first.")
    site.build(**DRAFTS)
    return site


def save(site: Site, name: str, body: str, **keys: str) -> Path | None:
    return saved_page.page(str(site.output), site.write(name, body, **keys))


def test_the_page_is_what_a_build_makes_of_it(site: Site) -> None:
    text = "Other words.\n\n```python\nx = 1\n```\n\n> [!NOTE]\n> And [birds]({filename}bird.md)."
    page = save(site, "fish", text, Tags="water", Summary="*New* fish.", Title="Fishes")
    assert page == site.output / "fish" / "index.html"
    at_once = site.page("fish")
    assert "Other words." in at_once
    assert 'href="https://example.org/bird/"' in at_once
    assert "The first." in at_once
    site.build(**DRAFTS)
    assert site.page("fish") == at_once


def test_it_may_be_saved_again_and_again(site: Site) -> None:
    for words in ("One.", "Two.", "Three."):
        assert save(site, "bird", words, Date="2026-01-02")
        assert words in site.page("bird")


def test_it_tells_how_long_it_takes_now(site: Site) -> None:
    assert "1 min read" in site.page("bird")
    assert save(site, "bird", "word " * 1000, Date="2026-01-02")
    assert "4 min read" in site.page("bird")


def test_comments_that_came_since_are_in_it(site: Site) -> None:
    site.publish("fish", revision=2, words="The second.")
    assert save(site, "fish", "Words.", Tags="water", Summary="Fish.")
    assert "The second." in site.page("fish")


@pytest.mark.parametrize(("name", "keys"), [("rough", {"Status": "draft"}), ("later", {})])
def test_what_is_not_published_yet_is_shown_as_well(
    site: Site, name: str, keys: dict[str, str]
) -> None:
    date = "2099-01-01" if name == "later" else "2026-01-01"
    assert save(site, name, "More of it.", Date=date, **keys)
    assert "More of it." in site.page(f"drafts/{name}")
    assert not (site.output / name).exists()


def test_a_page_is_shown_as_well(site: Site) -> None:
    path = site.content / "pages" / "about.md"
    path.write_text("Title: About\nSlug: about\n\nWho wrote.\n", encoding="utf-8")
    made = saved_page.page(str(site.output), path)
    assert made is not None
    assert "Who wrote." in made.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "keys",
    [
        {"Tags": "air"},
        {"Slug": "fishes"},
        {"Date": "2026-02-02"},
        {"Status": "draft"},
        {"Comments": "off"},
        {"Comments": "perhaps"},
        {"Lang": "zh-cn"},
    ],
)
def test_what_other_pages_depend_on_is_left_to_the_build(site: Site, keys: dict[str, str]) -> None:
    before = site.page("fish")
    assert save(site, "fish", "Words.", **{"Tags": "water", "Summary": "Fish.", **keys}) is None
    assert site.page("fish") == before


def test_a_file_that_the_build_did_not_know_is_left_to_the_next(site: Site) -> None:
    assert save(site, "new", "Words.") is None


def test_nothing_is_kept_of_a_build_for_readers(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write("fish")
    site.build()
    assert save(site, "fish", "Words.") is None
    disconnect()


def test_a_mistake_leaves_the_page_as_it_was_and_is_not_told_twice(site: Site) -> None:
    before = site.page("fish")
    with pytest.raises(Refused, match=r"fish\.md:\d+: The formula"):
        save(site, "fish", r"Bad: $\nothing$.", Tags="water", Summary="Fish.")
    with pytest.raises(Refused, match=r"fish\.md:\d+: There is no picture"):
        save(site, "fish", "![No]({static}/images/none.png)", Tags="water", Summary="Fish.")
    assert site.page("fish") == before
    site.write("fish", "Good again.", Tags="water", Summary="Fish.")
    site.build(**DRAFTS)
    assert "Good again." in site.page("fish")


def test_a_picture_has_its_sizes(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (site.content / "images").mkdir()
    Image.new("RGB", (900, 300), "teal").save(site.content / "images" / "sea.png")
    site.write("fish")
    site.build(**DRAFTS)
    assert save(site, "fish", "![The sea.]({static}/images/sea.png)")
    assert 'width="900" height="300"' in site.page("fish")
    disconnect()


def test_it_waits_for_whoever_holds_the_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_page, "LOCK_SECONDS", 0.05)
    before = site.page("fish")
    with FileLock(f"{site.output}.lock"), pytest.raises(Timeout):
        save(site, "fish", "Other words.", Tags="water", Summary="Fish.")
    assert site.page("fish") == before
