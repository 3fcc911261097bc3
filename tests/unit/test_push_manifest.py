"""Telling a real service, by its address, which threads there are."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from authoring import Refused, environment
from authoring.publish import push_manifest
from comments_service.db import db
from comments_service.models import Thread
from formats import manifest
from tests.service import Postil, postil
from tests.sites import ROOT
from tests.unit.test_manifest import ENTRY, document, entry
from tests.unit.test_publishing import blog

pytestmark = pytest.mark.enable_socket
TOKEN = "a-token-of-thirty-two-characters-and-more"


@pytest.fixture
def service(tmp_path: Path, empty_sqlite: Path) -> Iterator[Postil]:
    """On an address of its own, away from the blog; it has never seen a manifest."""
    folder = tmp_path / "service"
    folder.mkdir()
    shutil.copy(empty_sqlite, folder / "comments.sqlite3")
    started = postil(
        folder,
        f"sqlite:///{folder}/comments.sqlite3",
        COMMENTS_OUTPUT="",
        COMMENTS_MANIFEST=str(folder / "nothing.json"),
        COMMENTS_MANIFEST_TOKEN=TOKEN,
    )
    started.start()
    yield started
    started.stop()


@pytest.fixture
def environ(service: Postil) -> dict[str, str]:
    """What the author's `.env` says."""
    return {
        "SITE_URL": "https://example.org",
        "COMMENTS_URL": f"http://127.0.0.1:{service.port}/comments/",
        "COMMENTS_MANIFEST_TOKEN": TOKEN,
    }


def built(folder: Path, *entries: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "threads.json").write_text(json.dumps({**document(), "threads": entries}))
    return folder


def known(service: Postil) -> list[str]:
    with service.app.app_context():
        found = db.session.scalars(sa.select(Thread.title).where(Thread.listed).order_by(Thread.id))
        return [*found]


def test_a_service_that_cannot_reach_the_blog_is_told(
    service: Postil, environ: dict[str, str], tmp_path: Path
) -> None:
    site = built(tmp_path / "site", ENTRY)
    told = push_manifest.push(site, environ, dry_run=True)
    assert f"127.0.0.1:{service.port}" in told
    assert "would be told of 1 thread." in told
    assert known(service) == []

    assert push_manifest.push(site, environ) == "The comment service knows 1 thread."
    assert known(service) == ["How pelicans fish"]
    # A blog of 3,000 articles has more than the service takes of anybody else.
    many = [entry(id=f"thread-{number}", aliases=[]) for number in range(3000)]
    assert "3000 threads" in push_manifest.push(built(tmp_path / "site", *many), environ)


# What `.env` says instead, and what is told of it.
WRONG = {
    "wrong token": (
        {"COMMENTS_MANIFEST_TOKEN": "x" * 40},
        "401(.|\n)*has to be the same here and where",
    ),
    "no token": ({"COMMENTS_MANIFEST_TOKEN": "a b"}, "holds what no header can"),
    "away": ({"COMMENTS_URL": "http://127.0.0.1:9/comments/"}, "Does the service run"),
    "plain": ({"COMMENTS_URL": "http://talk.example.org/comments/"}, "is not https"),
    "plain beside the blog": (
        {"SITE_URL": "http://example.org", "COMMENTS_URL": ""},
        "is not https",
    ),
}


def test_what_went_wrong_is_told_with_a_remedy_and_without_the_token(
    service: Postil, environ: dict[str, str], tmp_path: Path
) -> None:
    site = built(tmp_path / "site", ENTRY)
    for name, (changed, told) in WRONG.items():
        with pytest.raises(Refused, match=told) as refused:
            push_manifest.push(site, {**environ, **changed})
        assert "The blog itself is published" in str(refused.value), name
        assert TOKEN not in str(refused.value), name
        assert "x" * 40 not in str(refused.value), name
        assert known(service) == [], name


