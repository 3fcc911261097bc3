"""Reports: what readers want a moderator to look at, and what follows when several do.

One person counts once, guests of one network as one. Reporting needs no account and makes no cookie.
"""

from collections import Counter
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from comments_service import bans, rate_limits, threads
from comments_service.comments.editing import is_mine
from comments_service.comments.transaction import changing
from comments_service.config import Rate, Settings
from comments_service.db import db
from comments_service.errors import (
    AlreadyReported,
    Message,
    NotAllowed,
    UnknownComment,
    UnknownThread,
)
from comments_service.inputs import NewReport
from comments_service.models import (
    REPORTS_ENOUGH,
    STAFF,
    Comment,
    Report,
    ReportKind,
    Status,
    Untold,
    now,
)
from comments_service.sessions import Visitor

# Of one network: who reads a thread full of spam reports a handful, and no more in a day than a page.
LIMIT = (Rate(10, 600), Rate(50, 86_400))
TOO_MANY = Message(
    "You have reported a lot in a short time. Please wait a little; the moderators see what you sent."
)
# Kept with each comment as they are worded here, as those of `spam`.
IN_ALL = Message("Reported by readers: {number}.")
REASONS = {
    ReportKind.SPAM: Message("Reported as spam: {number}."),
    ReportKind.ABUSE: Message("Reported as insulting or threatening: {number}."),
    ReportKind.PRIVATE: Message("Reported because it tells private data: {number}."),
    ReportKind.OTHER: Message("Reported for another reason: {number}."),
}


def reportable(comment_id: int, visitor: Visitor) -> Comment:
    """A comment that this visitor may report. Raises UnknownComment, NotAllowed for his own."""
    comment = threads.comment(comment_id)
    try:
        thread = threads.get(comment.thread_id)
    except UnknownThread:
        raise UnknownComment from None
    # Who asks by a number need not have the draft's address, and the form says it.
    if thread.shared_until is not None:
        raise UnknownComment
    if comment.status is not Status.PUBLISHED:
        raise UnknownComment
    if is_mine(comment, visitor):
        raise NotAllowed(Message("This is your own comment: you can delete it for a while."))
    return comment


def report(comment_id: int, visitor: Visitor, new: NewReport, settings: Settings) -> None:
    """Note that a reader reports a comment; with the third it goes before the moderators.

    Where the owner wants it, it is out of sight until they have decided. Raises UnknownComment,
    NotAllowed, Banned, AlreadyReported, TooMany.
    """
    comment = reportable(comment_id, visitor)
    bans.refuse(visitor.session, visitor.network, visitor.ban_network)
    with changing():
        rate_limits.count(f"report:{visitor.network}", LIMIT, TOO_MANY)
        seen = ["status", "version", "reports", "reasons", "untold"]
        db.session.refresh(comment, seen, with_for_update=True)
        if comment.status is not Status.PUBLISHED:
            raise UnknownComment
        _write(comment, visitor, new)
        kinds = _open_kinds(comment.id)
        before, comment.reports = comment.reports, sum(kinds.values())
        if comment.reports >= REPORTS_ENOUGH:
            comment.reasons = [
                Message(IN_ALL.template, number=comment.reports),
                *(
                    Message(REASONS[kind].template, number=kinds[kind])
                    for kind in REASONS
                    if kinds[kind]
                ),
            ]
            if before < REPORTS_ENOUGH:
                comment.untold = Untold.WAITING
            if settings.reports_hide and _may_hide(comment):
                comment.status = Status.PENDING


def _write(comment: Comment, visitor: Visitor, new: NewReport) -> None:
    """The report; the same person's on an earlier version, which nobody looked at, gives way."""
    session = visitor.session
    account_id = session.account_id if session else None
    session_id = session.id if session and account_id is None else None
    mine: sa.ColumnElement[bool] = Report.account_id == account_id
    if account_id is None:
        mine = sa.or_(
            Report.session_id == session_id,
            sa.and_(Report.account_id.is_(None), Report.network == visitor.network),
        )
    open_ones = sa.delete(Report).where(Report.comment_id == comment.id, mine)
    db.session.execute(
        open_ones.where(Report.decided_at.is_(None), Report.version < comment.version)
    )
    values = {
        "comment_id": comment.id,
        "version": comment.version,
        "account_id": account_id,
        "session_id": session_id,
        "network": visitor.network,
        "kind": ReportKind(new.kind),
        "text": new.text,
        "made_at": now(),
    }
    insert: Any = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    made = insert(Report).values(values).on_conflict_do_nothing().returning(Report.id)
    if db.session.scalar(made) is None:
        raise AlreadyReported(
            Message("You, or somebody beside you, have reported this comment already. Thank you.")
        )


def _open_kinds(comment_id: int) -> Counter[ReportKind]:
    chosen = sa.select(Report.kind, sa.func.count()).group_by(Report.kind)
    rows = db.session.execute(
        chosen.where(Report.comment_id == comment_id, Report.decided_at.is_(None))
    )
    return Counter({row[0]: row[1] for row in rows})


def _may_hide(comment: Comment) -> bool:
    """Not what moderators wrote, nor what one has let stand in this version after reports."""
    if comment.account is not None and comment.account.role in STAFF:
        return False
    decided = sa.select(Report.id).where(
        Report.comment_id == comment.id,
        Report.version == comment.version,
        Report.decided_at.is_not(None),
    )
    return db.session.scalar(decided.limit(1)) is None


def forget_reports(account_id: int) -> None:
    """Uncount what an account has reported, inside `changing`: its reports go with its row."""
    reported = sa.select(Report.comment_id).where(
        Report.account_id == account_id, Report.decided_at.is_(None)
    )
    comments = cast(sa.Table, Comment.__table__)
    # By the connection: readers see no difference, and so no page is made again.
    db.session.connection().execute(
        sa.update(comments)
        .where(comments.c.id.in_(reported), comments.c.reports > 0)
        .values(reports=comments.c.reports - 1)
    )
