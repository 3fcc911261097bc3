"""Lists of comments and threads: the queue, and the whole site's counts and newest."""

from typing import Any

import pytest
from flask import Flask

from comments_service import comments, moderation_queue, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.models import Policy, Role, Status, Thread
from comments_service.moderation_queue import Filter
from comments_service.publishing import publisher
from tests import make

# ---- the queue


@pytest.fixture
def mona(app: Flask) -> Any:
    return make.account("Mona", role=Role.MODERATOR)


def test_the_queue_lists_the_oldest_first_and_other_states_the_newest(mona: Any) -> None:
    make.thread()
    held = [make.comment(held=True).id for _ in range(3)]
    published = [make.comment().id for _ in range(2)]
    assert [
        each.id for each in moderation_queue.queue(mona, Filter(Status.PENDING)).comments
    ] == held
    assert [
        each.id for each in moderation_queue.queue(mona, Filter(Status.PUBLISHED)).comments
    ] == published[::-1]
    assert moderation_queue.waiting(mona) == 3


def test_an_author_sees_only_comments_on_articles_of_his_own(app: Flask) -> None:
    ada = make.account("Ada", role=Role.AUTHOR)
    make.thread("mine", authors=["Bob", "Ada"])
    make.thread("other", authors=["Adam"])
    make.comment("mine", held=True)
    make.comment("other", held=True)
    assert [
        each.thread_id for each in moderation_queue.queue(ada, Filter(Status.PENDING)).comments
    ] == ["mine"]
    assert moderation_queue.queue(ada, Filter(thread="other")).total == 0
    assert moderation_queue.waiting(ada) == 1
    assert moderation_queue.written_by(ada) == ["mine"]


def test_the_queue_comes_in_pages_and_a_page_beyond_is_the_last(mona: Any) -> None:
    make.thread()
    make.many([{"id": n, "status": Status.PENDING} for n in range(1, 52)])
    pages = [moderation_queue.queue(mona, Filter(), page=page) for page in (1, 2, 3, 99, 0, -5)]
    assert [len(each.comments) for each in pages] == [25, 25, 1, 1, 25, 25]
    assert [each.page for each in pages] == [1, 2, 3, 3, 1, 1]
    assert {(each.total, each.pages) for each in pages} == {(51, 3)}


def test_search_finds_words_wherever_they_stand_and_takes_them_as_they_are(mona: Any) -> None:
    make.thread()
    make.thread("gulls")
    make.comment(body="100% sure", name="Pia")
    make.comment(body="snake_case here", email="p@example.org")
    make.comment("gulls", body="a/b or c\\d")
    make.comment(body="by an account", by=make.account("Rhea"))

    def found(words: str, **more: Any) -> int:
        return moderation_queue.queue(mona, Filter(Status.PUBLISHED, q=words, **more)).total

    assert found("%") == 1
    assert found("_") == 1
    assert found("/") == 1
    assert found("\\") == 1
    assert found("SURE pia") == 1
    assert found("sure snake") == 0
    assert found("p@example") == 1
    assert found("rhea") == 1
    assert found("'; DROP TABLE comments; --") == 0
    assert found("") == 4
    assert found("", thread="gulls") == 1


def test_what_waits_is_shown_whole_to_whoever_decides(mona: Any) -> None:
    make.thread()
    parent = make.comment(name="Pia")
    make.comment(held=True, parent=parent)
    make.comment(held=True, parent=make.comment(name="Hidden", held=True))
    shown = threads.shown(moderation_queue.queue(mona, Filter(Status.PENDING)).comments)
    assert [each.parent_name for each in shown] == ["Pia", None, None]
    assert not any(each.gone for each in shown)
    assert threads.shown([]) == []


def test_an_undo_takes_back_the_latest_decision_that_still_stands(mona: Any) -> None:
    make.thread()
    comment = make.comment(held=True)
    assert moderation_queue.last_decision(comment.id) is None
    for act in ("publish", "spam", "undo"):
        comments.decide(comment.id, mona, NewDecision(decision=act))
    last = moderation_queue.last_decision(comment.id)
    assert last is not None
    assert str(last.act) == "publish"
    decided = moderation_queue.decisions(comment.id)
    assert [str(each.act) for each in decided] == ["undo", "spam", "publish"]
    assert decided[0].moderator is not None


# ---- the whole site


def test_counts_are_of_published_comments_the_latest_active_thread_first(
    app: Flask, settings: Settings
) -> None:
    for name in ("a", "b", "silent", "gone", "off"):
        make.thread(name)
    for name in ("a", "a", "b", "a", "b", "gone", "off"):
        make.comment(name)
    make.comment("b", held=True)
    make.comment("a", status=Status.DELETED)
    with writing():
        db.session.get_one(Thread, "gone").listed = False
        db.session.get_one(Thread, "off").policy = Policy.OFF
    publisher.publish_behind(settings)
    assert threads.counts() == [("b", 2), ("a", 3)]


def test_the_newest_comments_come_with_their_threads_and_are_bounded(app: Flask) -> None:
    make.thread()
    make.thread("gone")
    make.comment("gone")
    make.many([{"id": n} for n in range(100, 160)])
    make.comment(held=True)
    with writing():
        db.session.get_one(Thread, "gone").listed = False
    recent = threads.recent()
    assert [comment.id for comment, _ in recent] == list(range(159, 109, -1))
    assert {thread.id for _, thread in recent} == {"pelicans"}
