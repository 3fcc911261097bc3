"""What is doubted after it was taken: it waits for a moderator, with a reason more."""

from datetime import datetime

from comments_service import moderation_queue, threads
from comments_service.comments.transaction import changing
from comments_service.db import db
from comments_service.errors import Message, UnknownComment
from comments_service.models import Status, Untold


def doubt(comment_id: int, version: int, reason: Message, *, since: datetime) -> bool:
    """Put a comment before a moderator for a reason that came late; false where it came too late.

    That is where it was edited, or a moderator has decided, since the doubt was asked for. What waits
    already has one reason more.
    """
    try:
        comment = threads.comment(comment_id)
    except UnknownComment:
        return False
    with changing():
        db.session.refresh(comment, ["status", "reasons", "version"], with_for_update=True)
        decision = moderation_queue.last_decision(comment.id)
        decided = decision is not None and decision.made_at > since
        if comment.version != version or decided:
            return False
        if comment.status not in (Status.PENDING, Status.PUBLISHED):
            return False
        kept = [each for each in comment.reasons if each.template != reason.template]
        if comment.status is Status.PUBLISHED:
            # Why it once waited is over: it was let through.
            kept = []
            comment.status, comment.untold = Status.PENDING, Untold.WAITING
        comment.reasons = [*kept, reason]
    return True
