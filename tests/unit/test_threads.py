"""Threads: one order for all readers, whatever the length and depth, in as many queries as ever."""

import itertools
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comments_service import by_writer, moderation_queue, sessions, threads
from comments_service.db import db, writing
from comments_service.errors import UnknownComment, UnknownThread
from comments_service.models import Policy, Role, Session, Status, now
from comments_service.moderation_queue import Filter
from tests import make

_threads = itertools.count()


def bodies(thread_id: str = "pelicans") -> list[str]:
    """What a thread shows, as indented words; a placeholder is a dash."""
    return [
        "  " * each.depth
        + ("–" if each.gone else each.html.removeprefix("<p>").removesuffix("</p>"))
        for each in threads.conversation(thread_id)
    ]


def test_replies_stand_below_what_they_answer_oldest_first(app: Flask) -> None:
    make.thread()
    one = make.comment(body="1", minutes_ago=9)
    two = make.comment(body="2", minutes_ago=8)
    make.comment(body="1.2", parent=one, minutes_ago=6)
    answer = make.comment(body="1.1", parent=one, minutes_ago=7)
    make.comment(body="2.1", parent=two, minutes_ago=5)
    make.comment(body="1.1.1", parent=answer, minutes_ago=1)
    assert bodies() == ["1", "  1.1", "    1.1.1", "  1.2", "2", "  2.1"]


def test_what_is_gone_keeps_its_place_only_where_something_visible_hangs(app: Flask) -> None:
    make.thread()
    deleted = make.comment(body="gone", status=Status.DELETED)
    rejected = make.comment(body="spam", status=Status.REJECTED, parent=deleted)
    make.comment(body="held", held=True, parent=deleted)
    make.comment(body="stays", parent=rejected)
    lonely = make.comment(body="gone too", status=Status.DELETED)
    make.comment(body="spam too", status=Status.REJECTED, parent=lonely)
    assert bodies() == ["–", "  –", "    stays"]
    assert threads.count(threads.get("pelicans")) == 1


def test_a_reply_to_what_is_gone_does_not_say_whose_it_was(app: Flask) -> None:
    make.thread()
    deleted = make.comment(status=Status.DELETED, name="Secret")
    make.comment(parent=deleted)
    placeholder, reply = threads.conversation("pelicans")
    assert placeholder.gone
    assert reply.parent_name is None


def test_an_accounts_name_and_role_are_those_of_today(app: Flask) -> None:
    make.thread()
    rhea = make.account("Rhea")
    make.comment(by=rhea)
    make.comment(parent=make.comment(by=rhea))
    with writing():
        rhea.name, rhea.role = "Rea", Role.MODERATOR
    shown = threads.conversation("pelicans")
    assert {each.name for each in shown} == {"Rea", "Gus"}
    assert shown[0].by == "moderator"
    assert shown[-1].by == "guest"
    assert shown[-1].parent_name == "Rea"
    assert shown[0].hue == shown[1].hue


def test_a_chain_of_5000_replies_is_read_in_one_query(app: Flask, statements: list[str]) -> None:
    make.thread()
    make.many([{"id": n, "parent_id": n - 1 or None, "depth": n - 1} for n in range(1, 5001)])
    statements.clear()
    shown = threads.conversation("pelicans")
    assert [each.id for each in shown] == list(range(1, 5001))
    assert shown[-1].depth == 4999
    assert len(statements) == 1


def test_one_comment_at_the_end_of_a_deleted_chain_keeps_all_places(app: Flask) -> None:
    make.thread()
    make.many(
        [
            {"id": n, "parent_id": n - 1 or None, "depth": n - 1, "status": Status.DELETED}
            for n in range(1, 1000)
        ]
        + [{"id": 1000, "parent_id": 999, "depth": 999}]
    )
    assert [each.gone for each in threads.conversation("pelicans")] == [True] * 999 + [False]


@pytest.mark.parametrize("length", [2, 20, 200])
def test_reading_takes_as_many_queries_whatever_the_length(
    app: Flask, statements: list[str], length: int
) -> None:
    make.thread()
    make.many(
        [
            {"id": n, "parent_id": n // 2 or None, "depth": n.bit_length() - 1}
            for n in range(1, length + 1)
        ]
    )
    account = make.account("Mona", role=Role.MODERATOR)
    statements.clear()
    assert len(threads.conversation("pelicans")) == length
    found = moderation_queue.queue(account, Filter(Status.PUBLISHED))
    threads.shown(found.comments)
    threads.recent()
    threads.counts()
    assert len(statements) == 7


states = st.sampled_from([*Status, Status.PUBLISHED, Status.PUBLISHED])
trees = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3), states), max_size=25)


