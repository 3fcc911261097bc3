"""Changing comments: in one place, in one transaction, and nowhere else."""

from collections.abc import Callable
from typing import cast

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments
from comments_service.comments import ChangedOutside
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.models import (
    Comment,
    Status,
    Thread,
)
from tests import make
from tests.unit.published import revision


def add(comment: Comment) -> None:
    db.session.add(
        Comment(thread_id="pelicans", name="x", source="", html="", renderer_version=1,
                status=Status.PUBLISHED, key="outside")
    )  # fmt: skip
    db.session.flush()


def change(comment: Comment) -> None:
    comment.status = Status.REJECTED
    db.session.flush()


def remove(comment: Comment) -> None:
    db.session.delete(comment)
    db.session.flush()


def bulk_insert(comment: Comment) -> None:
    values = {"thread_id": "pelicans", "name": "x", "source": "", "html": "", "renderer_version": 1,
              "status": Status.PUBLISHED, "key": "outside", "reasons": []}  # fmt: skip
    db.session.execute(sa.insert(Comment), [values])


def bulk_update(comment: Comment) -> None:
    db.session.execute(sa.update(Comment).values(html="<p>other</p>"))


def bulk_delete(comment: Comment) -> None:
    db.session.execute(sa.delete(Comment))


TABLE = cast(sa.Table, Comment.__table__)


def table_insert(comment: Comment) -> None:
    values = {"thread_id": "pelicans", "name": "x", "source": "", "html": "", "renderer_version": 1,
              "status": Status.PUBLISHED, "key": "outside", "reasons": []}  # fmt: skip
    db.session.execute(sa.insert(TABLE), [values])


def table_update(comment: Comment) -> None:
    db.session.execute(sa.update(TABLE).values(html="<p>other</p>"))


def query_delete(comment: Comment) -> None:
    db.session.query(Comment).delete()


outside = pytest.mark.parametrize(
    "act",
    [
        *(add, change, remove, query_delete),
        *(bulk_insert, bulk_update, bulk_delete, table_insert, table_update),
    ],
)


@outside
@pytest.mark.parametrize("within", ["nothing", "writing"])
def test_a_comment_cannot_change_outside_the_one_way(
    app: Flask, act: Callable[[Comment], None], within: str
) -> None:
    make.thread()
    comment = make.comment()
    before = revision()

    def try_it() -> None:
        if within == "writing":
            with writing():
                act(comment)
        else:
            act(comment)

    with pytest.raises(ChangedOutside):
        try_it()
    db.session.rollback()
    assert [tuple(row) for row in db.session.execute(sa.select(Comment.status, Comment.html))] == [
        (Status.PUBLISHED, "<p>They scoop.</p>")
    ]
    assert revision() == before


@outside
def test_inside_it_every_change_goes_through(app: Flask, act: Callable[[Comment], None]) -> None:
    make.thread()
    comment = make.comment()
    before = revision()
    with comments.changing("pelicans"):
        act(comment)
    assert revision() == before + 1


def test_the_way_is_closed_again_behind_each_change(app: Flask) -> None:
    make.thread()
    comment = make.comment()
    with pytest.raises(ValueError, match="x"), comments.changing("pelicans"):
        raise ValueError("x")
    with pytest.raises(ChangedOutside):
        change(comment)


def test_a_change_that_fails_leaves_comment_and_revision_as_they_were(app: Flask) -> None:
    make.thread()
    comment = make.comment()
    before = revision()

    def fail() -> None:
        with comments.changing("pelicans"):
            comment.status = Status.REJECTED
            db.session.flush()
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fail()
    assert revision() == before
    assert (
        db.session.get_one(Comment, comment.id, populate_existing=True).status is Status.PUBLISHED
    )


class Woken:
    """Stands where the application keeps its publisher, and counts."""

    def __init__(self) -> None:
        self.times = 0

    def wake(self) -> None:
        self.times += 1


def test_the_publisher_wakes_after_the_commit_and_not_after_a_failure(app: Flask) -> None:
    make.thread()
    app.extensions["publisher"] = woken = Woken()
    comment = make.comment()
    assert woken.times == 1
    with pytest.raises(ValueError, match="x"), comments.changing("pelicans"):
        raise ValueError("x")
    with comments.changing():
        comment.reasons = []
    assert woken.times == 1
    comments.decide(comment.id, None, NewDecision(decision="spam"))
    assert woken.times == 2


def test_a_change_of_several_threads_is_one_change(app: Flask) -> None:
    for name in ("gulls", "herons", "pelicans"):
        make.thread(name)
    comments_of = [make.comment("pelicans"), make.comment("gulls")]
    app.extensions["publisher"] = woken = Woken()
    before = {each.id: each.revision for each in db.session.scalars(sa.select(Thread))}
    with comments.changing():
        for each in comments_of:
            each.status = Status.REJECTED
    db.session.expire_all()
    after = {name: db.session.get_one(Thread, name).revision for name in before}
    assert {name: after[name] - before[name] for name in before} == {
        "gulls": 1,
        "herons": 0,
        "pelicans": 1,
    }
    assert woken.times == 1
    with pytest.raises(ValueError, match="x"), comments.changing("pelicans", "gulls"):
        raise ValueError("x")
    with comments.changing("herons"):
        pass
    db.session.expire_all()
    assert db.session.get_one(Thread, "herons").revision == before["herons"] + 1
    assert db.session.get_one(Thread, "gulls").revision == after["gulls"]
    assert woken.times == 2
    with comments.changing():
        pass
    assert woken.times == 2
