"""What moderators rule for a thread as a whole: whether it takes comments, and what stands first in it."""

from typing import Any

import sqlalchemy as sa

from comments_service import threads
from comments_service.accounts import profile
from comments_service.comments.deciding import may_moderate
from comments_service.comments.transaction import changing, locked
from comments_service.db import db
from comments_service.errors import Message, NotAllowed, UnknownComment, UnknownThread
from comments_service.inputs import Pin, ThreadRuling
from comments_service.models import (
    Account,
    Comment,
    Policy,
    Status,
    Thread,
    ThreadAct,
    ThreadDecision,
    now,
)
from comments_service.publishing import manifest, publisher

# More than a page's beginning can bear, and each is read before any comment.
MOST_PINNED = 3
BY_ARTICLE = Message(
    "The article says itself whether it takes comments: change it there, or remove its line."
)


def rule(thread_id: str, moderator: Account, given: ThreadRuling) -> Thread:
    """Open, hold or close a thread, or leave that to its article; lock and unlock it.

    Raises UnknownThread, NotAllowed where the article's own front matter rules.
    """
    with changing():
        thread = found(thread_id, moderator)
        before = (thread.policy, thread.closes_at, threads.shown_policy(thread))
        if given.comments is not None:
            ruling = None if given.comments == "article" else Policy(given.comments)
            if ruling is not None and threads.by_article(thread):
                raise NotAllowed(BY_ARTICLE)
            if ruling is not thread.ruling:
                thread.ruling = ruling
                manifest.rule(thread)
                record(thread.id, ThreadAct.RULE, moderator, given.reason, policy=ruling)
        if given.locked is not None and given.locked is (thread.locked_at is None):
            thread.locked_at = now() if given.locked else None
            act = ThreadAct.LOCK if given.locked else ThreadAct.UNLOCK
            record(thread.id, act, moderator, given.reason)
        if before != (thread.policy, thread.closes_at, threads.shown_policy(thread)):
            # Every comment of every page gains or loses its link to answer it.
            manifest.publish_anew(thread)
    publisher.wake()
    return thread


def pin(comment_id: int, moderator: Account, given: Pin) -> Comment:
    """Let a comment stand first in its thread, with what answers it, or in its turn again.

    Raises UnknownComment, NotAllowed.
    """
    with changing():
        # Before its thread, as whoever decides on it does.
        if not (at := locked(Comment.id == comment_id)):
            raise UnknownComment
        comment = at[0]
        thread = found(comment.thread_id, moderator)
        if given.pinned is (comment.pinned_at is not None):
            return comment
        if given.pinned:
            _refuse_pin(comment, thread)
        comment.pinned_at = now() if given.pinned else None
        act = ThreadAct.PIN if given.pinned else ThreadAct.UNPIN
        record(thread.id, act, moderator, given.reason, comment_ids=[comment.id])
    return comment


def _refuse_pin(comment: Comment, thread: Thread) -> None:
    if comment.status is not Status.PUBLISHED:
        raise NotAllowed(Message("Only a comment that readers see can be pinned."))
    if comment.parent_id is not None:
        raise NotAllowed(Message("An answer stands below what it answers: pin that instead."))
    pinned = sa.select(sa.func.count()).select_from(Comment)
    pinned = pinned.where(
        Comment.thread_id == thread.id,
        sa.text("pinned_at IS NOT NULL"),
        Comment.status == Status.PUBLISHED,
    )
    if (db.session.scalar(pinned) or 0) >= MOST_PINNED:
        raise NotAllowed(
            Message(
                "{number} comments are pinned here already: unpin one first.", number=MOST_PINNED
            )
        )


def found(thread_id: str, moderator: Account) -> Thread:
    """A thread that this moderator decides on, locked until the end. Raises UnknownThread, NotAllowed."""
    # An account that is deleted, or has lost its role, at this very moment decides nothing.
    moderator = profile.locked(moderator.id)
    # Not its key, which each new comment points to.
    lock: Any = {"key_share": True}
    thread = db.session.get(Thread, thread_id, with_for_update=lock, populate_existing=True)
    if thread is None:
        raise UnknownThread
    if not may_moderate(moderator, thread):
        raise NotAllowed(Message("You can moderate the comments on your own articles."))
    return thread


def record(
    thread_id: str, act: ThreadAct, moderator: Account, reason: str, **about: Any
) -> ThreadDecision:
    """Write down who did what to a thread, and why; inside the caller's transaction."""
    made = ThreadDecision(
        thread_id=thread_id, act=act, moderator_id=moderator.id, reason=reason, **about
    )
    db.session.add(made)
    db.session.flush()
    return made
