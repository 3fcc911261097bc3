"""The limit first, the cost after: what is refused hashes no password, and two are hashed at once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher
from flask import Flask

from comments_service import rate_limits
from comments_service.accounts import passwords, tokens
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import Account, RateCount
from tests import make
from tests.api.people import visiting
from tests.conftest import Visitor

NEW = "another horse battery"


class Watched(PasswordHasher):
    """Notes how often it is asked, and by how many at once; holds them all where a test says so."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.asked = self.inside = self.most = 0
        self.go = threading.Event()
        self.go.set()
        self._lock = threading.Lock()

    def _at_work(self) -> None:
        with self._lock:
            self.asked += 1
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.go.wait(30)
        with self._lock:
            self.inside -= 1

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self._at_work()
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self._at_work()
        return super().verify(hash, password)


@pytest.fixture
def hasher(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    watched = Watched()
    monkeypatch.setattr(passwords, "_hasher", watched)
    passwords._nobody()
    make.secret()
    watched.asked = watched.most = 0
    yield watched
    watched.go.set()


def reader(app: Flask) -> Visitor:
    found = db.session.query(Account).first()
    return visiting(app, found or make.account())


def reset_path() -> str:
    account = db.session.query(Account).first() or make.account()
    with writing():
        return f"/comments/reset/{tokens.make(tokens.ResetPassword(), account)}"


Send = Callable[[Visitor, int], Any]

# Everything that has a password hashed; the number tells one attempt from the next.
ACTS: dict[str, Send] = {
    "sign up": lambda who, number: who.call(
        "POST",
        "accounts",
        {"name": f"N {number}", "email": f"n{number}@example.org", "password": NEW},
    ),
    "sign up by form": lambda who, number: who.post(
        "/comments/sign-up",
        {"name": f"N {number}", "email": f"n{number}@example.org", "password": NEW},
    ),
    "sign in": lambda who, number: who.call(
        "POST", "session", {"email": "rhea@example.org", "password": f"wrong {number}"}
    ),
    "sign in by form": lambda who, number: who.post(
        "/comments/sign-in", {"email": "rhea@example.org", "password": f"wrong {number}"}
    ),
    "change": lambda who, number: who.post(
        "/comments/account/password", {"old_password": f"wrong {number}", "password": NEW}
    ),
    "confirm": lambda who, number: who.post("/comments/confirm", {"password": f"wrong {number}"}),
}
SIGNED_IN = ("change", "confirm")


def someone(app: Flask, act: str) -> Visitor:
    return reader(app) if act in SIGNED_IN else Visitor(app)


class TestRefused:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"limit_sign_in": (Rate(2, 900),), "limit_sign_up": (Rate(2, 3_600),)}

    @pytest.mark.parametrize("act", ACTS)
    def test_what_a_limit_refuses_hashes_nothing(
        self, app: Flask, hasher: Watched, act: str
    ) -> None:
        who = someone(app, act)
        for number in range(2):
            assert ACTS[act](who, number).status_code != 429
        assert hasher.asked == 2
        for number in range(2, 6):
            assert ACTS[act](who, number).status_code == 429
        assert hasher.asked == 2

    def test_right_passwords_are_hashed_so_often_and_no_more(
        self, app: Flask, hasher: Watched
    ) -> None:
        make.account()
        given = {"email": "rhea@example.org", "password": make.PASSWORD}
        answers = [Visitor(app).call("POST", "session", given).status_code for _ in range(41)]
        assert answers == [201] * 40 + [429]
        assert hasher.asked == 40

    def test_one_link_is_not_worth_any_number_of_hashes(self, app: Flask, hasher: Watched) -> None:
        path = reset_path()
        token = tokens.find(tokens.ResetPassword, path.rpartition("/")[2])
        limits = passwords.work(f"reset-{token.id}", (Rate(2, 900),))
        for _ in range(40):
            with rate_limits.counted(limits, "As many sent the link at this moment."):
                pass
        assert Visitor(app).post(path, {"password": NEW}).status_code == 429
        assert hasher.asked == 0

    @pytest.mark.parametrize("act", ["sign up", "sign up by form"])
    def test_a_name_that_is_taken_costs_no_hash_and_is_not_counted(
        self, app: Flask, hasher: Watched, act: str
    ) -> None:
        for number in range(3):
            make.account(f"N{number}")
            answer = ACTS[act](Visitor(app), number)
            assert answer.status_code == 422
        assert hasher.asked == 0
        assert db.session.query(RateCount).count() == 0


class TestManyAtOnce:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        often = (Rate(1000, 900),)
        return {"limit_sign_in": often, "limit_sign_up": often}

    @pytest.mark.parametrize("act", ACTS)
    def test_two_are_hashed_at_once_some_wait_and_the_rest_come_again(
        self, app: Flask, hasher: Watched, monkeypatch: pytest.MonkeyPatch, act: str
    ) -> None:
        """Those who wait do so for as long as it takes here, so that nothing depends on the clock."""
        monkeypatch.setattr(passwords, "WAIT_SECONDS", 30)
        people = [someone(app, act) for _ in range(12)]
        places = passwords.AT_ONCE + passwords.WAITING
        hasher.go.clear()
        refused = threading.Semaphore(0)

        def send(number: int) -> Any:
            with app.app_context():
                answer = ACTS[act](people[number], number)
            if answer.status_code == 503:
                refused.release()
            return answer

        with ThreadPoolExecutor(12) as pool:
            sent = [pool.submit(send, number) for number in range(12)]
            for _ in range(12 - places):
                assert refused.acquire(timeout=30)
            hasher.go.set()
        answers = [each.result() for each in sent]
        assert hasher.most == passwords.AT_ONCE
        busy = [each for each in answers if each.status_code == 503]
        assert len(busy) == 12 - places
        for each in busy:
            assert int(each.headers["Retry-After"]) > 0
            if each.mimetype == "application/problem+json":
                assert each.json["code"] == "busy"
            else:
                assert "try again in a few seconds" in each.text

    def test_what_was_not_tried_is_not_counted(
        self, app: Flask, hasher: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords, "_places", threading.BoundedSemaphore(1))
        with passwords._turn():
            for number, (name, act) in enumerate(ACTS.items()):
                assert act(someone(app, name), number).status_code == 503
        assert hasher.asked == 0
        db.session.rollback()
        assert {each.count for each in db.session.query(RateCount)} == {0}

    def test_who_waits_too_long_is_asked_to_come_again(
        self, app: Flask, hasher: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.01)
        monkeypatch.setattr(passwords, "_turns", threading.BoundedSemaphore(1))
        with passwords._turn():
            assert ACTS["sign in"](Visitor(app), 0).status_code == 503
        assert ACTS["sign in"](Visitor(app), 0).status_code == 401

    def test_a_busy_moment_spends_no_link(
        self, app: Flask, hasher: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = reset_path()
        with monkeypatch.context() as busy:
            busy.setattr(passwords, "_places", threading.BoundedSemaphore(1))
            with passwords._turn():
                assert Visitor(app).post(path, {"password": NEW}).status_code == 503
        assert Visitor(app).post(path, {"password": NEW}).status_code == 303
