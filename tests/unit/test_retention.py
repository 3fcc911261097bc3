"""What is known of people goes after a stated time, and what is still needed stays."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, config, rate_limits, retention, sessions
from comments_service import db as database
from comments_service.accounts import tokens
from comments_service.config import Rate, Settings
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.mail import outbox
from comments_service.models import (
    Account,
    Act,
    Comment,
    CommentRevision,
    Decision,
    Email,
    RateCount,
    Session,
    Status,
    Thread,
    Token,
    now,
)
from comments_service.publishing import publisher
from comments_service.publishing.publisher import Publisher, cleaned
from formats.passages import Passage
from tests import make
from tests.plans import read_whole, sent

PRIVACY = Path(__file__).parent.parent.parent / "docs" / "privacy.md"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


def begin(account: Account | None = None, before: Session | None = None) -> Session:
    with writing():
        made, _ = sessions.begin(account, make.visitor(AGENT, before))
    return made


def aged(session: Session, **times: datetime) -> int:
    with writing():
        for name, moment in times.items():
            setattr(session, name, moment)
    return session.id


def clean() -> None:
    sessions.clean()
    retention.clean(config.current())
    db.session.expire_all()


def kept() -> dict[int, str]:
    return {row[0]: row[1] for row in db.session.execute(sa.select(Session.id, Session.device))}


def ago(**time: float) -> datetime:
    return now() - timedelta(**time)


# ---- sessions


def test_a_session_that_lives_keeps_its_browsers_words(app: Flask) -> None:
    session = aged(begin(make.account()), seen_at=ago(days=29), created_at=ago(days=89))
    clean()
    assert kept() == {session: AGENT}


@pytest.mark.parametrize(
    "times",
    [{"ended_at": 0}, {"seen_at": 30}, {"created_at": 90}],
    ids=["ended", "not seen", "old"],
)
def test_its_words_go_when_it_is_over_and_its_row_a_month_later(
    app: Flask, times: dict[str, int]
) -> None:
    rhea = make.account()
    [(name, days)] = times.items()
    fresh = aged(begin(rhea), **{name: ago(days=days, hours=1)})
    aged(begin(rhea), **{name: ago(days=days + 30, hours=1)})
    clean()
    assert kept() == {fresh: ""}


def test_a_guests_browser_is_not_remembered_by_its_words(app: Flask) -> None:
    session = begin()
    assert session.device == ""
    with writing():
        session.device = "What an earlier release wrote."
    clean()
    assert kept() == {session.id: ""}


def test_a_guests_session_stays_while_its_comments_can_be_claimed(app: Flask) -> None:
    make.thread()
    guest = begin()
    comment = make.comment(session=guest)
    reader = begin(make.account(), before=guest)
    aged(guest, created_at=ago(days=80), seen_at=ago(days=80), ended_at=ago(days=80))
    clean()
    assert set(kept()) == {guest.id, reader.id}
    sessions.end(reader)
    clean()
    assert set(kept()) == {reader.id}
    # The comment is published as before.
    row = db.session.get_one(Comment, comment.id)
    assert (row.session_id, row.name, row.status) == (None, "Gus", Status.PUBLISHED)


# ---- comments


def rejected(thread: Thread, *, days: float) -> Comment:
    """A comment whose rejection was decided a while ago, and that was written a year ago."""
    values: dict[str, Any] = {"email": "gus@example.org", "network": "n"}
    values["passage"] = Passage("a colony")
    made = make.comment(thread, status=Status.REJECTED, minutes_ago=525_600, **values)
    with writing():
        db.session.add(
            Decision(
                comment_id=made.id,
                act=Act.SPAM,
                status_before=Status.PENDING,
                status_after=Status.REJECTED,
                made_at=ago(days=days),
            )
        )
    return made


def addresses(comment: Comment) -> tuple[str | None, str | None]:
    row = db.session.get_one(Comment, comment.id)
    return row.email, row.network


def test_a_rejected_comments_addresses_go_a_month_after_the_decision(app: Flask) -> None:
    thread = make.thread()
    old, new = rejected(thread, days=30.1), rejected(thread, days=29.9)
    clean()
    assert addresses(old) == (None, None)
    assert addresses(new)[0] == "gus@example.org"
    assert db.session.get_one(Comment, old.id).source == "They scoop."


@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.PENDING])
def test_other_comments_keep_the_address_and_lose_the_network(app: Flask, status: Status) -> None:
    make.thread()
    old, new = (
        make.comment(
            status=status, email="gus@example.org", network="n", minutes_ago=60 * 24 * days
        )
        for days in (2.1, 1.9)
    )
    clean()
    assert addresses(old) == ("gus@example.org", None)
    assert addresses(new) == ("gus@example.org", "n")


def test_no_thread_is_published_anew_for_it(app: Flask) -> None:
    thread = make.thread()
    rejected(thread, days=31)
    before = db.session.scalar(sa.select(Thread.revision))
    clean()
    assert db.session.scalar(sa.select(Thread.revision)) == before


def test_a_rejection_can_be_undone_afterwards(app: Flask) -> None:
    thread = make.thread()
    old = rejected(thread, days=31)
    clean()
    comments.decide(old.id, None, NewDecision(decision="undo"))
    db.session.expire_all()
    assert db.session.get_one(Comment, old.id).status is Status.PENDING


def answer_to(comment: Comment, **values: Any) -> Comment:
    return make.comment(parent=comment, body="An answer.", minutes_ago=10, **values)


def test_a_rejected_comment_goes_after_three_months_with_all_that_hangs_on_it(app: Flask) -> None:
    thread = make.thread()
    old, new = rejected(thread, days=90.1), rejected(thread, days=89.9)
    with writing():
        revision = CommentRevision(comment_id=old.id, source="Before.", written_at=now())
        db.session.add(revision)
    number = old.id
    clean()
    assert [each.id for each in db.session.query(Comment)] == [new.id]
    assert [each.comment_id for each in db.session.query(Decision)] == [new.id]
    assert db.session.query(CommentRevision).count() == 0
    assert number != new.id


def test_what_a_moderator_deleted_goes_like_what_he_rejected(app: Flask) -> None:
    make.thread()
    kept = make.comment(held=True, minutes_ago=525_600, email="gus@example.org")
    comments.decide(kept.id, None, NewDecision(decision="delete"))
    clean()
    assert addresses(kept)[0] == "gus@example.org"
    with writing():
        db.session.execute(sa.update(Decision).values(made_at=ago(days=31)))
    clean()
    assert addresses(kept) == (None, None)
    assert db.session.get_one(Comment, kept.id).source == "They scoop."
    with writing():
        db.session.execute(sa.update(Decision).values(made_at=ago(days=91)))
    clean()
    assert db.session.query(Comment).count() == 0


@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.PENDING])
def test_of_one_that_was_answered_an_empty_row_stays_and_readers_see_the_same(
    app: Flask, fragment: Any, status: Status
) -> None:
    thread = make.thread()
    make.comment(body="Beside it.")
    old = rejected(thread, days=91)
    answer_to(old, status=status)
    with writing():
        db.session.add(CommentRevision(comment_id=old.id, source="Before.", written_at=now()))
    before = fragment()
    clean()
    row = db.session.get_one(Comment, old.id)
    assert (row.status, row.source, row.html, row.html_hash) == (Status.DELETED, "", "", None)
    assert (row.name, row.email, row.network, row.reasons) == (None, None, None, [])
    assert row.passage is None
    assert db.session.query(CommentRevision).count() == 0
    assert len(db.session.query(Decision).all()) == 1
    publisher.publish_all(config.current())
    assert fragment() == before


def test_an_answer_that_was_rejected_goes_before_what_it_answers(app: Flask) -> None:
    thread = make.thread()
    old = rejected(thread, days=91)
    answer = answer_to(old, status=Status.REJECTED)
    with comments.changing("pelicans"):
        answer.created_at = ago(days=91)
    clean()
    clean()
    assert db.session.query(Comment).count() == 0


@pytest.mark.parametrize(
    "changed_settings", [{"forget_rejected_days": 2, "delete_rejected_days": 3}]
)
def test_an_owner_sets_how_long(app: Flask) -> None:
    thread = make.thread()
    two, _ = rejected(thread, days=2.1), rejected(thread, days=3.1)
    clean()
    assert [each.id for each in db.session.query(Comment)] == [two.id]
    assert addresses(two) == (None, None)


@pytest.fixture
def over(app: Flask) -> None:
    """Five rows of each kind that is cleaned, all of them over."""
    old, rhea, thread = ago(days=100), make.account(), make.thread()
    for number in range(5):
        aged(begin(rhea), ended_at=old)
        aged(begin(), seen_at=old)
        rejected(thread, days=31)
        make.comment(thread, network="a network", minutes_ago=5_000)
        with writing():
            tokens.make(tokens.ResetPassword(), rhea)
            rate_limits.count(f"post:{number}", [Rate(1, 60)], "Slow down.")
            db.session.add(
                Email(recipient="a@b.example", subject="", text="", created_at=old, sent_at=old)
            )
    with writing():
        db.session.execute(sa.update(Token).values(expires_at=old))
        db.session.execute(sa.update(RateCount).values(expires_at=old))


@pytest.mark.usefixtures("over")
def test_much_is_cleaned_a_batch_at_a_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (database, rate_limits):
        monkeypatch.setattr(module, "CLEANED_AT_ONCE", 2)
    with sent() as statements:
        for each in cleaned(config.current()).values():
            each()
    changes = [each for each in statements if each[0].startswith(("UPDATE", "DELETE"))]
    # Of seven kinds of rows, five in three batches each; windows have no numbers to go by.
    assert len(changes) >= 7 * 3
    for table in (Session, Token, RateCount, Email):
        assert db.session.query(table).count() == 0
    assert db.session.query(Comment).filter(Comment.network.is_not(None)).count() == 0


@pytest.mark.usefixtures("over")
def test_cleaning_looks_for_nothing_while_it_holds_up_those_who_write(app: Flask) -> None:
    with sent() as statements:
        for each in cleaned(config.current()).values():
            each()
    changes = [each for each in statements if each[0].startswith(("UPDATE", "DELETE"))]
    # A key of each day: a table of one or two rows.
    tables = [each for each in changes if "day_keys" not in each[0]]
    assert len(tables) >= 6
    assert [step for each in tables for step in read_whole(*each)] == []


# ---- who cleans, and what is said of it


def test_the_publisher_cleans(app: Flask) -> None:
    make.thread()
    aged(begin(make.account()), ended_at=ago(days=31))
    old = rejected(db.session.get_one(Thread, "pelicans"), days=31)
    Publisher(app, app.extensions["settings"]).turn()
    db.session.expire_all()
    assert kept() == {}
    assert addresses(old) == (None, None)


def test_the_document_says_the_same_numbers() -> None:
    text = PRIVACY.read_text("utf-8")
    for words in (
        f"| {sessions.KEPT.days} days after it ended or ran out",
        f"| {retention.NETWORK_KEPT.days} days; its key for its day",
        f"| {Settings().forget_rejected_days} days after the last decision",
        f"| {Settings().delete_rejected_days} days after the last decision",
        f"| {outbox.KEPT.days} days; those with links",
        f"| {outbox.REFUSED_KEPT.days} days, or until the account has another address",
    ):
        assert words in text
