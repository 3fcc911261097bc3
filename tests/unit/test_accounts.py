"""Accounts: signing in and up, and whoever guesses at it."""

import threading
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask

from comments_service import config, sessions
from comments_service.accounts import password_reset, passwords, registration, tokens
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.errors import (
    InvalidInput,
    NotAllowed,
    TooMany,
    WrongCredentials,
)
from comments_service.models import (
    Account,
    Email,
    Identity,
    Session,
)
from tests import make
from tests.unit.signing_in import begun, link, sign_in, sign_up

# ---- signing in


def test_whoever_knows_the_password_gets_a_session(app: Flask) -> None:
    make.account()
    session, token = sign_in("RHEA@example.org")
    assert sessions.of_token(token) is session
    assert db.session.query(Identity).one().used_at is not None


@pytest.mark.parametrize("why", ["nobody", "password", "unverified"])
def test_every_failure_answers_alike(app: Flask, why: str) -> None:
    make.account(verified=why != "unverified")
    email = "nobody@example.org" if why == "nobody" else "rhea@example.org"
    with pytest.raises(WrongCredentials) as refused:
        sign_in(email, "wrong password" if why == "password" else make.PASSWORD)
    assert refused.value.detail == WrongCredentials.title
    assert db.session.query(Session).count() == 0


class Counting(PasswordHasher):
    """Remembers what was asked of it, in its order: that is what takes time."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.asked: list[str] = []

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.asked.append("hash")
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.asked.append("verify")
        return super().verify(hash, password)


def test_a_process_works_as_long_for_a_stranger_as_for_a_wrong_password_from_the_first_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.account()
    for email in ("nobody@example.org", "rhea@example.org"):
        hasher = Counting()
        monkeypatch.setattr(passwords, "_hasher", hasher)
        passwords._nobody.cache_clear()
        for work in (["hash", "verify"], ["verify"]):
            with pytest.raises(WrongCredentials):
                sign_in(email, "wrong password")
            assert hasher.asked == work
            hasher.asked.clear()


def test_a_stored_password_that_is_damaged_lets_nobody_in(app: Flask) -> None:
    make.account()
    with writing():
        db.session.execute(sa.update(Identity).values(secret="not a hash"))
    with pytest.raises(WrongCredentials):
        sign_in()


def test_a_hash_with_weaker_parameters_is_made_anew_at_sign_in(
    app: Flask, cheap_passwords: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.account()
    monkeypatch.setattr(passwords, "_hasher", cheap_passwords)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(make.PASSWORD)
    with writing():
        db.session.execute(sa.update(Identity).values(secret=weak))
    sign_in()
    db.session.rollback()
    stored = db.session.scalars(sa.select(Identity.secret)).one()
    assert stored != weak
    assert "$m=65536," in stored
    sign_in()


class TestGuessing:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"limit_sign_in": (Rate(2, 900),), "limit_sign_up": (Rate(2, 3600),)}

    def test_guessing_is_stopped_even_with_the_right_password(self, app: Flask) -> None:
        make.account()
        for _ in range(2):
            with pytest.raises(WrongCredentials):
                sign_in(password="wrong")
        with pytest.raises(TooMany):
            sign_in()
        make.account("Max")
        sign_in("max@example.org")

    def test_getting_in_starts_the_count_anew(self, app: Flask) -> None:
        make.account()
        for _ in range(2):
            with pytest.raises(WrongCredentials):
                sign_in(password="wrong")
            sign_in()

    def test_emails_are_counted_by_network(self, app: Flask) -> None:
        password_reset.forgot("a@example.org", "en", "network", config.current())
        password_reset.forgot("b@example.org", "en", "network", config.current())
        with pytest.raises(TooMany):
            password_reset.forgot("c@example.org", "en", "network", config.current())
        password_reset.forgot("c@example.org", "en", "elsewhere", config.current())


# ---- signing up


def test_an_account_works_once_its_email_is_answered(app: Flask, emails: Any) -> None:
    sign_up()
    with pytest.raises(WrongCredentials):
        sign_in()
    text = link(emails)
    assert tokens.find(tokens.VerifyEmail, text).used_at is None
    session, _ = begun(
        registration.verify(text, make.visitor(), config.current(), browser="this one")
    )
    assert session.account is not None
    assert session.account.name == "Rhea"
    sign_in()
    assert make.PASSWORD not in repr(db.session.execute(sa.select(Identity.secret)).all())


def test_a_known_address_learns_of_it_by_email_only(app: Flask, emails: Any) -> None:
    sign_up()
    sign_up(name="Other name")
    assert [each[1].split()[0] for each in emails()] == ["Confirm", "Confirm"]
    registration.verify(link(emails), make.visitor(), config.current(), browser="this one")
    sign_up(name="Third name")
    assert emails()[-1][1].startswith("You already have an account")
    assert db.session.query(Account).count() == 1


def test_a_name_that_is_taken_is_refused(app: Flask) -> None:
    make.account("Rhea")
    with pytest.raises(InvalidInput) as refused:
        sign_up(name="rhéa", email="other@example.org")
    assert set(refused.value.fields) == {"name"}
    assert db.session.query(Email).count() == 0


def test_two_sign_ups_at_one_moment_make_one_account(app: Flask) -> None:
    outcomes: list[str] = []

    def try_it(number: int) -> None:
        with app.app_context():
            try:
                sign_up(email=f"rhea{number}@example.org")
                outcomes.append("made")
            except InvalidInput as error:
                outcomes.append(next(iter(error.fields)))

    several = [threading.Thread(target=try_it, args=(number,)) for number in range(3)]
    for each in several:
        each.start()
    for each in several:
        each.join()
    assert sorted(outcomes) == ["made", "name", "name"]
    assert db.session.query(Account).count() == 1


class TestWithoutSignUp:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"sign_up": False}

    def test_nobody_signs_up(self, app: Flask) -> None:
        with pytest.raises(NotAllowed):
            sign_up()
