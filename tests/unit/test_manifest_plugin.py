"""The manifest: what front matter says, and what happens when it says it wrongly."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.manifest import THREAD
from plugins.comments import manifest
from plugins.problems import Refused, WrongSetting
from tests.sites import SAMPLE, Site, disconnect, pelican


def problems(site: Site, **settings: object) -> list[str]:
    """The lines that a refused build ends with; the folder's own name left out."""
    with pytest.raises(Refused) as refused:
        site.build(**settings)
    assert not (site.output / "index.html").exists(), "something was written all the same"
    lines = str(refused.value).splitlines()[1:]
    return [line.strip().replace(f"{site.content}/", "") for line in lines]


def test_the_manifest_of_the_sample_site_is_the_one_in_the_samples(tmp_path: Path) -> None:
    built = pelican(SAMPLE, tmp_path / "output")
    assert built.returncode == 0, built.stdout + built.stderr
    golden = json.loads((SAMPLE.parent / "threads.json").read_text(encoding="utf-8"))
    assert json.loads((tmp_path / "output" / "threads.json").read_bytes()) == golden


def test_two_builds_write_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    written = set()
    for seed in ("1", "2"):
        output = tmp_path / seed
        assert pelican(SAMPLE, output, PYTHONHASHSEED=seed).returncode == 0
        written.add((output / "threads.json").read_bytes())
    assert len(written) == 1


def test_a_blog_with_a_newsletter_says_which_feed_it_is_made_from(site: Site) -> None:
    site.write("fish")
    site.build()
    assert "newsletter" not in site.manifest["site"]
    assert 'class="newsletter"' not in (site.output / "index.html").read_text("utf-8")
    site.build(NEWSLETTER=True)
    address = site.manifest["site"]["newsletter"]
    assert address == f"{site.manifest['site']['url']}/feeds/all.json"
    for page in ("index.html", "fish/index.html"):
        html = (site.output / page).read_text("utf-8")
        assert html.count('<form class="newsletter" method="post"') == 1
        assert 'newsletter?lang=en"' in html


def test_a_newsletter_without_a_feed_stops_the_build(site: Site) -> None:
    site.write("fish")
    with pytest.raises(WrongSetting, match="FEED_ALL_JSON"):
        site.build(NEWSLETTER=True, FEED_ALL_JSON="")


def test_an_unchanged_manifest_keeps_its_time(site: Site) -> None:
    site.write("fish")
    site.build()
    before = (site.output / "threads.json").stat()
    site.build()
    after = (site.output / "threads.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_accent_is_told_where_it_is_two_colours(site: Site) -> None:
    site.write("fish")
    site.build(ACCENT=("#0b5d3b", "#7fd1a8"))
    assert site.manifest["site"]["accent"] == ["#0b5d3b", "#7fd1a8"]
    site.build(ACCENT=())
    assert "accent" not in site.manifest["site"]
    # Another theme may mean something else by the name.
    for other in (None, "#0b5d3b", ("#0b5d3b",), ("red", "#7fd1a8"), ("#0b5d3b", 7), 7):
        assert manifest.accent({"ACCENT": other}) == {}


def test_a_changed_title_is_written(site: Site) -> None:
    site.write("fish", Title="Old")
    site.build()
    site.write("fish", Title="New")
    site.build()
    assert site.threads["fish"]["title"] == "New"


def test_front_matter_rules_the_thread(site: Site) -> None:
    site.write("fish", Comments="Held", Comments_close="90 days", Thread="old-fish")
    site.build()
    assert site.threads["old-fish"]["comments"] == "held"
    assert site.threads["old-fish"]["close_after"] == "2026-04-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2027-02-18", "2027-02-17T16:00:00+00:00"),
        ("2027-02-18 12:30", "2027-02-18T04:30:00+00:00"),
        ("2027-02-18T12:30:00Z", "2027-02-18T12:30:00+00:00"),
        ("1 day", "2026-01-01T16:00:00+00:00"),
        ("never", None),
    ],
)
def test_a_closing_date_is_meant_in_the_sites_time_zone(
    site: Site, written: str, moment: str | None
) -> None:
    site.write("fish", Comments_close=written)
    site.build(TIMEZONE="Asia/Shanghai", COMMENTS_CLOSE="30 days")
    assert site.threads["fish"]["close_after"] == moment


