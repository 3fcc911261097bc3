"""A write in the wrong place is our mistake, and is told at once instead of as an outage."""

import time

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments
from comments_service import db as database
from comments_service.db import MisplacedWrite, db, writing
from comments_service.models import Thread
from tests import make


def title() -> str:
    db.session.rollback()
    return db.session.scalars(sa.select(Thread.title)).one()


def test_a_write_inside_a_write_is_refused_at_once_and_nothing_is_kept(app: Flask) -> None:
    thread = make.thread()

    def nested() -> None:
        with writing():
            thread.title = "Half"
            with comments.changing():
                pass

    began = time.monotonic()
    with pytest.raises(MisplacedWrite):
        nested()
    assert time.monotonic() - began < database.BUSY_SECONDS / 2
    assert title() == "Pelicans"
    make.thread("gulls")


def test_a_write_does_not_commit_what_its_caller_had_pending(app: Flask) -> None:
    thread = make.thread()
    thread.title = "Pending"

    def write() -> None:
        with writing():
            pass

    with pytest.raises(MisplacedWrite):
        write()
    assert title() == "Pelicans"
    write()


def test_a_write_after_one_that_failed_is_no_nested_one(app: Flask) -> None:
    make.thread()
    with pytest.raises(ValueError, match="x"), writing():
        raise ValueError("x")
    with writing():
        db.session.execute(sa.update(Thread).values(title="New"))
    assert title() == "New"
