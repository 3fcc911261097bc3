"""While the application is loading, or cannot be loaded, whoever writes is asked to come again."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from comments_service import loading
from comments_service.front import Front, Limits
from tests import rsgi
from tests.conftest import SITE, settings_for

HEADERS = {"Origin": SITE}
Ask = Callable[..., TestResponse]


@pytest.fixture
def starting(
    tmp_path: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Callable[[], Ask], Path]:
    """Starts a service that cannot be loaded until a folder appears that its database is to lie in."""
    monkeypatch.setattr(loading, "RETRY_SECONDS", 0.1)
    obstacle = tmp_path / "data"
    obstacle.touch()
    settings = settings_for(f"sqlite:///{obstacle}/comments.sqlite3", tmp_path)
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "counts.json").write_text("{}")
    (tmp_path / "output").mkdir(exist_ok=True)
    (tmp_path / "output" / "404.html").write_text("not here")
    return lambda: partial(rsgi.ask, Front(settings, Limits(loading_seconds=0.1))), obstacle


def refused(answer: TestResponse) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_json_and_forms_are_asked_to_come_again_and_it_heals_without_a_restart(
    starting: tuple[Callable[[], Ask], Path],
    empty_sqlite: Path,
    caplog: pytest.LogCaptureFixture,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    start, obstacle = starting
    # Not by the fixture: what is logged before the test begins, it does not see.
    ask = start()
    assert ask("GET", "/comments/counts.json").status_code == 200
    body = {"body": "They plunge."}
    answer = ask("POST", "/comments/api/v1/threads/pelicans/comments", json=body, headers=HEADERS)
    refused(answer)
    assert answer.mimetype == "application/problem+json"
    assert json.loads(answer.text)["code"] == "unavailable"
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    # A plain form comes back with what was typed, in the reader's language, and without secrets.
    chinese = {**HEADERS, "Accept-Language": "zh-CN"}
    typed = {"body": "They <b>plunge</b>.", "password": "hunter22"}
    answer = ask("POST", "/comments/threads/pelicans", data=typed, headers=chinese)
    refused(answer)
    assert 'lang="zh-CN"' in answer.text
    assert "They &lt;b&gt;plunge&lt;/b&gt;." in answer.text
    assert "hunter22" not in answer.text
    refused(ask("GET", "/comments/sign-in"))
    refused(ask("GET", "/comments/recent.json"))
    assert ask("GET", "/nothing").status_code == 404
    answer = ask("POST", "/comments/threads/pelicans", data={"body": "x" * 300_000})
    assert answer.status_code == 413
    eventually(lambda: "could not be loaded" in caplog.text)
    assert caplog.text.count("could not be loaded") == 1
    assert "data" in caplog.text, "the log says why"
    obstacle.unlink()
    obstacle.mkdir()
    (obstacle / "comments.sqlite3").write_bytes(empty_sqlite.read_bytes())
    eventually(lambda: ask("GET", "/comments/sign-in").status_code == 200)
    eventually(lambda: ask("GET", "/comments/recent.json").status_code == 200)
    assert ask("GET", "/comments/threads/nobody.html").status_code == 404
