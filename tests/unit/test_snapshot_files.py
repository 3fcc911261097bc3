"""Snapshots as files: each language and page, the whole site's, and older never over newer."""

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import brotli
import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.models import Policy, Site, Thread
from comments_service.publishing import mending, publisher, rebake, site_snapshots, snapshots
from comments_service.supervision import Faults
from tests import make
from tests.conftest import settings_for
from tests.unit.published import publish, published, set_page_size, several

# ---- languages and pages


def test_each_language_of_an_article_has_files_of_its_own(app: Flask, settings: Settings) -> None:
    make.thread(translations=[{"lang": "zh-cn", "url": "http://blog.test/zh/p/", "title": "鹈鹕"}])
    made = make.comment()
    make.site(languages=["en", "zh-cn"])
    found = publish(settings)
    chinese = found["threads/pelicans.zh-cn.html"].decode()
    assert 'data-lang="zh-cn"' in chinese
    assert "年" in chinese
    data = json.loads(found["threads/pelicans.zh-cn.json"])
    assert (data["title"], data["lang"]) == ("鹈鹕", "zh-cn")
    assert data["comments"][0]["url"] == f"http://blog.test/zh/p/#comment-{made.id}"
    assert "threads/pelicans.zh-cn.atom" in found
    assert {"ui.en.html", "ui.zh-cn.html"} <= set(found)


def test_a_language_that_an_article_loses_takes_its_files_along(
    app: Flask, settings: Settings
) -> None:
    thread = make.thread(translations=[{"lang": "de", "url": "http://blog.test/de/", "title": "P"}])
    make.site(languages=["de", "en"])
    publish(settings)
    with writing():
        thread.translations, thread.revision = [], 2
        thread.published_revision = snapshots.NEVER
    assert not [name for name in publish(settings) if ".de." in name and name.startswith("threads")]


def test_a_long_thread_has_pages_and_loses_them_when_it_shrinks(
    app: Flask, settings: Settings
) -> None:
    set_page_size(settings, 10)
    make.thread()
    made = several(25)
    found = publish(settings)
    for number, length in ((1, 10), (2, 10), (3, 5)):
        data = json.loads(
            found["threads/pelicans" + (f".{number}" if number > 1 else "") + ".json"]
        )
        assert (data["page"], len(data["comments"])) == (number, length)
        assert data.get("pages") == (3 if number == 1 else None)
    assert 'data-page="2"' in found["threads/pelicans.2.html"].decode()
    assert "<form" in found["threads/pelicans.html"].decode()
    assert "<form" not in found["threads/pelicans.2.html"].decode()
    for each in made[5:]:
        comments.decide(each.id, None, NewDecision(decision="spam"))
    found = publish(settings)
    assert not [name for name in found if re.search(r"\.[23]\.", name)]


def test_removing_a_threads_files_leaves_those_of_one_that_begins_alike(
    app: Flask, settings: Settings
) -> None:
    make.thread("a")
    make.thread("a-b")
    publish(settings)
    with writing():
        db.session.get_one(Thread, "a").listed = False
        db.session.get_one(Thread, "a").revision = 2
    found = publish(settings)
    assert not [name for name in found if name.startswith("threads/a.")]
    assert "threads/a-b.html.gz" in found


@pytest.mark.parametrize("values", [{"listed": False}, {"policy": Policy.OFF}])
def test_a_thread_that_is_hidden_leaves_no_file(
    app: Flask, settings: Settings, values: dict[str, Any]
) -> None:
    thread = make.thread()
    make.comment()
    assert "threads/pelicans.html" in publish(settings)
    with writing():
        for name, value in values.items():
            setattr(thread, name, value)
        db.session.execute(sa.update(Thread).values(revision=Thread.revision + 1))
    found = publish(settings)
    assert not [name for name in found if name.startswith("threads/")]
    assert json.loads(found["counts.json"])["counts"] == {}
    assert json.loads(found["recent.json"])["comments"] == []
    assert publisher.publish_behind(settings) == []


# ---- the whole site


def test_counts_and_recent_comments_are_of_the_whole_site(app: Flask, settings: Settings) -> None:
    for name in ("pelicans", "gulls", "silent"):
        make.thread(name)
    make.comment("gulls", minutes_ago=1)
    make.comment("pelicans", name="Pia")
    found = publish(settings)
    assert found["counts.json"] == b'{"version":1,"counts":{"pelicans":1,"gulls":1}}\n'
    recent = json.loads(found["recent.json"])
    assert [each["thread_title"] for each in recent["comments"]] == ["Pelicans", "Gulls"]
    assert "Pia" in found["recent.html"].decode()
    assert found["recent.html"].decode().count("postil-recent-item") == 2


def test_the_newest_comments_link_to_where_they_are_read_once_their_thread_is_long(
    app: Flask, settings: Settings
) -> None:
    make.site()
    make.thread()
    set_page_size(settings, 2)
    several(3)
    # Another process, or this one a moment later, publishes the thread itself.
    site_snapshots.publish(settings, Faults())
    publish(settings)
    (recent,) = [each for each in site_snapshots.rendered(settings) if each.name == "recent.html"]
    assert b"?comment=3#comment-3" in recent.data
    assert published(settings)["recent.html"] == recent.data


