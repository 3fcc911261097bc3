"""The seams between the halves: what one writes, the other reads; they share no code."""

import re
import shutil
from pathlib import Path

import pytest
from flask import Flask

from comments_service import threads
from comments_service.config import Settings
from comments_service.models import Policy
from comments_service.publishing import manifest, publisher, rebake
from formats import snapshots as reading
from tests import make
from tests.conftest import SITE
from tests.sites import Site


@pytest.fixture
def database_url(empty_sqlite: Path, tmp_path: Path) -> str:
    """The seams are files: one database is enough."""
    copy = tmp_path / "comments.sqlite3"
    shutil.copy(empty_sqlite, copy)
    return f"sqlite:///{copy}"


def build(site: Site) -> None:
    site.build(SITEURL=SITE)


def baked(html: str) -> str:
    found = re.search(r"<!-- postil:begin .*?<!-- postil:end \S+ -->", html, re.DOTALL)
    assert found
    return found[0]


def test_the_service_knows_the_threads_that_the_build_lists(
    app: Flask, settings: Settings, site: Site
) -> None:
    site.write("fish", Title="How *pelicans* fish & <why>", Aliases="/old/fish/", Author="Ada, Bo")
    site.write("birds", Comments="held", Comments_close="2099-12-31", Thread="all-birds")
    site.write("quiet", Comments="off")
    site.write("done", Comments="closed")
    site.write("zh", Slug="fish", Lang="zh-cn", Title="鹈鹕")
    build(site)
    assert manifest.sync(settings.manifest_source)
    fish, birds, done = (threads.get(name) for name in ("fish", "all-birds", "done"))
    assert [each.id for each in threads.visible()] == ["all-birds", "done", "fish"]
    assert threads.languages(fish) == ["en", "zh-cn"]
    assert threads.title(fish, "zh-cn") == "鹈鹕"
    assert threads.address(fish) == f"{SITE}/fish/"
    assert birds.policy is Policy.HELD
    assert birds.closes_at is not None
    assert done.policy is Policy.CLOSED
    assert not manifest.sync(settings.manifest_source)


def test_the_build_bakes_what_the_service_published(
    app: Flask, settings: Settings, site: Site
) -> None:
    site.write("fish")
    site.write("zh", Slug="fish", Lang="zh-cn", Title="鹈鹕")
    build(site)
    manifest.sync(settings.manifest_source)
    make.comment("fish", body="They <b>plunge</b>. 你好 </div> <!-- postil:end fish -->")
    publisher.publish_behind(settings)
    build(site)
    page = site.page("fish")
    fragment = (settings.published / "threads" / "fish.html").read_text("utf-8")
    assert baked(page) == f"<!-- postil:begin fish en -->\n{fragment}\n<!-- postil:end fish -->"
    assert "<!-- postil:heading fish -->1 comment<!-- postil:heading-end -->" in page
    assert 'data-lang="zh-cn"' in baked(site.page("zh-cn/fish"))


def test_both_halves_bake_the_same_bytes(app: Flask, settings: Settings, site: Site) -> None:
    site.write("fish")
    build(site)
    manifest.sync(settings.manifest_source)
    make.comment("fish", body="They plunge.")
    publisher.publish_behind(settings)
    assert rebake.pages("fish", settings) == 1
    by_service = site.page("fish")
    build(site)
    # What is said to search engines is the build's alone; a page that is baked again goes without.
    data = re.compile("<!-- postil:data fish -->(.*?)<!-- postil:data-end -->\n")
    assert data.sub("", site.page("fish")) == by_service
    assert rebake.pages("fish", settings) == 0


def test_a_deleted_comment_does_not_stay_in_what_search_engines_read(
    app: Flask, settings: Settings, site: Site
) -> None:
    site.write("fish")
    build(site)
    manifest.sync(settings.manifest_source)
    make.comment("fish", body="They plunge.")
    publisher.publish_behind(settings)
    build(site)
    assert site.page("fish").count("They plunge.") == 2
    make.comment("fish", body="They do not.")
    publisher.publish_behind(settings)
    assert rebake.pages("fish", settings) == 1
    page = site.page("fish")
    assert page.count("They plunge.") == page.count("They do not.") == 1


def test_both_halves_read_the_same_facts(app: Flask, settings: Settings, site: Site) -> None:
    make.thread("a" * 128, lang="zh-hans-abcdefgh-abcdefgh-abcdefgh")
    make.comment("a" * 128)
    publisher.publish_behind(settings)
    for path in (settings.published / "threads").glob("*.html"):
        data = path.read_bytes()
        found = reading.thread(data, "a" * 128)
        assert found.revision == reading.revision(data) == 2
        assert found.total == 1


def test_every_fragment_of_the_service_is_one_that_the_build_takes(
    app: Flask, settings: Settings, site: Site
) -> None:
    make.thread("fish", policy=Policy.CLOSED)
    make.thread("birds")
    parent = make.comment(
        "birds", body="> # <div>\n\n```\n</div>\n```", name='</div><div class="postil">'
    )
    for _ in range(9):
        parent = make.comment("birds", parent=parent, website="https://example.org/%3C/div%3E")
    publisher.publish_behind(settings)
    for path in (settings.published / "threads").glob("*.html"):
        reading.thread(path.read_bytes(), path.stem)
