"""While the application is loading, or cannot be loaded, whoever writes is asked to come again."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from comments_service import wsgi
from comments_service.static_files import Files
from comments_service.wsgi import Service, assemble
from tests.conftest import SITE, settings_for

HEADERS = {"Origin": SITE}


@pytest.fixture
def starting(
    tmp_path: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Callable[[], Client], Path]:
    """Starts a service that cannot be loaded until a folder appears that its database is to lie in."""
    monkeypatch.setattr(wsgi, "RETRY_SECONDS", 0.1)
    monkeypatch.setattr(wsgi, "LOADING_SECONDS", 0.1)
    obstacle = tmp_path / "data"
    obstacle.touch()
    settings = settings_for(f"sqlite:///{obstacle}/comments.sqlite3", tmp_path)
    files = Files(settings)
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "counts.json").write_text("{}")
    return lambda: Client(assemble(files, Service(settings, files))), obstacle


def refused(answer: TestResponse) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_json_and_forms_are_asked_to_come_again_and_it_heals_without_a_restart(
    starting: tuple[Callable[[], Client], Path],
    empty_sqlite: Path,
    caplog: pytest.LogCaptureFixture,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    start, obstacle = starting
    # Not by the fixture: what is logged before the test begins, it does not see.
    client = start()
    assert client.get("/comments/counts.json").status_code == 200
    body = {"body": "They plunge."}
    answer = client.post("/comments/api/v1/threads/pelicans/comments", json=body, headers=HEADERS)
    refused(answer)
    assert answer.mimetype == "application/problem+json"
    assert json.loads(answer.text)["code"] == "unavailable"
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    # A plain form comes back with what was typed, in the reader's language, and without secrets.
    chinese = {**HEADERS, "Accept-Language": "zh-CN"}
    typed = {"body": "They <b>plunge</b>.", "password": "hunter22"}
    answer = client.post("/comments/threads/pelicans", data=typed, headers=chinese)
    refused(answer)
    assert 'lang="zh-CN"' in answer.text
    assert "They &lt;b&gt;plunge&lt;/b&gt;." in answer.text
    assert "hunter22" not in answer.text
    refused(client.get("/comments/sign-in"))
    refused(client.post("/comments/threads/pelicans", data={"body": "x" * 300_000}))
    eventually(lambda: "could not be loaded" in caplog.text)
    assert caplog.text.count("could not be loaded") == 1
    assert "data" in caplog.text, "the log says why"
    obstacle.unlink()
    obstacle.mkdir()
    (obstacle / "comments.sqlite3").write_bytes(empty_sqlite.read_bytes())
    eventually(lambda: client.get("/comments/sign-in").status_code == 200)
