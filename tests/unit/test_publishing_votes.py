"""Votes as they are published: a burst of them once, and every count right in the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, sessions, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Comment, Thread
from comments_service.publishing import publisher, snapshots, votes
from tests import make
from tests.unit.published import published, set_page_size, several


@contextmanager
def renderings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Which threads are rendered meanwhile."""
    found: list[str] = []
    really = snapshots._write

    def write(thread: Thread, *given: object, **named: object) -> None:
        found.append(thread.id)
        really(thread, *given, **named)  # type: ignore[arg-type]  # as it was called

    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "_write", write)
        yield found


def voters(number: int) -> list[str]:
    """The tokens of so many people's sessions, without what signing up costs."""
    with writing():
        return [sessions.begin(None, make.visitor())[1] for _ in range(number)]


def vote(token: str, number: int, settings: Settings) -> None:
    session = sessions.of_token(token)
    comments.vote(number, make.visitor(session=session), 1, settings)


@pytest.fixture
def changed_settings() -> dict[str, object]:
    return {"guest_votes": True, "limit_votes": ()}


def test_a_burst_of_votes_is_published_twice_at_most(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.thread()
    several(4)
    publisher.publish_behind(settings)
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    follower = publisher.Publisher(app, settings)
    follower.round()
    people = voters(50)
    with renderings(monkeypatch) as rendered:
        for person in people:
            for number in (1, 2, 3, 4):
                vote(person, number, settings)
            # The publisher looks after every fourth vote, for as long as the burst takes.
            clock[0] += 0.05
            follower.round()
        assert rendered == ["pelicans"]
        clock[0] += votes.VOTES_SECONDS
        follower.round()
        assert rendered == ["pelicans"] * 2
        follower.round()
        assert rendered == ["pelicans"] * 2
    html = (settings.published / "threads" / "pelicans.html").read_text()
    assert html.count("▲ 50") == 4


def test_votes_that_a_crash_left_unpublished_are_published_at_the_next_start(
    app: Flask, settings: Settings
) -> None:
    make.thread()
    several(2)
    publisher.publish_behind(settings)
    vote(voters(1)[0], 2, settings)
    publisher.Publisher(app, settings).round()
    assert "▲ 1" in (settings.published / "threads" / "pelicans.html").read_text()
    assert not db.session.scalars(sa.select(Comment.id).where(Comment.voted)).all()


def test_a_vote_touches_the_page_on_which_the_comment_stands_and_the_first(
    app: Flask, settings: Settings
) -> None:
    set_page_size(settings, 10)
    make.thread()
    make.many([{"id": number} for number in range(1, 36)])
    publisher.publish_behind(settings)
    before = published(settings)
    vote(voters(1)[0], 25, settings)
    publisher.publish_behind(settings)
    after = published(settings)
    changed = {name for name in after if before.get(name) != after[name] and name.endswith("html")}
    assert changed == {
        "threads/pelicans.html", "threads/pelicans.3.html", "threads/pelicans.best.html"
    }  # fmt: skip
    publisher.publish_all(settings)
    assert published(settings) == after


def test_a_vote_waits_for_no_post_and_raises_nothing_itself(
    app: Flask, settings: Settings, statements: list[str]
) -> None:
    make.thread()
    make.comment()
    person = voters(1)[0]
    statements.clear()
    vote(person, 1, settings)
    assert not [each for each in statements if each.startswith("UPDATE threads")]


def test_the_best_is_what_many_like_and_hardly_anybody_does_not(app: Flask) -> None:
    # One vote alone says little; nine of ten say more than two of two.
    found = sorted([(0, 0), (1, 0), (2, 0), (9, 1), (90, 10), (5, 5), (0, 3)],
                   key=lambda each: threads.score(*each))  # fmt: skip
    assert found == [(0, 0), (0, 3), (1, 0), (5, 5), (2, 0), (9, 1), (90, 10)]


def test_a_long_thread_publishes_its_best_and_a_short_one_does_not(
    app: Flask, settings: Settings, statements: list[str]
) -> None:
    set_page_size(settings, 10)
    make.thread()
    make.thread("gulls")
    make.comment("gulls")
    make.many([{"id": number, "up": number % 7, "score": threads.score(number % 7, 0)}
               for number in range(2, 400)])  # fmt: skip
    publisher.publish_behind(settings)
    folder = settings.published / "threads"
    best = (folder / "pelicans.best.html").read_text()
    assert best.count("<li ") == best.count("▲ 6") == 50
    assert not (folder / "gulls.best.html").exists()
    with comments.changing():
        db.session.execute(sa.delete(Comment).where(Comment.id > 9))
    publisher.publish_behind(settings)
    assert not list(folder.glob("pelicans.best.*"))
