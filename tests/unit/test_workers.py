"""Workers: what they do is done whatever else fails, inside the process that answers or outside of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import supervision, workers
from comments_service.config import Settings, written
from comments_service.db import db
from comments_service.loading import Service
from comments_service.supervision import OUTBOX, PUBLISHER, Pulse, sign
from comments_service.workers import Worker
from tests import make
from tests.conftest import Visitor
from tests.mailing import MailServer, an_email, by_mail, folder, server
from tests.sites import ROOT

__all__ = ["by_mail", "folder", "server"]  # fixtures


def test_a_step_that_fails_stops_no_other_and_is_told(
    app: Flask,
    settings: Settings,
    eventually: Callable[[Callable[[], bool]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "POLL_SECONDS", 0.01)
    done: list[str] = []

    def fail(_settings: Settings, _beat: Callable[[], None]) -> None:
        raise ValueError("of one page")

    def work(_settings: Settings, _beat: Callable[[], None]) -> None:
        done.append("work")

    worker = Worker(OUTBOX, {"Failing": fail, "Working": work}, app, settings)
    worker.start()
    eventually(lambda: len(done) > 2)
    worker.stop()
    assert not worker.is_alive()
    said = sign(OUTBOX, settings)
    assert said is not None
    assert said.faults == {"Failing": "ValueError: of one page"}


@pytest.mark.enable_socket
def test_the_worker_outlives_a_database_that_is_away_and_delivers_then(
    app: Flask,
    by_mail: Settings,
    server: MailServer,
    eventually: Callable[[Callable[[], bool]], None],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "POLL_SECONDS", 0.1)

    def rename(old: str, new: str) -> None:
        with db.engine.begin() as connection:
            connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))

    worker = Worker(OUTBOX, workers.STEPS[OUTBOX], app, by_mail)
    rename("outbox", "away")
    try:
        worker.start()
        eventually(lambda: "Sending e-mails waits" in caplog.text)
    finally:
        rename("away", "outbox")
    an_email()
    eventually(lambda: len(server.got) == 1)
    worker.stop()
    assert not worker.is_alive()


@pytest.mark.enable_socket
def test_a_process_of_its_own_publishes_and_sends_until_it_is_stopped(
    app: Flask,
    by_mail: Settings,
    server: MailServer,
    tmp_path: Path,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    make.thread()
    make.comment(body="They scoop.")
    an_email()
    db.session.remove()
    given = {
        "SITE_URL": by_mail.site_url,
        "COMMENTS_DATABASE_URL": by_mail.database_url,
        "COMMENTS_PUBLISHED": written(by_mail.published),
        "COMMENTS_OUTPUT": "",
        "COMMENTS_MANIFEST": str(tmp_path / "none.json"),
        "COMMENTS_MAIL_URL": by_mail.mail_url,
        "COMMENTS_SECRET_KEY": "x" * 40,
        "COMMENTS_WORKERS": "outside",
    }
    command = [sys.executable, "-m", "flask", "--app", "comments_service", "comments", "work"]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **given}, stdout=subprocess.PIPE, text=True
    )
    try:
        fragment = by_mail.published / "threads/pelicans.html"
        eventually(lambda: len(server.got) == 1)
        eventually(lambda: fragment.exists() and "They scoop." in fragment.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30)[0] == "Publishing and sending.\n"
        assert process.returncode == 0
    finally:
        process.kill()
    for each in supervision.WORKERS:
        said = sign(each, by_mail)
        assert said is not None
        assert not said.late


def test_a_service_whose_workers_are_outside_runs_none(
    app: Flask, settings: Settings, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    service = Service(replace(settings, workers="outside"))
    eventually(service.loaded.done)
    assert service.app is not None
    assert "publisher" not in service.app.extensions
    assert sign(OUTBOX, settings) is None


def test_who_asks_whether_it_is_ready_hears_of_workers_outside_that_stand_still(
    app: Flask, settings: Settings, guest: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.extensions["settings"] = replace(settings, workers="outside")

    def heard() -> tuple[bool, list[str], str]:
        answer = guest.get("/comments/readyz")
        assert answer.status_code == 200
        said = answer.json
        return said["ready"], said["late"], said["checks"]["workers"]["state"]

    assert heard() == (True, [*supervision.WORKERS], "warn")
    for each in supervision.WORKERS:
        Pulse(each, settings).beat({})
    assert heard() == (True, [], "ok")
    os.utime(settings.published / f".{PUBLISHER}.json", (0, 0))
    assert heard() == (True, [PUBLISHER], "warn")


def test_the_doctor_says_that_nobody_works_outside(app: Flask, settings: Settings) -> None:
    app.extensions["settings"] = replace(settings, workers="outside")
    said = app.test_cli_runner().invoke(args=["comments", "doctor"]).output
    for each in supervision.WORKERS:
        assert f"There is no {each}: COMMENTS_WORKERS is outside" in said
