"""What was decided on comments, and what an undo would take back."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from comments_service.db import db
from comments_service.models import Act, Comment, Decision


def decisions(comment_id: int) -> Sequence[Decision]:
    """Everything that was decided on a comment, the latest first."""
    return db.session.scalars(
        sa.select(Decision)
        .where(Decision.comment_id == comment_id)
        .options(joinedload(Decision.moderator))
        .order_by(Decision.id.desc())
    ).all()


def last_decision(comment_id: int) -> Decision | None:
    """The decision that an undo would take back: the latest that no other has taken back."""
    return last_decisions([comment_id]).get(comment_id)


def last_decisions(comment_ids: Collection[int]) -> dict[int, Decision]:
    """The same of each of several comments that has one; one query."""
    undone = sa.select(Decision.undoes_id).where(
        Decision.comment_id.in_(comment_ids), Decision.undoes_id.is_not(None)
    )
    last = (
        sa.select(sa.func.max(Decision.id))
        .where(
            Decision.comment_id.in_(comment_ids),
            Decision.act != Act.UNDO,
            Decision.id.not_in(undone),
        )
        .group_by(Decision.comment_id)
    )
    found = db.session.scalars(sa.select(Decision).where(Decision.id.in_(last)))
    return {each.comment_id: each for each in found}


def last_numbers(comment_ids: Collection[int]) -> list[int]:
    """The numbers of these decisions: whoever undoes them by two presses of a button undoes no earlier ones."""
    return [each.id for each in last_decisions(comment_ids).values()] if comment_ids else []


def of_batch(batch: str) -> dict[int, int]:
    """What was decided together, as far as an undo may take it back: numbers and versions.

    What was edited since, or decided on again, is left as it is.
    """
    later = aliased(Decision)
    since = sa.exists().where(later.comment_id == Decision.comment_id, later.id > Decision.id)
    rows = db.session.execute(
        sa.select(Comment.id, Comment.version)
        .join(Decision, Decision.comment_id == Comment.id)
        .where(
            Decision.batch == batch,
            Decision.act != Act.UNDO,
            ~since,
            sa.or_(Comment.edited_at.is_(None), Comment.edited_at <= Decision.made_at),
        )
        .order_by(Comment.thread_id, Comment.id)
    )
    return {row.id: row.version for row in rows}
