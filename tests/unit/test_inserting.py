"""A post's own insert: the newest comment of a thread gets its place with its row, all others as ever."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, threads
from comments_service.comments import ChangedOutside
from comments_service.db import db, writing
from comments_service.models import Comment, Status, Thread
from tests import make


@pytest.fixture
def thread(app: Flask) -> Thread:
    return make.thread()


def shown() -> list[int]:
    return [each.id for each in threads.conversation("pelicans")]


def revision() -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(Thread.revision).where(Thread.id == "pelicans")).one()


def test_the_newest_is_placed_with_its_row(thread: Thread, statements: list[str]) -> None:
    before = revision()
    made = [make.inserted() for _ in range(3)]
    assert shown() == made
    assert revision() == before + 3
    statements.clear()
    make.inserted()
    assert [each.split()[0] for each in statements] == ["UPDATE", "INSERT"]


@pytest.mark.parametrize("minutes_ago", [3, 7])
def test_one_that_a_clock_puts_before_others_is_placed_among_them(
    thread: Thread, minutes_ago: int
) -> None:
    first, last = make.inserted(minutes_ago=5), make.inserted(minutes_ago=1)
    made = make.inserted(minutes_ago=minutes_ago)
    assert shown() == ([first, made, last] if minutes_ago == 3 else [made, first, last])
    assert comments.misplaced() == []


def test_an_answer_stands_below_what_it_answers(thread: Thread) -> None:
    first, last = make.inserted(), make.inserted()
    made = make.inserted(parent=db.session.get_one(Comment, first))
    assert shown() == [first, made, last]


def test_what_is_held_raises_nothing_and_has_no_place(thread: Thread) -> None:
    make.inserted()
    before = revision()
    held = make.inserted(held=True)
    assert revision() == before
    assert held not in shown()
    with comments.changing():
        db.session.get_one(Comment, held).status = Status.PUBLISHED
    assert shown()[-1] == held


def test_what_follows_the_last_of_all_that_went_is_told_as_moved(thread: Thread) -> None:
    """Where the end was before it went, pages have moved; the newest does not hide that."""
    make.inserted()
    gone = db.session.get_one(Comment, make.inserted())
    end = gone.place
    with writing():
        db.session.execute(sa.update(Thread).values(moved_from=None))
    make.inserted()
    with comments.changing():
        gone.status = Status.DELETED
    make.inserted()
    db.session.expire_all()
    assert db.session.get_one(Thread, "pelicans").moved_from == end


def test_a_comment_is_inserted_inside_the_one_way_only(thread: Thread) -> None:
    with writing(), pytest.raises(ChangedOutside):
        comments.insert({"thread_id": "pelicans"})


@pytest.mark.parametrize("answers", [False, True])
def test_many_at_the_same_moment_find_a_place_each(
    app: Flask, thread: Thread, answers: bool
) -> None:
    first = make.comment()

    def some() -> list[int]:
        with app.app_context():
            return [make.inserted(parent=first if answers else None) for _ in range(5)]

    with ThreadPoolExecutor(4) as pool:
        made = [
            each for some_of in [pool.submit(some) for _ in range(4)] for each in some_of.result()
        ]
    db.session.rollback()
    places = db.session.scalars(sa.select(Comment.place)).all()
    assert len({*places} - {None}) == len(made) + 1 == 21
    assert comments.misplaced() == []
    in_time = sa.select(Comment.id).order_by(Comment.created_at, Comment.id)
    assert shown() == db.session.scalars(in_time).all()
