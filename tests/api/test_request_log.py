"""What the log says of a day's acting: each request by its id and route, and nothing of anybody."""

import json
import logging
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from flask import Flask

from comments_service import logs
from comments_service.db import db
from comments_service.errors import InvalidInput
from comments_service.models import Account, Role
from tests import make
from tests.api.signing_in import NEW, sign_up
from tests.conftest import Visitor, link_in

NETWORK = "203.0.113.77"
FAMILY = ("Mallory", "mallory@example.org", "Their whole words.", NEW["email"], NEW["password"])


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"trusted_proxies": 1}


@pytest.fixture(params=logs.FORMS)
def written(request: pytest.FixtureRequest) -> Iterator[StringIO]:
    """What the service's loggers write in one of the forms, requests included."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.ForPrograms() if request.param == logs.JSON else logs.ForPeople())
    ours, requests = (logging.getLogger(f"comments_service{name}") for name in ("", ".requests"))
    # Where Pelican was loaded in this process, a logger says nothing twice.
    before, filters = ours.level, requests.filters
    requests.filters = []
    ours.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    yield stream
    ours.removeHandler(handler)
    ours.setLevel(before)
    requests.filters = filters


def act(app: Flask, guest: Visitor, emails: Any) -> list[str]:
    """A day: what was typed, and what opens something."""
    make.thread()
    headers = {"X-Forwarded-For": NETWORK}
    sign_up(guest, "json")
    path = link_in(emails()[0][2])
    guest.post(path)
    guest.post(path)
    guest.call("POST", "session", {"email": FAMILY[1], "password": "wrong, of course"})
    said = {"body": FAMILY[2], "name": FAMILY[0], "email": FAMILY[1]}
    Visitor(app).post("/comments/threads/pelicans", said, headers=headers)
    Visitor(app).call("POST", "threads/pelicans/comments", {**said, "parent": "x"}, headers=headers)
    Visitor(app).get(f"/comments/confirm/{FAMILY[0]}?q={FAMILY[1]}", headers=headers)
    make.account("Mona", role=Role.MODERATOR)
    mona = Visitor(app).sign_in("mona@example.org")
    mona.get(f"/comments/moderation/?q={FAMILY[1]}")
    cookies = [each.value for each in (guest.client._cookies or {}).values()]
    return [*FAMILY, NETWORK, "mona@example.org", path.rpartition("/")[2], *cookies]


def test_a_days_acting_leaves_nobody_in_the_log(
    app: Flask, guest: Visitor, emails: Any, written: StringIO
) -> None:
    @app.get("/comments/broken/<token>")
    def broken(token: str) -> str:
        """As a fault of ours: by a database's error, whose text has what was written."""
        db.session.add_all(
            Account(name=FAMILY[0], name_key="x", email=FAMILY[1], public_id="y") for _ in range(2)
        )
        db.session.flush()
        return token

    @app.get("/comments/lost/<token>")
    def lost(token: str) -> str:
        raise KeyError(f"nothing\n{token}")

    for name in ("broken", "lost"):
        assert guest.get(f"/comments/{name}/a-secret-token").status_code == 500
    typed = [*act(app, guest, emails), "a-secret-token"]
    text = written.getvalue()
    assert len(text.splitlines()) > 10
    for each in typed:
        assert len(each) < 6 or each not in text, each
    assert "IntegrityError" in text
    assert "KeyError" in text
    assert "GET /comments/lost/<token> failed" in text
    assert "test_request_log.py" in text


@pytest.mark.parametrize("written", [logs.JSON], indirect=True)
def test_each_answer_has_an_id_and_the_log_tells_it_by_its_route(
    app: Flask, guest: Visitor, written: StringIO
) -> None:
    make.thread()
    answers = [guest.get("/comments/threads/pelicans"), guest.get("/comments/nothing/here")]
    ids = [each.headers["X-Request-Id"] for each in answers]
    assert len(set(ids)) == 2
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [each["request"] for each in lines] == ids
    first, second = lines
    assert (first["method"], first["route"], first["status"]) == (
        "GET",
        "/comments/threads/<thread_id>",
        200,
    )
    assert first["milliseconds"] >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["at"])
    assert (second["route"], second["status"]) == ("none", 404)


def test_a_proxys_id_is_taken_over_and_nothing_that_is_none(guest: Visitor) -> None:
    def asked(given: str) -> str:
        answer = guest.get("/comments/healthz", headers={"X-Request-Id": given})
        return answer.headers["X-Request-Id"]

    assert asked("0af7651916cd43dd8448eb211c80319c") == "0af7651916cd43dd8448eb211c80319c"
    for given in ("short", "x" * 65, "a b c d e f g h", "<script>alert(1)</script>"):
        assert re.fullmatch(r"[0-9a-f]{16}", asked(given))


class TestWithoutProxies:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {}

    def test_a_client_names_no_request(self, guest: Visitor) -> None:
        given = "0af7651916cd43dd8448eb211c80319c"
        answer = guest.get("/comments/healthz", headers={"X-Request-Id": given})
        assert answer.headers["X-Request-Id"] != given


@pytest.mark.parametrize("form", logs.FORMS)
def test_a_text_begins_no_line_of_its_own(form: str) -> None:
    handler = logs.ForPrograms() if form == logs.JSON else logs.ForPeople()
    hostile = 'a\n{"level": "info"}\r\x1b[2K'
    record = logging.LogRecord(
        "x", logging.ERROR, "x", 1, "%s fails", (f"one\x1b[2K{hostile}",), None
    )
    said = handler.format(record)
    assert len(said.splitlines()) == 1
    assert "\x1b" not in said
    try:
        raise InvalidInput(hostile)
    except InvalidInput as error:
        record.exc_info = (type(error), error, error.__traceback__)
    said = handler.format(record)
    assert '{"level": "info"}' not in [line.strip() for line in said.splitlines()]
    assert "\x1b" not in said
