"""The harness of `bench scale`, on a blog small enough for a test: everything with a goal is measured."""

from collections import Counter
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from comments_service import create_app, threads
from comments_service.db import db
from comments_service.models import Comment, Status
from comments_service.publishing import publisher
from tests.bench import report, scale
from tests.bench.large_blog import Size, long_thread, make_blog
from tests.conftest import one_database

SMALL = Size(threads=5, comments=20, held=3, long=(30, 40))


def test_everything_with_a_goal_is_measured(app: Flask, tmp_path: Path) -> None:
    settings = scale.settings_of(app.extensions["settings"].database_url, tmp_path)
    people = make_blog(SMALL)
    publisher.publish_all(settings)
    published = sa.select(Comment.thread_id).where(Comment.status == Status.PUBLISHED)
    counted = Counter(db.session.scalars(published))
    assert dict(threads.counts()) == counted
    assert counted[long_thread(40)] == 40
    assert sum(counted.values()) == 1 + 30 + 40 + 20
    blog = scale.Blog(create_app(settings), settings, people, most_rounds=1)
    with blog.app.app_context():
        scale.publishing(blog, SMALL)
    scale.asking(blog, SMALL)
    with blog.app.app_context():
        db.engine.dispose()
    measured = {name.replace("of 40", "of 10,000") for name in blog.found}
    wanted = {name for name in scale.GOALS if "publish --all" not in name and "100,000" not in name}
    assert {name.replace("of 1,000", "of 10,000") for name in wanted} <= measured
    assert set(scale.FLAT) <= measured


@one_database
def test_a_goal_counts_as_met_by_the_large_blog(database_url: str) -> None:
    small, large = (
        {"a guest's post": 3.0, "a search for 5 words": 2.0},
        {
            "a guest's post": 9.0,
            "a search for 5 words": 190.0,
            "something without a goal": 1.0,
        },
    )
    said = scale.compared(small, large, (SMALL, SMALL)).splitlines()
    assert [line.split("|")[-2].strip() for line in said[2:]] == ["missed", "met", ""]
    written = report.written(
        "# Performance\n\nx\n", report.SCALE_HEADING, f"{report.SCALE_HEADING}\n\ny"
    )
    assert written == "# Performance\n\nx\n\n## What a large blog costs\n\ny\n"
