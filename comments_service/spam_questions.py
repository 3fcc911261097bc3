"""Spam questions: what other services are to be asked or told about a comment, written down behind the commit.

Posting writes nothing here: a new comment is noticed where it is found who is told of it. `spam_services`
asks, and what it asked about is gone from here.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import sqlalchemy as sa

from comments_service.db import clean_rows, db
from comments_service.models import (
    Act,
    Comment,
    Decision,
    Question,
    SpamQuestion,
    Status,
    Untold,
    now,
)
from comments_service.spam import outside

# An answer of tomorrow helps nobody.
KEPT = timedelta(days=1)


def note(services: Sequence[str], events: Iterable[tuple[int, Untold]]) -> None:
    """Write down what to ask of comments that were posted, held or decided on; three statements at most.

    A moderator's decision against what a service said, or did not say, is told to it.
    """
    moments = dict(events)
    if not services or not moments:
        return
    chosen = sa.select(Comment.id, Comment.reasons).where(Comment.id.in_(moments))
    reasons = {row.id: row.reasons for row in db.session.execute(chosen)}
    last = _last_decisions(moments)
    rows = [
        {"comment_id": number, "service": service, "question": question}
        for number, moment in moments.items()
        if number in reasons
        for service in services
        if (
            question := _question(
                moment, last.get(number), said=outside.says_spam(service, reasons[number])
            )
        )
    ]
    if rows:
        db.session.execute(sa.insert(SpamQuestion), rows)


def _last_decisions(comment_ids: Iterable[int]) -> dict[int, Act]:
    latest = sa.select(sa.func.max(Decision.id)).where(Decision.comment_id.in_(comment_ids))
    chosen = sa.select(Decision.comment_id, Decision.act).where(
        Decision.id.in_(latest.group_by(Decision.comment_id))
    )
    return {row.comment_id: row.act for row in db.session.execute(chosen)}


def _question(moment: Untold, last: Act | None, *, said: bool) -> Question | None:
    """What to ask or tell a service that has, or has not, called a comment spam."""
    match moment, last:
        case Untold.PUBLISHED, Act.PUBLISH if said:
            return Question.IS_GENUINE
        case Untold.REJECTED, Act.SPAM if not said:
            return Question.IS_SPAM
        # What waits although it was once decided on was edited since.
        case (Untold.WAITING, None | Act.PUBLISH) | (Untold.PUBLISHED, None) if not said:
            return Question.CHECK
    return None


def check(services: Sequence[str], comment: Comment) -> None:
    """Ask about an edited text that was published at once; within its transaction."""
    if services and comment.status is Status.PUBLISHED:
        rows = [
            {"comment_id": comment.id, "service": each, "question": Question.CHECK}
            for each in services
        ]
        db.session.execute(sa.insert(SpamQuestion), rows)


def clean() -> None:
    """Drop what nobody has answered."""
    clean_rows(SpamQuestion.id, SpamQuestion.created_at < now() - KEPT)
