"""What moderators do to others' words beside deciding on them: editing them, and noting something of them."""

import sqlalchemy as sa

from comments_service import markup, threads
from comments_service.comments.deciding import admitted
from comments_service.comments.rerendering import rendered
from comments_service.comments.transaction import changing
from comments_service.db import db, writing
from comments_service.errors import CommentChanged, Message, NotAllowed, UnknownComment
from comments_service.inputs import Correction, NewNote
from comments_service.models import Account, Comment, CommentRevision, Note, now


def correct(comment_id: int, moderator: Account, new: Correction) -> Comment:
    """Change the words of somebody else, which readers are shown; the old ones are kept, or forgotten.

    Its state stays as it is. Raises UnknownComment, NotAllowed, CommentChanged, InvalidInput.
    """
    comment = threads.comment(comment_id)
    html = rendered(new.body)
    with changing():
        account = admitted(moderator, comment.thread)
        as_it_is = ["source", "html", "passage", "status", "edited_at", "version"]
        db.session.refresh(comment, as_it_is, with_for_update=True)
        if not comment.source:
            raise NotAllowed(
                Message(
                    "The person who wrote this comment deleted it; there is nothing left to decide."
                )
            )
        if comment.version != new.version:
            raise CommentChanged(comment.id, new.version)
        off = new.takes_passage_off and comment.passage is not None
        if comment.source == new.body and not (new.forget or off):
            return comment
        db.session.add(
            CommentRevision(
                comment_id=comment.id,
                source=comment.source,
                written_at=comment.edited_at or comment.created_at,
                moderator_id=account.id if account else None,
                reason=new.reason,
            )
        )
        if new.forget:
            db.session.flush()
            # The rows stay: they say who edited it, and which version was which.
            mine = sa.update(CommentRevision).where(CommentRevision.comment_id == comment.id)
            db.session.execute(mine.values(source=""))
        comment.source = new.body
        comment.html = html
        comment.passage = None if off else comment.passage
        comment.renderer_version = markup.RENDERER_VERSION
        comment.edited_at = now()
        comment.version += 1
        comment.corrected = True
    return comment


def note(comment_id: int, moderator: Account, new: NewNote) -> Note:
    """Tell the other moderators something of a comment. Raises UnknownComment, NotAllowed."""
    comment = threads.comment(comment_id)
    with writing():
        account = admitted(moderator, comment.thread)
        made = Note(comment_id=comment.id, writer_id=account.id if account else None, text=new.text)
        db.session.add(made)
    return made


def remove_note(note_id: int, moderator: Account) -> int:
    """Take one's own note back; gives the number of its comment. Raises UnknownComment."""
    with writing():
        mine = sa.delete(Note).where(Note.id == note_id, Note.writer_id == moderator.id)
        of: int | None = db.session.scalar(mine.returning(Note.comment_id))
        if of is None:
            raise UnknownComment(Message("There is no such note of yours."))
    return of