def expected(rows: list[dict[str, Any]]) -> list[int]:
    """The reading order, by recursion: fine for a test's small trees."""

    def below(parent: int | None) -> Iterable[int]:
        mine = [row for row in rows if row["parent_id"] == parent]
        for row in sorted(mine, key=lambda row: (row["created_at"], row["id"])):
            inner = list(below(row["id"]))
            if inner or row["status"] is Status.PUBLISHED:
                yield row["id"]
                yield from inner

    return list(below(None))


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(trees)
def test_any_tree_is_read_in_its_order(app: Flask, tree: list[tuple[int, int, Status]]) -> None:
    number = next(_threads)
    thread = make.thread(f"tree-{number}")
    first = number * 1000 + 1
    began = now()
    rows: list[dict[str, Any]] = []
    for position, (parent, second, status) in enumerate(tree):
        answered = rows[parent % position] if position and parent % 3 else None
        rows.append(
            {
                "id": first + position,
                "parent_id": answered["id"] if answered else None,
                "depth": answered["depth"] + 1 if answered else 0,
                "status": status,
                "created_at": began + timedelta(seconds=second),
            }
        )
    if rows:
        make.many(rows, thread.id)
    shown = threads.conversation(thread.id)
    assert [each.id for each in shown] == expected(rows)
    assert threads.count(threads.get(thread.id)) == sum(
        row["status"] is Status.PUBLISHED for row in rows
    )


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 25])
def test_pages_hold_everything_once_and_none_is_too_long(app: Flask, length: int) -> None:
    make.thread()
    if length:
        make.many([{"id": n} for n in range(1, length + 1)])
    last = threads.pages(threads.length("pelicans"), 10)
    cut = [threads.page("pelicans", number, 10) for number in range(1, last + 1)]
    assert [each.id for page in cut for each in page] == [*range(1, length + 1)]
    assert all(len(page) <= 10 for page in cut)
    assert all(cut) or (len(cut) == 1 and not length)


# ---- single threads and comments


@pytest.mark.parametrize("values", [{"listed": False}, {"policy": Policy.OFF}])
def test_a_thread_that_is_not_shown_is_unknown(app: Flask, values: dict[str, Any]) -> None:
    make.thread(**values)
    with pytest.raises(UnknownThread):
        threads.get("pelicans")
    with pytest.raises(UnknownThread):
        threads.get("nowhere")
    assert threads.visible() == []


def test_a_thread_is_open_until_its_time_is_over(app: Flask) -> None:
    hour = timedelta(hours=1)
    assert threads.open_now(make.thread("a"))
    assert threads.open_now(make.thread("b", policy=Policy.HELD, closes_at=now() + hour))
    assert not threads.open_now(make.thread("c", closes_at=now() - hour))
    assert not threads.open_now(make.thread("d", policy=Policy.CLOSED))


def test_a_threads_languages_have_their_own_titles_and_addresses(app: Flask) -> None:
    thread = make.thread(
        translations=[{"lang": "zh-cn", "url": "http://blog.test/zh/", "title": "鹈鹕"}]
    )
    assert threads.languages(thread) == ["en", "zh-cn"]
    assert (threads.title(thread, "zh-cn"), threads.title(thread, "de")) == ("鹈鹕", "Pelicans")
    assert threads.address(thread, "zh-cn") == "http://blog.test/zh/"
    assert threads.address(thread) == threads.address(thread, "de") == "http://blog.test/pelicans/"


def test_a_comment_comes_with_its_thread_and_account_in_any_state(app: Flask) -> None:
    make.thread()
    made = make.comment(held=True, by=make.account())
    db.session.expunge_all()
    found = threads.comment(made.id)
    assert found.thread.title == "Pelicans"
    assert found.account is not None
    assert found.account.name == "Rhea"
    with pytest.raises(UnknownComment):
        threads.comment(made.id + 1)


def session_of(account: Any = None) -> Session:
    with writing():
        return sessions.begin(account, make.visitor())[0]


def test_a_writer_finds_what_it_wrote_in_this_browser_or_with_this_account(app: Flask) -> None:
    make.thread()
    make.thread("gulls")
    rhea = make.account()
    here, elsewhere, other = session_of(rhea), session_of(rhea), session_of()
    mine = [
        make.comment(by=rhea, session=elsewhere),
        make.comment(session=here, held=True),
    ]
    make.comment(session=here, status=Status.DELETED)
    make.comment(session=here, status=Status.REJECTED)
    make.comment("gulls", session=here)
    make.comment(session=other)
    found = by_writer.in_thread(here, "pelicans")
    assert [each.id for each in found] == [each.id for each in reversed(mine)]
    assert len(by_writer.in_thread(other, "pelicans")) == 1


def test_a_writers_history_is_that_of_the_account_or_of_the_browser(app: Flask) -> None:
    make.thread()
    rhea = make.account()
    session, guest = session_of(rhea), session_of()
    make.comment(by=rhea)
    make.comment(by=rhea, status=Status.REJECTED)
    make.comment(session=guest)
    known, _ = by_writer.history(session, "<p>new</p>", "pelicans")
    assert (known.published, known.rejected) == (1, 1)
    known, _ = by_writer.history(guest, "<p>new</p>", "pelicans")
    assert (known.published, known.rejected) == (1, 0)
    known, _ = by_writer.history(None, "<p>new</p>", "pelicans")
    assert (known.published, known.rejected, known.same_text_recently) == (0, 0, 0)


def test_the_same_text_elsewhere_counts_for_a_day(app: Flask) -> None:
    make.thread()
    make.thread("gulls")
    make.comment(body="Buy!", held=True)
    make.comment(body="Buy!", status=Status.REJECTED)
    make.comment(body="Buy!", held=True, minutes_ago=25 * 60)
    make.comment(body="Buy!")
    make.comment("gulls", body="Buy!", held=True)
    known, _ = by_writer.history(None, "<p>Buy!</p>", "gulls")
    assert known.same_text_recently == 2
