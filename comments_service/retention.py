"""Retention: how long addresses that came with comments are kept.

What else is known of people goes by the same hourly cleaning: `sessions`, `rate_limits`, `outbox`.
The table in docs/security.md says all of it.
"""

from datetime import timedelta

import sqlalchemy as sa

from comments_service import db
from comments_service.models import Comment, Decision, Status, now

# How long whoever decides can still undo a rejection as if nothing had been forgotten.
REJECTED_KEPT = timedelta(days=30)
# The key under which a network is hashed lives for its day: the hash tells nothing afterwards.
NETWORK_KEPT = timedelta(days=2)


def clean() -> None:
    """Drop the addresses of comments rejected a month ago, and networks of earlier days.

    Nobody is shown either, so no thread is published anew, and the comment itself stays.
    """
    moment = now()
    decided_since = sa.exists().where(
        Decision.comment_id == Comment.id, Decision.made_at >= moment - REJECTED_KEPT
    )
    db.clean_rows(
        Comment.id,
        Comment.status == Status.REJECTED,
        Comment.created_at < moment - REJECTED_KEPT,
        sa.or_(Comment.email.is_not(None), Comment.network.is_not(None)),
        ~decided_since,
        values={"email": None, "network": None},
    )
    db.clean_rows(
        Comment.id,
        Comment.created_at < moment - NETWORK_KEPT,
        Comment.network.is_not(None),
        values={"network": None},
    )