def test_the_sites_own_rules_hold_where_an_article_says_nothing(site: Site) -> None:
    site.write("fish")
    site.write("bird", Comments="open", Comments_close="10 days")
    site.build(COMMENTS_DEFAULT="held", COMMENTS_CLOSE="30 days")
    assert site.threads["fish"]["comments"] == "held"
    assert site.threads["fish"]["close_after"] == "2026-01-31T00:00:00+00:00"
    assert site.threads["bird"]["comments"] == "open"
    assert site.threads["bird"]["close_after"] == "2026-01-11T00:00:00+00:00"


def test_a_thread_switched_off_is_listed_as_off_and_shown_nowhere(site: Site) -> None:
    site.write("fish", Comments="off")
    site.build()
    assert site.threads["fish"]["comments"] == "off"
    assert "comment-thread" not in site.page("fish")


def test_only_published_articles_are_listed(site: Site) -> None:
    site.write("fish")
    site.write("draft", Status="draft")
    site.write("hidden", Status="hidden")
    site.write("future", Date="2999-01-01")
    (site.content / "pages" / "about.md").write_text("Title: About\n\nWords.\n")
    site.build()
    assert list(site.threads) == ["fish"]


def test_translations_share_one_thread(site: Site) -> None:
    site.write("fish", Aliases="/old-fish/")
    site.write("yu", Slug="fish", Lang="zh-CN", Title="鱼", Comments="held", Aliases="/jiu/")
    site.build()
    (thread,) = site.manifest["threads"]
    assert (thread["id"], thread["lang"], thread["comments"]) == ("fish", "en", "held")
    assert thread["aliases"] == ["/jiu/", "/old-fish/"]
    assert thread["translations"] == [
        {"lang": "zh-cn", "url": "https://example.org/zh-CN/fish/", "title": "鱼"}
    ]


def test_a_group_without_the_default_language_is_one_thread(site: Site) -> None:
    site.write("yu", Slug="fish", Lang="zh-cn", Title="鱼")
    site.write("fisch", Slug="fish", Lang="de", Title="Fisch")
    site.build(ARTICLE_URL="{lang}/{slug}/", ARTICLE_SAVE_AS="{lang}/{slug}/index.html")
    (thread,) = site.manifest["threads"]
    assert thread["lang"] == "de"
    assert [other["lang"] for other in thread["translations"]] == ["zh-cn"]


def test_a_slug_that_is_no_thread_id_gets_one_of_its_own(site: Site) -> None:
    site.write("one", Slug="鹈鹕")
    site.write("two", Slug="鸬鹚")
    site.write("three", Slug="Über_Fische")
    site.build()
    ids = list(site.threads)
    assert ids == ["thread-6a4d20a3d1", "thread-f0eafb3efa", "uber-fische-96a3d8a22a"]
    assert site.threads["thread-f0eafb3efa"]["url"] == "https://example.org/%E9%B9%88%E9%B9%95/"


@given(st.text(min_size=1, max_size=200))
def test_every_slug_has_a_valid_and_stable_id(slug: str) -> None:
    made = manifest.thread_id(slug)
    assert re.fullmatch(THREAD, made)
    assert manifest.thread_id(slug) == made


def test_titles_are_plain_text(site: Site) -> None:
    site.write("fish", Title="Fish <i>and</i> 3 < 5 &amp; chips")
    site.build()
    assert site.threads["fish"]["title"] == "Fish and 3 < 5 & chips"


