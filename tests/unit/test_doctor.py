"""The doctor, by breaking what is around the service: address, clock, proxies, e-mail, files, release."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.cli import surroundings
from comments_service.db import db, writing
from tests.conftest import one_database
from tests.service import free_port

ALIVE = json.dumps({"alive": True}).encode()


class Web:
    """A web server of this machine that answers as it is told."""

    status, body, moment = 200, ALIVE, datetime.now(UTC)

    def __init__(self) -> None:
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response_only(told.status)
                self.send_header("Date", format_datetime(told.moment, usegmt=True))
                self.send_header("Content-Length", str(len(told.body)))
                self.end_headers()
                self.wfile.write(told.body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/comments/healthz"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    yield made
    made.stop()


def address(url: str) -> list[str]:
    return list(surroundings.of_the_address(url))


@pytest.mark.enable_socket
class TestAddress:
    def test_one_that_leads_to_the_service_is_well(self, web: Web) -> None:
        web.moment = datetime.now(UTC)
        assert address(web.url) == []

    @pytest.mark.parametrize("status", [404, 500, 502])
    def test_one_that_leads_elsewhere_is_told_with_what_to_do(self, web: Web, status: int) -> None:
        web.status = status
        [said] = address(web.url)
        assert f"answers {status}" in said
        assert "hand /comments/ on" in said

    @pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b'{"alive": false}'])
    def test_a_page_of_somebody_else_is_not_taken_for_ours(self, web: Web, body: bytes) -> None:
        web.body = body
        assert "something else" in address(web.url)[0]

    def test_one_that_nobody_answers_is_told(self) -> None:
        [said] = address(f"http://127.0.0.1:{free_port()}/comments/healthz")
        assert "does not answer" in said
        assert "Is the service running?" in said

    @pytest.mark.parametrize("hours", [-3, 3])
    def test_a_clock_that_is_wrong_is_told(self, web: Web, hours: int) -> None:
        web.moment = datetime.now(UTC) + timedelta(hours=hours)
        [said] = address(web.url)
        assert "seconds apart" in said
        assert "time server" in said


def test_a_date_that_is_none_says_nothing_of_a_clock() -> None:
    assert surroundings.seconds_apart("") == 0
    assert surroundings.seconds_apart("yesterday") == 0


def doctor(app: Flask) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["comments", "doctor"])
    return done.exit_code, done.output


@one_database
class TestPublicBlog:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {
            "site_url": "https://127.0.0.1:1",
            "comments_url": "https://127.0.0.1:1/comments/",
            "secret_key": "k",
        }

    @pytest.mark.enable_socket
    def test_what_it_needs_and_lacks_is_told(self, app: Flask) -> None:
        status, said = doctor(app)
        assert status == 1
        assert "does not answer" in said
        assert "COMMENTS_TRUSTED_PROXIES is 0" in said
        assert "COMMENTS_MAIL_URL is empty" in said


@one_database
def test_a_preview_is_asked_nothing_of_that(app: Flask) -> None:
    _, said = doctor(app)
    for name in ("healthz", "COMMENTS_TRUSTED_PROXIES", "COMMENTS_MAIL_URL"):
        assert name not in said


def test_a_database_of_another_release_is_told_before_anything_fails(app: Flask) -> None:
    before = db.session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    try:
        with writing():
            db.session.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
        status, said = doctor(app)
    finally:
        with writing():
            restored = sa.text("UPDATE alembic_version SET version_num = :before")
            db.session.execute(restored, {"before": before})
    assert status == 1
    assert "db upgrade" in said
    assert not list(surroundings.of_the_release())


def test_secrets_that_everybody_can_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    env, key = Path(".env"), Path("var/secret-key")
    key.parent.mkdir()
    for path, text in ((env, "SITE_URL=https://example.org\n"), (key, "k")):
        path.write_text(text)
        path.chmod(0o644)
    assert list(surroundings.of_the_files()) == [
        "var/secret-key holds secrets, and every user of this machine can read it:"
        " run `chmod 600 var/secret-key`."
    ]
    env.write_text("COMMENTS_METRICS_TOKEN=something\n")
    assert len(list(surroundings.of_the_files())) == 2
    for path in (env, key):
        path.chmod(0o600)
    assert list(surroundings.of_the_files()) == []
