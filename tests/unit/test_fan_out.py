"""Who is told of what: each event once for each person, by the kind that says most, and as soon as he chose."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments
from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Choice,
    Comment,
    Email,
    Hook,
    HookDelivery,
    HookEvent,
    HookFormat,
    Notification,
    Policy,
    Preference,
    Recipient,
    Role,
    Status,
    Subscription,
    Thread,
    Untold,
    now,
)
from comments_service.notifications.fan_out import fan_out
from tests import make
from tests.unit.telling import decide, emails, follows, guest, later, posted, told


@pytest.fixture(autouse=True)
def thread(app: Flask) -> Thread:
    return make.thread()


@pytest.fixture
def mona() -> Account:
    return make.account("Mona", role=Role.MODERATOR)


@pytest.fixture
def rhea() -> Account:
    return make.account("Rhea")


def prefers(account: Account, kind: str, choice: Choice) -> None:
    with writing():
        recipient = db.session.scalar(
            sa.select(Recipient).where(Recipient.account_id == account.id)
        )
        if recipient is None:
            recipient = Recipient(account_id=account.id)
            db.session.add(recipient)
            db.session.flush()
        db.session.add(Preference(recipient_id=recipient.id, kind=kind, choice=choice))


def due() -> list[float]:
    """In how many minutes each e-mail leaves."""
    return [
        round((each.next_attempt_at - now()).total_seconds() / 60, 1)
        for each in emails()
        if each.next_attempt_at is not None
    ]


# ---- moderators


@pytest.mark.parametrize("held", [True, False])
def test_who_decides_is_told_of_what_waits_and_of_what_was_published(
    mona: Account, held: bool
) -> None:
    make.account("Olga", role=Role.OWNER)
    make.account("Ada", role=Role.AUTHOR)
    make.account("Gil", role=Role.AUTHOR)
    make.account("Nobody", role=Role.MODERATOR, verified=False)
    one = posted(held=held)
    assert told() == [(name, "moderation", one.id) for name in ("mona", "olga", "ada")]


def test_nobody_is_told_twice(mona: Account) -> None:
    posted(held=True)
    assert len(told()) == len(told()) == 1
    assert len(emails()) == 1


def test_nobody_is_told_of_his_own_comment(mona: Account) -> None:
    make.account("Olga", role=Role.OWNER)
    follows(mona)
    one = posted(by=mona)
    assert told() == [("olga", "moderation", one.id)]


def test_what_was_imported_is_told_to_nobody(mona: Account, rhea: Account) -> None:
    first = make.comment(by=rhea)
    make.comment(parent=first)
    make.comment(held=True)
    assert told() == []


def test_what_a_moderator_published_is_not_told_to_moderators_again(mona: Account) -> None:
    one = posted(held=True)
    told()
    decide(one, "publish", mona)
    assert told() == [("mona", "moderation", one.id)]


def test_a_comment_that_an_edit_puts_back_into_the_queue_is_told_of_again(mona: Account) -> None:
    one = posted(held=True)
    told()
    later(60)
    decide(one, "publish", mona)
    with comments.changing():
        one.status, one.untold = Status.PENDING, Untold.WAITING
    told()
    assert len(emails()) == 2
    # Taking a decision back tells nobody: whoever did knows.
    decide(one, "publish", mona)
    decide(one, "undo", mona)
    told()
    assert len(emails()) == 2


def test_the_first_is_told_at_once_and_what_follows_within_a_quarter_is_gathered(
    mona: Account,
) -> None:
    posted()
    fan_out()
    assert due() == [0]
    later(5)
    posted()
    fan_out()
    posted()
    posted()
    fan_out()
    _, gathered = emails()
    assert gathered.next_attempt_at is not None
    assert timedelta(minutes=9) < gathered.next_attempt_at - now() < timedelta(minutes=10.1)
    number = sa.select(sa.func.count()).where(Notification.email_id == gathered.id)
    assert db.session.scalar(number) == 3
    later(20)
    posted()
    fan_out()
    assert due()[-1] <= 0


def test_a_clock_that_was_ahead_lets_nobody_wait_for_that_time(mona: Account) -> None:
    posted()
    fan_out()
    later(-365 * 24 * 60)
    posted()
    fan_out()
    assert 14 < due()[-1] <= 15


@pytest.mark.parametrize(
    ("choice", "least", "most"), [(Choice.AT_ONCE, 0, 0.1), (Choice.DAILY, 0.1, 24 * 60)]
)
def test_one_chooses_how_soon(mona: Account, choice: Choice, least: float, most: float) -> None:
    prefers(mona, "moderation", choice)
    posted()
    fan_out()
    [minutes] = due()
    assert least <= minutes <= most


def test_who_chose_never_or_nothing_at_all_is_not_told(mona: Account) -> None:
    olga = make.account("Olga", role=Role.OWNER)
    prefers(mona, "moderation", Choice.NEVER)
    prefers(olga, "answer", Choice.DAILY)
    with writing():
        db.session.execute(
            sa.update(Recipient).where(Recipient.account_id == olga.id).values(all_off=True)
        )
    posted()
    assert told() == []


# ---- the answered, the mentioned and subscribers


def test_whoever_was_answered_is_told(rhea: Account) -> None:
    first = make.comment(by=rhea)
    answer = posted(parent=first)
    assert told() == [("rhea", "answer", answer.id)]


def test_an_answer_that_waits_is_told_when_it_is_published(rhea: Account) -> None:
    first = make.comment(by=rhea)
    answer = posted(parent=first, held=True)
    assert told() == []
    decide(answer, "publish")
    assert told() == [("rhea", "answer", answer.id)]
    decide(answer, "spam")
    decide(answer, "undo")
    assert told() == [("rhea", "answer", answer.id)]


def test_no_address_that_nobody_confirmed_gets_anything() -> None:
    unknown = make.account("Una", verified=False)
    first = make.comment(by=unknown)
    second = make.comment(email="gus@example.org")
    posted(parent=first)
    posted(parent=second)
    follows(guest("gus@example.org", confirmed=False), "answer")
    posted(parent=second)
    assert told() == []


def test_a_guest_is_told_of_answers_in_the_thread_in_which_he_asked_and_confirmed() -> None:
    make.thread("others")
    follows(guest("Gus@example.org"), "answer")
    here = make.comment(email="gus@example.org")
    there = make.comment("others", email="gus@example.org")
    answer = posted(parent=here)
    posted(thread="others", parent=there)
    # Not by his own.
    posted(parent=here, email="GUS@example.org")
    assert told() == [("Gus", "answer", answer.id)]


def test_a_mention_is_told_as_an_answer_is(rhea: Account) -> None:
    make.comment(by=rhea)
    one = posted("@Rhea, have you seen it?")
    posted("Is anybody @Nobody?")
    posted("I am @Rhea.", by=rhea)
    assert told() == [("rhea", "mention", one.id)]


def test_subscribers_are_told_of_what_is_new_gathered_over_five_minutes(rhea: Account) -> None:
    follows(rhea)
    follows(guest())
    follows(guest("una@example.org"), confirmed=False)
    follows(guest("uri@example.org"), muted=True)
    one = posted()
    assert told() == [("rhea", "thread", one.id), ("gus", "thread", one.id)]
    assert due() == [5.0, 5.0]
    two = posted()
    assert len(told()) == 4
    assert len(emails()) == 2
    assert two.id in {number for _, _, number in told()}


def test_one_event_is_one_notification_whatever_rules_match(mona: Account) -> None:
    follows(mona)
    first = make.comment(by=mona)
    one = posted("@Mona, no.", parent=first)
    assert told() == [("mona", "answer", one.id)]


def test_whoever_wants_no_answers_is_told_by_what_else_matches(mona: Account) -> None:
    follows(mona)
    prefers(mona, "answer", Choice.NEVER)
    one = posted(parent=make.comment(by=mona))
    assert told() == [("mona", "moderation", one.id)]


def test_a_muted_thread_tells_nothing_of_any_kind(mona: Account, rhea: Account) -> None:
    for each in (mona, rhea):
        follows(each, "answer", muted=True)
    posted(parent=make.comment(by=rhea))
    posted(held=True)
    assert told() == []


def test_what_no_reader_can_see_is_told_to_no_reader(rhea: Account, thread: Thread) -> None:
    follows(rhea)
    posted()
    with writing():
        db.session.execute(sa.update(Thread).values(policy=Policy.OFF))
    assert told() == []


def test_what_was_deleted_before_it_was_told_is_told_to_nobody(
    mona: Account, rhea: Account
) -> None:
    follows(rhea)
    one = posted()
    with comments.changing():
        comments.empty(one)
    assert told() == []


# ---- writers


def test_a_writer_is_told_that_it_was_published_only_if_it_had_waited(rhea: Account) -> None:
    posted(by=rhea)
    one = posted(by=rhea, held=True)
    assert told() == []
    decide(one, "publish")
    assert told() == [("rhea", "decided", one.id)]


def test_what_readers_had_seen_before_is_no_news_to_its_writer(rhea: Account) -> None:
    one = posted(by=rhea)
    told()
    decide(one, "spam")
    decide(one, "publish")
    assert told() == []


@pytest.mark.parametrize("act", ["spam", "delete"])
@pytest.mark.parametrize("tell", [True, False])
def test_a_writer_is_told_that_it_was_not_published_where_a_moderator_says_so(
    rhea: Account, act: str, tell: bool
) -> None:
    one = posted(by=rhea, held=True)
    decide(one, act, tell=tell, reason="Too long.")
    assert told() == ([("rhea", "decided", one.id)] if tell else [])


def test_what_was_published_a_month_ago_is_not_told_again(rhea: Account) -> None:
    follows(rhea)
    one = posted(minutes_ago=60 * 24 * 40)
    with writing():
        db.session.connection().execute(sa.text("UPDATE comments SET untold = NULL"))
    decide(one, "spam")
    decide(one, "undo")
    assert told() == []


# ---- once, and at what cost


def test_several_processes_tell_each_once(app: Flask, mona: Account, rhea: Account) -> None:
    follows(rhea)
    fan_out()
    for _ in range(30):
        posted()
    db.session.rollback()

    def one(_: int) -> None:
        with app.app_context():
            fan_out()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(8)))
    db.session.rollback()
    assert len(told()) == len(set(told())) == 60


def test_web_hooks_hear_of_it_in_the_same_transaction(mona: Account) -> None:
    events = ["waiting", "published", "deleted"]
    with writing():
        db.session.add(
            Hook(url="https://hooks.example/", format=HookFormat.JSON, secret="s", events=events)
        )
    one, two, three = posted(), posted(held=True), posted()
    with comments.changing():
        comments.empty(three)
    assert len(told()) == 2
    heard = db.session.scalars(sa.select(HookDelivery).order_by(HookDelivery.comment_id))
    assert [(each.comment_id, each.event) for each in heard] == [
        (one.id, HookEvent.PUBLISHED),
        (two.id, HookEvent.WAITING),
        (three.id, HookEvent.DELETED),
    ]


@pytest.mark.parametrize("subscribers", [10, 1_000])
def test_a_thread_with_a_thousand_subscribers_is_told_in_a_few_statements(
    statements: list[str], mona: Account, subscribers: int
) -> None:
    with writing():
        rows = [
            {"email": f"s{n}@example.org", "email_key": f"s{n}@example.org", "confirmed_at": now()}
            for n in range(subscribers)
        ]
        ids = db.session.scalars(sa.insert(Recipient).returning(Recipient.id), rows).all()
        asked = {"thread_id": "pelicans", "kind": "thread", "confirmed_at": now()}
        db.session.execute(sa.insert(Subscription), [{"recipient_id": n, **asked} for n in ids])
    posted()
    statements.clear()
    assert fan_out() == subscribers + 1
    assert len(statements) < 25, statements
    assert len(emails()) == subscribers + 1


def test_looking_for_nothing_is_one_statement(statements: list[str]) -> None:
    statements.clear()
    assert fan_out() == 0
    assert len(statements) == 1


def test_telling_makes_no_page_anew(mona: Account) -> None:
    posted()
    before = db.session.scalars(sa.select(Thread.revision)).one()
    fan_out()
    db.session.rollback()
    assert db.session.scalars(sa.select(Thread.revision)).one() == before
    assert db.session.scalars(sa.select(Comment.untold)).all() == [None]
    assert [each.kind for each in db.session.scalars(sa.select(Email))] == ["moderation"]
