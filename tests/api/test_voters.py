"""One person, one vote: whatever browser, whatever moment, and after an account is gone."""

import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import account_changes, account_deletion, comments, sessions
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Account, Comment, Session, Vote
from tests import make
from tests.api.voting import counts, guests_vote, lines


def account(name: str = "Rhea") -> Account:
    return db.session.scalars(sa.select(Account).where(Account.name == name)).one()


def browser(of: Account | None, guest: Session | None = None) -> Session:
    with writing():
        made, _ = sessions.begin(of, make.visitor(session=guest))
    return made


@guests_vote
def test_a_claim_makes_a_guests_votes_the_accounts_and_counts_no_one_twice(
    app: Flask, settings: Settings
) -> None:
    make.thread()
    rhea = make.account("Rhea")
    gus = browser(None)
    others = [make.comment().id for _ in range(3)]
    by_gus = make.comment(session=gus).id

    def vote(session: Session, number: int) -> None:
        comments.vote(number, make.visitor(session=session), 1, settings)

    for number in others[:2]:
        vote(gus, number)
    elsewhere = browser(rhea)
    for number in (others[1], others[2], by_gus):
        vote(elsewhere, number)
    signed_in = browser(rhea, gus)
    # Before as after: the browser has voted already.
    vote(signed_in, others[0])
    assert [counts(each) for each in (*others, by_gus)] == [(1, 0), (2, 0), (1, 0), (1, 0)]
    account_changes.claim(signed_in)
    assert [counts(each) for each in (*others, by_gus)] == [(1, 0), (1, 0), (1, 0), (0, 0)]
    assert comments.votes_in(signed_in, "pelicans") == dict.fromkeys(others, 1)


@pytest.mark.parametrize("many", [3, 600])
def test_a_deleted_account_leaves_no_vote_and_costs_little(
    app: Flask, settings: Settings, statements: list[str], fragment: Any, many: int
) -> None:
    make.thread()
    make.many([{"id": number, "up": 2} for number in range(1, many + 1)])
    rhea, pia = make.account("Rhea"), make.account("Pia")
    for by in (rhea, pia):
        with writing():
            rows = [{"comment_id": each, "account_id": by.id, "value": 1}
                    for each in range(1, many + 1)]  # fmt: skip
            db.session.execute(sa.insert(Vote), rows)
    statements.clear()
    account_deletion.delete(rhea, keep=True, lang="en", settings=settings)
    # However many there are; one of them forgets its address beside what it wrote as a guest.
    assert len([each for each in statements if "votes" in each or "comments" in each]) <= 12
    assert {counts(number) for number in (1, many)} == {(1, 0)}
    assert lines(fragment())[:2] == ["1 reader liked this"] * 2


@guests_vote
def test_the_vote_of_a_guest_whose_session_is_forgotten_stays_counted(
    app: Flask, settings: Settings
) -> None:
    make.thread()
    make.comment()
    gus = browser(None)
    comments.vote(1, make.visitor(session=gus), 1, settings)
    with writing():
        db.session.execute(sa.delete(Session).where(Session.id == gus.id))
    assert counts() == (1, 0)


def test_the_database_takes_no_second_vote_of_one_person(app: Flask) -> None:
    make.thread()
    make.comment()
    rhea = make.account("Rhea")
    twice = [{"comment_id": 1, "account_id": rhea.id, "value": value} for value in (1, -1)]
    with pytest.raises(sa.exc.IntegrityError), writing():
        db.session.execute(sa.insert(Vote), twice)


def test_votes_at_one_moment_are_all_counted_once(app: Flask, settings: Settings) -> None:
    """Of one person as of many, beside somebody who edits what is voted on and what it answers."""
    make.thread()
    parent = make.comment()
    number = make.comment(parent=parent).id
    people = [make.account(f"Person-{each}") for each in range(3)]
    at_once = threading.Barrier(len(people) * 2 + 1)
    wrong: list[Exception] = []

    def vote(by: Account) -> None:
        with app.app_context():
            session = browser(db.session.get_one(Account, by.id))
            at_once.wait()
            for value in (1, 0, 1):
                comments.vote(number, make.visitor(session=session), value, settings)

    def edit() -> None:
        with app.app_context():
            at_once.wait()
            for each in range(6):
                with comments.changing():
                    found = comments.locked(Comment.id == (parent.id, number)[each % 2])
                    found[0].html = f"<p>{each}</p>"

    def noting(act: Any, *given: Any) -> None:
        try:
            act(*given)
        except Exception as error:
            wrong.append(error)
            at_once.abort()

    tasks = [(vote, each) for each in people * 2]
    running = [threading.Thread(target=noting, args=each) for each in [*tasks, (edit,)]]
    for each in running:
        each.start()
    for each in running:
        each.join()
    assert not wrong
    assert counts(number) == (3, 0)


def test_a_vote_costs_the_same_in_a_long_thread(
    app: Flask, settings: Settings, statements: list[str]
) -> None:
    make.thread()
    session = browser(make.account("Rhea"))
    asked = []
    for length in (1, 300):
        before = db.session.scalar(sa.select(sa.func.count()).select_from(Comment)) or 0
        make.many([{"id": number} for number in range(before + 1, length + 1)])
        db.session.rollback()
        statements.clear()
        comments.vote(length, make.visitor(session=session), 1, settings)
        asked.append(len([each for each in statements if "PRAGMA" not in each]))
    # Its limit, the comment, the vote before, this one, and the counts.
    assert asked[0] == asked[1] <= 7
