"""Limits: counted exactly, in a window that slides, without keeping anybody's address."""

import hashlib
import re
import sys
import threading
import time
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from comments_service import rate_limits
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.errors import TooMany
from comments_service.models import DayKey, RateCount, now
from tests.plans import read_whole, sent

HOUR = Rate(3, 3600)


def act(subject: str = "post:x", *rates: Rate) -> None:
    with writing():
        rate_limits.count(subject, rates or (HOUR,), "Slow down.")


def counted() -> dict[str, int]:
    db.session.rollback()
    rows = db.session.execute(sa.select(RateCount.subject, RateCount.count))
    return {row[0]: row[1] for row in rows}


def test_as_many_acts_as_the_rate_says_pass_and_the_next_is_too_many(app: Flask) -> None:
    for _ in range(3):
        act()
    with pytest.raises(TooMany, match="Slow down") as refused:
        act()
    assert refused.value.retry_after_seconds is not None
    assert 0 < refused.value.retry_after_seconds <= 2 * 3600


def test_what_was_refused_is_not_counted(app: Flask) -> None:
    for _ in range(3):
        act()
    for _ in range(3):
        with pytest.raises(TooMany):
            act()
    assert counted() == {"post:x:3600": 3}


def test_each_subject_is_counted_for_itself(app: Flask) -> None:
    for _ in range(3):
        act("post:x")
        act("post:y")
    assert counted() == {"post:x:3600": 3, "post:y:3600": 3}


def test_every_rate_holds_at_once(app: Flask) -> None:
    act("a", Rate(5, 3600), Rate(1, 86_400))
    with pytest.raises(TooMany):
        act("a", Rate(5, 3600), Rate(1, 86_400))
    assert counted() == {"a:3600": 1, "a:86400": 1}


def windows_ago(number: int, count: int) -> None:
    """Let what was counted have been counted so many windows earlier, and so often."""
    with writing():
        earlier = RateCount.window - number
        db.session.execute(sa.update(RateCount).values(window=earlier, count=count))


def test_what_was_done_in_the_window_before_counts_as_long_as_it_is_near(app: Flask) -> None:
    act()
    windows_ago(1, 10**9)
    with pytest.raises(TooMany):
        act()
    windows_ago(1, 10**9)
    act()
    act()


@pytest.mark.parametrize(
    ("count", "before", "used", "seconds"),
    [
        (5, 0, 0, 0),
        # Of the window before, half is not yet a minute ago.
        (2, 6, 30, 0),
        (3, 6, 30, 10),
        (5, 5, 59, 1),
        # None of this window can go before the next one slides over it.
        (6, 0, 30, 42),
        (6, 5, 0, 72),
    ],
)
def test_the_window_slides(count: int, before: int, used: float, seconds: int) -> None:
    rate = Rate(5, 60)
    assert rate_limits._until_one_fits(count, before, rate, used) == seconds


