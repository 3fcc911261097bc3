"""The queue, and decisions on what waits in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from comments_service import comments, i18n, moderation_queue, numbers, threads
from comments_service.errors import CommentChanged, InvalidInput, Message
from comments_service.inputs import NewDecision, NewDecisions
from comments_service.models import Status, now
from comments_service.moderation_queue import ALL, Filter
from comments_service.web import answers, params, visitor
from comments_service.web.api import content
from comments_service.web.api.content import page_number, waiting
from comments_service.web.routes import Guard, route

bp = Blueprint("moderation", __name__)
bp.register_error_handler(CommentChanged, content.comment_changed)


def _filter(values: Mapping[str, str]) -> Filter:
    """Raises InvalidInput."""
    try:
        return params.queue_filter(values)
    except ValueError:
        words = ", ".join((*Status, ALL))
        raise InvalidInput(
            fields={"status": Message("Choose one of {words}.", words=words)}
        ) from None


@route(
    bp,
    "GET /moderation/queue",
    "What waits, for moderators",
    guard=Guard.MODERATOR,
    answers={200: "Queue"},
    problems=(401, 403, 422),
    query=("status", "thread", "person", "why", "q", "page"),
)
def read_queue() -> Response:
    """`as_of` goes back with a decision on all that match."""
    wanted, as_of = _filter(request.args), now()
    found = moderation_queue.queue(visitor.moderator(), wanted, page=page_number())
    return answers.json(
        {
            "comments": waiting(found.comments),
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
            "as_of": as_of.isoformat(),
        }
    )


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

    Where it was edited since, nothing is decided: the problem holds the `comment` anew, and what it said `before`.
    """
    made = comments.decide(comment_id, visitor.moderator(), given)
    decided = waiting([threads.comment(comment_id)])[0]
    return answers.json({"decision": made.act, "reason": made.reason, "comment": decided}, 201)


@route(
    bp,
    "POST /moderation/decisions",
    "Decide on several comments, or on all that match",
    guard=Guard.MODERATOR,
    body=NewDecisions,
    answers={200: "Decisions"},
    problems=(401, 403),
)
def decide_together(given: NewDecisions) -> Response:
    """Of all that match, 2,000 at once: ask again while any are `left`. `undo` takes back a `batch`.

    What was edited since it was seen is not decided on, and is listed in `changed`.
    """
    account = visitor.moderator()
    seen, left = {each.id: each.version for each in given.comments}, 0
    if given.matching is not None:
        said = given.matching.model_dump(exclude={"until"})
        until = datetime.fromisoformat(given.matching.until)
        found = moderation_queue.matching(account, _filter(said), until)
        seen, left = found.seen, found.left
    elif given.batch and given.decision == "undo":
        seen = moderation_queue.of_batch(given.batch)
    done = comments.decide_together(seen, account, given)
    lang = visitor.language()
    edited = moderation_queue.loaded(list(done.changed), Filter(None))
    answer: dict[str, Any] = {
        "decision": given.decision,
        "batch": done.batch,
        "decided": list(done.decided),
        "changed": content.changed(edited, done.changed),
        "refused": {str(n): i18n.say(lang, error.detail) for n, error in done.refused.items()},
        "left": left,
    }
    return answers.json(answer)


@route(
    bp,
    "GET /moderation/numbers",
    "What came in, was held and decided, by day",
    guard=Guard.MODERATOR,
    who="moderators, owners",
    answers={200: "Numbers"},
    problems=(401, 403),
)
def read_numbers() -> Response:
    """Of the last ninety days in UTC, the oldest first; null where there was nothing to measure."""
    found = numbers.by_day(visitor.moderator())
    days = [{**vars(each), "at": i18n.stamp(each.at)} for each in found]
    return answers.json({"days": days})