def test_a_large_manifest_with_a_wrong_token_is_not_read_and_told_as_well(
    service: Postil, environ: dict[str, str], tmp_path: Path
) -> None:
    site = built(tmp_path / "site", entry(title="x" * 30_000_000))
    with pytest.raises(Refused, match="has to be the same here and where"):
        push_manifest.push(site, {**environ, "COMMENTS_MANIFEST_TOKEN": "x" * 40})


def test_a_manifest_that_the_service_cannot_use_is_told_in_its_words(
    service: Postil, environ: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=r"422 Nothing was taken over(.|\n)*threads\.0\.url"):
        push_manifest.push(built(tmp_path / "site", entry(url="nowhere")), environ)
    with pytest.raises(Refused, match=r"has no threads\.json"):
        push_manifest.push(tmp_path / "empty", environ)


def test_drafts_that_are_shared_are_told_of_on_this_way_alone(
    service: Postil, environ: dict[str, str], tmp_path: Path
) -> None:
    site = built(tmp_path / "site", ENTRY)
    draft = entry(id="draft-x", title="A draft", until="2126-01-01T00:00:00+00:00")
    manifest.shared_of(site).write_text(json.dumps([draft]))
    told = push_manifest.push(site, environ)
    assert told == "The comment service knows 1 thread and 1 shared draft."
    assert known(service) == ["A draft", "How pelicans fish"]
    assert "draft-x" not in (site / "threads.json").read_text()
    manifest.shared_of(site).unlink()
    push_manifest.push(site, environ)
    assert known(service) == ["A draft", "How pelicans fish"]
    manifest.shared_of(site).write_text("[]")
    push_manifest.push(site, environ)
    assert known(service) == ["How pelicans fish"]


def test_without_a_token_nothing_is_asked_of_anybody(tmp_path: Path) -> None:
    assert push_manifest.push(tmp_path, {"COMMENTS_URL": "http://127.0.0.1:9/"}) == ""


def test_the_command_publishes_pushes_and_takes_both_back(
    service: Postil, environ: dict[str, str], tmp_path: Path
) -> None:
    root = blog(tmp_path / "blog", first="\nThe first words.")
    for name in (environment.BLOG_LOCK, environment.DEVELOPMENT_LOCK):
        shutil.copy(ROOT / name, root)
    (root / ".venv").symlink_to(Path(sys.prefix))
    outside = {name: v for name, v in os.environ.items() if "COMMENTS_" not in name}

    def publish(*options: str, **changed: str) -> tuple[int, str]:
        settings = {**environ, "PUBLISH_TO": "folder:www", **changed}
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        (root / ".env").write_text("".join(lines))
        done = subprocess.run(
            [sys.executable, root / "tasks.py", "publish", *options],
            cwd=root,
            env=outside,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    status, told = publish("--dry-run")
    assert (status, known(service)) == (0, [])
    assert "would be told of 1 thread." in told
    status, told = publish()
    assert (status, known(service)) == (0, ["First"])
    assert "Published to folder:www: " in told
    assert "The comment service knows 1 thread." in told
    # The next publication takes it along; the one after that finds nothing new.
    listed = tmp_path / "service" / "published" / "discussions.html"
    while not listed.exists() or "First" not in listed.read_text():
        time.sleep(0.1)

    (root / "content" / "second.md").write_text("Title: Second\nDate: 2026-01-02\n\nMore.\n")
    status, told = publish(COMMENTS_MANIFEST_TOKEN="y" * 40)
    assert (status, known(service)) == (1, ["First"])
    assert (root / "www" / "second" / "index.html").exists()
    assert "Published to folder:www: " in told
    assert "`python3 tasks.py publish` tries this again" in told
    status, told = publish()
    assert (status, known(service)) == (0, ["First", "Second"])
    assert "Readers have everything already." in told

    status, told = publish("--rollback")
    assert (status, known(service)) == (0, ["First"])
    assert not (root / "www" / "second" / "index.html").exists()
