"""From which network somebody asks, behind proxies or not."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Rate
from comments_service.db import db
from comments_service.models import Comment
from tests import make
from tests.api.asking import GUEST, send
from tests.conftest import API, SITE


def networks(app: Flask, *forwarded: str | None, peer: str = "10.0.0.1") -> list[str | None]:
    """The network that each comment was stored with, for a row of X-Forwarded-For headers."""
    make.thread()
    for number, each in enumerate(forwarded):
        headers = {"Origin": SITE, **({"X-Forwarded-For": each} if each is not None else {})}
        answer = send(
            app,
            "POST",
            "/comments/threads/pelicans",
            data={**GUEST, "body": f"Number {number}."},
            headers=headers,
            environ_overrides={"REMOTE_ADDR": peer},
        )
        assert answer.status_code == 303, answer.text
    rows = db.session.scalars(sa.select(Comment.network).order_by(Comment.id)).all()
    assert not any("." in (each or "") for each in rows)
    return list(rows)


SPOOFED = ("1.1.1.1", "2.2.2.2", "1.1.1.1, 2.2.2.2", "", ", ,", "nonsense", "1.1.1.1\t,", None)


def test_without_trusted_proxies_the_header_says_nothing(app: Flask) -> None:
    assert len(set(networks(app, *SPOOFED))) == 1


class TestOneProxy:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"trusted_proxies": 1}

    def test_only_what_the_proxy_appended_counts(self, app: Flask) -> None:
        one, spoofed, spaced, other = networks(
            app, "9.9.9.9", "1.1.1.1, 9.9.9.9", "2.2.2.2,9.9.9.9 ", "9.9.9.9, 8.8.8.8"
        )
        assert one == spoofed == spaced != other

    def test_without_the_header_the_peer_counts(self, app: Flask) -> None:
        assert len(set(networks(app, None, "", "10.0.0.1"))) == 1

    def test_ipv6_counts_by_household_and_mapped_ipv4_as_ipv4(self, app: Flask) -> None:
        found = networks(
            app,
            "2001:db8:1:2::1",
            "2001:db8:1:2:ffff:ffff:ffff:ffff",
            "2001:db8:1:3::1",
            "9.9.9.9",
            "::ffff:9.9.9.9",
        )
        assert found[0] == found[1] != found[2]
        assert found[3] == found[4]
        assert len(set(found)) == 3

    def test_what_is_no_address_shares_one_limit(self, app: Flask) -> None:
        found = networks(app, "nonsense", "9.9.9.9.9", "<script>", "1.1.1.1, unknown")
        assert set(found) == {"unknown"}


class TestTwoProxies:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"trusted_proxies": 2}

    def test_the_second_from_the_right_counts(self, app: Flask) -> None:
        plain, spoofed, other = networks(
            app, "9.9.9.9, 10.0.0.2", "1.1.1.1, 9.9.9.9, 10.0.0.2", "9.9.9.9, 8.8.8.8, 10.0.0.2"
        )
        assert plain == spoofed != other

    def test_who_comes_past_a_proxy_is_not_believed(self, app: Flask) -> None:
        """One entry, where two proxies would have made two: it is the visitor's own."""
        assert len(set(networks(app, "1.1.1.1", "2.2.2.2", None))) == 1


class TestLimitBehindAProxy:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"trusted_proxies": 1, "limit_posts": (Rate(2, 60),)}

    def test_a_spoofed_header_does_not_get_around_a_limit(self, app: Flask) -> None:
        make.thread()
        codes = []
        for number in range(4):
            headers = {"Origin": SITE, "X-Forwarded-For": f"{number}.1.1.1, 9.9.9.9"}
            data = {**GUEST, "body": f"Number {number}."}
            answer = send(
                app, "POST", f"{API}threads/pelicans/comments", json=data, headers=headers
            )
            codes.append(answer.status_code)
        assert codes == [202, 202, 429, 429]