def test_every_mistake_is_told_at_once_with_file_line_and_remedy(site: Site) -> None:
    site.write("fish", Comments="yes", Comments_close="soon")
    site.write("bird", Thread="Bird!", Aliases="https://old.example/bird, /2024/bird/")
    assert problems(site) == [
        'bird.md:4: Thread: "Bird!" is not a thread id. Write at most 128 of a-z, 0-9 and "-",'
        f" a letter or digit first, such as {manifest.thread_id('Bird!')}.",
        'bird.md:5: Aliases: "https://old.example/bird" is not a path on this site. Write the old'
        " address from its first slash on, without host, query or fragment, such as"
        " /2024/old-address/.",
        'fish.md:4: Comments: "yes" is not a state. Write open, held, closed or off.',
        'fish.md:5: Comments_close: "soon" is neither a number of days nor a date.'
        ' Write "90 days", "2027-02-18" or "never".',
    ]


def test_a_mistake_ends_the_command_with_an_error(site: Site) -> None:
    site.write("fish", Comments="yes")
    built = pelican(site.content, site.output)
    assert built.returncode != 0
    assert re.search(r"fish\.md:4: Comments: \"yes\" is not a state", built.stdout + built.stderr)


@pytest.mark.parametrize("status", ["draft", "hidden"])
def test_a_mistake_in_what_is_not_published_yet_is_told_today(site: Site, status: str) -> None:
    site.write("fish", Status=status, Comments="yes")
    (told,) = problems(site)
    assert told.startswith("fish.md:5: Comments:")


@pytest.mark.parametrize(
    ("key", "meant"),
    [("Comment", "Comments"), ("Comments-close", "Comments_close"), ("Alias", "Aliases")],
)
def test_a_misspelt_key_is_not_ignored(site: Site, key: str, meant: str) -> None:
    site.write("fish", **{key: "off"})
    (told,) = problems(site)
    assert told == f"fish.md:4: {key} is not a key that is known. Did you mean {meant}?"


def test_a_key_set_twice_is_refused(site: Site) -> None:
    site.write("fish", Comments="open\nComments: closed")
    (told,) = problems(site)
    assert told == "fish.md:4: Comments is set more than once. Keep one line."


def test_an_article_that_pelican_would_skip_fails_the_build(site: Site) -> None:
    site.write("fish")
    site.write("bird", Date="")
    (told,) = problems(site)
    assert told.startswith("bird.md:1: There is no Date, and Pelican would leave this article out.")
    site.write("bird", Date="2026-13-45")
    assert len(problems(site)) == 1


def test_two_articles_with_one_thread_id_are_refused(site: Site) -> None:
    site.write("fish")
    site.write("bird", Thread="fish")
    (told,) = problems(site)
    assert re.match(r'(bird\.md:4|fish\.md:3): The thread id "fish" is also that of ', told)
    assert told.endswith("Write another one here, such as Thread: fish-2.")


def test_two_articles_with_one_slug_and_language_are_refused(site: Site) -> None:
    site.write("bird", Slug="fish")
    site.write("fish")
    (told,) = problems(site)
    assert told.startswith('fish.md:3: The slug "fish" in en is also that of bird.md.')


def test_translations_that_disagree_are_refused(site: Site) -> None:
    site.write("fish", Comments="open")
    site.write("yu", Slug="fish", Lang="zh-cn", Comments="closed")
    assert problems(site) == [
        'yu.md:5: Comments: "closed" here, but "open" in fish.md.'
        " Translations share one thread: write it in one of them."
    ]


def test_a_closing_date_before_the_article_is_refused(site: Site) -> None:
    site.write("fish", Comments_close="2025-12-31")
    (told,) = problems(site)
    assert "before the article's own date" in told


def test_a_language_that_is_none_is_refused(site: Site) -> None:
    site.write("fish", Lang="English")
    (told,) = problems(site)
    assert told.startswith('fish.md:4: Lang: "English" is no language.')


def test_a_page_has_no_thread_and_says_so(site: Site) -> None:
    (site.content / "pages" / "about.md").write_text("Title: About\nComments: open\n\nWords.\n")
    (told,) = problems(site)
    assert told.startswith("pages/about.md:2: Comments has no meaning on a page")