@given(st.integers(1, 50), st.lists(st.integers(0, 599), max_size=300))
def test_whoever_comes_when_told_is_let_in(most: int, moments: list[int]) -> None:
    """And never more than twice the rate pass in any window, as fixed windows would let."""
    rate = Rate(most, 60)
    passed: list[int] = []

    def wait(moment: int) -> int:
        window = moment // 60
        count = sum(each // 60 == window for each in passed) + 1
        before = sum(each // 60 == window - 1 for each in passed)
        return rate_limits._until_one_fits(count, before, rate, moment % 60)

    for moment in sorted(moments):
        seconds = wait(moment)
        if not seconds:
            passed.append(moment)
        else:
            assert wait(moment + seconds) == 0
    for moment in passed:
        assert sum(moment <= each < moment + 60 for each in passed) < 2 * most or most == 1


def test_several_subjects_take_one_statement(app: Flask, statements: list[str]) -> None:
    acts = {"post:x": (HOUR, Rate(9, 86_400)), "post-by:y": (HOUR,)}
    with writing():
        assert rate_limits.over(acts) == {}
    assert len(statements) == 1
    with writing():
        assert rate_limits.over({}) == {}
    assert len(statements) == 1
    assert counted() == {"post:x:3600": 1, "post:x:86400": 1, "post-by:y:3600": 1}


def test_whoever_is_over_a_rate_is_named_and_the_others_are_not(app: Flask) -> None:
    act("post:x", Rate(1, 3600))
    with writing():
        over = rate_limits.over({"post:x": (Rate(1, 3600), HOUR), "post:y": (HOUR,)})
    assert list(over) == ["post:x"]


def test_what_is_taken_back_is_the_latest_act(app: Flask) -> None:
    # Whatever the clock says, of the hour before none keeps these from passing.
    often = Rate(9, 3600)
    act("post:x", often)
    windows_ago(1, 2)
    act("post:x", often)
    act("post:x", often)
    with writing():
        rate_limits.take_back("post:x", [often])
    counts = db.session.execute(sa.select(RateCount.count).order_by(RateCount.window)).scalars()
    assert list(counts) == [2, 1]


def test_acts_at_the_same_moment_are_all_counted(app: Flask) -> None:
    taken: list[bool] = []

    def try_often() -> None:
        with app.app_context():
            for _ in range(3):
                try:
                    act("a", Rate(4, 86_400))
                    taken.append(True)
                except TooMany:
                    taken.append(False)

    several = [threading.Thread(target=try_often) for _ in range(3)]
    for each in several:
        each.start()
    for each in several:
        each.join()
    assert sorted(taken) == [False] * 5 + [True] * 4


def test_forgetting_a_subject_leaves_others_that_begin_alike(app: Flask) -> None:
    for subject in ("sign-in:a", "sign-in:ab"):
        act(subject)
    with writing():
        rate_limits.forget("sign-in:a", [HOUR])
    assert counted() == {"sign-in:ab:3600": 1}


def test_whoever_gets_in_is_found_among_all_that_are_counted_by_an_index(app: Flask) -> None:
    act("sign-in:a")
    with sent() as found, writing():
        rate_limits.take_back("sign-in:a", [HOUR])
        rate_limits.forget("sign-in:a", [HOUR])
    assert len(found) == 2
    assert [step for each in found for step in read_whole(*each)] == []


def test_cleaning_drops_what_is_over_and_nothing_else(app: Flask) -> None:
    act("old")
    with writing():
        db.session.execute(sa.update(RateCount).values(expires_at=now() - timedelta(seconds=1)))
        for days in (0, 2):
            day = (now() - timedelta(days=days)).date().isoformat()
            db.session.add(DayKey(day=day, key=bytes(32)))
    act("new")
    rate_limits.clean()
    assert list(counted()) == ["new:3600"]
    assert db.session.scalars(sa.select(DayKey.day)).all() == [now().date().isoformat()]


def test_a_network_is_known_by_a_keyed_hash_only(app: Flask) -> None:
    known = rate_limits.network("192.0.2.1")
    assert re.fullmatch("[0-9a-f]{32}", known)
    assert known == rate_limits.network("192.0.2.1")
    assert known != rate_limits.network("192.0.2.2")
    for plain in ("md5", "sha1", "sha256"):
        assert not hashlib.new(plain, b"192.0.2.1").hexdigest().startswith(known)


def test_an_ipv6_household_is_one_network_and_its_neighbour_another(app: Flask) -> None:
    home = rate_limits.network("2001:db8:1:2::1")
    assert home == rate_limits.network("2001:db8:1:2:ffff:ffff:ffff:ffff")
    assert home != rate_limits.network("2001:db8:1:3::1")


def test_around_a_network_lie_those_that_one_owner_may_have(app: Flask) -> None:
    around = rate_limits.neighbourhood
    assert around("192.0.2.1") == around("192.0.2.255") != around("192.0.3.1")
    assert around("2001:db8:1:2::1") == around("2001:db8:1:ffff::1") != around("2001:db8:2::1")
    assert around("::ffff:192.0.2.7") == around("192.0.2.1")
    assert around("nonsense") == "unknown"


def test_the_pace_of_guests_is_how_much_of_a_rate_is_used_up() -> None:
    pace, moment = rate_limits.Pace(), 1_000_000.0
    rates = (Rate(10, 60), Rate(100, 600))
    assert pace.load(rates, moment) == pace.load((), moment) == 0
    for seconds in (500, 50, 40, 30, 20, 10):
        pace.note(moment - seconds)
    assert pace.load(rates, moment) == 0.5
    assert pace.load((Rate(2, 600),), moment) == 3
    assert pace.load(rates, moment + 3_600) == 0


def test_each_site_has_its_own_pace(app: Flask) -> None:
    rate_limits.guests().note(time.monotonic())
    assert rate_limits.guests().load((Rate(1, 60),), time.monotonic()) == 1


def test_an_ipv4_address_in_ipv6_clothes_is_the_same_network(app: Flask) -> None:
    assert rate_limits.network("::ffff:192.0.2.1") == rate_limits.network("192.0.2.1")


@pytest.mark.parametrize("address", ["", "unknown", "192.0.2", "192.0.2.1:80", "a" * 1000, "\0"])
def test_what_is_no_address_is_one_network(app: Flask, address: str) -> None:
    assert rate_limits.network(address) == "unknown"


def test_another_days_key_gives_another_hash(app: Flask) -> None:
    rate_limits._known_keys.clear()
    today = rate_limits.network("192.0.2.1")
    with writing():
        db.session.execute(sa.update(DayKey).values(day="2026-01-01"))
    rate_limits._known_keys.clear()
    assert rate_limits.network("192.0.2.1") != today


def test_processes_share_the_days_key(app: Flask) -> None:
    first = rate_limits.network("192.0.2.1")
    # Another process has no key in memory and finds the one in the database.
    _, key = rate_limits._known_keys.pop(db.engine)
    with writing():
        db.session.merge(DayKey(day=now().date().isoformat(), key=key))
    assert rate_limits.network("192.0.2.1") == first


def test_around_midnight_another_thread_may_drop_the_key_at_any_step(app: Flask) -> None:
    known = rate_limits.network("192.0.2.1")

    def another_thread(frame: FrameType, _event: str, _argument: object) -> Any:
        if frame.f_code is rate_limits._day_key.__code__:
            rate_limits._known_keys.clear()
        return another_thread

    before = sys.gettrace()
    sys.settrace(another_thread)
    try:
        again = [rate_limits.network("192.0.2.1") for _ in range(2)]
    finally:
        sys.settrace(before)
    assert again == [known, known]
