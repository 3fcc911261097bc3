"""The database is away, locked or read-only: reading goes on and no text is lost."""

import contextvars
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Comment, Role
from tests import make
from tests.api.asking import GUEST, is_page, is_problem, routes, shaped
from tests.api.people import of_role
from tests.conftest import API, SITE, Answer, Visitor


@pytest.fixture
def impatient(app: Flask) -> None:
    """Wait a tenth of a second for a lock, where the service itself waits for five."""

    @event.listens_for(db.engine, "connect")
    def _(connection: Any, _record: object) -> None:
        if db.engine.dialect.name == "sqlite":
            connection.execute("PRAGMA busy_timeout=100")
        else:
            connection.execute("SET lock_timeout = '100ms'")
            connection.commit()

    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def locked(app: Flask, settings: Settings, impatient: None) -> Any:
    """Another program holds everything that could be written, while this is entered."""

    @contextmanager
    def lock() -> Iterator[None]:
        db.session.rollback()
        url = sa.make_url(settings.database_url)
        if url.get_backend_name() == "sqlite":
            other = sqlite3.connect(str(url.database), isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
            other.close()
            return
        plain = settings.database_url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(plain) as holding:
            names = (
                "comments",
                "sessions",
                "threads",
                "accounts",
                "tokens",
                "rate_counts",
                "outbox",
            )
            holding.execute(f"LOCK TABLE {', '.join(names)} IN EXCLUSIVE MODE")
            yield

    return lock


def unavailable(answer: Answer) -> bool:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert "Set-Cookie" not in answer.headers
    return True


def test_while_another_program_holds_the_database_reading_goes_on_and_no_text_is_lost(
    app: Flask, guest: Visitor, locked: Any
) -> None:
    make.thread()
    guest.call("POST", "threads/pelicans/comments", GUEST)
    token = "x" * 43
    with locked():
        assert "They scoop" in guest.get("/comments/threads/pelicans").text.replace(
            "<em>", ""
        ).replace("</em>", "")
        assert guest.call("GET", "me?thread=pelicans").json["comments"]
        assert guest.get("/comments/comment/1/edit").status_code == 200

        text = "A long thought, dearly paid for."
        answer = guest.call("POST", "threads/pelicans/comments", {**GUEST, "body": text})
        assert unavailable(answer)
        assert is_problem(answer, "unavailable")
        for path in ("/comments/threads/pelicans", "/comments/comment/1/edit"):
            answer = guest.post(path, {**GUEST, "body": text, "act": "post"})
            assert unavailable(answer)
            assert f"{text}</textarea>" in answer.text
        for method, path, data in (
            ("PATCH", "comments/1", {"body": text}),
            ("DELETE", "comments/1", None),
            ("POST", "session", {"email": "a@example.org", "password": token}),
            (
                "POST",
                "accounts",
                {"name": "A", "email": "a@example.org", "password": token[:-2] + "yz"},
            ),
            ("DELETE", "session", None),
        ):
            answer = guest.call(method, path, data)
            assert unavailable(answer)
            assert is_problem(answer, "unavailable")
        for path, data in {
            "comment/1/delete": {},
            "sign-in": {"email": "a@example.org", "password": token},
            "forgot": {"email": "a@example.org"},
        }.items():
            answer = guest.post(f"/comments/{path}", data)
            assert unavailable(answer)
            assert is_page(answer)
            assert token not in answer.text
    assert db.session.query(Comment).count() == 1
    assert guest.post("/comments/threads/pelicans", {**GUEST, "body": text}).status_code == 303


@pytest.fixture
def read_only(app: Flask, impatient: None) -> Any:
    """Let the database refuse every write, as a full disk, a standby or a read-only mount does."""

    def refuse() -> None:
        db.session.remove()
        db.engine.dispose()
        word = {
            "sqlite": "PRAGMA query_only=ON",
            "postgresql": "SET default_transaction_read_only=on",
        }[db.engine.dialect.name]

        @event.listens_for(db.engine, "connect")
        def _(connection: Any, _record: object) -> None:
            connection.execute(word)
            connection.commit()

    return refuse


def test_a_database_that_refuses_writes_is_503_and_reading_goes_on(
    app: Flask, read_only: Any
) -> None:
    make.thread()
    make.comment()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    guest = Visitor(app)
    read_only()
    assert "They scoop." in guest.get("/comments/threads/pelicans").text
    assert moderator.get("/comments/moderation/").status_code == 200
    text = "A long thought, dearly paid for."
    for visitor in (guest, moderator):
        answer = visitor.call("POST", "threads/pelicans/comments", {**GUEST, "body": text})
        assert unavailable(answer)
        assert is_problem(answer, "unavailable")
        answer = visitor.post("/comments/threads/pelicans", {**GUEST, "body": text})
        assert unavailable(answer)
        assert f"{text}</textarea>" in answer.text
    assert unavailable(moderator.call("POST", "comments/1/decisions", {"decision": "spam"}))
    answer = moderator.post("/comments/moderation/decisions", {"comment": "1", "decision": "spam"})
    assert unavailable(answer)


# Engines that share what they have compiled do not hear of their own connections.
@pytest.mark.usefixtures("unhurried")
def test_a_database_that_is_gone_is_503_everywhere_and_keeps_the_text(
    app: Flask, settings: Settings, impatient: None
) -> None:
    make.thread()
    make.comment()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    db.session.remove()
    db.engine.dispose()

    @event.listens_for(db.engine, "do_connect")
    def gone(*_: Any) -> None:
        if db.engine.dialect.name == "sqlite":
            raise sqlite3.OperationalError("unable to open database file")
        raise psycopg.OperationalError("connection refused")

    text = "A long thought, dearly paid for."
    try:
        for visitor in (Visitor(app), moderator):
            for method, path in routes(app, safe=True):
                # Who asks nothing of the database is answered without it.
                if path.endswith(("openapi.json", "proof-of-work")) or method == "HEAD":
                    continue
                answer = visitor._open(method, path)
                # A stranger is sent to sign in without a question to the database.
                if answer.status_code not in (200, 303, 401):
                    assert unavailable(answer)
                    # A program reads each of its checks.
                    assert path == "/comments/readyz" or shaped(answer, path)
            answer = visitor.call("POST", "threads/pelicans/comments", {**GUEST, "body": text})
            assert unavailable(answer)
            assert is_problem(answer, "unavailable")
            for path in ("threads/pelicans", "comment/1/edit"):
                answer = visitor.post(
                    f"/comments/{path}", {**GUEST, "body": text, "password": "never shown"}
                )
                assert unavailable(answer)
                assert f"{text}</textarea>" in answer.text
                assert 'name="name" value="Gus"' in answer.text
                assert "never shown" not in answer.text
    finally:
        event.remove(db.engine, "do_connect", gone)
    assert "They scoop." in moderator.get("/comments/threads/pelicans").text


def test_many_at_once_are_all_answered(app: Flask) -> None:
    """Twelve write at the same moment, to one thread: nothing is lost, nothing fails."""
    make.thread()
    codes: list[int] = []

    def write(number: int) -> None:
        data = {"name": "Gus", "body": f"Number {number}."}
        client = app.test_client()
        for _ in range(3):
            answer = contextvars.Context().run(
                client.post,
                f"{API}threads/pelicans/comments",
                json=data,
                base_url=SITE,
                headers={"Origin": SITE},
            )
            codes.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert codes == [202] * 36
    db.session.rollback()
    assert db.session.query(Comment).count() == 12
