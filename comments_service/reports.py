"""What readers have reported, for those who decide. Reporting itself is in `comments`."""

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service import by_writer, threads
from comments_service.db import db
from comments_service.models import REPORTS_ENOUGH, Account, Comment, Report, Role, Status

PAGE = 25


def waiting(account: Account, page: int = 1) -> threads.Page:
    """Comments that readers have put before this moderator, the oldest first, in sight or out of it."""
    chosen = sa.select(Comment).where(*_before(account)).order_by(Comment.id)
    chosen = chosen.options(joinedload(Comment.thread), joinedload(Comment.account))
    return threads.page_of(chosen, page, PAGE)


def number(account: Account) -> int:
    """How many of them there are."""
    counted = sa.select(sa.func.count()).select_from(Comment).where(*_before(account))
    return db.session.scalar(counted) or 0


def _before(account: Account) -> list[sa.ColumnElement[bool]]:
    # Spelt as the condition of the index.
    few: sa.ColumnElement[bool] = sa.literal_column("reports > 0", sa.Boolean)
    which = [
        few,
        Comment.reports >= REPORTS_ENOUGH,
        Comment.status.in_((Status.PUBLISHED, Status.PENDING)),
    ]
    if account.role is Role.AUTHOR:
        which.append(Comment.thread_id.in_(by_writer.bearing(account.name)))
    return which


def of(comment_ids: Sequence[int]) -> dict[int, list[Report]]:
    """The reports of these comments with the accounts that sent them, the oldest first; one query."""
    found: dict[int, list[Report]] = defaultdict(list)
    rows = db.session.scalars(
        sa.select(Report)
        .where(Report.comment_id.in_(comment_ids))
        .options(joinedload(Report.account))
        .order_by(Report.id)
    )
    for each in rows:
        found[each.comment_id].append(each)
    return found
