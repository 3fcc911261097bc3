"""The moderation queue: what waits for a decision, and what was decided. Deciding is in `comments`."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service import by_writer, threads
from comments_service.db import db
from comments_service.models import Account, Act, Comment, Decision, Role, Status

QUEUE_PAGE = 25


def queue(
    account: Account, status: Status, *, thread_id: str = "", words: str = "", page: int = 1
) -> threads.Page:
    """Comments in a state that `account` may decide on: the oldest first while they wait.

    Authors see the threads of their own articles, moderators and owners all.
    """
    conditions = [Comment.status == status]
    if account.role is Role.AUTHOR:
        conditions.append(Comment.thread_id.in_(written_by(account)))
    if thread_id:
        conditions.append(Comment.thread_id == thread_id)
    for word in words.split()[:10]:
        pattern = f"%{word.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
        conditions.append(
            sa.or_(
                *(
                    column.ilike(pattern, escape="/")
                    for column in (Comment.source, Comment.name, Comment.email, Account.name)
                )
            )
        )
    chosen = sa.select(Comment).outerjoin(Comment.account).where(*conditions)
    order = Comment.id.asc() if status is Status.PENDING else Comment.id.desc()
    chosen = chosen.options(joinedload(Comment.thread), joinedload(Comment.account))
    return threads.page_of(chosen.order_by(order), page, QUEUE_PAGE)


def written_by(account: Account) -> list[str]:
    """The ids of the threads whose article names this account as an author."""
    return by_writer.bearing(account.name)


def waiting(account: Account) -> int:
    """How many comments wait for this moderator."""
    conditions = [Comment.status == Status.PENDING]
    if account.role is Role.AUTHOR:
        conditions.append(Comment.thread_id.in_(written_by(account)))
    return (
        db.session.scalar(sa.select(sa.func.count()).select_from(Comment).where(*conditions)) or 0
    )


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
    undone = sa.select(Decision.undoes_id).where(Decision.undoes_id.is_not(None))
    return db.session.scalar(
        sa.select(Decision)
        .where(
            Decision.comment_id == comment_id,
            Decision.act != Act.UNDO,
            Decision.id.not_in(undone),
        )
        .order_by(Decision.id.desc())
        .limit(1)
    )
