"""A start: files are answered at once, and what a first start has yet to write is waited for."""

import json
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests import service

pytestmark = pytest.mark.enable_socket


def get(port: int, path: str) -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_the_first_request_after_a_first_start_finds_its_snapshot(
    tmp_path: Path, empty_sqlite: Path
) -> None:
    (tmp_path / "comments.sqlite3").write_bytes(empty_sqlite.read_bytes())
    output = tmp_path / "output"
    output.mkdir()
    entry = {
        "id": "pelicans",
        "url": f"{service.SITE}/pelicans/",
        "title": "Pelicans",
        "published": "2026-11-20T00:00:00+00:00",
        "lang": "en",
        "comments": "open",
    }
    blog = {"url": service.SITE, "title": "A blog", "lang": "en"}
    manifest = {"version": 1, "site": blog, "threads": [entry]}
    (output / "threads.json").write_text(json.dumps(manifest))
    server = service.postil(tmp_path, f"sqlite:///{tmp_path / 'comments.sqlite3'}")
    server.start()
    try:
        # Its thread is known, too: a comment is not refused because the service is young.
        assert get(server.port, "/comments/threads/pelicans")[0] == 200
        status, fragment = get(server.port, "/comments/threads/pelicans.html")
        assert status == 200
        assert 'data-thread="pelicans"' in fragment
        assert get(server.port, "/comments/threads/gulls.html")[0] == 404
        assert get(server.port, "/comments/sign-in")[0] == 200
    finally:
        server.stop()
