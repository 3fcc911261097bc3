"""Learning: decisions teach the filter, undoing takes back the same, and what is forgotten leaves nothing."""

import random

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import joinedload

from comments_service import account_deletion, comments, config, learning, word_counts
from comments_service.db import db, writing
from comments_service.errors import NotAllowed, NothingToUndo
from comments_service.inputs import EditedComment, NewDecision, parse
from comments_service.models import Comment, Session, SpamExample, SpamWord, Status
from comments_service.sessions import begin
from comments_service.spam import Count, Text, words
from tests import make
from tests.plans import read_whole, sent

SPAM = "Casino winbet, write on telegram"


@pytest.fixture(autouse=True)
def _thread(app: Flask) -> None:
    make.thread()


def decide(comment: Comment, decision: str) -> None:
    version = db.session.scalar(sa.select(Comment.version).where(Comment.id == comment.id))
    new = parse(NewDecision, {"decision": decision, "version": version or 1})
    comments.decide(comment.id, None, new)


def counts() -> dict[int, Count]:
    db.session.rollback()
    rows = db.session.execute(sa.select(SpamWord.number, SpamWord.spam, SpamWord.genuine))
    return {row[0]: Count(row[1], row[2]) for row in rows}


def total() -> Count:
    return counts().get(words.TOTAL, Count(0, 0))


def test_a_decision_teaches_the_words_of_its_comment() -> None:
    waiting = make.comment(body=SPAM, held=True, website="https://king.example")
    decide(waiting, "spam")
    features = Text(SPAM, "Gus", "https://king.example").features
    assert counts() == dict.fromkeys([words.TOTAL, *features], Count(1, 0))
    fine = make.comment(held=True)
    decide(fine, "publish")
    assert total() == Count(1, 1)


@pytest.mark.parametrize("decision", ["spam", "publish"])
def test_an_undo_takes_back_what_was_taught(decision: str) -> None:
    before = counts()
    waiting = make.comment(body=SPAM, held=True)
    decide(waiting, decision)
    assert counts() != before
    decide(waiting, "undo")
    assert counts() == before
    assert db.session.scalars(sa.select(SpamExample)).all() == []


def test_another_decision_takes_the_place_of_the_first() -> None:
    waiting = make.comment(body=SPAM, held=True)
    decide(waiting, "publish")
    decide(waiting, "spam")
    assert total() == Count(1, 0)
    decide(waiting, "undo")
    assert total() == Count(0, 1)


def test_a_deletion_is_no_example() -> None:
    waiting = make.comment(body=SPAM, held=True)
    decide(waiting, "spam")
    decide(waiting, "delete")
    assert counts() == {}
    decide(waiting, "undo")
    assert total() == Count(1, 0)


def own(body: str) -> tuple[Comment, Session]:
    """A waiting comment of a guest's, and the session that may edit it."""
    with writing():
        session, _ = begin(None, make.visitor())
    return make.comment(body=body, held=True, session=session), session


def edit(comment: Comment, session: Session, body: str) -> None:
    new = parse(EditedComment, {"body": body})
    known = sa.select(Session).where(Session.id == session.id).options(joinedload(Session.account))
    session = db.session.scalars(known).one()
    comments.edit(comment.id, make.visitor(session=session), new, config.current())


def test_what_was_taught_is_taken_back_though_the_text_is_another_by_now() -> None:
    waiting, session = own("Harmless words, and few of them.")
    decide(waiting, "publish")
    edit(waiting, session, SPAM)
    decide(waiting, "undo")
    assert counts() == {}


@pytest.mark.parametrize("seed", range(6))
def test_retraining_counts_what_was_counted_decision_by_decision(seed: int) -> None:
    chance = random.Random(seed)
    mine = [own(f"{SPAM} {chance.randrange(9)} pelicans") for _ in range(4)]
    for _ in range(30):
        comment, session = chance.choice(mine)
        act = chance.choice(["publish", "spam", "delete", "undo", "edit"])
        status = db.session.scalar(sa.select(Comment.status).where(Comment.id == comment.id))
        if act == "edit":
            if status in (Status.PENDING, Status.PUBLISHED):
                edit(comment, session, f"Edited {chance.randrange(99)}: casino {seed}")
            continue
        try:
            decide(comment, act)
        except (NothingToUndo, NotAllowed):
            continue
    before, of = counts(), db.session.scalar(sa.select(sa.func.count(SpamExample.id)))
    assert learning.retrain() == of
    assert counts() == before


def test_what_its_writer_deletes_is_forgotten() -> None:
    waiting, session = own(SPAM)
    decide(waiting, "publish")
    comments.delete(waiting.id, make.visitor(session=session), config.current())
    assert counts() == {}
    row = db.session.get_one(Comment, waiting.id, populate_existing=True)
    assert (row.near_1, row.near_2, row.near_3, row.near_4) == (None,) * 4


@pytest.mark.parametrize("keep", [True, False])
def test_an_account_that_goes_takes_back_what_its_comments_taught(keep: bool) -> None:
    rhea = make.account()
    decide(make.comment(body=SPAM, held=True, by=rhea), "spam")
    decide(make.comment(held=True), "publish")
    account_deletion.delete(rhea, keep=keep, lang="en", settings=config.current())
    assert total() == Count(0, 1)
    assert len(counts()) == 1 + len(Text("They scoop.", "Gus").features)


def test_what_a_gone_comment_taught_stays_and_leads_nowhere() -> None:
    waiting = make.comment(body=SPAM, held=True)
    decide(waiting, "spam")
    before = counts()
    with comments.changing("pelicans"):
        db.session.execute(sa.delete(Comment).where(Comment.id == waiting.id))
    assert db.session.scalars(sa.select(SpamExample.comment_id)).all() == [None]
    assert counts() == before
    learning.retrain()
    assert counts() == before


def test_no_word_stands_in_a_table_of_the_filter() -> None:
    decide(make.comment(body="Xylophone", held=True), "spam")
    for example in db.session.scalars(sa.select(SpamExample)):
        assert b"ylophone" not in example.features


@pytest.mark.parametrize("known", [0, 2_000])
def test_scoring_is_one_query_by_an_index_however_much_was_learned(known: int) -> None:
    with writing():
        word_counts.add(dict.fromkeys(range(1, known + 1), (1, 0)))
    with sent() as statements:
        learning.looked_at(Text(SPAM))
    assert len(statements) == 1
    assert read_whole(*statements[0]) == []


@pytest.mark.parametrize("known", [0, 500])
def test_learning_takes_as_many_statements_however_much_was_learned(known: int) -> None:
    with writing():
        word_counts.add(dict.fromkeys(range(1, known + 1), (1, 0)))
    waiting = make.comment(body=SPAM, held=True)
    with sent() as statements:
        decide(waiting, "spam")
    assert len([each for each in statements if "spam_" in each[0]]) == 3


def test_progress_is_shown_with_the_accuracy_once_there_is_enough() -> None:
    for number in range(20):
        decide(make.comment(body=f"{SPAM} {number}", held=True), "spam")
    assert learning.progress().accuracy is None
    for number in range(20):
        decide(make.comment(body=f"Fishes and rivers {number}", held=True), "publish")
    found = learning.progress()
    assert (found.spam, found.genuine, found.needed) == (20, 20, 20)
    # Nine tenths of these are fewer than it takes for a verdict.
    assert found.accuracy is not None
