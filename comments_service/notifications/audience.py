"""The audience: who is concerned by what became of a comment, in the same few queries however many they are.

Whether and how soon somebody is told is decided in `fan_out`; here nobody has chosen anything yet.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from comments_service.accounts import names
from comments_service.comments import may_moderate
from comments_service.db import db
from comments_service.mail import outbox
from comments_service.models import (
    STAFF,
    Account,
    Act,
    Comment,
    Decision,
    Policy,
    Recipient,
    Role,
    Status,
    Subscription,
    Thread,
    Untold,
    link_key,
    now,
)
from comments_service.notifications import mentions


class Event(NamedTuple):
    """What became of one comment."""

    comment_id: int
    thread_id: str
    parent_id: int | None
    # Whose it is: an account's, or a guest's with an address.
    account_id: int | None
    email: str | None
    created_at: datetime
    moment: Untold


class Person(NamedTuple):
    """Somebody with a confirmed address."""

    recipient_id: int
    account_id: int | None
    email: str
    lang: str | None
    all_off: bool

    @property
    def mailbox(self) -> str:
        """What tells one from another: an account and a guest may have the same."""
        return names.email_key(self.email)


class Concerned(NamedTuple):
    """Somebody whom an event concerns, and as what."""

    event: Event
    kind: str
    person: Person


def of(events: Sequence[Event]) -> list[Concerned]:
    """Everybody whom these events concern, as often as they do; by his own comment only its writer.

    Accounts that were never told of anything become recipients here, inside the caller's transaction.
    """
    news = _News(events)
    candidates = [*_answered(news), *_mentioned(news), *_own(news)]
    by_account = [
        (event, kind, who.account_id)
        for event, kind, who in candidates
        if who.account_id is not None
    ]
    by_account += _staff(news)
    accounts = _recipients({account_id for _, _, account_id in by_account})
    found = [
        Concerned(event, kind, accounts[account_id])
        for event, kind, account_id in by_account
        if account_id in accounts
    ]
    return _without_writers([*found, *_guests(candidates), *_subscribers(news)])


def _without_writers(found: list[Concerned]) -> list[Concerned]:
    """Nobody is told of his own words at the address under which he followed the thread before he had an account."""
    guests = [each for each in found if each.person.account_id is None]
    writers = {each.event.account_id for each in guests if each.event.account_id is not None}
    if not writers:
        return found
    rows = db.session.execute(
        sa.select(Account.id, Account.email_key).where(Account.id.in_(writers))
    )
    mailboxes = {row.id: row.email_key for row in rows}
    own = [each for each in guests if mailboxes.get(each.event.account_id) == each.person.mailbox]
    return [each for each in found if each not in own] if own else found


class _News:
    """The events, with what has to be known of their threads and decisions."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.threads = {
            each.id: each
            for each in db.session.scalars(
                sa.select(Thread).where(Thread.id.in_({event.thread_id for event in events}))
            )
        }
        self.decisions: Mapping[int, list[Any]] = defaultdict(list)
        chosen = sa.select(
            Decision.comment_id, Decision.act, Decision.tell,
            Decision.status_before, Decision.status_after,
        ).where(Decision.comment_id.in_({event.comment_id for event in events}))  # fmt: skip
        for row in db.session.execute(chosen.order_by(Decision.id)):
            self.decisions[row.comment_id].append(row)
        self.waiting = [each for each in events if each.moment is Untold.WAITING]
        self.published = [
            each for each in events if each.moment is Untold.PUBLISHED and self._is_news(each)
        ]
        self.refused = [each for each in events if each.moment in (Untold.REJECTED, Untold.DELETED)]

    def _is_news(self, event: Event) -> bool:
        thread = self.threads[event.thread_id]
        if not thread.listed or thread.policy is Policy.OFF:
            return False
        # Who was told of it then is not known any more.
        old = event.created_at < now() - outbox.KEPT
        return not (old and self.seen_before(event))

    def seen_before(self, event: Event) -> bool:
        """Whether readers saw the comment before it was published just now."""
        decisions = self.decisions[event.comment_id]
        return any(each.status_before is Status.PUBLISHED for each in decisions)


Candidate = tuple[Event, str, mentions.Person]


def _staff(news: _News) -> Iterator[tuple[Event, str, int]]:
    """Who may decide on a comment: of what waits, and of what nobody had to decide on."""
    events = [*news.waiting, *(e for e in news.published if not news.decisions[e.comment_id])]
    if not events:
        return
    staff = db.session.scalars(
        sa.select(Account).where(Account.role.in_(STAFF), *_can_be_told).order_by(Account.id)
    ).all()
    for event in events:
        thread = news.threads[event.thread_id]
        for each in staff:
            # What is said of a draft is its author's and the owners' to hear.
            told = thread.shared_until is None or each.role is not Role.MODERATOR
            if told and each.id != event.account_id and may_moderate(each, thread):
                yield event, "moderation", each.id


