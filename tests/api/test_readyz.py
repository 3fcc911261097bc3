"""Whether the service lives and is ready: it says so while its database answers and its workers live."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from comments_service import create_app, health, supervision
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Email, Thread, now
from comments_service.supervision import Pulse
from tests import make
from tests.conftest import Visitor, settings_for

HEALTHZ = "/comments/healthz"
READYZ = "/comments/readyz"


def states(answer: object) -> dict[str, str]:
    return {name: each["state"] for name, each in answer.json["checks"].items()}  # type: ignore[attr-defined]  # an answer


def test_it_is_ready_while_its_workers_give_signs_of_life(
    app: Flask, settings: Settings, guest: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert guest.get(READYZ).status_code == 200
    app.extensions["pulses"] = [Pulse("publisher", settings), Pulse("outbox", settings)]
    answer = guest.get(READYZ)
    assert (answer.status_code, answer.json["ready"], answer.json["late"]) == (200, True, [])
    checked = ("database", "disk", "outbox", "workers", "snapshots", "backup")
    assert states(answer) == dict.fromkeys(checked, "ok")
    assert answer.headers["Cache-Control"] == "no-store"
    monkeypatch.setattr(supervision, "LATE_SECONDS", -1.0)
    answer = guest.get(READYZ)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json["ready"] is False
    assert answer.json["late"] == ["publisher", "outbox"]
    assert answer.json["checks"]["workers"] == {
        "state": "failed",
        "late": ["publisher", "outbox"],
        "do": "Start the service anew; its log says more.",
    }


@pytest.mark.enable_socket
def test_it_is_not_ready_without_its_database_and_lives(tmp_path: Path) -> None:
    away = create_app(settings_for("postgresql://nobody@127.0.0.1:1/none", tmp_path))
    with away.app_context():
        answer = Visitor(away).get(READYZ)
        assert Visitor(away).get(HEALTHZ).json == {"alive": True}
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert states(answer)["database"] == "failed"
    assert "start it" in answer.json["checks"]["database"]["do"]
    assert "127.0.0.1" not in answer.text


def test_whether_it_lives_asks_the_database_nothing(guest: Visitor, statements: list[str]) -> None:
    assert guest.get(HEALTHZ).json == {"alive": True}
    assert statements == []


def test_a_full_disk_is_said(
    guest: Visitor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.published.mkdir(exist_ok=True)
    monkeypatch.setattr(health, "LOW_BYTES", 10**30)
    answer = guest.get(READYZ)
    assert (answer.status_code, states(answer)["disk"]) == (503, "failed")
    assert answer.json["checks"]["disk"]["do"] == "A disk is full: make room."


def test_what_waits_beside_the_requests_is_a_warning(
    app: Flask, settings: Settings, guest: Visitor
) -> None:
    thread = make.thread()
    make.comment()
    with writing():
        long_ago = now() - timedelta(hours=1)
        db.session.add(Email(recipient="rhea@example.org", next_attempt_at=long_ago))
    Pulse("publisher", settings).beat({"Publishing the thread pelicans": "It is damaged."})
    answer = guest.get(READYZ)
    assert answer.status_code == 200
    assert states(answer)["outbox"] == states(answer)["snapshots"] == "warn"
    assert answer.json["checks"]["outbox"]["oldest_seconds"] >= 3_600
    assert answer.json["checks"]["snapshots"]["behind"] == 1
    assert answer.json["checks"]["snapshots"]["failing"] == 1
    for word in ("rhea", thread.id, "damaged"):
        assert word not in answer.text


@pytest.mark.parametrize("many", [1, 1_200])
def test_it_asks_little_of_the_database_however_much_there_is(
    app: Flask, guest: Visitor, statements: list[str], many: int
) -> None:
    with writing():
        rows = [{"id": f"t-{each}", "url": "http://blog.test/", "title": "T"}
                for each in range(many)]  # fmt: skip
        db.session.execute(Thread.__table__.insert(), rows)  # type: ignore[attr-defined]  # a table
    statements.clear()
    assert guest.get(READYZ).json["checks"]["snapshots"]["behind"] == min(many, health.MOST)
    assert len(statements) == 3
