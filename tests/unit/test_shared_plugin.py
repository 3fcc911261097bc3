"""Shared drafts in the build: a page that nothing leads to, until its day is over."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from formats import left_behind
from formats.manifest import OF_A_DRAFT, THREAD, shared_of
from plugins.comments.shared import Share, share_of
from plugins.problems import Refused
from tests.sites import Site, everything

KEY = "k" * 32
READERS = {
    "SHARE_KEY": KEY,
    "PREVIEW": False,
    **dict.fromkeys(("DRAFT_SAVE_AS", "DRAFT_LANG_SAVE_AS"), ""),
    **dict.fromkeys(("DRAFT_PAGE_SAVE_AS", "DRAFT_PAGE_LANG_SAVE_AS"), ""),
}


def until(days: float) -> str:
    day = datetime.now(UTC) + timedelta(days=days)
    return f"2026-01-02T03:04:05/{day:%Y-%m-%d}"


def told(site: Site) -> Any:
    return json.loads(shared_of(site.output).read_bytes())


def word(site: Site, number: int = 0) -> str:
    found: str = told(site)[number]["id"]
    return found.removeprefix("draft-")


@pytest.fixture
def blog(site: Site) -> Site:
    site.write("fish", Tags="Birds")
    site.write("quagga", "Of **quaggas**.", Status="draft", Shared=until(14), Tags="Birds")
    site.write("dodo", "Of dodos.", Status="draft")
    return site


def test_a_shared_draft_has_a_page_that_nothing_else_in_the_site_tells_of(blog: Site) -> None:
    blog.build(**READERS, COMPRESS=True)
    secret = word(blog)
    page = blog.page(f"shared/{secret}")
    assert '<meta name="robots" content="noindex">' in page
    assert "Of <strong>quaggas</strong>." in page
    assert f'<comment-thread thread="draft-{secret}"' in page
    day = datetime.now(UTC) + timedelta(days=14)
    assert re.search(rf"Shared until .*{day.day}", page)
    assert "please keep its address to yourself" in page
    own = {name for name in everything(blog.output) if name.startswith(f"shared/{secret}/")}
    assert own == {f"shared/{secret}/index.html{end}" for end in ("", ".gz", ".br")}
    for name in everything(blog.output).keys() - own:
        data = (blog.output / name).read_bytes()
        assert secret.encode() not in data, name
        assert b"uagga" not in data, name
        assert secret not in name
    assert not list(blog.output.rglob("*dodo*"))


def test_a_draft_that_is_shared_is_in_no_search(blog: Site) -> None:
    blog.build(**READERS, SEARCH=True)
    assert (blog.output / "pagefind").is_dir()
    names = [name for name in everything(blog.output) if name.startswith("pagefind/fragment/")]
    assert len(names) == 1


def test_the_service_is_told_beside_the_site(blog: Site) -> None:
    blog.build(**READERS)
    (only,) = told(blog)
    assert re.fullmatch(OF_A_DRAFT, only["id"])
    assert re.fullmatch(THREAD, only["id"])
    assert only["url"] == f"https://example.org/shared/{word(blog)}/"
    assert (only["title"], only["lang"], only["comments"]) == ("Quagga", "en", "open")
    end = datetime.fromisoformat(only["until"])
    assert (end.hour, end.minute) == (23, 59)
    assert [each["id"] for each in blog.manifest["threads"]] == ["fish"]


def test_the_service_understands_what_it_is_told(blog: Site) -> None:
    from comments_service.publishing import manifest

    blog.build(**READERS)
    read = manifest.parse(
        (blog.output / "threads.json").read_bytes(), shared_of(blog.output).read_bytes()
    )
    assert read.shared is not None
    assert [each.title for each in read.shared] == ["Quagga"]


def test_its_comments_are_baked(blog: Site) -> None:
    blog.build(**READERS)
    blog.publish(thread := f"draft-{word(blog)}", words="Is that so?")
    blog.build(**READERS)
    assert "Is that so?" in blog.page(f"shared/{word(blog)}")
    assert left_behind.in_folder(blog.published, ["fish"]) == []
    assert thread


def test_one_that_is_over_or_ended_is_taken_away(blog: Site) -> None:
    blog.build(**READERS)
    secret = word(blog)
    for value in (until(-2), "", until(3)):
        blog.write("quagga", "Of quaggas.", Status="draft", Shared=value)
        blog.build(**READERS)
        there = value == until(3)
        assert (blog.output / "shared" / secret).exists() == there
        assert len(told(blog)) == there


def test_shared_longer_it_keeps_its_address_and_shared_anew_it_has_another(blog: Site) -> None:
    found = []
    for value in (until(14), until(30), until(14).replace("03:04:05", "03:04:06")):
        blog.write("quagga", "Of quaggas.", Status="draft", Shared=value)
        blog.build(**READERS)
        found.append(word(blog))
    assert found[0] == found[1] != found[2]
    assert len(list((blog.output / "shared").iterdir())) == 1


def test_without_the_key_nobody_could_tell_its_address(blog: Site) -> None:
    said = []
    for key in (KEY, "other"):
        blog.build(**{**READERS, "SHARE_KEY": key})
        said.append(word(blog))
    assert said[0] != said[1]


def test_where_the_key_is_not_known_the_build_says_so_and_ends_nothing(
    blog: Site, caplog: pytest.LogCaptureFixture
) -> None:
    blog.build(**READERS)
    blog.build(**{**READERS, "SHARE_KEY": ""})
    assert "SHARE_KEY is not set here, so that 1 shared draft is not in this build" in caplog.text
    assert "quagga.md" in caplog.text
    assert not (blog.output / "shared").exists()
    assert not shared_of(blog.output).exists()


def test_a_blog_that_shares_nothing_has_no_file_of_it(site: Site) -> None:
    site.write("fish")
    site.build()
    assert not shared_of(site.output).exists()


def test_an_article_that_is_published_is_shared_no_more(
    blog: Site, caplog: pytest.LogCaptureFixture
) -> None:
    blog.write("quagga", "Of quaggas.", Shared=until(14))
    blog.build(**READERS)
    assert "quagga.md:4: This is published, so that it is shared as a draft no more" in caplog.text
    assert told(blog) == []
    assert blog.threads.keys() == {"fish", "quagga"}


@pytest.mark.parametrize(
    "value", ["yes", "2026-12-14", "/2026-12-14", "2026-12-14/", "2026-01-02/never", "a/b"]
)
def test_what_cannot_be_read_stops_the_build(site: Site, value: str) -> None:
    site.write("quagga", Status="draft", Shared=value)
    with pytest.raises(Refused, match=r"quagga.md:5: Shared: .*python3 tasks.py share"):
        site.build(**READERS)


def test_a_page_cannot_be_shared(site: Site) -> None:
    site.write("pages/about", Shared=until(3), Status="draft")
    with pytest.raises(Refused, match="Only drafts of articles can be shared"):
        site.build(**READERS)


def test_translations_that_are_no_pages_are_not_linked(blog: Site) -> None:
    blog.write("quagga-de", Slug="quagga", Lang="de", Status="draft")
    blog.build(**READERS)
    assert "drafts/" not in blog.page(f"shared/{word(blog)}")
    blog.write("quagga-de", Slug="quagga", Lang="de", Status="draft", Shared=until(9))
    blog.build(**READERS)
    assert len(told(blog)) == 2
    both = [blog.page(f"shared/{word(blog, number)}") for number in (0, 1)]
    assert word(blog, 1) in both[0]
    assert word(blog, 0) in both[1]


@pytest.mark.parametrize(
    "link", ["{filename}quagga.md", "{filename}/quagga.md#a", "|filename|quagga.md"]
)
def test_what_everybody_reads_leads_to_no_shared_draft(blog: Site, link: str) -> None:
    blog.write("moa", f"Words.\n\nSee [the draft]({link}).")
    with pytest.raises(Refused, match=r"moa.md:7: quagga.md is a draft that is shared"):
        blog.build(**READERS)
    blog.write("moa", f"See [the draft]({link}).", Status="draft", Shared=until(3))
    blog.build(**READERS)
    assert len(told(blog)) == 2


def test_a_preview_shows_it_at_the_same_address(blog: Site) -> None:
    blog.build(SHARE_KEY=KEY, PREVIEW=True, DRAFT_SAVE_AS="drafts/{slug}/index.html")
    assert "Of <strong>quaggas" in blog.page(f"shared/{word(blog)}")
    listed = json.loads((blog.output / "drafts" / "list.json").read_bytes())
    assert f"/shared/{word(blog)}/" in [each["url"] for each in listed]


def test_a_day_that_is_named_is_a_part_of_it() -> None:
    assert share_of("2026-01-02T03:04:05/2026-12-14", UTC) == Share(
        "2026-01-02T03:04:05", datetime(2026, 12, 14, 23, 59, 59, tzinfo=UTC)
    )
    exact = share_of("2026-01-02T03:04:05/2026-12-14T10:00", UTC)
    assert exact is not None
    assert exact.until == datetime(2026, 12, 14, 10, tzinfo=UTC)


def test_the_word_depends_on_all_that_tells_drafts_apart() -> None:
    share = Share("2026-01-02T03:04:05", datetime(2026, 12, 14, tzinfo=UTC))
    words = {
        share.word(KEY, "quagga.md"),
        share.word("other", "quagga.md"),
        share.word(KEY, "dodo.md"),
        share._replace(since="2026-01-02T03:04:06").word(KEY, "quagga.md"),
    }
    assert len(words) == 4
    assert share.word(KEY, "größe.md") == share.word(KEY, "gro\u0308ße.md")
    assert {re.fullmatch("[a-z2-7]{26}", each) is not None for each in words} == {True}
