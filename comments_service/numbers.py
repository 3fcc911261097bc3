"""Numbers: what came in, what was held and decided, and how fast, day by day; for those who moderate all of it.

Three queries of ninety days, each by an index; what is older is not looked at. A day is one of UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from comments_service.db import db
from comments_service.errors import Message, NotAllowed
from comments_service.models import Account, Act, Comment, Decision, Role, Status, now
from comments_service.spam import LOOKS_LIKE_SPAM

DAYS = 90


@dataclass(frozen=True)
class Day:
    """Of one day; nothing where there was nothing to measure."""

    # As it begins.
    at: datetime
    comments: int = 0
    # Of those, how many had to wait.
    held: int = 0
    # How many were called spam on this day.
    spam: int = 0
    # Of what the filter had held and was decided on, what part was spam.
    precision: float | None = None
    # How long what was decided on had waited: half of it longer.
    median_hours: float | None = None


def by_day(account: Account) -> list[Day]:
    """The last ninety days, this one included, the oldest first.

    Raises NotAllowed for authors, who see their own articles' comments only.
    """
    if account.role not in (Role.MODERATOR, Role.OWNER):
        raise NotAllowed(Message("This page is for those who moderate the whole blog."))
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    begin = days[0]
    posted = {row[0]: row[1:] for row in db.session.execute(_posted(begin))}
    decided = {row[0]: row[1:] for row in db.session.execute(_decided(begin))}
    waited = {row[0]: row[1] for row in db.session.execute(_waited(begin))}
    found = []
    for at in days:
        day = at.date().isoformat()
        comments, held = posted.get(day, (0, 0))
        spam, flagged, right = decided.get(day, (0, 0, 0))
        seconds = waited.get(day)
        found.append(
            Day(
                at=at,
                comments=comments,
                held=held or 0,
                spam=spam or 0,
                precision=right / flagged if flagged else None,
                median_hours=None if seconds is None else max(0.0, float(seconds)) / 3600,
            )
        )
    return found


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def _day(moment: Any) -> Any:
    if _is_sqlite():
        return sa.func.substr(sa.cast(moment, sa.Text), 1, 10)
    # Written out: a parameter here and one there are not the same to what groups by it.
    utc: sa.ColumnClause[str] = sa.literal_column("'UTC'")
    form: sa.ColumnClause[str] = sa.literal_column("'YYYY-MM-DD'")
    return sa.func.to_char(sa.func.timezone(utc, moment), form)


def _number(condition: sa.ColumnElement[bool]) -> Any:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _posted(begin: Any) -> sa.Select[Any]:
    waited = sa.cast(Comment.reasons, sa.Text) != "[]"
    return (
        sa.select(_day(Comment.created_at), sa.func.count(), _number(waited))
        # By the state as well, since the index of times begins with it.
        .where(Comment.status.in_([*Status]), Comment.created_at >= begin)
        .group_by(_day(Comment.created_at))
    )


def _standing(begin: Any) -> tuple[sa.ColumnElement[bool], ...]:
    undo = aliased(Decision)
    return (
        Decision.made_at >= begin,
        Decision.act != Act.UNDO,
        ~sa.exists().where(undo.undoes_id == Decision.id),
    )


def _decided(begin: Any) -> sa.Select[Any]:
    flagged = sa.cast(Comment.reasons, sa.Text).contains(LOOKS_LIKE_SPAM, autoescape=True)
    of_filter = sa.and_(flagged, Decision.act.in_([Act.SPAM, Act.PUBLISH]))
    is_spam = Decision.act == Act.SPAM
    return (
        sa.select(
            _day(Decision.made_at),
            _number(is_spam),
            _number(of_filter),
            _number(sa.and_(flagged, is_spam)),
        )
        .join(Comment, Comment.id == Decision.comment_id)
        .where(*_standing(begin))
        .group_by(_day(Decision.made_at))
    )


def _waited(begin: Any) -> sa.Select[Any]:
    """Of each day the middle one of those that waited; of an even number the mean of both."""
    if _is_sqlite():
        julian = sa.func.julianday
        seconds = (julian(Decision.made_at) - julian(Comment.created_at)) * 86_400
    else:
        seconds = sa.extract("epoch", Decision.made_at - Comment.created_at)
    day = _day(Decision.made_at)
    each = (
        sa.select(
            day.label("day"),
            seconds.label("seconds"),
            sa.func.row_number().over(partition_by=day, order_by=seconds).label("place"),
            sa.func.count().over(partition_by=day).label("many"),
        )
        .join(Comment, Comment.id == Decision.comment_id)
        .where(*_standing(begin), Decision.status_before == Status.PENDING)
        .subquery()
    ).c
    middle = each.place * 2 - each.many
    return (
        sa.select(each.day, sa.func.avg(each.seconds))
        .where(middle >= 0, middle <= 2)
        .group_by(each.day)
    )
