"""The last owner stays an owner who can come in, whichever way leads out of it."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask

from comments_service import account_changes, account_deletion
from comments_service.accounts import profile, roles
from comments_service.db import db, writing
from comments_service.errors import NotAllowed, Unavailable
from comments_service.models import Account, Role, now
from tests import make


def leave(account: Account) -> None:
    account_deletion.delete(account, keep=True, lang="en", site_url="http://blog.test")


def made(role: Role) -> Callable[[Account], Any]:
    return lambda account: roles.set_role(account.email or "", role)


# Every way in which somebody stops being an owner who can come in.
WAYS: dict[str, Callable[[Account], Any]] = {
    "banned": lambda account: account_changes.ban(account.email or ""),
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
    assert (kept.role, kept.closed_at) == (Role.OWNER, None)


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
@pytest.mark.parametrize("other", ["banned", "unconfirmed"])
def test_an_owner_who_cannot_come_in_does_not_count(app: Flask, way: str, other: str) -> None:
    olga = make.account("Olga", role=Role.OWNER)
    otto = make.account("Otto", role=Role.OWNER, verified=other != "unconfirmed")
    if other == "banned":
        with writing():
            otto.closed_at = now()
    with pytest.raises(NotAllowed):
        WAYS[way](olga)


def test_a_banned_owner_can_be_made_a_reader(app: Flask) -> None:
    make.account("Olga", role=Role.OWNER)
    make.account("Otto", role=Role.OWNER)
    account_changes.ban("otto@example.org")
    assert roles.set_role("otto@example.org", Role.READER).role is Role.READER
    account_changes.unban("otto@example.org")


def test_a_blog_whose_owners_cannot_come_in_has_none(app: Flask) -> None:
    olga = make.account("Olga", role=Role.OWNER)
    assert roles.has_owner()
    with writing():
        olga.closed_at = now()
    assert not roles.has_owner()


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", ["banned", "made reader", "deleted"])
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
