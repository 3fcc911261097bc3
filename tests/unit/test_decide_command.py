"""`flask comments decide` decides on what `flask comments queue` has printed."""

from typing import Any

import pytest
from flask import Flask

from comments_service import comments, config, sessions
from comments_service.db import db, writing
from comments_service.inputs import EditedComment
from comments_service.models import Comment, Status
from comments_service.sessions import Visitor
from tests import make
from tests.unit.telling import told


@pytest.fixture
def run(app: Flask) -> Any:
    return lambda *args: app.test_cli_runner().invoke(args=["comments", *args])


@pytest.fixture
def edited(app: Flask) -> Comment:
    """A comment that waits and was edited once."""
    make.thread()
    with writing():
        session, _ = sessions.begin(None, make.visitor())
    comment = make.comment(held=True, session=session)
    new = EditedComment(body="Buy pills.\nNow.")
    return comments.edit(comment.id, Visitor(session, "network"), new, config.current())


def status(comment: Comment) -> Status:
    return db.session.get_one(Comment, comment.id, populate_existing=True).status


def test_the_number_of_what_was_edited_says_so(run: Any, edited: Comment) -> None:
    assert run("queue").output.startswith(f"{edited.id}.2  Gus")


def test_what_was_edited_since_is_printed_and_not_decided_on(run: Any, edited: Comment) -> None:
    result = run("decide", "publish", str(edited.id))
    assert result.exit_code == 1
    assert "was edited after you saw it" in result.output
    assert f"{edited.id}.2\n    Buy pills.\n    Now.\n" in result.output
    assert status(edited) is Status.PENDING
    assert run("decide", "publish", f"{edited.id}.2").exit_code == 0
    assert status(edited) is Status.PUBLISHED


def test_what_is_no_number_is_told_before_anything_is_decided(run: Any, app: Flask) -> None:
    make.thread()
    waiting = make.comment(held=True)
    result = run("decide", "publish", str(waiting.id), "1.x")
    assert result.exit_code == 2
    assert "1.x is not the number of a comment." in result.output
    assert status(waiting) is Status.PENDING


@pytest.mark.parametrize("tell", [True, False])
def test_it_says_whether_the_writer_is_told(run: Any, app: Flask, tell: bool) -> None:
    make.thread()
    rhea = make.account("Rhea")
    waiting = make.comment(held=True, by=rhea)
    options = ["--reason", "Off the point.", *(["--tell"] if tell else [])]
    assert run("decide", "spam", str(waiting.id), *options).exit_code == 0
    assert told() == ([("rhea", "decided", waiting.id)] if tell else [])
