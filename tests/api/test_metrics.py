"""Figures for Prometheus: for whoever has the token, and true."""

import os
import re
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Rate, SettingError, Settings, from_environment
from comments_service.models import Role
from comments_service.supervision import Pulse
from tests import make
from tests.api.asking import is_page
from tests.api.people import of_role
from tests.conftest import Answer, Visitor

METRICS = "/comments/metrics"
TOKEN = "m" * 32
LINE = re.compile(r'(postil_[a-z_]+)(?:\{((?:[a-z]+="[a-z0-9]+",?)+)\})? ([0-9.e+]+)')


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"metrics_token": TOKEN, "limit_sign_in": (Rate(3, 900),)}


def read(who: Visitor, token: str | None = TOKEN) -> Answer:
    return who.get(METRICS, headers={"Authorization": token and f"Bearer {token}"})


def figures(answer: Answer) -> dict[tuple[str, str], float]:
    """Each line that is no comment, as Prometheus reads it."""
    found = {}
    for line in answer.text.splitlines():
        if not line.startswith("#"):
            matched = LINE.fullmatch(line)
            assert matched, line
            found[matched[1], matched[2] or ""] = float(matched[3])
    return found


def test_the_figures_are_those_of_the_database_and_of_the_process(
    app: Flask, settings: Settings, guest: Visitor
) -> None:
    of_role(app, "Rhea", Role.READER)
    make.thread()
    for minutes in (5, 90):
        make.comment(held=True, minutes_ago=minutes)
    make.comment()
    Pulse("publisher", settings).beat({"The manifest": "It is not there."})
    guest.get("/comments/nothing")
    answer = read(guest)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = figures(answer)
    assert found["postil_comments", 'status="pending"'] == 2
    assert found["postil_comments", 'status="published"'] == 1
    assert found["postil_comments", 'status="rejected"'] == 0
    assert 5_400 <= found["postil_queue_oldest_seconds", ""] < 5_500
    assert found["postil_outbox_waiting", ""] == 0
    assert found["postil_sessions", 'kind="account"'] == 1
    assert found["postil_threads_behind", ""] == 1
    assert found["postil_disk_free_bytes", ""] > 0
    assert found["postil_worker_faults", 'worker="publisher"'] == 1
    mine = f'process="{os.getpid()}"'
    assert found["postil_answers_total", f'{mine},status="4xx"'] == 1
    assert found["postil_answer_seconds_total", mine] > 0
    # Each is explained once, before its values.
    named = {name for name, _ in found}
    for kind in ("HELP", "TYPE"):
        assert sorted(re.findall(rf"(?m)^# {kind} (\S+)", answer.text)) == sorted(named)


def test_nobody_is_named(app: Flask, guest: Visitor) -> None:
    of_role(app, "Rhea", Role.READER)
    make.thread()
    make.comment(name="Quentin")
    for word in ("rhea", "quentin", "pelicans", "@", "/"):
        assert word not in read(guest).text.lower().replace("in/out", "")


def test_without_the_token_there_is_an_answer_that_says_so(guest: Visitor) -> None:
    for token in (None, "", "x" * 32):
        assert read(guest, token).status_code == 401
    # A guess costs as much as a wrong password; the right one is not kept waiting.
    assert read(guest, "y" * 32).status_code == 429
    assert read(guest).status_code == 200


def test_no_session_stands_in_for_the_token(owner: Visitor) -> None:
    assert read(owner, None).status_code == 401


@pytest.mark.parametrize("changed_settings", [{}], ids=["off"])
def test_where_no_token_is_set_there_is_nothing(guest: Visitor, owner: Visitor) -> None:
    for who in (guest, owner):
        answer = read(who)
        assert answer.status_code == 404
        assert is_page(answer)


def test_the_figures_cost_as_many_queries_whatever_there_is(
    app: Flask, guest: Visitor, statements: list[str]
) -> None:
    asked = []
    make.thread()
    for first, last in ((1, 2), (2, 300)):
        make.many([{"id": number} for number in range(first, last)])
        statements.clear()
        read(guest)
        asked.append(len(statements))
    assert asked[0] == asked[1] == 5


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(SettingError, match="COMMENTS_METRICS_TOKEN"):
        from_environment({"COMMENTS_METRICS_TOKEN": "short"})
