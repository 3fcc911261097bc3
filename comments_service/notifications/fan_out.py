"""Fan-out: what nobody was told yet becomes e-mails in the outbox, one for each event and person.

Taking it and writing who is told of it is one transaction: two processes never tell it twice, and one that
is killed has told nothing. What an e-mail says is found when it leaves (`wording`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from comments_service import hooks, spam_questions
from comments_service.db import db, writing
from comments_service.models import (
    Act,
    Choice,
    Comment,
    Decision,
    Email,
    HookEvent,
    Notification,
    Preference,
    Subscription,
    Thread,
    Untold,
    now,
)
from comments_service.notifications import audience
from comments_service.notifications.audience import Concerned, Event, Person
from comments_service.notifications.kinds import BY_NAME, KINDS

# Of one transaction, for which posts wait: half a second where each has a thousand subscribers.
BATCH = 20
# When those are told who want to hear once a day, in UTC.
DAILY_AT = time(7)
# What a database takes as parameters of one statement.
CHUNK = 5_000

_comments = cast(sa.Table, Comment.__table__)
_c = _comments.c
# Spelt as the condition of the index.
_is_untold = sa.text("untold IS NOT NULL")
_any = sa.select(_c.id).where(_is_untold).limit(1)
_first = (
    sa.select(_c.id, _c.thread_id, _c.parent_id, _c.account_id, _c.email, _c.created_at, _c.untold)
    .where(_is_untold)
    .order_by(_c.id)
    .limit(BATCH)
    # Not its key, which each answer points to. What somebody changes just now is taken the next time.
    .with_for_update(key_share=True, skip_locked=True)
)
_rank = {each.name: number for number, each in enumerate(KINDS)}
_for_hooks = {
    Untold.WAITING: HookEvent.WAITING,
    Untold.PUBLISHED: HookEvent.PUBLISHED,
    Untold.DELETED: HookEvent.DELETED,
}


def fan_out(spam_services: Sequence[str] = ()) -> int:
    """Find who should hear of what nobody was told yet; returns how many notifications that makes.

    The spam services are asked about it as well.
    """
    made = 0
    while True:
        db.session.rollback()
        # Asked first: looking takes no lock, and mostly there is nothing.
        if db.session.scalar(_any) is None:
            return made
        with writing():
            events = _taken()
            hooks.tell(
                (_for_hooks[each.moment], each.comment_id)
                for each in events
                if each.moment in _for_hooks
            )
            spam_questions.note(spam_services, ((each.comment_id, each.moment) for each in events))
            made += _tell(events)
        if len(events) < BATCH:
            return made


def _taken() -> list[Event]:
    connection = db.session.connection()
    events = [Event(*row) for row in connection.execute(_first)]
    if events:
        # By the connection: readers see no difference, and so no page is made again.
        chosen = _c.id.in_([each.comment_id for each in events])
        connection.execute(sa.update(_comments).where(chosen).values(untold=None))
    return events


class New(NamedTuple):
    """Somebody who is told of an event."""

    event: Event
    kind: str
    person: Person
    choice: Choice


def _tell(events: Sequence[Event]) -> int:
    _forget_those_that_wait_again(events)
    concerned = audience.of(events)
    if not concerned:
        return 0
    told = _told(events)
    new = [
        each
        for each in _wanted(concerned)
        if (each.person.recipient_id, each.event.comment_id, each.event.moment) not in told
    ]
    if new:
        rows = [
            {
                "recipient_id": each.person.recipient_id,
                "comment_id": each.event.comment_id,
                "moment": each.event.moment,
                "kind": each.kind,
                "email_id": email_id,
                "made_at": now(),
            }
            for each, email_id in _with_emails(new)
        ]
        db.session.execute(sa.insert(Notification), rows)
    return len(new)


def _forget_those_that_wait_again(events: Sequence[Event]) -> None:
    """What waits although the last decision published it was edited since: it is told of again."""
    waiting = [each.comment_id for each in events if each.moment is Untold.WAITING]
    if not waiting:
        return
    last = sa.select(sa.func.max(Decision.id)).where(Decision.comment_id.in_(waiting))
    published = sa.select(Decision.comment_id).where(
        Decision.id.in_(last.group_by(Decision.comment_id)), Decision.act == Act.PUBLISH
    )
    db.session.execute(
        sa.delete(Notification)
        .where(Notification.comment_id.in_(published), Notification.moment == Untold.WAITING)
        .execution_options(synchronize_session=False)
    )


def _told(events: Sequence[Event]) -> set[tuple[int, int, Untold]]:
    chosen = sa.select(Notification.recipient_id, Notification.comment_id, Notification.moment)
    about = Notification.comment_id.in_([each.comment_id for each in events])
    rows = db.session.execute(chosen.where(about))
    return {(row.recipient_id, row.comment_id, row.moment) for row in rows}


def _wanted(concerned: Sequence[Concerned]) -> Iterable[New]:
    """For each event and mailbox the most telling kind of which its owner wants to hear."""
    people = {each.person.recipient_id for each in concerned}
    chosen = _choices(people)
    muted = _muted({each.event.thread_id for each in concerned})
    found: dict[tuple[str, int], New] = {}
    for each in sorted(concerned, key=_most_telling):
        recipient = each.person.recipient_id
        choice = chosen.get((recipient, each.kind), BY_NAME[each.kind].default)
        off = each.person.all_off or (recipient, each.event.thread_id) in muted
        if choice is not Choice.NEVER and not off:
            found.setdefault((each.person.mailbox, each.event.comment_id), New(*each, choice))
    return found.values()


def _most_telling(each: Concerned) -> tuple[int, int, bool]:
    """Of one mailbox that is both, the account comes before the guest."""
    return each.event.comment_id, _rank[each.kind], each.person.account_id is None


def _choices(people: set[int]) -> dict[tuple[int, str], Choice]:
    """What these people chose, where that is not the default."""
    found: dict[tuple[int, str], Choice] = {}
    everybody = sorted(people)
    for begin in range(0, len(everybody), CHUNK):
        chosen = sa.select(Preference.recipient_id, Preference.kind, Preference.choice).where(
            Preference.recipient_id.in_(everybody[begin : begin + CHUNK])
        )
        found |= {(row.recipient_id, row.kind): row.choice for row in db.session.execute(chosen)}
    return found


def _muted(threads: set[str]) -> set[tuple[int, str]]:
    chosen = sa.select(Subscription.recipient_id, Subscription.thread_id).where(
        Subscription.thread_id.in_(threads), Subscription.muted.is_(True)
    )
    return {(row.recipient_id, str(row.thread_id)) for row in db.session.execute(chosen)}


# ---- by which e-mail


def _with_emails(new: Sequence[New]) -> list[tuple[New, int]]:
    """Each with the number of the e-mail that tells of it: one that has not left yet, or a new one."""
    langs = _langs({each.event.thread_id for each in new})
    groups: dict[tuple[int, str], list[New]] = defaultdict(list)
    for each in new:
        groups[each.person.recipient_id, each.kind].append(each)
    due = _due(groups)
    waiting = _waiting({kind for _, kind in groups})
    emails: dict[tuple[int, str], int] = {}
    written: list[tuple[int, str]] = []
    for group, moment in due.items():
        email = waiting.get(group)
        if email is not None and email.next_attempt_at <= moment:
            emails[group] = email.id
        else:
            written.append(group)
    emails |= _put(
        {
            group: (
                groups[group][0].person.email,
                group[1],
                groups[group][0].person.lang or langs[groups[group][0].event.thread_id],
                due[group],
            )
            for group in written
        }
    )
    return [(each, emails[group]) for group, of_group in groups.items() for each in of_group]


def _put(
    wanted: dict[tuple[int, str], tuple[str, str, str, datetime]],
) -> dict[tuple[int, str], int]:
    """New e-mails, each by the group that it tells; one statement for a thousand of them."""
    if not wanted:
        return {}
    columns = (Email.recipient, Email.kind, Email.lang, Email.next_attempt_at)
    rows = [
        {column.key: value for column, value in zip(columns, values, strict=True)}
        for values in wanted.values()
    ]
    made = defaultdict(list)
    # They come back in any order. Those that say the same are one as good as the other.
    for number, *values in db.session.execute(sa.insert(Email).returning(Email.id, *columns), rows):
        made[tuple(values)].append(number)
    return {group: made[values].pop() for group, values in wanted.items()}


def _langs(threads: set[str]) -> dict[str, str]:
    chosen = sa.select(Thread.id, Thread.lang).where(Thread.id.in_(threads))
    return {row.id: row.lang for row in db.session.execute(chosen)}


def _due(groups: dict[tuple[int, str], list[New]]) -> dict[tuple[int, str], datetime]:
    """When what is new for a person, of one kind, is told."""
    moment = now()
    lately = _lately(groups, moment)
    due = {}
    for group, new in groups.items():
        kind = BY_NAME[group[1]]
        match new[0].choice:
            case Choice.DAILY:
                due[group] = _next_day(moment)
            case Choice.GATHERED if not kind.first_at_once:
                due[group] = moment + kind.gather
            case Choice.GATHERED if group in lately:
                # No later than if it had been told just now: what left under a clock that was ahead is no measure.
                due[group] = min(max(moment, lately[group] + kind.gather), moment + kind.gather)
            case _:
                due[group] = moment
    return due


def _next_day(moment: datetime) -> datetime:
    today = datetime.combine(moment.date(), DAILY_AT, moment.tzinfo)
    return today if moment < today else today + timedelta(days=1)


def _lately(
    groups: dict[tuple[int, str], list[New]], moment: datetime
) -> dict[tuple[int, str], datetime]:
    """When somebody was last told of a kind whose first is told at once, if that was a moment ago."""
    found = {}
    for kind in KINDS:
        people = {person for person, name in groups if name == kind.name}
        if not (people and kind.first_at_once):
            continue
        left = sa.func.max(sa.func.coalesce(Email.sent_at, Email.next_attempt_at))
        chosen = (
            sa.select(Notification.recipient_id, left)
            .join(Email, Email.id == Notification.email_id)
            .where(
                Notification.kind == kind.name,
                Notification.recipient_id.in_(people),
                sa.func.coalesce(Email.sent_at, Email.next_attempt_at) > moment - kind.gather,
            )
            .group_by(Notification.recipient_id)
        )
        for person, at in db.session.execute(chosen):
            found[person, kind.name] = at
    return found


def _waiting(kinds: set[str]) -> dict[tuple[int, str], Any]:
    """E-mails of these kinds that nobody has begun to send, by whom they go to; locked until the end.

    Whoever sends one takes it first, in a transaction of its own: what joins it here is in it.
    """
    whose = (
        sa.select(Notification.recipient_id)
        .where(Notification.email_id == Email.id)
        .limit(1)
        .scalar_subquery()
    )
    chosen = (
        sa.select(Email.id, Email.kind, Email.next_attempt_at, whose.label("recipient_id"))
        .where(Email.sent_at.is_(None), Email.attempts == 0, Email.kind.in_(kinds))
        .order_by(Email.next_attempt_at.desc())
        .with_for_update(of=Email, skip_locked=True)
    )
    return {(row.recipient_id, row.kind): row for row in db.session.execute(chosen)}
