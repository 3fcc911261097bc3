"""Accounts: sessions that end, names that nobody else can wear, links that work once."""

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask

from comments_service import config, sessions
from comments_service.accounts import email_verification, names, passwords, roles, tokens
from comments_service.accounts.login import Entry
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.errors import (
    InvalidInput,
    NotAllowed,
    TooMany,
    UnknownToken,
    WrongCredentials,
)
from comments_service.inputs import NewPassword, SignIn, SignUp
from comments_service.models import (
    Account,
    Email,
    Identity,
    Role,
    Session,
    Token,
    now,
)
from tests import make

OTHER = "another good password"


def session_for(account: Account | None = None) -> tuple[Session, str]:
    with writing():
        return sessions.begin(account, make.visitor("Firefox on Linux" * 20))


def age(session: Session, *, idle: timedelta = timedelta(), old: timedelta = timedelta()) -> None:
    """Let a session have been used, and made, a while ago."""
    with writing():
        session.seen_at = now() - idle
        session.created_at = now() - max(old, idle)


def sign_in(email: str = "rhea@example.org", password: str = make.PASSWORD) -> tuple[Session, str]:
    return begun(
        passwords.sign_in(SignIn(email=email, password=password), make.visitor(), config.current())
    )


def begun(entry: Entry) -> tuple[Session, str]:
    assert entry.session is not None
    return entry.session, entry.token


def link(emails: Callable[[], list[tuple[str, str, str]]]) -> str:
    """The token in the latest e-mail."""
    _, _, text = emails()[-1]
    (line,) = [each for each in text.splitlines() if each.startswith("http")]
    return line.rpartition("/")[2]


# ---- sessions


def test_a_token_finds_its_session_and_only_its_hash_is_stored(app: Flask) -> None:
    made, token = session_for(make.account())
    found = sessions.of_token(token)
    assert found is not None
    assert found.account is not None
    assert found.account.name == "Rhea"
    assert made.token_hash == hashlib.sha256(token.encode()).digest()
    assert len(token) >= 43, "256 bits"
    assert len(made.device) == 200
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            assert token not in repr(row)


@pytest.mark.parametrize("token", [None, "", "x", "\0", "é" * 1000, "' OR 1=1 --"])
def test_anything_else_finds_none(app: Flask, token: str | None) -> None:
    session_for()
    assert sessions.of_token(token) is None


@pytest.mark.parametrize(
    ("role", "idle", "absolute"),
    [
        (None, timedelta(days=30), timedelta(days=90)),
        (Role.READER, timedelta(days=30), timedelta(days=90)),
        (Role.AUTHOR, timedelta(hours=12), timedelta(days=7)),
        (Role.MODERATOR, timedelta(hours=12), timedelta(days=7)),
        (Role.OWNER, timedelta(hours=12), timedelta(days=7)),
    ],
)
def test_a_session_ends_when_it_is_idle_or_old(
    app: Flask, role: Role | None, idle: timedelta, absolute: timedelta
) -> None:
    made, token = session_for(make.account(role=role) if role else None)
    minute = timedelta(minutes=1)
    age(made, idle=idle - minute)
    assert sessions.of_token(token) is not None
    age(made, idle=idle + minute)
    assert sessions.of_token(token) is None
    age(made, old=absolute - minute)
    assert sessions.of_token(token) is not None
    age(made, old=absolute + minute)
    assert sessions.of_token(token) is None


def test_a_session_that_was_ended_is_over(app: Flask) -> None:
    made, token = session_for()
    sessions.end(made)
    assert sessions.of_token(token) is None


def test_a_visit_is_remembered_but_not_every_one(app: Flask) -> None:
    made, _ = session_for()
    before = made.seen_at
    sessions.touch(made)
    assert made.seen_at == before
    age(made, idle=timedelta(minutes=11))
    sessions.touch(made)
    assert now() - made.seen_at < timedelta(minutes=1)


