"""What is told of the bucket: when it is behind, when it is no good, and that without one there is nothing of it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from comments_service import health, threads
from comments_service.config import SettingError, Settings, from_environment, surrounding
from comments_service.db import db
from comments_service.models import Site
from comments_service.publishing import bucket, publisher
from comments_service.publishing.publisher import Publisher
from tests import make
from tests.bucket_server import Storage
from tests.sites import ROOT

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def changed_settings(stored: Storage) -> dict[str, str]:
    return {
        "published_bucket": stored.environ["COMMENTS_PUBLISHED_BUCKET"],
        "output": "",
        # A build that has not been made yet.
        "manifest": "threads.json",
    }


@pytest.fixture
def blog(app: Flask) -> None:
    make.thread()
    make.site()
    make.comment()


def watched(settings: Settings) -> tuple[str, int]:
    """What /comments/readyz says of the snapshots."""
    db.session.rollback()
    found = health.snapshots(settings)
    return found.state, found.figures["behind"]


def doctor(app: Flask) -> str:
    return app.test_cli_runner().invoke(args=["comments", "doctor"]).output


def test_a_bucket_that_is_behind_is_seen_by_whoever_watches(
    blog: None, app: Flask, settings: Settings, stored: Storage
) -> None:
    follower = Publisher(app, settings)
    stored.away = True
    follower.turn()
    assert watched(settings) == ("warn", 1)
    assert not follower.settled("pelicans", 0)
    said = doctor(app)
    assert "s3://shared was not reached, and is tried again" in said
    assert "a-secret" not in said
    stored.away = False
    # The rest that a storage is given, gone by.
    found = bucket.of(settings)
    assert found
    found._retry_at = 0.0
    follower.turn()
    assert watched(settings) == ("ok", 0)
    assert {"threads/pelicans.html", "recent.html", "ui.en.html"} <= set(stored.files())
    assert "s3:" not in doctor(app)


def test_a_storage_that_heeds_no_conditions_is_found_out(
    blog: None, app: Flask, stored: Storage
) -> None:
    assert "heeds no conditions" not in doctor(app)
    stored.heeds_conditions = False
    assert "heeds no conditions (If-Match, If-None-Match)" in doctor(app)
    assert stored.objects == {}


def test_keys_that_are_missing_are_named_and_the_folder_is_written_nevertheless(
    blog: None, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    with pytest.raises(RuntimeError, match=r"needs AWS_ACCESS_KEY_ID\."):
        publisher.publish_behind(settings)
    assert (settings.published / "threads/pelicans.html").exists()
    assert "COMMENTS_PUBLISHED_BUCKET needs AWS_ACCESS_KEY_ID." in doctor(app)


@pytest.mark.parametrize("how", ["--all", "--stale"])
def test_a_command_that_finds_the_bucket_away_says_so(
    blog: None, app: Flask, settings: Settings, stored: Storage, how: str
) -> None:
    stored.away = True
    done = app.test_cli_runner().invoke(args=["comments", "publish", how])
    assert done.exit_code == 1
    assert "The bucket failed: s3://shared was not reached" in done.output


@pytest.mark.parametrize("written", ["shared", "https://x.example", "s3://", "s3://a b/c"])
def test_what_is_no_bucket_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(SettingError, match=r"COMMENTS_PUBLISHED_BUCKET=.*s3://comments"):
        from_environment({"COMMENTS_PUBLISHED_BUCKET": written})


def test_without_a_bucket_nothing_of_it_is_loaded_or_noted(
    blog: None, settings: Settings, statements: list[str], tmp_path: Path
) -> None:
    alone = replace(settings, published_bucket="", given=frozenset())
    statements.clear()
    publisher.publish_behind(alone, site=True)
    Publisher(Flask("another"), alone)
    assert statements
    assert not [each for each in statements if "FOR UPDATE" in each and "site" in each]
    assert not [each for each in statements if each.startswith("SELECT site.lists")]
    site = db.session.get(Site, 1, populate_existing=True)
    assert site
    assert set(site.lists) == {"recent", "discussions"}
    assert list(threads.behind()) == []
    program = "import sys, comments_service as s; s.create_app(); print('obstore' in sys.modules)"
    environ = {
        name: value for name, value in surrounding().items() if not name.startswith("COMMENTS_")
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environ, "PYTHONPATH": str(ROOT), "COMMENTS_DATABASE_URL": settings.database_url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == "False"
