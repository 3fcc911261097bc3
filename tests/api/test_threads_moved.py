"""Comments and whole threads that go elsewhere: by JSON and by form, and what leads there."""

import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, sessions, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import ServiceError, ThreadClosed
from comments_service.inputs import Merge, NewComment, parse
from comments_service.models import (
    Account,
    Comment,
    Role,
    Subscription,
    ThreadDecision,
)
from comments_service.publishing import manifest, publisher
from tests import make
from tests.api.people import by_json_and_form, of_role, text
from tests.api.ruling import done, listing, merge, move, order, pin, thread, true, undo
from tests.conftest import Visitor

# ---- moved


@pytest.fixture
def two(app: Flask) -> dict[str, Comment]:
    """Pelicans with a comment, an answer and its answer, a waiting one beside; and herons with a comment."""
    make.site()
    make.thread()
    make.thread("herons", authors=["Bert"])
    root = make.comment(minutes_ago=9)
    question = make.comment(parent=root, minutes_ago=8)
    answer = make.comment(parent=question, minutes_ago=7)
    waits = make.comment(parent=answer, minutes_ago=6, held=True)
    heron = make.comment("herons", minutes_ago=8)
    return {"root": root, "question": question, "answer": answer, "waits": waits, "heron": heron}


@by_json_and_form
def test_a_comment_moves_with_all_that_answers_it_and_back(
    two: dict[str, Comment], settings: Settings, moderator: Visitor, fragment: Any, by: str
) -> None:
    publisher.publish_behind(settings)
    number = two["question"].id
    assert done(move(moderator, by, number, "herons", "About herons"))
    assert order() == [two["root"].id]
    assert order("herons") == [number, two["answer"].id, two["heron"].id]
    db.session.expire_all()
    assert db.session.get_one(Comment, two["waits"].id).thread_id == "herons"
    assert true(settings)
    assert 'data-count="1"' in fragment()
    assert 'data-count="3"' in fragment("herons")
    assert (thread().comment_count, thread("herons").comment_count) == (1, 3)
    made = db.session.scalars(sa.select(ThreadDecision)).one()
    assert (made.reason, made.comment_ids, made.parent_id) == (
        "About herons",
        [number],
        two["root"].id,
    )
    # An answer that came since goes back with it.
    reply = make.comment("herons", parent=db.session.get_one(Comment, two["answer"].id))
    assert done(undo(moderator, by, made.id))
    assert order() == [two["root"].id, number, two["answer"].id, reply.id]
    assert order("herons") == [two["heron"].id]
    assert true(settings)
    assert undo(moderator, by, made.id).status_code == 409
    assert "Mona moved back to pelicans" in text(
        moderator.get("/comments/moderation/threads/herons").text
    )


def test_whoever_looks_where_a_comment_stood_is_led_on(
    two: dict[str, Comment], moderator: Visitor, guest: Visitor
) -> None:
    number = two["question"].id
    assert done(move(moderator, "json", number, "herons"))
    page = guest.get(f"/comments/threads/pelicans?comment={number}&_external=1")
    there = f"/comments/threads/herons?comment={number}#comment-{number}"
    assert (page.status_code, page.headers["Location"]) == (303, there)
    found = guest.get(f"/comments/api/v1/threads/pelicans/comments?comment={number}")
    assert found.headers["Location"] == f"/comments/api/v1/threads/herons/comments?comment={number}"
    # What nobody sees leads nowhere.
    hidden = two["waits"].id
    assert guest.get(f"/comments/threads/pelicans?comment={hidden}").status_code == 200
    api = guest.get(f"/comments/api/v1/threads/pelicans/comments?comment={hidden}")
    assert api.status_code == 404


def test_an_answer_to_what_was_moved_meanwhile_is_refused_with_its_text(
    two: dict[str, Comment], moderator: Visitor, guest: Visitor
) -> None:
    number = two["question"].id
    assert done(move(moderator, "json", number, "herons"))
    values = {"name": "Gus", "body": "Yes indeed.", "parent": number}
    answer = guest.call("POST", "threads/pelicans/comments", values)
    assert answer.status_code == 409
    assert "stands at another article now" in answer.json["detail"]
    page = guest.post("/comments/threads/pelicans", values)
    assert page.status_code == 409
    assert "Yes indeed." in page.text


def test_submissions_with_one_key_in_two_threads_can_meet(
    two: dict[str, Comment], settings: Settings, moderator: Visitor
) -> None:
    with comments.changing():
        db.session.execute(
            sa.update(Comment)
            .where(Comment.id.in_([two["root"].id, two["heron"].id]))
            .values(key="the same")
        )
    assert done(move(moderator, "json", two["root"].id, "herons"))
    assert len(order("herons")) == 4
    assert true(settings)


