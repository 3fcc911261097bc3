"""What moderators decide on comments, and who may decide."""

from comments_service import (
    moderation_queue,
    threads,
)
from comments_service.accounts import profile
from comments_service.comments.transaction import changing
from comments_service.db import db
from comments_service.errors import (
    CommentChanged,
    Message,
    NotAllowed,
    NothingToUndo,
)
from comments_service.inputs import NewDecision
from comments_service.models import (
    Account,
    Act,
    Decision,
    Role,
    Status,
    Thread,
)

_outcomes = {
    Act.PUBLISH: Status.PUBLISHED,
    Act.SPAM: Status.REJECTED,
    Act.DELETE: Status.DELETED,
}


def may_moderate(account: Account | None, thread: Thread) -> bool:
    """Moderators and owners everywhere, authors on their own articles."""
    if account is None:
        return False
    if account.role is Role.AUTHOR:
        return account.name in thread.authors
    return account.role in (Role.MODERATOR, Role.OWNER)


def decide(comment_id: int, moderator: Account | None, new: NewDecision) -> Decision:
    """Publish, reject as spam, delete, or undo the last decision; with who, when and why.

    `moderator` is None for a command on the server. A moderator's deletion keeps the words, so
    that it can be undone. Raises UnknownComment, NotAllowed, NothingToUndo, SignInRequired, and
    CommentChanged where its writer has edited it since the version that was decided on.
    """
    comment = threads.comment(comment_id)
    act = Act(new.decision)
    with changing():
        if moderator is not None:
            # An account that is deleted, or has lost its role, at this very moment decides nothing.
            moderator = profile.locked(moderator.id)
            if not may_moderate(moderator, comment.thread):
                raise NotAllowed(Message("You can moderate the comments on your own articles."))
        # Its writer may be deleting it at this very moment.
        db.session.refresh(comment, ["source", "status", "version"], with_for_update=True)
        if act is not Act.UNDO and comment.status is Status.DELETED and not comment.source:
            raise NotAllowed(
                Message(
                    "The person who wrote this comment deleted it; there is nothing left to decide."
                )
            )
        if comment.source and comment.version != new.version:
            raise CommentChanged(comment.id)
        undoes = None
        if act is Act.UNDO:
            undoes = moderation_queue.last_decision(comment.id)
            if undoes is None or (comment.status is Status.DELETED and not comment.source):
                raise NothingToUndo
        decision = Decision(
            comment_id=comment.id,
            moderator_id=moderator.id if moderator else None,
            act=act,
            reason=new.reason,
            status_before=comment.status,
            status_after=undoes.status_before if undoes else _outcomes[act],
            undoes_id=undoes.id if undoes else None,
        )
        db.session.add(decision)
        comment.status = decision.status_after
    return decision
