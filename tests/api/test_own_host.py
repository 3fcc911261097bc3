"""A service on a host of its own, without a folder, as other comment services are run."""

from typing import Any

import pytest
from flask import Flask

from comments_service import config
from comments_service.db import db
from comments_service.models import Comment
from comments_service.static_files import Files
from tests import make
from tests.api.asking import GUEST
from tests.api.people import by_json_and_form
from tests.api.wsgi.steps import Entered, ask, write
from tests.conftest import SITE, settings_for

TALK = "https://talk.example.net/"


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"comments_url": TALK}


@by_json_and_form
def test_comments_are_posted_there(app: Flask, by: str) -> None:
    make.thread()
    client = app.test_client()
    options: dict[str, Any] = {"base_url": TALK, "headers": {"Origin": SITE}}
    if by == "json":
        sent = client.post("/api/v1/threads/pelicans/comments", json=GUEST, **options)
    else:
        sent = client.post("/threads/pelicans", data={**GUEST, "act": "post"}, **options)
    assert sent.status_code in (202, 303)
    assert db.session.query(Comment).count() == 1
    page = client.get("/threads/pelicans", base_url=TALK)
    assert page.status_code == 200
    assert (
        f'action="{TALK}threads/pelicans' in page.text or 'action="/threads/pelicans' in page.text
    )
    # Two slashes would name another host.
    assert '="//' not in page.text
    described = client.get("/api/v1/openapi.json", base_url=TALK).get_json()
    assert "/threads/{thread_id}/comments" in described["paths"]
    assert client.get("/nothing", base_url=TALK).status_code == 404


def test_its_snapshots_are_files_and_everything_else_is_the_services(tmp_path: Any) -> None:
    settings = settings_for("sqlite:///never-opened", tmp_path, comments_url=TALK)
    write(settings.published / "counts.json", "{}")
    write(tmp_path / "output/index.html", "the blog")
    place = Files(settings)
    for path in ("/counts.json", "/embed.js", "/static/service.css"):
        assert ask(place, path).status_code == 200
    for path in ("/", "/threads/pelicans", "/account", "/index.html", "/../secret"):
        with pytest.raises(Entered):
            ask(place, path)


def test_links_begin_with_the_host() -> None:
    settings = config.from_environment({"SITE_URL": "https://example.org", "COMMENTS_URL": TALK})
    assert (settings.prefix, settings.base) == ("/", TALK)
