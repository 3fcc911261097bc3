"""Subscriptions: what somebody wants to hear of one thread.

Each thread has one of three answers (`Level`). An account that said nothing hears of answers; a guest
hears only of what was asked for, once the address is confirmed (`opt_in`).
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from comments_service import threads
from comments_service.accounts import names
from comments_service.db import db, writing
from comments_service.models import Recipient, Subscription, Thread, Words, now

# What a page lists; whoever follows more finds the rest in the e-mails themselves.
SHOWN = 200


class Level(Words):
    """What to be told of one thread."""

    ALL = "all"
    ANSWERS = "answers"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Followed:
    """A thread of which somebody said what to hear."""

    thread: Thread
    level: Level


def of_account(account_id: int) -> Recipient:
    """An account as somebody who gets e-mails, inside the caller's transaction."""
    return _recipient(Recipient.account_id == account_id, account_id=account_id)


def reads(account_id: int, lang: str) -> None:
    """Note in which language an account reads, which is that of its e-mails from then on.

    Whoever is sent new articles has asked for them in a language.
    """
    known = sa.select(Recipient.lang).where(Recipient.account_id == account_id)
    if db.session.scalar(known) == lang:
        return
    with writing():
        recipient = of_account(account_id)
        if not of_blog(recipient):
            recipient.lang = lang


def of_guest(email: str, lang: str) -> Recipient:
    """An address as somebody who gets e-mails once it is confirmed, inside the caller's transaction.

    Whether an account has the address as well makes no difference.
    """
    key = names.email_key(email)
    return _recipient(Recipient.email_key == key, email=email, email_key=key, lang=lang)


def _recipient(which: sa.ColumnElement[bool], **values: Any) -> Recipient:
    """The one recipient of which this holds, made where it is new; nobody else changes it meanwhile."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    found = sa.select(Recipient).where(which).with_for_update()
    row = db.session.scalar(found)
    if row is None:
        # Two may be the first at the same moment.
        db.session.execute(insert(Recipient).values(**values).on_conflict_do_nothing())
        row = db.session.scalars(found).one()
    return row


def locked(recipient: Recipient) -> Recipient:
    """A recipient whom nobody else changes until this transaction ends."""
    return db.session.scalars(
        sa.select(Recipient)
        .where(Recipient.id == recipient.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def level_of(account_id: int, thread_id: str) -> Level:
    """What an account wants to hear of a thread; one query."""
    rows = db.session.scalars(
        sa.select(Subscription)
        .join(Subscription.recipient)
        .where(Recipient.account_id == account_id, Subscription.thread_id == thread_id)
    ).all()
    return _level(list(rows))


def followed(recipient: Recipient) -> list[Followed]:
    """The threads of which a recipient said something, the latest first; one query."""
    rows = db.session.execute(
        sa.select(Subscription, Thread)
        .join(Thread, Thread.id == Subscription.thread_id)
        .where(
            Subscription.recipient_id == recipient.id,
            Subscription.confirmed_at.is_not(None),
            *threads.for_readers,
        )
        .order_by(Subscription.id.desc())
    )
    found: dict[str, tuple[Thread, list[Subscription]]] = {}
    for row, thread in rows:
        found.setdefault(thread.id, (thread, []))[1].append(row)
    return [Followed(thread, _level(said)) for thread, said in list(found.values())[:SHOWN]]


def of_blog(recipient: Recipient) -> list[str]:
    """The kinds that a recipient asked for of the whole blog."""
    return list(
        db.session.scalars(
            sa.select(Subscription.kind)
            .where(
                Subscription.recipient_id == recipient.id,
                Subscription.thread_id.is_(None),
                Subscription.confirmed_at.is_not(None),
            )
            .order_by(Subscription.id)
        )
    )


def choose(recipient: Recipient, thread_id: str, level: Level) -> None:
    """Say what to hear of a thread, inside the caller's transaction."""
    if level is Level.NOTHING:
        kept = ["answer"]
    else:
        # An account hears of answers without a row that says so.
        kept = ["thread"] if level is Level.ALL else []
        kept += ["answer"] if recipient.account_id is None else []
    db.session.execute(
        sa.delete(Subscription).where(
            Subscription.recipient_id == recipient.id,
            Subscription.thread_id == thread_id,
            Subscription.kind.not_in(kept),
        )
    )
    for kind in kept:
        put(recipient, kind, thread_id, muted=level is Level.NOTHING)


def put(recipient: Recipient, kind: str, thread_id: str | None, *, muted: bool = False) -> None:
    """A subscription that holds from now on, inside the caller's transaction."""
    row = find(recipient, kind, thread_id)
    if row is None:
        row = Subscription(recipient_id=recipient.id, kind=kind, thread_id=thread_id)
        db.session.add(row)
    row.muted, row.confirmed_at = muted, row.confirmed_at or now()
    db.session.flush()


def find(recipient: Recipient, kind: str, thread_id: str | None) -> Subscription | None:
    return db.session.scalar(
        sa.select(Subscription).where(
            Subscription.recipient_id == recipient.id,
            Subscription.kind == kind,
            # Of the whole blog: `==` would find nothing.
            Subscription.thread_id.is_not_distinct_from(thread_id),
        )
    )


def _level(rows: list[Subscription]) -> Level:
    """What the rows of one thread say together."""
    if any(row.muted for row in rows):
        return Level.NOTHING
    confirmed = {row.kind for row in rows if row.confirmed_at is not None}
    return Level.ALL if "thread" in confirmed else Level.ANSWERS
