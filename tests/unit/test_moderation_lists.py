"""What the lists of moderators cost: an index tells how many there are, and which are on a page."""

from datetime import timedelta

import pytest
from flask import Flask

from comments_service import by_writer, moderation_queue
from comments_service.models import Account, Role, Status, now
from comments_service.moderation_queue import Filter
from tests import make
from tests.conftest import one_database
from tests.plans import plan, read_whole, sent

OWNER = Account(role=Role.OWNER, name="Olga")
ADA = Account(role=Role.AUTHOR, name="Ada")


@pytest.mark.parametrize("status", [Status.PENDING, Status.PUBLISHED])
@pytest.mark.parametrize("thread_id", ["", "pelicans"])
@pytest.mark.parametrize("by", [OWNER, ADA], ids=["owner", "author"])
def test_a_list_reads_no_table_through(
    app: Flask, by: Account, thread_id: str, status: Status
) -> None:
    make.thread()
    make.many([{"id": number, "status": status} for number in range(1, 101)])
    with sent() as statements:
        found = moderation_queue.queue(by, Filter(status, thread_id), page=3)
        assert moderation_queue.waiting(by) == (100 if status is Status.PENDING else 0)
    assert (found.total, found.page, found.pages, len(found.comments)) == (100, 3, 4, 25)
    of_comments = [each for each in statements if "FROM comments" in each[0]]
    assert len(of_comments) == 4
    assert [step for each in of_comments for step in read_whole(*each)] == []
    if app.extensions["settings"].database_url.startswith("sqlite"):
        counted, numbered, _, waiting = of_comments
        for each in (counted, numbered, waiting):
            [step] = plan(*each)[:1]
            assert "COVERING INDEX" in step, each


@one_database
def test_a_list_counts_and_finds_without_sorting(app: Flask) -> None:
    make.thread()
    for status in (Status.PENDING, Status.PUBLISHED):
        with sent() as statements:
            moderation_queue.queue(OWNER, Filter(status))
        assert not [step for each in statements[:2] for step in plan(*each) if "TEMP" in step]


def test_a_search_reads_the_texts_once(app: Flask) -> None:
    make.thread()
    rows = [{"id": number, "source": f"Über Pelicans {number}"} for number in range(1, 61)]
    make.many([*rows, {"id": 99, "source": "Gulls."}])
    with sent() as statements:
        found = moderation_queue.queue(OWNER, Filter(Status.PUBLISHED, q="Über pelicans"), page=9)
    assert len(statements) == 2
    assert (found.total, found.page, [each.id for each in found.comments]) == (
        60,
        3,
        [*range(10, 0, -1)],
    )


def test_what_was_written_first_waits_first(app: Flask) -> None:
    make.thread()
    later, sooner = (make.comment(held=True, minutes_ago=each) for each in (5, 10))
    found = moderation_queue.queue(OWNER, Filter(Status.PENDING)).comments
    assert [each.id for each in found] == [sooner.id, later.id]


@pytest.mark.parametrize("name", ["Ada", "Zoë", 'Ann "Bo" Lee', "50% off_", "李白"])
def test_an_authors_threads_are_those_that_bear_the_whole_name(app: Flask, name: str) -> None:
    make.thread("one", authors=["Rhea", name])
    make.thread("two", authors=[f"{name} Lovelace"])
    make.thread("three", authors=[], created_at=now() - timedelta(days=1))
    assert by_writer.bearing(name) == ["one"]
