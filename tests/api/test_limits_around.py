"""What one did oneself is refused for a while; what others did around makes one wait, and no more."""

import itertools
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Rate
from comments_service.db import db
from comments_service.models import Comment, RateCount, Role, Status
from tests import make
from tests.api.commenting import edit, make_published, post
from tests.api.people import by_json_and_form, of_role, visiting
from tests.conftest import Answer, Visitor

LIMIT = 3
AROUND = "Many comments came from networks around this one."
FLOOD = "Guests posted many comments within a few minutes."


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_posts": (Rate(LIMIT, 86_400),), "trusted_proxies": 1, "trust_after": 0}


@pytest.fixture(autouse=True)
def thread(app: Flask) -> None:
    make.thread()


_numbers = itertools.count()


class Traveller:
    """Somebody whose address is another each time."""

    def __init__(self, visitor: Visitor, by: str) -> None:
        self.visitor, self.by = visitor, by

    def post(self, address: str) -> Answer:
        values = {"body": f"Number {next(_numbers)}.", "name": "Gus"}
        self.visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = address
        return post(self.visitor, self.by, values)


def latest() -> Comment:
    db.session.expire_all()
    return db.session.scalars(sa.select(Comment).order_by(Comment.id.desc()).limit(1)).one()


def fill(app: Flask, *addresses: str) -> None:
    """As many guests, each with a browser of his own, post as often as they may."""
    for address in addresses:
        for _ in range(LIMIT):
            assert Traveller(Visitor(app), "json").post(address).status_code in (201, 202)


@by_json_and_form
def test_one_browser_is_limited_wherever_it_is(guest: Visitor, by: str) -> None:
    traveller = Traveller(guest, by)
    # The first comes before there is a session.
    codes = [traveller.post(f"192.0.{number}.1").status_code for number in range(LIMIT + 2)]
    assert codes[-1] == 429
    assert 429 not in codes[:-1]


@by_json_and_form
def test_one_account_is_limited_in_whichever_browser(app: Flask, by: str) -> None:
    account = make.account("Rhea")
    codes = [
        Traveller(visiting(app, account), by).post(f"192.0.{number}.1").status_code
        for number in range(LIMIT + 1)
    ]
    assert codes[-1] == 429
    assert 429 not in codes[:-1]


@by_json_and_form
@pytest.mark.parametrize(
    ("address", "neighbour", "stranger"),
    [
        ("192.0.2.{}", "192.0.2.99", "192.0.3.1"),
        ("2001:db8:1:{}::1", "2001:db8:1:99::1", "2001:db8:2::1"),
    ],
)
def test_whoever_is_among_many_waits_and_is_not_refused(
    app: Flask, by: str, address: str, neighbour: str, stranger: str
) -> None:
    fill(app, *(address.format(number) for number in range(10)))
    assert latest().status is Status.PUBLISHED
    answer = Traveller(Visitor(app), by).post(neighbour)
    assert answer.status_code == (202 if by == "json" else 303)
    assert (latest().status, latest().reasons) == (Status.PENDING, [AROUND])
    Traveller(Visitor(app), by).post(stranger)
    assert latest().status is Status.PUBLISHED


@by_json_and_form
def test_an_edit_counts_and_waits_as_a_post_does(app: Flask, guest: Visitor, by: str) -> None:
    Traveller(guest, by).post("192.0.2.99")
    mine = latest().id
    fill(app, *(f"192.0.2.{number}" for number in range(10)))
    edit(guest, by, mine, "Other words.")
    edited = db.session.get_one(Comment, mine)
    assert (edited.status, edited.reasons) == (Status.PENDING, [AROUND])


@by_json_and_form
@pytest.mark.parametrize("role", [Role.OWNER, Role.MODERATOR, Role.AUTHOR])
def test_whoever_moderates_is_never_refused_nor_counted(app: Flask, by: str, role: Role) -> None:
    fill(app, "192.0.2.1")
    mona = Traveller(of_role(app, "Mona", role), by)
    before = db.session.scalar(sa.select(sa.func.sum(RateCount.count)))
    for _ in range(2 * LIMIT):
        assert mona.post("192.0.2.1").status_code in (201, 303)
        assert edit(mona.visitor, by, latest().id, f"Changed {latest().id}.").status_code < 400
    for _ in range(130):
        assert mona.visitor.call("POST", "preview", {"body": "*So.*"}).status_code == 200
    assert db.session.scalar(sa.select(sa.func.sum(RateCount.count))) == before


class TestFlood:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        rates = {"limit_posts": (Rate(50, 60),), "limit_guests": (Rate(LIMIT, 600),)}
        return {**rates, "trusted_proxies": 1, "trust_after": 0}

    @by_json_and_form
    def test_guests_wait_and_nobody_is_refused(self, app: Flask, guest: Visitor, by: str) -> None:
        fill(app, "192.0.2.1")
        Traveller(guest, by).post("198.51.100.1")
        assert latest().status is Status.PUBLISHED
        mine = latest().id
        answer = Traveller(guest, by).post("198.51.100.1")
        assert answer.status_code == (202 if by == "json" else 303)
        assert (latest().status, latest().reasons) == (Status.PENDING, [FLOOD])
        edit(guest, by, mine, "Other words.")
        assert db.session.get_one(Comment, mine).reasons == [FLOOD]

    @by_json_and_form
    def test_who_is_signed_in_does_not_wait(self, app: Flask, reader: Visitor, by: str) -> None:
        fill(app, "192.0.2.1", "192.0.2.2")
        Traveller(reader, by).post("198.51.100.1")
        assert latest().status is Status.PUBLISHED

    class TestWhereTrustIsGiven:
        @pytest.fixture
        def changed_settings(self) -> dict[str, Any]:
            rates = {"limit_posts": (Rate(50, 60),), "limit_guests": (Rate(LIMIT, 600),)}
            return {**rates, "trusted_proxies": 1, "trust_after": 1}

        @by_json_and_form
        def test_whom_a_moderator_has_let_through_does_not_wait(
            self, app: Flask, guest: Visitor, by: str
        ) -> None:
            traveller = Traveller(guest, by)
            traveller.post("198.51.100.1")
            make_published(latest().id)
            fill(app, "192.0.2.1", "192.0.2.2")
            traveller.post("198.51.100.1")
            assert latest().status is Status.PUBLISHED