# ---- names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rhea", "rhea"),
        ("Rhea", "R h e a"),
        ("Rhea", "Rhéa"),
        ("Rhea", "Ｒｈｅａ"),
        ("Rhea", "Rhеа"),
        ("Paul", "Pаul"),
        ("Olga", "Οlga"),
        ("Straße", "strasse"),
        ("Ada L.", "ada-l"),
    ],
)
def test_names_that_look_alike_are_one(one: str, other: str) -> None:
    assert one != other
    assert names.key(one) == names.key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Rhea", "Thea"), ("李四", "李三"), ("Ann", "Anna"), ("😀", "😁")]
)
def test_names_that_differ_are_two(one: str, other: str) -> None:
    assert names.key(one) != names.key(other)
    assert names.key(one)


def test_an_accounts_name_is_reserved(app: Flask) -> None:
    make.account("Rhea")
    assert names.reserved("RHEA")
    assert not names.reserved("Rheanna")


# ---- signing in


def test_whoever_knows_the_password_gets_a_session(app: Flask) -> None:
    make.account()
    session, token = sign_in("RHEA@example.org")
    assert sessions.of_token(token) is session
    assert db.session.query(Identity).one().used_at is not None


@pytest.mark.parametrize("why", ["nobody", "password", "unverified", "closed"])
def test_every_failure_answers_alike(app: Flask, why: str) -> None:
    account = make.account(verified=why != "unverified")
    if why == "closed":
        with writing():
            account.closed_at = now()
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
        email_verification.forgot("nobody@example.org", "en", "network", config.current())
        email_verification.forgot("nobody@example.org", "en", "network", config.current())
        with pytest.raises(TooMany):
            email_verification.forgot("nobody@example.org", "en", "network", config.current())
        email_verification.forgot("nobody@example.org", "en", "elsewhere", config.current())


# ---- signing up


def sign_up(name: str = "Rhea", email: str = "rhea@example.org") -> None:
    given = SignUp(name=name, email=email, password=make.PASSWORD)
    email_verification.sign_up(given, "en", "network", config.current(), browser="this one")


def test_an_account_works_once_its_email_is_answered(app: Flask, emails: Any) -> None:
    sign_up()
    with pytest.raises(WrongCredentials):
        sign_in()
    text = link(emails)
    assert tokens.find(tokens.VerifyEmail, text).used_at is None
    session, _ = begun(
        email_verification.verify(text, make.visitor(), config.current(), browser="this one")
    )
    assert session.account is not None
    assert session.account.name == "Rhea"
    sign_in()
    assert make.PASSWORD not in repr(db.session.execute(sa.select(Identity.secret)).all())


def test_a_known_address_learns_of_it_by_email_only(app: Flask, emails: Any) -> None:
    sign_up()
    sign_up(name="Other name")
    assert [each[1].split()[0] for each in emails()] == ["Confirm", "Confirm"]
    email_verification.verify(link(emails), make.visitor(), config.current(), browser="this one")
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


# ---- links


def test_a_link_works_once(app: Flask, emails: Any) -> None:
    sign_up()
    text = link(emails)
    email_verification.verify(text, make.visitor(), config.current(), browser="this one")
    with pytest.raises(UnknownToken):
        email_verification.verify(text, make.visitor(), config.current(), browser="this one")
    with pytest.raises(UnknownToken):
        tokens.find(tokens.VerifyEmail, text)


def test_a_link_works_for_its_purpose_only(app: Flask, emails: Any) -> None:
    sign_up()
    text = link(emails)
    with pytest.raises(UnknownToken):
        email_verification.reset(
            text, NewPassword(password=OTHER), make.visitor(), config.current()
        )
    with pytest.raises(UnknownToken):
        become_owner(text)
    email_verification.verify(text, make.visitor(), config.current(), browser="this one")


def test_a_link_is_too_old_after_its_time(app: Flask, emails: Any) -> None:
    sign_up()
    for kind, ask, lifetime in (
        (tokens.VerifyEmail, None, timedelta(days=2)),
        (tokens.ResetPassword, "rhea@example.org", timedelta(hours=1)),
    ):
        if ask:
            email_verification.forgot(ask, "en", "network", config.current())
        text = link(emails)
        found = tokens.find(kind, text)
        assert abs(found.expires_at - now() - lifetime) < timedelta(minutes=1)
        with writing():
            found.expires_at = now()
        with pytest.raises(UnknownToken):
            tokens.find(kind, text)


