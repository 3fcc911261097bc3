"""Whether the service is ready: it says so while its database answers and its workers live."""

from pathlib import Path

import pytest
from flask import Flask

from comments_service import create_app, supervision
from comments_service.config import Settings
from comments_service.supervision import Pulse
from tests.conftest import Visitor, settings_for

READYZ = "/comments/readyz"


def test_it_is_ready_while_its_workers_give_signs_of_life(
    app: Flask, settings: Settings, guest: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert guest.get(READYZ).status_code == 200
    app.extensions["pulses"] = [Pulse("publisher", settings), Pulse("outbox", settings)]
    answer = guest.get(READYZ)
    assert (answer.status_code, answer.json) == (200, {"ready": True, "late": []})
    assert answer.headers["Cache-Control"] == "no-store"
    monkeypatch.setattr(supervision, "LATE_SECONDS", -1.0)
    answer = guest.get(READYZ)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json == {"ready": False, "late": ["publisher", "outbox"]}


@pytest.mark.enable_socket
def test_it_is_not_ready_without_its_database(tmp_path: Path) -> None:
    away = create_app(settings_for("postgresql://nobody@127.0.0.1:1/none", tmp_path))
    with away.app_context():
        answer = Visitor(away).get(READYZ)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
