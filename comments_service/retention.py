"""Retention: how long addresses that came with comments are kept.

What else is known of people goes by the same hourly cleaning: `sessions`, `rate_limits`, `outbox`.
The table in docs/security.md says all of it.
"""

from datetime import timedelta

import sqlalchemy as sa

from comments_service.db import db
from comments_service.models import Comment, Decision, Status, now

# How long whoever decides can still undo a rejection as if nothing had been forgotten.
REJECTED_KEPT = timedelta(days=30)
# The key under which a network is hashed lives for its day: the hash tells nothing afterwards.
NETWORK_KEPT = timedelta(days=2)
# Of one cleaning, which holds up those who write: a tenth of a second among 100,000 comments.
AT_ONCE = 2_000


def clean() -> None:
    """Drop the addresses of comments rejected a month ago, and networks of earlier days.

    Nobody is shown either, so no thread is published anew, and the comment itself stays.
    """
    moment = now()
    decided_since = sa.exists().where(
        Decision.comment_id == Comment.id, Decision.made_at >= moment - REJECTED_KEPT
    )
    _forget(
        {"email": None, "network": None},
        Comment.status == Status.REJECTED,
        Comment.created_at < moment - REJECTED_KEPT,
        sa.or_(Comment.email.is_not(None), Comment.network.is_not(None)),
        ~decided_since,
    )
    _forget(
        {"network": None},
        Comment.created_at < moment - NETWORK_KEPT,
        Comment.network.is_not(None),
    )


def _forget(values: dict[str, None], *which: sa.ColumnElement[bool]) -> None:
    chosen = sa.select(Comment.id).where(*which).limit(AT_ONCE)
    # By the connection: changes that readers would see are made by `comments.changing` alone.
    db.session.connection().execute(
        sa.update(Comment).where(Comment.id.in_(chosen.scalar_subquery())).values(values)
    )
