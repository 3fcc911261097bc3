"""Sorting: a thread's comments in another order than that of reading, and how good a comment is by its votes.

What answers none changes its place, and its answers go with it.
"""

import math
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from comments_service.db import db
from comments_service.models import Account, Comment, Status
from comments_service.threads.conversations import Shown, columns, shown_row

SORTS = ("oldest", "newest", "best")
# How many a long thread shows as its best.
BEST = 50
# 95 of 100 times a comment is better than its score says.
CONFIDENCE = 1.96

_best = (
    sa.select(*columns)
    .outerjoin(Account, Comment.account_id == Account.id)
    .where(
        Comment.thread_id == sa.bindparam("thread_id"),
        # Spelt as the condition of the index.
        sa.text("up > 0 AND parent_id IS NULL"),
        Comment.status == Status.PUBLISHED,
    )
    .order_by(Comment.score.desc(), Comment.id)
    .limit(BEST)
)


def score(up: int, down: int) -> float:
    """How good a comment is at least, by Wilson's lower bound: few votes say little, whatever they say."""
    total = up + down
    if not total:
        return 0.0
    z2 = CONFIDENCE**2 / total
    share = up / total
    spread = CONFIDENCE * math.sqrt((share * (1 - share) + z2 / 4) / total)
    return (share + z2 / 2 - spread) / (1 + z2)


def in_order(comments: Sequence[Shown], sort: str) -> list[Shown]:
    """A page of a thread, which stands in reading order, in one of `SORTS`."""
    groups: list[list[Shown]] = []
    for each in comments:
        # A page may begin with answers to what stands on the page before.
        if not groups or each.parent_id is None:
            groups.append([])
        groups[-1].append(each)
    match sort:
        case "newest":
            groups.sort(key=lambda group: (group[0].created_at, group[0].id), reverse=True)
        case "best":
            groups.sort(key=lambda group: -score(group[0].up, group[0].down))
    return [each for group in groups for each in group]


def can_be_sorted(comments: Iterable[Shown]) -> bool:
    """Whether another order would be another one."""
    return sum(each.parent_id is None for each in comments) > 1


def best(thread_id: str) -> list[Shown]:
    """What answers none and has votes, the best first, by an index: the same cost whatever the length."""
    rows = db.session.execute(_best, {"thread_id": thread_id})
    return [shown_row(row, None) for row in rows]