def test_a_site_without_comments_has_its_files_too(app: Flask, settings: Settings) -> None:
    publisher.publish_all(settings)
    found = published(settings)
    assert json.loads(found["counts.json"]) == {"version": 1, "counts": {}}
    ElementTree.fromstring(found["recent.atom"])
    assert "ui.en.html" in found


def test_the_interface_of_a_site_is_in_its_language(app: Flask, settings: Settings) -> None:
    with writing():
        db.session.add(Site(id=1, title="博客", lang="zh-cn", manifest_tag=""))
    publisher.publish_all(settings)
    ui = published(settings)["ui.zh-cn.html"].decode()
    for name in ("form", "edit", "own", "held", "new", "preview", "sign-in", "account", "messages"):
        assert f'<template id="postil-{name}">' in ui


# ---- how they are written


def test_the_siblings_decompress_to_the_same_bytes(app: Flask, settings: Settings) -> None:
    make.thread()
    several(3)
    found = publish(settings)
    plain = [name for name in found if not name.endswith((".gz", ".br"))]
    assert len(found) == 3 * len(plain)
    for name in plain:
        assert gzip.decompress(found[f"{name}.gz"]) == found[name]
        assert brotli.decompress(found[f"{name}.br"]) == found[name]


def test_everything_can_be_made_again_byte_for_byte(app: Flask, settings: Settings) -> None:
    set_page_size(settings, 10)
    make.thread(translations=[{"lang": "de", "url": "http://blog.test/de/", "title": "P"}])
    make.thread("gulls")
    several(12)
    make.comment("gulls", by=make.account())
    publish(settings)
    before = published(settings)
    publisher.publish_all(settings)
    assert published(settings) == before
    shutil.rmtree(settings.published)
    publisher.publish_all(settings)
    assert published(settings) == before


def test_what_is_published_is_not_behind_any_more(app: Flask, settings: Settings) -> None:
    make.thread()
    make.thread("gulls")
    assert sorted(publisher.publish_behind(settings)) == ["gulls", "pelicans"]
    assert publisher.publish_behind(settings) == []
    make.comment("gulls")
    assert publisher.publish_behind(settings) == ["gulls"]
    thread = db.session.get_one(Thread, "gulls", populate_existing=True)
    assert (
        thread.published_revision
        == thread.revision
        == snapshots.written_revision(settings.published / "threads/gulls.html")
    )


def test_an_older_revision_never_replaces_a_newer(app: Flask, settings: Settings) -> None:
    make.thread()
    make.comment()
    publish(settings)
    newer = settings.published / "threads" / "pelicans.html"
    text = newer.read_text("utf-8").replace('data-revision="2"', 'data-revision="9"')
    newer.write_text(text, "utf-8")
    make.comment()
    snapshots.publish("pelicans", settings)
    assert newer.read_text("utf-8") == text


def test_publishing_what_does_not_exist_does_nothing(app: Flask, settings: Settings) -> None:
    snapshots.publish("nowhere", settings)
    assert rebake.pages("nowhere", settings) == 0
    assert not list(settings.published.glob("threads/*"))


def test_the_sites_files_are_left_alone_when_nothing_changed(
    app: Flask, settings: Settings
) -> None:
    make.thread()
    publish(settings)
    stamps = {path: path.stat().st_mtime_ns for path in settings.published.glob("*.*")}
    site_snapshots.publish(settings, Faults())
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


# ---- after a start


def whole(settings: Settings) -> dict[str, bytes]:
    make.thread()
    make.thread("gulls")
    several(2)
    publisher.mend(settings)
    return published(settings)


def test_after_a_start_nothing_is_written_where_all_is_well(app: Flask, settings: Settings) -> None:
    whole(settings)
    assert publisher.mend(settings) == []


@pytest.mark.parametrize("lost", ["threads/pelicans.html", "threads", ""])
def test_after_a_start_what_was_deleted_is_there_again(
    app: Flask, settings: Settings, lost: str
) -> None:
    before = whole(settings)
    path: Path = settings.published / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "pelicans" in publisher.mend(settings)
    assert published(settings) == before


def test_after_a_start_what_a_crash_left_behind_is_published(
    app: Flask, settings: Settings
) -> None:
    whole(settings)
    read_before = threads.visible()
    make.comment(body="Committed, then the power went.")
    assert publisher.mend(settings) == ["pelicans"]
    assert len(read_before) == 2
    assert b"then the power went" in published(settings)["threads/pelicans.html"]
    assert json.loads(published(settings)["counts.json"])["counts"] == {"pelicans": 3}


def test_after_a_start_a_stale_file_is_made_again_though_the_row_says_it_was_published(
    app: Flask, settings: Settings
) -> None:
    before = whole(settings)
    path = settings.published / "threads" / "pelicans.html"
    path.write_text(path.read_text("utf-8").replace('data-revision="3"', 'data-revision="1"'))
    assert mending.stale(settings) == ["pelicans"]
    assert publisher.mend(settings) == ["pelicans"]
    assert published(settings) == before


def test_other_settings_or_templates_publish_everything_anew(
    app: Flask, settings: Settings, database_url: str, tmp_path: Path
) -> None:
    whole(settings)
    without_guests = settings_for(database_url, tmp_path, guests=False)
    assert mending.edition(settings) != mending.edition(without_guests)
    assert publisher.mend(without_guests) == ["gulls", "pelicans"]
    assert b"Sign in to comment" in published(settings)["threads/gulls.html"]
    assert publisher.mend(without_guests) == []
