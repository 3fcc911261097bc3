"""A preview and the newsletter: nobody is told of what is being written, and of what is built then, once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import newsletter, workers
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Article, Email, Site
from comments_service.supervision import OUTBOX
from comments_service.workers import Worker
from tests.unit.test_newsletter import FEED, Blog, _folder, a_reader, an_item, blog, send

__all__ = ["_folder", "blog"]  # fixtures of the neighbour's


def test_a_preview_tells_nobody_and_the_build_after_it_tells_once(
    blog: Blog, settings: Settings
) -> None:
    a_reader()
    here = replace(settings, site_url="http://localhost:8741", preview=True)
    with writing():
        db.session.execute(sa.update(Site).values(newsletter=f"{here.site_url}/feeds/all.json"))
    known = db.session.scalar(sa.select(sa.func.count()).select_from(Article))
    blog.write(an_item("pelicans", id="tag:localhost,2026:pelicans"))
    assert newsletter.announce(here) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Article)) == known
    with writing():
        db.session.execute(sa.update(Site).values(newsletter=FEED))
    blog.items = blog.items[1:]
    blog.write(an_item("pelicans"))
    assert newsletter.announce(settings) == 1
    assert send(settings) == ["rea@example.org: Pelicans – new at A blog"]


def test_a_preview_leaves_what_waits_to_the_service(blog: Blog, settings: Settings) -> None:
    a_reader()
    blog.write(an_item("pelicans"))
    newsletter.announce(settings)
    # Its feed has the article under another id.
    assert send(replace(settings, preview=True)) == []
    waiting = db.session.scalars(sa.select(Email)).one()
    assert (waiting.attempts, waiting.sent_at) == (0, None)
    assert send(settings) == ["rea@example.org: Pelicans – new at A blog"]


def test_after_a_preview_the_worker_says_once_what_to_do_and_goes_on_after_the_build(
    app: Flask, blog: Blog, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    a_reader()
    with writing():
        db.session.execute(sa.update(Site).values(newsletter="http://localhost:8741/a.json"))
    worker = Worker(OUTBOX, workers.STEPS[OUTBOX], app, settings)
    worker.turn()
    (record,) = caplog.records
    assert "run `python3 tasks.py build`" in record.getMessage()
    assert record.exc_info is None
    with writing():
        db.session.execute(sa.update(Site).values(newsletter=FEED))
    blog.write(an_item("pelicans"))
    assert newsletter.announce(settings) == 1


def test_a_preview_s_feed_is_not_announced_before_its_manifest_is_read(
    blog: Blog, settings: Settings
) -> None:
    a_reader()
    item = an_item("pelicans", url="http://localhost:8741/pelicans/")
    made = {"feed_url": "http://localhost:8741/feeds/all.json", "items": [item, *blog.items]}
    blog.path.write_text(json.dumps(made))
    with pytest.raises(newsletter.FeedError, match=r"tasks\.py build"):
        newsletter.announce(settings)
    blog.write(an_item("pelicans"))
    assert newsletter.announce(settings) == 1


def test_the_command_says_after_a_preview_that_the_blog_is_to_be_built_and_then_finds_it_built(
    app: Flask, blog: Blog, settings: Settings
) -> None:
    built = Path(settings.manifest_source)
    runner = app.test_cli_runner()

    def build(site_url: str) -> None:
        about = {"url": site_url, "title": "A blog", "lang": "en"}
        about["newsletter"] = f"{site_url}/feeds/all.json"
        built.write_text(json.dumps({"version": 1, "site": about, "threads": []}))

    build("http://localhost:8741")
    done = runner.invoke(args=["comments", "newsletter", "--dry-run"])
    assert done.exit_code == 1
    assert done.output.startswith(
        "Error: the feed http://localhost:8741/feeds/all.json lies outside"
    )
    assert "run `python3 tasks.py build`" in done.output
    # Nothing but the build: no service has run since.
    build("http://blog.test")
    blog.write(an_item("pelicans"))
    assert "Pelicans" in runner.invoke(args=["comments", "newsletter", "--dry-run"]).output
