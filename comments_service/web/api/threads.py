"""Threads for moderators: what is ruled for them, pinned in them, moved between two."""

from typing import Any

from flask import Blueprint, Response, request

from comments_service import comments, i18n, moderation_queue, threads
from comments_service.errors import Message, NotAllowed
from comments_service.inputs import Merge, Move, Nothing, Pin, ThreadRuling
from comments_service.models import Role, ThreadDecision
from comments_service.threads import Overview
from comments_service.web import answers, visitor
from comments_service.web.api.content import page_number, waiting
from comments_service.web.routes import Guard, route

bp = Blueprint("threads", __name__)

REFUSED = (401, 403, 404)


def content(overview: Overview) -> dict[str, Any]:
    thread = overview.thread
    return {
        "id": thread.id,
        "title": thread.title,
        "url": thread.url,
        # Whether the site lists it: its article may be gone.
        "listed": thread.listed,
        "shared_until": i18n.stamp(thread.shared_until) if thread.shared_until else None,
        "comments": str(thread.policy),
        "ruled_by": "article"
        if threads.by_article(thread)
        else "moderator"
        if thread.ruling
        else "default",
        "ruling": str(thread.ruling) if thread.ruling else None,
        "locked": thread.locked_at is not None,
        "merged_into": thread.merged_into,
        "open": threads.open_now(thread),
        "published": overview.published,
        "pending": overview.pending,
        "rejected": overview.rejected,
        "deleted": overview.deleted,
        "reported": overview.reported,
    }


def decided(made: ThreadDecision) -> dict[str, Any]:
    return {
        "id": made.id,
        "act": str(made.act),
        "thread": made.thread_id,
        "to": made.to_thread_id,
        "numbers": made.comment_ids,
        "reason": made.reason,
        "made_at": i18n.stamp(made.made_at),
    }


@route(
    bp,
    "GET /moderation/threads",
    "All threads with their states, by the words `q` of title or id",
    guard=Guard.MODERATOR,
    answers={200: "ModeratedThreads"},
    problems=(401, 403, 422),
    query=("q", "page"),
)
def listed() -> Response:
    account = visitor.moderator()
    only = moderation_queue.written_by(account) if account.role is Role.AUTHOR else None
    found = threads.overviews(request.args.get("q", ""), page_number(), only)
    return answers.json(
        {
            "threads": [content(each) for each in found.overviews],
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
        }
    )


@route(
    bp,
    "GET /moderation/threads/<thread_id>",
    "One of them, with what was decided",
    guard=Guard.MODERATOR,
    answers={200: "ModeratedThread"},
    problems=REFUSED,
)
def one(thread_id: str) -> Response:
    overview = threads.overview_of(thread_id)
    if not comments.may_moderate(visitor.moderator(), overview.thread):
        raise NotAllowed(Message("You can moderate the comments on your own articles."))
    made = [decided(each) for each, _ in threads.history(thread_id)]
    return answers.json({**content(overview), "decisions": made})


@route(
    bp,
    "PATCH /moderation/threads/<thread_id>",
    "Open, hold, close or lock a thread",
    guard=Guard.MODERATOR,
    body=ThreadRuling,
    answers={200: "ModeratedThread"},
    problems=REFUSED,
)
def rule(thread_id: str, given: ThreadRuling) -> Response:
    """Where the article says itself whether it takes comments, only `locked` can be set."""
    comments.rule(thread_id, visitor.moderator(), given)
    return one(thread_id)


@route(
    bp,
    "POST /moderation/threads/<thread_id>/merge",
    "Merge a thread into another",
    guard=Guard.MODERATOR,
    body=Merge,
    answers={201: "ThreadDecision"},
    problems=(*REFUSED, 409),
)
def merge(thread_id: str, given: Merge) -> Response:
    """From then on its id leads to the other."""
    return answers.json(decided(comments.merge(thread_id, visitor.moderator(), given)), 201)


@route(
    bp,
    "POST /moderation/thread-decisions/<id:decision_id>/undo",
    "Move back what was moved or merged",
    guard=Guard.MODERATOR,
    body=Nothing,
    answers={201: "ThreadDecision"},
    problems=(*REFUSED, 409),
)
def undo(decision_id: int, given: Nothing) -> Response:
    return answers.json(decided(comments.undo(decision_id, visitor.moderator())), 201)


@route(
    bp,
    "POST /comments/<id:comment_id>/pin",
    "Pin a comment, or unpin it",
    guard=Guard.MODERATOR,
    body=Pin,
    answers={200: "QueuedComment"},
    problems=REFUSED,
)
def pin(comment_id: int, given: Pin) -> Response:
    """At most three in a thread, of those that answer no other."""
    comments.pin(comment_id, visitor.moderator(), given)
    return answers.json(waiting([threads.comment(comment_id)])[0])


@route(
    bp,
    "POST /comments/<id:comment_id>/move",
    "Move a comment, with its answers, to another thread",
    guard=Guard.MODERATOR,
    body=Move,
    answers={201: "ThreadDecision"},
    problems=(*REFUSED, 409),
)
def move(comment_id: int, given: Move) -> Response:
    return answers.json(decided(comments.move(comment_id, visitor.moderator(), given)), 201)
