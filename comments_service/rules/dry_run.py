"""A dry run: which of the latest comments each rule would have held. Nothing is changed.

It costs one statement and the reading of 500 texts, however many comments there are. Networks cannot
be tried: of past comments no address is kept.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from comments_service import markup, spam
from comments_service.db import db
from comments_service.models import STAFF, Account, Comment, Status, Thread
from comments_service.rules.judging import Asked, reasons, words_of
from comments_service.rules.values import SIGN_IN, Rules

# Some weeks of a lively blog; more of them would tell an owner no more.
LOOKED_AT = 500
SHOWN = 20
EXCERPT_CHARS = 160
TRIED = (
    *("trust_after", "guests", "max_links"),
    *("new_account_days", "old_thread_days", "words", "scripts"),
)


@dataclass(frozen=True)
class Held:
    """A comment that would have waited, in short, cut where a listed word begins and ends."""

    id: int
    status: Status
    name: str
    thread_title: str
    created_at: datetime
    words: list[str]
    # The text and whether it is a word of the list.
    parts: list[tuple[str, bool]]


@dataclass
class Trial:
    """What one rule would have held: how many in each state, and the latest of them."""

    count: int = 0
    by_status: Counter[Status] = field(default_factory=Counter)
    shown: list[Held] = field(default_factory=list)


@dataclass(frozen=True)
class Trials:
    looked_at: int
    by_rule: Mapping[str, Trial]


def tried(rules: Rules) -> Trials:
    """What each rule would have held by itself of the latest comments that are no moderator's."""
    found = {name: Trial() for name in TRIED}
    rows = db.session.execute(_latest(rules)).all()
    for row in rows:
        text = markup.plain(row.html)
        for name in _held(rules, row, text):
            trial = found[name]
            trial.count += 1
            trial.by_status[row.status] += 1
            if len(trial.shown) < SHOWN:
                trial.shown.append(_shown(rules, row, text, marked=name == "words"))
    return Trials(len(rows), found)


def _held(rules: Rules, row: Any, text: str) -> Iterator[str]:
    asked = Asked(
        text=text,
        beside="\n".join((row.name or "", row.website or "", *markup.targets(row.html))),
        at=row.created_at,
        guest=row.account_id is None,
        account_created_at=row.account_created_at,
        thread_published_at=row.published_at,
    )
    if rules.guests == SIGN_IN and row.account_id is None:
        yield "guests"
    yield from reasons(rules, asked)
    known = spam.History(published=0, rejected=0, same_text_recently=0)
    links = markup.links(row.html) + bool(row.website)
    if spam.verdict(spam.Facts(known, links), spam.Rules(0, rules.max_links, False)).hold:
        yield "max_links"
    if rules.trust_after and row.earlier is None:
        yield "trust_after"


def _latest(rules: Rules) -> sa.Select[*tuple[Any, ...]]:
    staff = sa.and_(Comment.account_id.is_not(None), Account.role.in_(STAFF))
    return (
        sa.select(
            *(Comment.id, Comment.status, Comment.html, Comment.website, Comment.created_at),
            Comment.account_id,
            sa.func.coalesce(Account.name, Comment.name).label("name"),
            Account.created_at.label("account_created_at"),
            *(Thread.published_at, Thread.title),
            _earlier(rules.trust_after).label("earlier"),
        )
        .join(Comment.thread)
        .outerjoin(Comment.account)
        .where(Comment.html != "", ~staff)
        .order_by(Comment.id.desc())
        .limit(LOOKED_AT)
    )


def _earlier(trust_after: int) -> sa.ColumnElement[Any]:
    """An earlier comment of the writer that is published, beside as many others as make him trusted."""
    if not trust_after:
        return sa.null()
    before = aliased(Comment)
    same = (
        before.account_id == Comment.account_id,
        sa.and_(Comment.account_id.is_(None), before.session_id == Comment.session_id),
    )
    return sa.func.coalesce(
        *(
            sa.select(before.id)
            .where(each, before.status == Status.PUBLISHED, before.id < Comment.id)
            .limit(1)
            .offset(trust_after - 1)
            .correlate(Comment)
            .scalar_subquery()
            for each in same
        )
    )


def _shown(rules: Rules, row: Any, text: str, *, marked: bool) -> Held:
    words = words_of(rules, "\n".join((text, row.name or "", row.website or ""))) if marked else []
    parts = _around(rules, text) if marked else []
    return Held(
        id=row.id,
        status=row.status,
        name=row.name or "",
        thread_title=row.title,
        created_at=row.created_at,
        words=words,
        parts=parts or [(markup.excerpt(row.html, EXCERPT_CHARS), False)],
    )


def _around(rules: Rules, text: str) -> list[tuple[str, bool]]:
    """What stands around the first listed word, with every one of them apart."""
    places = rules.words.find(text)
    if not places:
        return []
    begin = max(0, places[0].start - EXCERPT_CHARS // 4)
    end = min(len(text), max(places[0].end, begin + EXCERPT_CHARS))
    parts = [("…", False)] if begin else []
    at = begin
    for place in places:
        if place.end > end:
            break
        parts += [(text[at : place.start], False), (text[place.start : place.end], True)]
        at = place.end
    parts += [(text[at:end], False), ("…" if end < len(text) else "", False)]
    return [each for each in parts if each[0]]
