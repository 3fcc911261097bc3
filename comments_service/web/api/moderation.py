"""The queue, and decisions on what waits in it."""

from flask import Blueprint, Response, request

from comments_service import comments, moderation_queue, threads
from comments_service.errors import CommentChanged, InvalidInput, Message
from comments_service.inputs import NewDecision
from comments_service.models import Status
from comments_service.web import answers, visitor
from comments_service.web.api.content import page_number, waiting
from comments_service.web.routes import Guard, route

bp = Blueprint("moderation", __name__)


@route(
    bp,
    "GET /moderation/queue",
    "What waits, for moderators",
    guard=Guard.MODERATOR,
    answers={200: "Queue"},
    problems=(401, 403, 422),
    query=("status", "page"),
)
def read_queue() -> Response:
    try:
        status = Status(request.args.get("status", "pending"))
    except ValueError:
        raise InvalidInput(
            fields={"status": Message("Choose one of {words}.", words=", ".join(Status))}
        ) from None
    found = moderation_queue.queue(visitor.moderator(), status, page=page_number())
    return answers.json(
        {
            "comments": waiting(found.comments),
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
        }
    )


@bp.errorhandler(CommentChanged)
def changed(error: CommentChanged) -> Response:
    answer = answers.answer_error(error)
    now = waiting([threads.comment(error.comment_id)])[0]
    body = {**answer.get_json(), "comment": now}
    return answers.json(body, error.status, "application/problem+json")


@route(
    bp,
    "POST /comments/<id:comment_id>/decisions",
    "Decide on a comment",
    guard=Guard.MODERATOR,
    body=NewDecision,
    answers={201: "Decision"},
    problems=(401, 404, 409),
)
def decide(comment_id: int, given: NewDecision) -> Response:
    """`decision` is `publish`, `spam`, `delete` or `undo`; `version` is the comment's, as it was read.

    Where its writer has edited it since, nothing is decided: the problem holds the `comment` anew.
    """
    made = comments.decide(comment_id, visitor.moderator(), given)
    decided = waiting([threads.comment(comment_id)])[0]
    return answers.json({"decision": made.act, "reason": made.reason, "comment": decided}, 201)
