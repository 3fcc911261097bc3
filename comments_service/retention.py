"""Retention: how long is kept what came with comments, and what moderators rejected.

What else is known of people goes by the same hourly cleaning: `sessions`, `rate_limits`, `outbox`, `bans`.
docs/privacy.md says all of it.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from comments_service import db
from comments_service.config import Settings
from comments_service.models import (
    NO_EMAIL,
    NO_NEAR,
    REPORTS_ENOUGH,
    Comment,
    CommentRevision,
    Decision,
    Import,
    Recipient,
    Report,
    Status,
    Subscription,
    near_columns,
    now,
)

# The key under which a network is hashed lives for its day: the hash tells nothing afterwards.
NETWORK_KEPT = timedelta(days=2)
# The link with which an address says yes works as long.
UNCONFIRMED_KEPT = timedelta(days=2)
# E-mails that somebody was sent still lead to his choices.
GUEST_KEPT = timedelta(days=30)
# After a decision, or where nobody had to decide: who asks why finds it for a while.
REPORTS_KEPT = timedelta(days=90)
# What an import said when it was done, or given up; its file is long gone.
IMPORTS_KEPT = timedelta(days=90)


def clean(settings: Settings) -> None:
    """Drop what was kept for a time: addresses and networks of comments, what was rejected, and addresses
    that said nothing.

    Nobody is shown any of it, so no thread is published anew.
    """
    moment = now()
    _clean_addresses(moment)
    _clean_rejected(moment, settings)
    db.clean_rows(
        Comment.id,
        Comment.created_at < moment - NETWORK_KEPT,
        Comment.network.is_not(None),
        values={"network": None},
    )
    _clean_reports(moment)
    db.clean_rows(Import.id, Import.changed_at < moment - IMPORTS_KEPT)


def _clean_reports(moment: datetime) -> None:
    """Drop what readers reported, a while after it was decided on, or led to nothing."""
    old = moment - NETWORK_KEPT
    db.clean_rows(
        Report.id, Report.made_at < old, Report.network.is_not(None), values={"network": None}
    )
    over = moment - REPORTS_KEPT
    db.clean_rows(Report.id, Report.decided_at < over)
    waits = sa.exists().where(Comment.id == Report.comment_id, Comment.reports >= REPORTS_ENOUGH)
    db.clean_rows(Report.id, Report.decided_at.is_(None), Report.made_at < over, ~waits)
    open_one = sa.exists().where(Report.comment_id == Comment.id, Report.decided_at.is_(None))
    db.clean_rows(Comment.id, Comment.reports > 0, ~open_one, values={"reports": 0})


def _clean_rejected(moment: datetime, settings: Settings) -> None:
    """Drop what came with comments that were rejected or deleted, and later the comments themselves.

    Where others have answered, an empty row stays, as when its writer deletes it: readers see the same.
    """
    long_ago = _rejected_before(moment - timedelta(days=settings.delete_rejected_days))
    answer = aliased(Comment)
    answered = sa.exists().where(answer.parent_id == Comment.id)
    # With its decisions and revisions. One that still has a place is part of a page, and one that was
    # imported is known by its row, should its file come again.
    gone = (Comment.place.is_(None), Comment.imported_from.is_(None), ~answered)
    db.clean_rows(Comment.id, *long_ago, *gone)
    emptied: dict[str, Any] = {
        "source": "",
        "html": "",
        "passage": None,
        "html_hash": None,
        **near_columns(NO_NEAR),
        "reasons": [],
        "untold": None,
    }
    nobody = {**NO_EMAIL, **dict.fromkeys(("name", "website", "network"))}
    db.clean_rows(
        Comment.id,
        *long_ago,
        Comment.source != "",
        values={"status": Status.DELETED, **emptied, **nobody},
    )
    empty = (Comment.status == Status.DELETED, Comment.source == "")
    db.clean_rows(
        CommentRevision.id, sa.exists().where(Comment.id == CommentRevision.comment_id, *empty)
    )
    db.clean_rows(
        Comment.id,
        *_rejected_before(moment - timedelta(days=settings.forget_rejected_days)),
        sa.or_(Comment.email.is_not(None), Comment.network.is_not(None)),
        values={**NO_EMAIL, "network": None},
    )


def _rejected_before(moment: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """What holds of comments that are out of sight, and on which nothing was decided since a moment."""
    decided_since = sa.exists().where(Decision.comment_id == Comment.id, Decision.made_at >= moment)
    out_of_sight = Comment.status.in_([Status.REJECTED, Status.DELETED])
    return out_of_sight, Comment.created_at < moment, ~decided_since


def _clean_addresses(moment: datetime) -> None:
    """Drop what nobody said yes to, and guests' addresses that want nothing any more."""
    db.clean_rows(
        Subscription.id,
        Subscription.confirmed_at.is_(None),
        Subscription.muted.is_(False),
        Subscription.created_at < moment - UNCONFIRMED_KEPT,
    )
    asked = sa.exists().where(Subscription.recipient_id == Recipient.id)
    for confirmed, kept in (
        (Recipient.confirmed_at.is_(None), UNCONFIRMED_KEPT),
        (Recipient.confirmed_at.is_not(None), GUEST_KEPT),
    ):
        db.clean_rows(
            Recipient.id,
            Recipient.account_id.is_(None),
            confirmed,
            # Whoever wants no e-mails is not asked again as if for the first time.
            Recipient.all_off.is_(False),
            Recipient.created_at < moment - kept,
            ~asked,
        )