def _answered(news: _News) -> Iterator[Candidate]:
    answers = [each for each in news.published if each.parent_id is not None]
    if not answers:
        return
    chosen = sa.select(Comment.id, Comment.account_id, Comment.email).where(
        Comment.id.in_({each.parent_id for each in answers}), Comment.source != ""
    )
    parents = {row.id: _who(row.account_id, row.email) for row in db.session.execute(chosen)}
    for event in answers:
        parent = parents.get(event.parent_id)
        if parent is not None and parent != _writer(event):
            yield event, "answer", parent


def _mentioned(news: _News) -> Iterator[Candidate]:
    events = {each.comment_id: each for each in news.published}
    if not events:
        return
    chosen = sa.select(Comment).where(Comment.id.in_(events), Comment.html.contains("@"))
    for comment in db.session.scalars(chosen.order_by(Comment.id)).all():
        for who in mentions.of(comment):
            yield events[comment.id], "mention", who


def _own(news: _News) -> Iterator[Candidate]:
    """Writers, of what was let through, and of what was not where a moderator says so."""
    for event in news.published:
        decisions = news.decisions[event.comment_id]
        if decisions and decisions[-1].act is Act.PUBLISH and not news.seen_before(event):
            yield event, "decided", _writer(event)
    for event in news.refused:
        decisions = news.decisions[event.comment_id]
        if decisions and decisions[-1].tell and decisions[-1].act in (Act.SPAM, Act.DELETE):
            yield event, "decided", _writer(event)


def _writer(event: Event) -> mentions.Person:
    return _who(event.account_id, event.email)


def _who(account_id: int | None, email: str | None) -> mentions.Person:
    key = names.email_key(email) if email and account_id is None else None
    return mentions.Person(account_id, key)


_can_be_told = (
    Account.email.is_not(None),
    Account.email_verified_at.is_not(None),
)


def _recipients(account_ids: set[int]) -> dict[int, Person]:
    """Accounts as recipients, by their numbers, if their address is confirmed."""
    if not account_ids:
        return {}
    chosen = (
        sa.select(
            Account.id, Account.email, Recipient.id.label("recipient_id"),
            Recipient.lang, Recipient.all_off,
        )
        .outerjoin(Recipient, Recipient.account_id == Account.id)
        .where(Account.id.in_(account_ids), *_can_be_told)
    )  # fmt: skip
    rows = db.session.execute(chosen).all()
    new = [
        {"account_id": row.id, "all_off": False, "key": link_key(), "created_at": now()}
        for row in rows
        if row.recipient_id is None
    ]
    if new:
        # Another process may make one at this very moment.
        insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
        db.session.execute(insert(Recipient).on_conflict_do_nothing(), new)
        rows = db.session.execute(chosen).all()
    return {
        row.id: Person(row.recipient_id, row.id, row.email, row.lang, row.all_off) for row in rows
    }


def _guests(candidates: Sequence[Candidate]) -> Iterator[Concerned]:
    """Guests who asked to be told of answers in a thread, and showed that the address is theirs."""
    guests = [(event, kind, who.email_key) for event, kind, who in candidates if who.email_key]
    if not guests:
        return
    asked = _followers("answer", {event.thread_id for event, _, _ in guests})
    asked = asked.where(Recipient.email_key.in_({key for _, _, key in guests}))
    found = {(row.thread_id, row.email_key): _person(row) for row in db.session.execute(asked)}
    for event, kind, key in guests:
        if (event.thread_id, key) in found:
            yield Concerned(event, kind, found[event.thread_id, key])


def _subscribers(news: _News) -> Iterator[Concerned]:
    if not news.published:
        return
    following = defaultdict(list)
    threads = {each.thread_id for each in news.published}
    for row in db.session.execute(_followers("thread", threads)):
        following[row.thread_id].append(_person(row))
    for event in news.published:
        for person in following[event.thread_id]:
            if not _wrote(person, event):
                yield Concerned(event, "thread", person)


def _followers(kind: str, threads: set[str]) -> Any:
    """Who asked to be told of something in these threads, at addresses that are confirmed."""
    return (
        sa.select(
            Subscription.thread_id,
            Recipient.id, Recipient.account_id, Recipient.email_key, Recipient.lang,
            Recipient.all_off,
            sa.func.coalesce(Account.email, Recipient.email).label("email"),
        )
        .join(Subscription.recipient)
        .outerjoin(Recipient.account)
        .where(
            Subscription.thread_id.in_(threads),
            Subscription.kind == kind,
            Subscription.confirmed_at.is_not(None),
            Subscription.muted.is_(False),
            sa.or_(
                sa.and_(Recipient.account_id.is_(None), Recipient.confirmed_at.is_not(None)),
                sa.and_(*_can_be_told),
            ),
        )
        .order_by(Subscription.id)
    )  # fmt: skip


def _person(row: Any) -> Person:
    return Person(row.id, row.account_id, row.email, row.lang, row.all_off)


def _wrote(person: Person, event: Event) -> bool:
    return _writer(event) == _who(person.account_id, person.email)
