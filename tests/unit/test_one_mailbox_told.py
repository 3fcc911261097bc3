"""One mailbox that is an account's and a guest's: one e-mail for one event, and none of one's own words."""

import pytest
from flask import Flask

from comments_service.models import Account, Thread
from tests import make
from tests.unit.telling import follows, guest, posted, told


@pytest.fixture(autouse=True)
def thread(app: Flask) -> Thread:
    return make.thread()


@pytest.fixture
def rhea() -> Account:
    return make.account("Rhea")


def test_a_mailbox_that_follows_twice_is_told_once(rhea: Account) -> None:
    follows(guest("RHEA@example.org"))
    follows(rhea)
    one = posted()
    assert told() == [("rhea", "thread", one.id)]


def test_what_an_account_wrote_is_not_told_to_the_guest_it_was(rhea: Account) -> None:
    follows(guest("Rhea@example.org"))
    follows(guest("gus@example.org"))
    one = posted(by=rhea)
    assert told() == [("gus", "thread", one.id)]
