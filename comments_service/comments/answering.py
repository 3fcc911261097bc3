"""A moderator's answer to a comment, which publishes what it answers: both, or neither."""

from comments_service import threads
from comments_service.comments import posting
from comments_service.comments.deciding import admitted, decide_now
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import CommentChanged
from comments_service.inputs import Answer, Limits, NewComment, NewDecision, parse
from comments_service.models import Status
from comments_service.sessions import Visitor


def answer(comment_id: int, visitor: Visitor, new: Answer, settings: Settings) -> posting.Posted:
    """Publish a comment and post the answer to it, in one transaction.

    Raises what `decide` and `post` raise; then nothing is published.
    """
    comment = threads.comment(comment_id)
    limits = Limits(settings.max_chars)

    def publish() -> None:
        moderator = admitted(visitor.account, comment.thread)
        as_it_is = ["source", "status", "version"]
        db.session.refresh(comment, as_it_is, with_for_update=True)
        if comment.status is not Status.PUBLISHED:
            published = NewDecision(decision="publish", version=new.version)
            decide_now(comment, moderator, published)
        elif comment.version != new.version:
            raise CommentChanged(comment.id, new.version)

    given = parse(NewComment, {"body": new.body, "parent": comment_id, "key": new.key}, limits)
    return posting.post(comment.thread_id, visitor, given, settings, first=publish)