@by_json_and_form
def test_nobody_moves_what_he_does_not_moderate(
    two: dict[str, Comment], app: Flask, author: Visitor, by: str
) -> None:
    """Ada wrote about pelicans, and not about herons."""
    assert move(author, by, two["root"].id, "herons").status_code == 403
    assert merge(author, by, "herons").status_code == 403
    assert done(pin(author, by, two["root"].id))
    stranger = of_role(app, "Rhea", Role.READER)
    assert pin(stranger, by, two["root"].id).status_code == 403
    assert author.get("/comments/moderation/threads/herons").status_code == 403
    listed = author.call("GET", "moderation/threads").json
    assert [each["id"] for each in listed["threads"]] == ["pelicans"]


@by_json_and_form
def test_what_cannot_be_moved_is_refused_in_words(
    two: dict[str, Comment], moderator: Visitor, by: str
) -> None:
    root = two["root"].id
    assert move(moderator, by, root, "nowhere").status_code == 422
    assert move(moderator, by, root, "No thread!").status_code == 422
    assert move(moderator, by, root, "pelicans").status_code == 409
    assert move(moderator, "json", 999, "herons").status_code == 404
    address = "http://blog.test/comments/moderation/threads/herons?comment=3#one"
    assert done(move(moderator, by, root, address))


# ---- merged


@by_json_and_form
def test_a_merged_thread_leads_on_for_ever_and_can_be_taken_apart(
    two: dict[str, Comment],
    settings: Settings,
    moderator: Visitor,
    guest: Visitor,
    fragment: Any,
    by: str,
) -> None:
    publisher.publish_behind(settings)
    before = order()
    assert done(merge(moderator, by, "herons"))
    assert order() == []
    assert order("herons") == [*before, two["heron"].id]
    assert true(settings)
    assert "The conversation goes on at another article." in fragment()
    assert 'data-count="4"' in fragment("herons")
    if by == "form":
        shown = moderator.get("/comments/moderation/threads/pelicans").text
        assert '· <span class="this-one">merged</span>' in shown
        assert "Merge it into another" not in shown
        # By its title, and not by its id.
        assert '<a href="/comments/moderation/threads/herons">Herons</a>' in shown
    page = guest.get(f"/comments/threads/pelicans?comment={before[1]}")
    assert page.headers["Location"].startswith("/comments/threads/herons?comment=")
    assert guest.get("/comments/threads/pelicans").headers["Location"] == "/comments/threads/herons"
    refused = guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Late."})
    assert refused.status_code == 409
    # Once more into a third: aliases follow.
    make.thread("egrets")
    assert done(merge(moderator, by, "egrets", thread="herons"))
    assert guest.get("/comments/threads/pelicans").headers["Location"] == "/comments/threads/egrets"
    assert merge(moderator, by, "pelicans", thread="egrets").status_code == 422
    assert true(settings)
    numbers = db.session.scalars(sa.select(ThreadDecision.id).order_by(ThreadDecision.id)).all()
    assert done(undo(moderator, by, numbers[1]))
    assert done(undo(moderator, by, numbers[0]))
    assert order() == before
    assert order("herons") == [two["heron"].id]
    assert thread().merged_into is None
    assert true(settings)


@by_json_and_form
def test_what_was_pinned_is_pinned_again_when_it_comes_back(
    two: dict[str, Comment], settings: Settings, moderator: Visitor, by: str
) -> None:
    others = [make.comment(body=f"Gulls {each}.").id for each in range(3)]
    root = two["root"].id
    assert done(pin(moderator, by, root))
    before = order()
    for back_and_forth in range(2):
        assert done(move(moderator, by, root, "herons"))
        assert root not in order()
        number = db.session.scalar(sa.select(sa.func.max(ThreadDecision.id)))
        assert done(undo(moderator, by, number or 0))
        assert order() == before, back_and_forth
        assert threads.comment(root).pinned_at is not None
    # What was unpinned before, or finds no room any more, comes back in its turn.
    assert done(merge(moderator, by, "herons"))
    number = db.session.scalar(sa.select(sa.func.max(ThreadDecision.id)))
    assert done(undo(moderator, by, number or 0))
    assert threads.comment(root).pinned_at is not None
    assert done(move(moderator, by, root, "herons"))
    number = db.session.scalar(sa.select(sa.func.max(ThreadDecision.id)))
    for each in others:
        assert done(pin(moderator, by, each))
    assert done(undo(moderator, by, number or 0))
    assert threads.comment(root).pinned_at is None
    assert len(threads.pinned("pelicans")) == 3
    assert true(settings)


