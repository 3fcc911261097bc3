"""A thread of many pages: each is read by its number, or by a comment that stands on it."""

import pytest
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db
from comments_service.publishing import publisher
from tests import make
from tests.conftest import Visitor
from tests.unit.published import set_page_size


@pytest.fixture(autouse=True)
def long(app: Flask, settings: Settings) -> None:
    set_page_size(settings, 10)
    make.thread()
    make.thread("gulls")
    make.many([{"id": number} for number in range(1, 26)])


def test_a_comment_leads_to_its_page(guest: Visitor) -> None:
    answer = guest.call("GET", "threads/pelicans/comments?comment=17").json
    assert (answer["page"], answer["pages"], answer["count"]) == (2, 3, 25)
    assert 17 in [each["id"] for each in answer["comments"]]


@pytest.mark.parametrize("asked", ["26", "0", "x", "", "9" * 30])
def test_a_comment_that_nobody_sees_is_unknown(guest: Visitor, asked: str) -> None:
    answer = guest.call("GET", f"threads/pelicans/comments?comment={asked}")
    assert answer.status_code == 404
    assert guest.call("GET", "threads/gulls/comments?comment=17").status_code == 404


@pytest.mark.parametrize("published", [True, False])
def test_what_is_committed_is_read_before_it_is_published(
    guest: Visitor, settings: Settings, published: bool
) -> None:
    if published:
        publisher.publish_behind(settings)
    db.session.rollback()
    make.comment(body="They plunge.", id=30)
    answer = guest.call("GET", "threads/pelicans/comments?comment=30").json
    assert (answer["page"], answer["count"]) == (3, 26)
    assert "They plunge." in guest.get("/comments/threads/pelicans?page=3").text
    assert "26 comments" in guest.get("/comments/threads/pelicans").text


def test_a_page_is_read_by_as_many_queries_as_any_other(
    guest: Visitor, statements: list[str]
) -> None:
    asked = []
    for number in (1, 3):
        statements.clear()
        guest.call("GET", f"threads/pelicans/comments?page={number}")
        asked.append(len(statements))
    assert asked == [5, 5]
