"""Announcing: what is new in the feed becomes e-mails in the outbox, each article once for each reader.

Which articles are known is written in the same transaction as the e-mails: two processes announce nothing
twice, and one that is killed has announced nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from comments_service import i18n
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Article,
    ArticleEmail,
    Email,
    Recipient,
    Site,
    Subscription,
    Thread,
    now,
)
from comments_service.newsletter import feed
from comments_service.newsletter.feed import Item

# Kinds of e-mails and of subscriptions to them.
EACH, WEEKLY = KINDS = ("articles", "articles-weekly")
# What is dated earlier is no news when it appears: somebody brought it from an older blog.
NEWS = timedelta(days=14)
# Of the weekly e-mail, in UTC: Monday morning.
WEEKDAY, HOUR = 0, time(7)


class Reader(NamedTuple):
    """Somebody who asked for articles, and confirmed it."""

    recipient_id: int
    email: str
    lang: str | None
    kind: str


@dataclass(frozen=True)
class Plan:
    """What would be announced now, and to how many."""

    news: Sequence[tuple[Item, Mapping[str, int]]]
    # New in the feed, and yet no news.
    passed_over: int


def _nothing() -> None:
    """No sign of life, where no worker announces."""


def announce(settings: Settings, beat: Callable[[], None] = _nothing) -> int:
    """Tell of what is new; returns how many articles. Raises FeedError.

    A preview, which shows what is being written, neither tells of it nor makes it known.
    """
    if settings.preview:
        return 0
    db.session.rollback()
    site = db.session.get(Site, 1, populate_existing=True)
    if site is None or not site.newsletter:
        return 0
    found = feed.latest(site.newsletter, settings)
    if found is None:
        return 0
    if site.newsletter_since is not None and not _unknown(found.items):
        return 0
    with writing():
        # Processes take turns here.
        site = db.session.scalars(
            sa.select(Site)
            .where(Site.id == 1)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        news, others = _sorted_out(site, _unknown(found.items))
        site.newsletter_since = site.newsletter_since or now()
        numbers = _known_from_now_on(news, others)
        if news:
            _tell(site, news, numbers)
    return len(news)


def planned(settings: Settings) -> Plan:
    """What `announce` would do. Raises FeedError."""
    site = db.session.get(Site, 1, populate_existing=True)
    found = feed.latest(site.newsletter, settings) if site and site.newsletter else None
    if site is None or found is None:
        return Plan([], 0)
    news, others = _sorted_out(site, _unknown(found.items))
    readers = _readers()
    told = []
    for item in news:
        of_item = [each.kind for each in readers if _is_for(item, each, site)]
        told.append((item, {kind: of_item.count(kind) for kind in KINDS}))
    return Plan(told, len(others))


def _unknown(items: Sequence[Item]) -> list[Item]:
    """What is out and was not seen before, the oldest first."""
    moment = now()
    out = {each.id: each for each in items if each.date_published <= moment}
    known = set(db.session.scalars(sa.select(Article.feed_id).where(Article.feed_id.in_(out))))
    return sorted(
        (each for each in out.values() if each.id not in known),
        key=lambda each: each.date_published,
    )


def _sorted_out(site: Site, unknown: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """What is news, and what only has to be known from now on.

    All that was there when the newsletter began is no news; nor is an older article that comes into the
    feed again, by another date, which its thread tells.
    """
    since = site.newsletter_since
    if since is None:
        return [], list(unknown)
    older = set(
        db.session.scalars(
            sa.select(Thread.url).where(
                Thread.url.in_([each.url for each in unknown]), Thread.created_at < since
            )
        )
    )
    earliest = now() - NEWS
    news = [each for each in unknown if each.url not in older and each.date_published >= earliest]
    return news, [each for each in unknown if each not in news]


def _known_from_now_on(news: Sequence[Item], others: Sequence[Item]) -> dict[str, int]:
    """Write down what was seen; the numbers of the articles, by their ids."""
    rows = [{"feed_id": each.id, "told": True} for each in news]
    rows += [{"feed_id": each.id, "told": False} for each in others]
    if not rows:
        return {}
    made = db.session.execute(sa.insert(Article).returning(Article.feed_id, Article.id), rows)
    return {row.feed_id: row.id for row in made}


def _readers() -> list[Reader]:
    """Who gets articles: one for each address, by the kind that says more."""
    address = sa.func.coalesce(Account.email, Recipient.email)
    rows = db.session.execute(
        sa.select(Recipient.id, address, Recipient.lang, Subscription.kind)
        .join(Subscription, Subscription.recipient_id == Recipient.id)
        .outerjoin(Account, Account.id == Recipient.account_id)
        .where(
            Subscription.thread_id.is_(None),
            Subscription.kind.in_(KINDS),
            *wanted,
        )
        # `articles` before `articles-weekly`.
        .order_by(Subscription.kind, Recipient.id)
    )
    found: dict[str, Reader] = {}
    for row in rows:
        found.setdefault(row[1].casefold(), Reader(*row))
    return list(found.values())


# What has to hold of a subscription, its recipient and the account, if it has one.
wanted = (
    Subscription.confirmed_at.is_not(None),
    Subscription.muted.is_(False),
    Recipient.all_off.is_(False),
    sa.or_(
        sa.and_(Recipient.account_id.is_(None), Recipient.confirmed_at.is_not(None)),
        Account.email_verified_at.is_not(None),
    ),
)


def _is_for(item: Item, reader: Reader, site: Site) -> bool:
    """Whether this is the language of an article that this reader reads it in.

    An article in several languages is as many items. Whoever reads a language that the blog has not gets
    those in the blog's own.
    """
    spoken = {_language(each) for each in (site.lang, *site.languages)}
    reads = _language(reader.lang or site.lang)
    return _language(item.language or site.lang) == (
        reads if reads in spoken else _language(site.lang)
    )


def _language(tag: str) -> str:
    return i18n.locale(tag).language


def next_week(moment: datetime) -> datetime:
    """When the weekly e-mail after this moment leaves."""
    day = moment.date() + timedelta(days=(WEEKDAY - moment.weekday()) % 7)
    found = datetime.combine(day, HOUR, moment.tzinfo)
    return found if found > moment else found + timedelta(days=7)


def _tell(site: Site, news: Sequence[Item], numbers: Mapping[str, int]) -> None:
    """Write the e-mails: as many statements for a thousand readers as for ten."""
    moment = now()
    readers, pending = _readers(), _pending(moment)
    links: list[dict[str, int]] = []
    at_once = [each for each in readers if each.kind == EACH]
    for item in news:
        mine = [each for each in at_once if _is_for(item, each, site)]
        for reader, email_id in _put(mine, moment, site).items():
            links.append(_link(email_id, reader, numbers[item.id]))
    weekly = {
        each: [item for item in news if _is_for(item, each, site)]
        for each in readers
        if each.kind == WEEKLY
    }
    first = [each for each in weekly if weekly[each] and each.recipient_id not in pending]
    made = _put(first, next_week(moment), site)
    for reader, items in weekly.items():
        email_id = made.get(reader) or pending.get(reader.recipient_id, 0)
        links += [_link(email_id, reader, numbers[item.id]) for item in items]
    if links:
        db.session.execute(sa.insert(ArticleEmail), links)


def _put(readers: Sequence[Reader], due: datetime, site: Site) -> dict[Reader, int]:
    """An e-mail of the outbox for each reader; its number."""
    if not readers:
        return {}
    by_address = {each.email: each for each in readers}
    rows = [
        {
            "recipient": each.email,
            "kind": each.kind,
            "lang": each.lang or site.lang,
            "next_attempt_at": due,
        }
        for each in readers
    ]
    # In whatever order: SQLite keeps the one that was given only where it inserts one by one.
    made = db.session.execute(sa.insert(Email).returning(Email.recipient, Email.id), rows)
    return {by_address[row.recipient]: row.id for row in made}


def _link(email_id: int, reader: Reader, article_id: int) -> dict[str, int]:
    return {"email_id": email_id, "recipient_id": reader.recipient_id, "article_id": article_id}


def _pending(moment: datetime) -> dict[int, int]:
    """The weekly e-mails that wait for their day, by recipient; nobody takes them meanwhile.

    One whose day lies beyond the next was written under a clock that was ahead: nothing joins it.
    """
    rows = db.session.execute(
        sa.select(ArticleEmail.recipient_id, Email.id)
        .join(Email, Email.id == ArticleEmail.email_id)
        .where(
            Email.kind == WEEKLY,
            Email.attempts == 0,
            Email.next_attempt_at > moment,
            Email.next_attempt_at <= next_week(moment),
        )
        .with_for_update(of=Email)
    )
    return {row[0]: row[1] for row in rows}