def test_an_article_that_is_gone_leads_to_where_its_comments_are(
    two: dict[str, Comment], moderator: Visitor, guest: Visitor
) -> None:
    manifest.push(listing(id="herons", url="http://blog.test/herons/", title="Herons"))
    page = text(moderator.get("/comments/moderation/threads/pelicans").text)
    assert "The blog has no article for these comments any more" in page
    assert "its article is gone" in text(moderator.get("/comments/moderation/threads").text)
    assert guest.get("/comments/threads/pelicans").status_code == 404
    assert done(merge(moderator, "json", "herons"))
    assert guest.get("/comments/threads/pelicans").headers["Location"] == "/comments/threads/herons"
    # A later build that lists it again changes nothing of that.
    manifest.push(listing())
    assert thread().merged_into == "herons"


def test_who_follows_a_thread_follows_what_it_was_merged_into(
    two: dict[str, Comment], moderator: Visitor, reader: Visitor
) -> None:
    level = {"level": "all"}
    assert reader.call("PATCH", "threads/pelicans/notifications", level).status_code == 200
    assert done(merge(moderator, "json", "herons"))
    followed = db.session.scalars(sa.select(Subscription.thread_id).order_by(Subscription.id)).all()
    assert followed == ["pelicans", "herons"]


# ---- at the same moment


@pytest.mark.parametrize("held", [True, False])
def test_nothing_is_left_in_a_thread_that_is_merged_while_it_is_posted(
    two: dict[str, Comment], app: Flask, settings: Settings, database_url: str, held: bool
) -> None:
    mona = make.account("Mona", role=Role.MODERATOR).id
    failed: list[BaseException] = []

    def merging() -> None:
        with app.app_context():
            try:
                comments.merge("pelicans", db.session.get_one(Account, mona), Merge(into="herons"))
            except BaseException as error:
                failed.append(error)
            db.session.remove()

    other = threading.Thread(target=merging)

    def meanwhile() -> None:
        other.start()
        if not database_url.startswith("sqlite"):
            # Done before the comment is written. SQLite has one writer: there it comes right after.
            other.join()

    words = "Gulls. " + "https://a.example " * (9 if held else 0)
    new = parse(NewComment, {"body": words, "name": "Gus"})
    try:
        comments.post("pelicans", make.visitor(), new, settings, first=meanwhile)
        said = "taken"
    except ThreadClosed:
        said = "closed"
    other.join()
    assert failed == []
    assert said == ("taken" if database_url.startswith("sqlite") else "closed")
    db.session.rollback()
    left = sa.select(sa.func.count()).where(Comment.thread_id == "pelicans")
    assert db.session.scalar(left) == 0
    here = sa.select(sa.func.count()).where(Comment.source == new.body)
    assert db.session.scalar(here) == (said == "taken")
    assert true(settings)


@pytest.mark.parametrize("whole", [False, True])
def test_an_answer_that_is_posted_meanwhile_comes_along_or_is_refused(
    two: dict[str, Comment], app: Flask, settings: Settings, moderator: Visitor, whole: bool
) -> None:
    """Whatever comes first: nothing is left below a comment that stands elsewhere."""
    make.account("Olga", role=Role.OWNER)
    number = two["question"].id
    start = threading.Barrier(2)
    taken: list[str] = []

    def answer() -> None:
        with app.app_context():
            account = db.session.scalars(sa.select(Account).where(Account.name == "Olga")).one()
            with writing():
                _, token = sessions.begin(account, make.visitor())
            start.wait()
            for each in range(10):
                new = parse(NewComment, {"body": f"Number {each}.", "parent": number})
                visitor = make.visitor(session=sessions.of_token(token))
                try:
                    comments.post("pelicans", visitor, new, settings)
                    taken.append("taken")
                except ServiceError as error:
                    taken.append(error.code)
            db.session.remove()

    thread_of_answers = threading.Thread(target=answer)
    thread_of_answers.start()
    start.wait()
    moved = (
        merge(moderator, "json", "herons") if whole else move(moderator, "json", number, "herons")
    )
    thread_of_answers.join()
    assert done(moved)
    assert len(taken) == 10
    assert {*taken} <= {"taken", "missing_parent", "thread_closed"}
    strays = sa.select(Comment.id).where(
        Comment.parent_id.is_not(None),
        ~sa.exists()
        .where(sa.text("p.id = comments.parent_id AND p.thread_id = comments.thread_id"))
        .select_from(sa.text("comments p")),
    )
    db.session.rollback()
    assert db.session.scalars(strays).all() == []
    assert true(settings)
