"""One comment in the dashboard: all that is known of it, and where what was edited is decided on anew."""

from collections.abc import Mapping

from flask import Blueprint, Response

from comments_service import comments, config, moderation_queue, reports, saved_replies, threads
from comments_service.errors import CommentChanged, Message, NotAllowed, ServiceError
from comments_service.models import Comment
from comments_service.web import answers, visitor
from comments_service.web.routes import Guard, route

bp = Blueprint("comment_page", __name__)


@route(
    bp,
    "GET /moderation/comments/<id:comment_id>",
    "One comment, with all that was decided on it",
    guard=Guard.MODERATOR,
)
def one(comment_id: int) -> Response:
    return of(moderated(comment_id))


def moderated(comment_id: int) -> Comment:
    """A comment that the visitor may decide on. Raises UnknownComment, NotAllowed."""
    comment = threads.comment(comment_id)
    if not comments.may_moderate(visitor.moderator(), comment.thread):
        raise NotAllowed(Message("You can moderate the comments on your own articles."))
    return comment


def changed(error: CommentChanged) -> Response:
    """The comment as it stands now beside what was seen, where the decision can be made anew."""
    return of(threads.comment(error.comment_id), error)


def of(
    comment: Comment, error: ServiceError | None = None, values: Mapping[str, str] | None = None
) -> Response:
    """All that there is of a comment; `values` fill the form of an answer again."""
    edited = []
    if isinstance(error, CommentChanged):
        edited = moderation_queue.changed([comment], {comment.id: error.seen})
    return answers.page(
        "dashboard/comment.html",
        error.status if error else 200,
        comment=comment,
        card=moderation_queue.cards([comment])[0],
        edited=edited[0] if edited else None,
        edits=moderation_queue.edits(comment),
        notes=moderation_queue.notes(comment.id),
        anchored=comments.standing(comment, config.current()) if comment.passage else None,
        saved=saved_replies.every(),
        reports=reports.of([comment.id])[comment.id],
        decisions=moderation_queue.decisions(comment.id),
        values=values or {},
        error=error,
    )
