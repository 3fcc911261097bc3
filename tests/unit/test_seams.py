"""The seams between the halves: what one writes, the other reads; they share no code."""

import re
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, threads
from comments_service.config import Settings
from comments_service.db import db
from comments_service.inputs import NewDecision
from comments_service.models import Comment, Policy
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
    site.write("fish", Tags="water")
    build(site)
    manifest.sync(settings.manifest_source)
    make.comment("fish", body="They plunge.")
    publisher.publish_behind(settings)
    lists = ("index.html", "tag/water.html", "category/misc.html", "author/ada.html")
    assert rebake.pages("fish", settings) == 1 + len(lists)
    by_service = everything(site)
    assert 'fish/#comments">1 comment</a>' in by_service["index.html"]
    assert '"commentCount":1}' in by_service["fish/index.html"]
    build(site)
    by_build = everything(site)
    # Which comments there are, only the build tells search engines.
    told = re.compile(r'"comment":\[.*?\],(?="commentCount")')
    assert {name: told.sub("", page) for name, page in by_build.items()} == by_service
    assert rebake.pages("fish", settings) == 0


def everything(site: Site) -> dict[str, str]:
    return {
        path.relative_to(site.output).as_posix(): path.read_text(encoding="utf-8")
        for path in site.output.rglob("*.html")
    }


def test_a_list_has_the_number_of_comments_of_this_moment_in_each_language(
    app: Flask, settings: Settings, site: Site
) -> None:
    site.write("fish")
    site.write("zh", Slug="fish", Lang="zh-cn", Title="鹈鹕")
    site.write("bird")
    build(site)
    manifest.sync(settings.manifest_source)
    first = site.output / "index.html"
    author = site.output / "author" / "ada.html"
    assert "#comments" not in first.read_text("utf-8").replace("#comments -->", "")
    made = [make.comment("fish", body=f"They plunge {number}.") for number in range(2)]
    publisher.publish_behind(settings)
    rebake.pages("fish", settings)
    assert '<a href="/fish/#comments">2 comments</a>' in first.read_text("utf-8")
    assert '<a href="/fish/#comments">2 comments</a>' in author.read_text("utf-8")
    assert '/bird/#comments">' not in first.read_text("utf-8")
    for each in made:
        comments.decide(each.id, None, NewDecision(decision="delete", version=each.version))
    publisher.publish_behind(settings)
    rebake.pages("fish", settings)
    assert '#comments">' not in first.read_text("utf-8")


def test_a_comment_that_is_only_changed_touches_no_list(
    app: Flask, settings: Settings, site: Site
) -> None:
    site.write("fish")
    build(site)
    manifest.sync(settings.manifest_source)
    make.comment("fish", body="They plunge.")
    publisher.publish_behind(settings)
    rebake.pages("fish", settings)
    before = (site.output / "index.html").stat()
    with comments.changing("fish"):
        db.session.execute(sa.update(Comment).values(html="<p>They dive.</p>"))
    publisher.publish_behind(settings)
    assert rebake.pages("fish", settings) == 1
    after = (site.output / "index.html").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


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
    assert rebake.pages("fish", settings) > 1
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
