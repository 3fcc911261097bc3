"""The last owner stays an owner who can come in, whichever way leads out of it."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask

from comments_service import account_deletion, banning, config, people
from comments_service.accounts import profile, roles
from comments_service.db import db, writing
from comments_service.errors import NotAllowed, Unavailable
from comments_service.inputs import NewBan
from comments_service.models import Account, Role
from tests import make


def leave(account: Account) -> None:
    account_deletion.delete(account, keep=True, lang="en", settings=config.current())


def made(role: Role) -> Callable[[Account], Any]:
    return lambda account: roles.set_role(account.email or "", role)


# Every way in which somebody stops being an owner who can come in.
WAYS: dict[str, Callable[[Account], Any]] = {
    **{f"made {role}": made(role) for role in Role if role is not Role.OWNER},
    "deleted": leave,
}
by_every_way = pytest.mark.parametrize("way", WAYS)


@by_every_way
def test_the_last_owner_stays(app: Flask, way: str) -> None:
    olga = make.account("Olga", role=Role.OWNER)
    make.account("Mona", role=Role.MODERATOR)
    with pytest.raises(NotAllowed, match=r"only owner.*flask comments role ADDRESS owner"):
        WAYS[way](olga)
    db.session.rollback()
    kept = profile.locked(olga.id)
    assert kept.role is Role.OWNER


@by_every_way
def test_one_of_two_goes_and_the_other_stays(app: Flask, way: str) -> None:
    olga = make.account("Olga", role=Role.OWNER)
    otto = make.account("Otto", role=Role.OWNER)
    WAYS[way](olga)
    for last in WAYS.values():
        with pytest.raises(NotAllowed):
            last(otto)
    assert roles.has_owner()


@by_every_way
def test_an_owner_who_cannot_come_in_does_not_count(app: Flask, way: str) -> None:
    olga = make.account("Olga", role=Role.OWNER)
    make.account("Otto", role=Role.OWNER, verified=False)
    with pytest.raises(NotAllowed):
        WAYS[way](olga)


@pytest.mark.parametrize("role", [Role.OWNER, Role.MODERATOR, Role.AUTHOR])
def test_whoever_has_a_role_is_not_banned_by_anybody(app: Flask, role: Role) -> None:
    make.account("Olga", role=Role.OWNER)
    otto = make.account("Otto", role=role)
    new = NewBan(lasts="hour", reason="Insults.")
    for moderator in (None, make.account("Odile", role=Role.OWNER)):
        with pytest.raises(NotAllowed, match="An owner can take the role away first"):
            banning.ban(people.of_account(otto), moderator, new)
        db.session.rollback()
    roles.give(otto.id, Role.READER)
    ban = banning.ban(people.of_account(otto), None, new)
    for decides in (Role.OWNER, Role.MODERATOR, Role.AUTHOR):
        with pytest.raises(NotAllowed, match="End the ban first"):
            roles.give(otto.id, decides)
        db.session.rollback()
    banning.end(ban.id, None)
    assert roles.give(otto.id, role).role is role


def test_a_blog_whose_owners_cannot_come_in_has_none(app: Flask) -> None:
    olga = make.account("Olga", role=Role.OWNER)
    assert roles.has_owner()
    with writing():
        olga.email_verified_at = None
    assert not roles.has_owner()


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", ["made reader", "deleted"])
def test_of_two_who_go_at_one_moment_one_stays(app: Flask, first: str, second: str) -> None:
    ids = [make.account(name, role=Role.OWNER).id for name in ("Olga", "Otto")]
    together = threading.Barrier(2)

    def go(way: str, account_id: int) -> None:
        with app.app_context():
            account = db.session.get_one(Account, account_id)
            db.session.commit()
            together.wait(30)
            # PostgreSQL ends one of two that wait for each other.
            with suppress(NotAllowed, Unavailable):
                WAYS[way](account)

    several = [
        threading.Thread(target=go, args=each) for each in zip((first, second), ids, strict=True)
    ]
    for each in several:
        each.start()
    for each in several:
        each.join()
    db.session.rollback()
    assert roles.has_owner()
