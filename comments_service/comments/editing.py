"""One's own comments: changed or taken back within their time, and what stays of them."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from comments_service import learning, markup, spam, spam_questions, threads
from comments_service.comments import gate
from comments_service.comments.rerendering import rendered
from comments_service.comments.transaction import changing
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import (
    EditWindowOver,
    Message,
    NotAllowed,
    TooManyEdits,
    UnknownComment,
)
from comments_service.inputs import EditedComment
from comments_service.models import (
    NO_NEAR,
    Comment,
    CommentRevision,
    Note,
    Status,
    Untold,
    now,
)
from comments_service.sessions import Visitor

# Each edit keeps the text before it, and is one more thing for a moderator to read.
MAX_EDITS = 20


def editable_until(comment: Comment, settings: Settings) -> datetime:
    return comment.created_at + timedelta(minutes=settings.edit_minutes)


def is_mine(comment: Comment, visitor: Visitor) -> bool:
    session = visitor.session
    if session is None:
        return False
    if comment.account_id is not None:
        return comment.account_id == session.account_id
    # Signing in ends a guest's session, not a guest's right to what was written in it.
    written_in = comment.session_id
    return written_in is not None and written_in in (session.id, session.guest_id)


def may_edit(comment: Comment, visitor: Visitor, settings: Settings) -> bool:
    return (
        is_mine(comment, visitor)
        and comment.status in (Status.PENDING, Status.PUBLISHED)
        and now() < editable_until(comment, settings)
    )


def _mine(comment_id: int, visitor: Visitor, settings: Settings) -> Comment:
    """One's own comment within its time. Raises UnknownComment, NotAllowed, EditWindowOver."""
    comment = threads.comment(comment_id)
    if not is_mine(comment, visitor):
        # What others cannot see does not exist for them.
        if comment.status is not Status.PUBLISHED:
            raise UnknownComment
        raise NotAllowed(Message("Only the person who wrote this comment can change it."))
    if comment.status not in (Status.PENDING, Status.PUBLISHED):
        raise UnknownComment
    if now() >= editable_until(comment, settings):
        raise EditWindowOver(
            Message(
                "A comment can be edited for {minutes} minutes. To add something, reply to it.",
                minutes=settings.edit_minutes,
            )
        )
    return comment


def edit(comment_id: int, visitor: Visitor, new: EditedComment, settings: Settings) -> Comment:
    """Replace the text of one's own comment within the edit window; the old text is kept.

    What would be held if it were posted now puts a published comment back into the queue. Raises
    what `_mine` raises, InvalidInput, TooMany, TooManyEdits.
    """
    comment = _mine(comment_id, visitor, settings)
    off = new.takes_passage_off and comment.passage is not None
    if comment.source == new.body and not off:
        return comment
    with gate.counted(visitor, settings) as crowded:
        html = rendered(new.body)
        as_it_is = ["source", "html", "status", "reasons", "edited_at", "version"]
        db.session.refresh(comment, as_it_is, with_for_update=True)
        if comment.status not in (Status.PENDING, Status.PUBLISHED):
            raise UnknownComment
        if comment.version > MAX_EDITS:
            raise TooManyEdits(
                Message(
                    "A comment can be edited {number} times. To add something, reply to it.",
                    number=MAX_EDITS,
                )
            )
        text = spam.Text(new.body, comment.name or "", comment.website or "")
        verdict = gate.on_edit(comment, visitor, html, settings, text=text, crowded=crowded)
        db.session.add(
            CommentRevision(
                comment_id=comment.id,
                source=comment.source,
                written_at=comment.edited_at or comment.created_at,
            )
        )
        comment.source = new.body
        comment.html = html
        comment.passage = None if off else comment.passage
        comment.set_near(text.near)
        comment.renderer_version = markup.RENDERER_VERSION
        comment.edited_at = now()
        comment.version += 1
        if verdict.hold:
            # Why it waited before is still to be read: a robot's trap is not undone by an edit.
            said = {each.template for each in verdict.reasons}
            before = [] if comment.status is Status.PUBLISHED else comment.reasons
            kept = [each for each in before if each.template not in said]
            if comment.status is Status.PUBLISHED and comment.imported_from is None:
                comment.untold = Untold.WAITING
            comment.status, comment.reasons = Status.PENDING, [*verdict.reasons, *kept]
        spam_questions.check(settings.spam_services, comment)
    return comment


def delete(comment_id: int, visitor: Visitor, settings: Settings) -> Comment:
    """Take back one's own comment: its words go; a placeholder stays where replies hang."""
    comment = _mine(comment_id, visitor, settings)
    with changing():
        db.session.refresh(comment, ["status"], with_for_update=True)
        learning.forget(Comment.id == comment.id)
        empty(comment)
        forget_revisions(Comment.id == comment.id)
    return comment


def empty(comment: Comment) -> None:
    """Delete for good: nothing that the writer typed stays in the row."""
    if comment.status is not Status.DELETED and comment.imported_from is None:
        comment.untold = Untold.DELETED
    comment.status = Status.DELETED
    comment.source = comment.html = ""
    comment.passage = None
    comment.set_near(NO_NEAR)
    comment.name = comment.email = comment.website = comment.network = None
    comment.reasons = []


def forget_revisions(of: sa.ColumnElement[bool]) -> None:
    """Drop what comments said before they were edited, and what moderators noted of them."""
    chosen = sa.select(Comment.id).where(of)
    for each in (CommentRevision, Note):
        db.session.execute(sa.delete(each).where(each.comment_id.in_(chosen)))