def test_only_the_hash_of_a_link_is_stored_beside_the_email(app: Flask, emails: Any) -> None:
    sign_up()
    text = link(emails)
    assert db.session.query(Token).one().token_hash == sessions.hashed(text)


def test_a_new_password_ends_every_session_and_proves_the_address(app: Flask, emails: Any) -> None:
    account = make.account(verified=False)
    _, old = session_for(account)
    email_verification.forgot("Rhea@Example.org", "en", "network", config.current())
    _, new = begun(
        email_verification.reset(
            link(emails), NewPassword(password=OTHER), make.visitor(), config.current()
        )
    )
    assert sessions.of_token(old) is None
    assert sessions.of_token(new) is not None
    with pytest.raises(WrongCredentials):
        sign_in()
    sign_in(password=OTHER)


def test_a_forgotten_address_that_has_no_account_gets_no_email(app: Flask, emails: Any) -> None:
    closed = make.account()
    with writing():
        closed.closed_at = now()
    for email in ("nobody@example.org", "rhea@example.org"):
        email_verification.forgot(email, "en", "network", config.current())
    assert emails() == []


def test_the_old_password_is_needed_for_a_new_one(app: Flask) -> None:
    account = make.account()
    _, old = session_for(account)
    with pytest.raises(InvalidInput) as refused:
        passwords.change(
            account,
            "wrong",
            NewPassword(password=OTHER),
            make.visitor(),
            config.current().limit_sign_in,
        )
    assert set(refused.value.fields) == {"old_password"}
    assert sessions.of_token(old) is not None
    _, new = begun(
        passwords.change(
            account,
            make.PASSWORD,
            NewPassword(password=OTHER),
            make.visitor(),
            config.current().limit_sign_in,
        )
    )
    assert sessions.of_token(old) is None
    assert sessions.of_token(new) is not None
    sign_in(password=OTHER)


# ---- the owner


def become_owner(
    text: str, name: str = "Olga", email: str = "olga@example.org"
) -> tuple[Session, str]:
    given = SignUp(name=name, email=email, password=OTHER)
    return begun(roles.become_owner(text, given, make.visitor()))


def owner_token() -> str:
    return roles.owner_link(config.current().comments_url).rpartition("/")[2]


def test_the_owners_link_makes_the_owner_once(app: Flask) -> None:
    assert not roles.has_owner()
    text = owner_token()
    session, _ = become_owner(text)
    assert session.account is not None
    assert session.account.role is Role.OWNER
    assert roles.has_owner()
    with pytest.raises(UnknownToken):
        become_owner(text, "Other", "other@example.org")
    sign_in("olga@example.org", OTHER)


def test_a_new_owners_link_replaces_the_one_before(app: Flask) -> None:
    first, second = owner_token(), owner_token()
    with pytest.raises(UnknownToken):
        become_owner(first)
    become_owner(second)


def test_an_owner_may_already_have_an_account(app: Flask) -> None:
    account = make.account("Rhea", verified=False)
    _, old = session_for(account)
    become_owner(owner_token(), "Rhea", "rhea@example.org")
    assert account.role is Role.OWNER
    assert sessions.of_token(old) is None
    sign_in(password=OTHER)
    assert db.session.query(Account).count() == 1


def test_a_taken_name_leaves_the_owners_link_unused(app: Flask) -> None:
    make.account("Rhea")
    text = owner_token()
    with pytest.raises(InvalidInput):
        become_owner(text, "Rhea", "olga@example.org")
    become_owner(text)


def test_a_role_is_given_by_address_and_ends_the_sessions(app: Flask) -> None:
    account = make.account()
    _, token = session_for(account)
    assert roles.set_role("RHEA@example.org", Role.AUTHOR).role is Role.AUTHOR
    assert sessions.of_token(token) is None
    with pytest.raises(InvalidInput) as refused:
        roles.set_role("nobody@example.org", Role.OWNER)
    assert "nobody@example.org" in refused.value.fields["email"]
