"""What is known of people goes after a stated time, and what is still needed stays."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, outbox, retention, sessions
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.models import (
    Account,
    Act,
    Comment,
    Decision,
    Session,
    Status,
    Thread,
    now,
)
from comments_service.publishing.publisher import Publisher
from tests import make

SECURITY = Path(__file__).parent.parent.parent / "docs" / "security.md"
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
    with writing():
        sessions.clean()
        retention.clean()
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


def test_much_is_cleaned_in_several_rounds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "CLEANED_AT_ONCE", 2)
    rhea = make.account()
    for _ in range(5):
        aged(begin(rhea), ended_at=ago(days=31))
    left = []
    for _ in range(3):
        clean()
        left.append(len(kept()))
    assert left == [3, 1, 0]


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
    text = SECURITY.read_text("utf-8")
    for words in (
        f"| {sessions.KEPT.days} days after it ended or ran out",
        f"| {retention.NETWORK_KEPT.days} days; its key for its day",
        f"| {retention.REJECTED_KEPT.days} days after the last decision",
        f"| {outbox.KEPT.days} days; those with links",
    ):
        assert words in text