@pytest.mark.parametrize(
    "alias", ["/", "2024/fish", "//example.org/", "/a/../b/", "/a?b=1", "/a#b", "/a\\b", "/%2e%2e/"]
)
def test_an_alias_is_a_path_of_this_site(site: Site, alias: str) -> None:
    site.write("fish", Aliases=alias)
    (told,) = problems(site)
    assert told.startswith(f'fish.md:4: Aliases: "{alias}" is not a path on this site.')


def test_an_alias_hides_no_page_and_leads_to_one(site: Site) -> None:
    site.write("fish")
    site.write("bird", Aliases="/fish/, /old/")
    site.write("crab", Aliases="/old/")
    assert [line.partition(":")[0] for line in problems(site)] == ["bird.md", "crab.md"]


def test_an_alias_is_a_page_that_sends_its_reader_on(site: Site) -> None:
    site.write("fish", Title="Fish & <chips>", Aliases="/2024/old/, /old.html, /%E6%97%A7/")
    site.build()
    assert site.threads["fish"]["aliases"] == ["/2024/old/", "/old.html", "/旧/"]
    page = site.page("2024/old")
    assert '<meta http-equiv="refresh" content="0; url=/fish/">' in page
    assert '<link rel="canonical" href="https://example.org/fish/">' in page
    assert "Fish &amp; " in page
    assert (site.output / "old.html").read_text() == page == site.page("旧")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SITEURL": ""}, 'SITEURL is ""'),
        ({"COMMENTS_DEFAULT": "yes"}, "COMMENTS_DEFAULT"),
        ({"COMMENTS_CLOSE": "soon"}, "COMMENTS_CLOSE"),
        ({"COMMENTS_NOTES": "no"}, "COMMENTS_NOTES is 'no'"),
    ],
)
def test_a_wrong_setting_names_itself(site: Site, settings: dict[str, str], said: str) -> None:
    site.write("fish")
    with pytest.raises(ValueError, match=said):
        site.build(**settings)


def test_the_manifest_may_have_another_name(site: Site) -> None:
    site.write("fish")
    site.build(COMMENTS_MANIFEST_SAVE_AS="comments/list.json")
    assert (site.output / "comments" / "list.json").is_file()


def test_no_articles_make_an_empty_manifest(site: Site) -> None:
    site.build()
    assert site.manifest["threads"] == []


def alone(site: Site, *names: str) -> dict[str, object]:
    """Settings under which these plugins are the only ones, in a theme that needs none."""
    theme = site.folder / "theme"
    (theme / "static").mkdir(parents=True)
    (theme / "templates").mkdir()
    for name in ("index", "article", "page", "archives", "category", "tag", "author"):
        (theme / "templates" / f"{name}.html").write_text(
            "{{ pinned_articles|default([])|map(attribute='slug')|join(' ') }}"
        )
    return {"THEME": str(theme), "THEME_STATIC_PATHS": ["static"], "PLUGINS": list(names)}


def test_redirects_need_no_manifest_and_refuse_the_same(site: Site) -> None:
    only = alone(site, "plugins.delivery.redirects")
    site.write("fish", Aliases="/old/fish/, /2024/fish.html")
    site.build(**only)
    assert 'content="0; url=/fish/"' in site.page("old/fish")
    assert (site.output / "2024/fish.html").exists()
    assert not (site.output / "threads.json").exists()
    disconnect()
    site.write("gulls", Aliases="/fish/")
    with pytest.raises(Refused, match="is the address of"):
        site.build(**only)


def test_what_is_pinned_needs_no_manifest_and_refuses_the_same(site: Site) -> None:
    only = alone(site, "plugins.presentation.reading")
    site.write("fish", Pinned="yes")
    site.write("gulls", Pinned="no")
    site.write("terns")
    site.build(**only)
    assert (site.output / "index.html").read_text() == "fish"
    disconnect()
    site.write("terns", Pinned="perhaps")
    with pytest.raises(Refused, match="Write yes or no"):
        site.build(**only)
