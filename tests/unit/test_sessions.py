"""Sessions that end, and names that nobody else can wear."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import sessions
from comments_service.accounts import names
from comments_service.db import db
from comments_service.models import (
    Role,
    Session,
    now,
)
from tests import make
from tests.unit.signing_in import age, session_for

Look = Callable[[str | None], Session | None]
by_both = pytest.mark.parametrize("look", [sessions.of_token, sessions.apart_of_token])

# ---- sessions


@by_both
def test_a_token_finds_its_session_and_only_its_hash_is_stored(app: Flask, look: Look) -> None:
    made, token = session_for(make.account())
    found = look(token)
    assert found is not None
    assert found.account is not None
    assert found.account.name == "Rhea"
    assert made.token_hash == hashlib.sha256(token.encode()).digest()
    assert len(token) >= 43, "256 bits"
    assert len(made.device) == 200
    for column in sa.inspect(Session).column_attrs:
        assert getattr(found, column.key) == getattr(made, column.key)
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            assert token not in repr(row)


@by_both
@pytest.mark.parametrize("token", [None, "", "x", "\0", "é" * 1000, "' OR 1=1 --"])
def test_anything_else_finds_none(app: Flask, look: Look, token: str | None) -> None:
    session_for()
    assert look(token) is None


@by_both
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
    app: Flask, look: Look, role: Role | None, idle: timedelta, absolute: timedelta
) -> None:
    made, token = session_for(make.account(role=role) if role else None)
    minute = timedelta(minutes=1)
    age(made, idle=idle - minute)
    assert look(token) is not None
    age(made, idle=idle + minute)
    assert look(token) is None
    age(made, old=absolute - minute)
    assert look(token) is not None
    age(made, old=absolute + minute)
    assert look(token) is None


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
