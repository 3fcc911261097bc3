"""Discussions, the plugin: a page for each language, with the list that a service has published."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from pelican import signals

from comments_service.config import Settings
from comments_service.publishing import manifest, publisher, rebake, site_snapshots
from formats import snapshots as reading
from tests import make
from tests.conftest import SITE
from tests.sites import Site

PAGES = {
    "DISCUSSIONS_URL": "talk/",
    "DISCUSSIONS_SAVE_AS": "talk/index.html",
    "DISCUSSIONS_LANG_URL": "{lang}/talk/",
    "DISCUSSIONS_LANG_SAVE_AS": "{lang}/talk/index.html",
}


def listed(revision: int = 1, words: str = "They scoop.", lang: str = "en") -> str:
    """A list as `docs/formats.md` describes it."""
    return (
        f'<div class="postil-discussions" data-version="1" data-lang="{lang}"'
        f' data-revision="{revision}" data-count="1" data-page="1" data-pages="1">\n'
        f'<ol class="postil-threads"><li class="postil-discussion">{words}</li></ol>\n</div>\n'
    )


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish")
    site.write("zh", Slug="fish", Lang="zh-cn", Title="鹈鹕")
    site.published.mkdir()
    return site


def test_every_language_of_the_blog_has_a_page(site: Site) -> None:
    (site.published / "discussions.html").write_text(listed())
    (site.published / "discussions.zh-cn.html").write_text(listed(words="它们舀水。"))
    site.build(**PAGES)
    assert "They scoop." in site.page("talk")
    chinese = site.page("zh-cn/talk")
    assert '<html lang="zh-cn">' in chinese
    assert "它们舀水。" in chinese
    assert '<link rel="alternate" hreflang="en" href="https://example.org/talk/">' in chinese
    assert site.manifest["site"]["discussions"] == {
        "en": "https://example.org/talk/",
        "zh-cn": "https://example.org/zh-cn/talk/",
    }


def test_without_a_list_the_page_says_how_to_begin(site: Site) -> None:
    site.build(**PAGES)
    assert "Nobody has said anything yet" in site.page("talk")
    assert "<!-- postil:discussions en -->" in site.page("talk")


def test_without_its_settings_there_is_no_page(site: Site) -> None:
    site.build()
    assert not (site.output / "talk").exists()
    assert site.manifest["site"]["discussions"] == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<p>An error page</p>", "does not begin"),
        (listed().replace('version="1"', 'version="2"'), "its version is 2"),
        (listed().replace("</div>", ""), "its end is missing"),
        (listed(words="<!-- postil:discussions-end -->"), "markers of its own"),
    ],
)
def test_a_damaged_list_is_not_baked(
    site: Site, caplog: pytest.LogCaptureFixture, text: str, reason: str
) -> None:
    (site.published / "discussions.html").write_text(text)
    with pytest.raises(reading.DamagedSnapshot, match=reason):
        reading.discussions(text.encode())
    site.build(**PAGES)
    assert "Nobody has said anything yet" in site.page("talk")
    assert "Publish it again" in caplog.text


def test_what_is_published_during_the_build_is_in_the_page(site: Site) -> None:
    (site.published / "discussions.html").write_text(listed(1, "Early."))

    def publish(path: str, **_: object) -> None:
        (site.published / "discussions.html").write_text(listed(2, "Late, \\1 and all."))

    signals.content_written.connect(publish)
    site.build(COMPRESS=True, **PAGES)
    assert "Late, \\1 and all." in site.page("talk")
    assert "Early." not in site.page("talk")
    page = site.output / "talk" / "index.html"
    packed = page.with_name("index.html.gz")
    assert packed.stat().st_mtime_ns == page.stat().st_mtime_ns


# ---- the seam with the service


@pytest.fixture
def database_url(empty_sqlite: Path, tmp_path: Path) -> str:
    """The seam is a file: one database is enough."""
    copy = tmp_path / "comments.sqlite3"
    shutil.copy(empty_sqlite, copy)
    return f"sqlite:///{copy}"


def test_the_build_and_the_service_bake_the_same_bytes(
    app: Flask, settings: Settings, site: Site
) -> None:
    site.build(SITEURL=SITE, **PAGES)
    assert manifest.sync(settings.manifest_source)
    make.comment("fish", body="They <b>plunge</b>. 你好 </div> <!-- postil:discussions-end -->")
    publisher.publish_behind(settings)
    assert rebake.discussions(settings) == 2
    by_service = site.page("talk"), site.page("zh-cn/talk")
    assert "They &lt;b&gt;plunge" in by_service[0]
    assert ">鹈鹕</a>" in by_service[1]
    site.build(SITEURL=SITE, **PAGES)
    assert (site.page("talk"), site.page("zh-cn/talk")) == by_service
    assert rebake.discussions(settings) == 0


@pytest.mark.parametrize("by", ["the preview", "a service that was started after it"])
def test_a_list_that_knows_a_preview_only_leads_to_the_blog_that_is_built(
    app: Flask, settings: Settings, site: Site, by: str
) -> None:
    site.write("heron")
    site.build(SITEURL="http://localhost:8741", **PAGES)
    here = replace(settings, page_size=10)
    if by == "the preview":
        address = "http://localhost:8741"
        here = replace(here, site_url=address, comments_url=f"{address}/comments/")
    assert manifest.sync(settings.manifest_source)
    make.comment("heron")
    for _ in range(11):
        make.comment("fish")
    publisher.publish_behind(here)
    assert rebake.discussions(here) == 2
    site.build(**PAGES)
    for page in (site.page("talk"), site.page("zh-cn/talk")):
        assert "localhost" not in page
    assert 'href="/heron/#comments"' in site.page("talk")
    assert 'href="/zh-cn/fish/#comments"' in site.page("zh-cn/talk")
    assert 'href="/comments/threads/fish?comment=' in site.page("talk")


def test_a_service_on_a_host_of_its_own_lists_whole_addresses(
    app: Flask, settings: Settings
) -> None:
    make.thread("fish")
    publisher.publish_behind(replace(settings, comments_url="https://talk.test/"))
    listed = (settings.published / "discussions.html").read_text("utf-8")
    assert 'href="http://blog.test/fish/#comments"' in listed


def test_every_list_of_the_service_is_one_that_the_build_takes(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_snapshots, "DISCUSSIONS_PAGE", 2)
    for number in range(3):
        make.thread(f"t{number}", category="</div>", title="<!-- postil:begin t1 en -->")
        make.comment(f"t{number}", name='</div><div class="postil">')
    publisher.publish_behind(settings)
    names = sorted(path.name for path in settings.published.glob("discussions*.html"))
    assert names == ["discussions.html"]
    for name in names:
        found = reading.discussions((settings.published / name).read_bytes())
        facts = json.loads((settings.published / name.replace("html", "json")).read_bytes())
        assert found.revision == facts["revision"]
