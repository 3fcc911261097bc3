"""Threads and their comments: reading, posting, editing, deleting; and who one is."""

import re
from typing import Any

from flask import Blueprint, Response, request, url_for

from comments_service import comments, threads
from comments_service.config import Settings
from comments_service.errors import UnknownComment, UnknownPage
from comments_service.inputs import (
    EditedComment,
    NewComment,
    NewVote,
    Preview,
    Submission,
    parse,
)
from comments_service.models import Status, Thread
from comments_service.notifications import opt_in
from comments_service.publishing import snapshots
from comments_service.web import answers, cookies, visitor
from comments_service.web.api.content import language, me, own, page_number
from comments_service.web.params import row_id
from comments_service.web.routes import Guard, route
from formats.manifest import THREAD

bp = Blueprint("comments", __name__)

VOTERS = "accounts, and guests where the owner lets them; within limits"


@route(
    bp,
    "GET /threads/<thread_id>/comments",
    "One page of a thread",
    guard=Guard.OPEN,
    answers={200: "Thread", 303: None},
    problems=(404, 422),
    query=("page", "comment", "lang"),
)
def read_thread(thread_id: str, settings: Settings) -> Response:
    """As in its snapshot: a page by its number, or the page on which a comment stands, with its markup."""
    thread = threads.standing(thread_id)
    if (standing := _standing(thread)) != thread_id:
        # It was moved there, or the whole thread was.
        asked: dict[str, Any] = {
            name: request.args.get(name) for name in ("comment", "lang", "page")
        }
        there = url_for("api.comments.read_thread", thread_id=standing, **asked)
        return answers.see_other(there)
    size = settings.page_size
    length, noted = threads.extent(thread_id)
    last = threads.pages(length, size)
    linked = "comment" in request.args
    number = _page_with(thread_id, size) if linked else page_number(last)
    shown, count = threads.page(thread_id, number, size), threads.count(thread)
    notes = threads.noted(thread_id, length, size) if noted else ()
    page = snapshots.Page(thread, language(thread), shown, number, last, count, notes)
    markup = {"fragment": snapshots.fragment(page, settings)} if linked else {}
    return answers.json(snapshots.as_json(page, whole=True) | markup)


def _standing(thread: Thread) -> str:
    """The thread in which what is asked for stands by now."""
    asked = request.args.get("comment", type=row_id)
    return (threads.elsewhere(thread.id, asked) if asked else None) or thread.id


def _page_with(thread_id: str, size: int) -> int:
    """The page of the comment asked for. Raises UnknownComment."""
    asked = request.args.get("comment", type=row_id)
    number = threads.page_with(thread_id, asked, size) if asked else None
    if number is None:
        raise UnknownComment
    return number


@route(
    bp,
    "POST /threads/<thread_id>/comments",
    "Post a comment: 201 published, 202 held for a moderator",
    guard=Guard.OPEN,
    who="everybody, within limits",
    body=NewComment,
    answers={201: "OwnComment", 202: "OwnComment"},
    problems=(404, 409),
    query=("lang",),
)
def post_comment(thread_id: str, given: NewComment, settings: Settings) -> Response:
    posted = comments.post(thread_id, visitor.current_apart(), given, settings)
    visitor.become(posted.session)
    opt_in.ask_for_answers(posted, given, visitor.current(), visitor.language(), settings)
    published = posted.comment.status is Status.PUBLISHED
    answer = answers.json(own([posted.comment], settings)[0], 201 if published else 202)
    return cookies.remember(answer, posted.token)


@route(
    bp,
    "GET /threads/<thread_id>/proof-of-work",
    "What a guest's browser computes before it posts with this `key`",
    guard=Guard.OPEN,
    answers={200: "Challenge"},
    problems=(422,),
    query=("key",),
)
def read_challenge(thread_id: str, settings: Settings) -> Response:
    """Signed, and stored nowhere: asking costs the database nothing."""
    if not settings.proof_of_work or not re.fullmatch(THREAD, thread_id):
        raise UnknownPage
    key = parse(Submission, {"key": request.args.get("key", "")}).key
    return answers.json(comments.challenge(thread_id, key, settings))


@route(
    bp,
    "PATCH /comments/<id:comment_id>",
    "Edit one's own comment, for 15 minutes",
    guard=Guard.OPEN,
    who="its writer, for 15 minutes",
    body=EditedComment,
    answers={200: "OwnComment"},
    problems=(404, 409),
    query=("lang",),
)
def edit_comment(comment_id: int, given: EditedComment, settings: Settings) -> Response:
    edited = comments.edit(comment_id, visitor.current(), given, settings)
    return answers.json(own([edited], settings)[0])


@route(
    bp,
    "DELETE /comments/<id:comment_id>",
    "Delete one's own comment, for 15 minutes",
    guard=Guard.OPEN,
    who="its writer, for 15 minutes",
    answers={200: "OwnComment"},
    problems=(403, 404, 409),
    query=("lang",),
)
def delete_comment(comment_id: int, settings: Settings) -> Response:
    """Answers with the comment, emptied."""
    deleted = comments.delete(comment_id, visitor.current(), settings)
    return answers.json(own([deleted], settings)[0])


@route(
    bp,
    "PUT /comments/<id:comment_id>/vote",
    "Vote on a comment, or change one's vote",
    guard=Guard.OPEN,
    who=VOTERS,
    body=NewVote,
    answers={200: "Vote"},
    problems=(401, 404),
)
def put_vote(comment_id: int, given: NewVote, settings: Settings) -> Response:
    """One vote for each person and comment; none on one's own."""
    return voted(comments.vote(comment_id, visitor.current(), given.value, settings))


@route(
    bp,
    "DELETE /comments/<id:comment_id>/vote",
    "Take one's vote back",
    guard=Guard.OPEN,
    who=VOTERS,
    answers={200: "Vote"},
    problems=(401, 403, 404, 429),
)
def delete_vote(comment_id: int, settings: Settings) -> Response:
    return voted(comments.vote(comment_id, visitor.current(), 0, settings))


def voted(vote: comments.Voted) -> Response:
    visitor.become(vote.session)
    counts = {"value": vote.value, "up": vote.up, "down": vote.down}
    return cookies.remember(answers.json({"comment": vote.comment_id, **counts}), vote.token)


@route(
    bp,
    "POST /preview",
    "Markdown as it would appear",
    guard=Guard.OPEN,
    who="everybody, within limits",
    body=Preview,
    answers={200: "Html"},
)
def preview(given: Preview) -> Response:
    """The answer is its `html`."""
    return answers.json({"html": comments.preview(given.body, visitor.current())})


@route(
    bp,
    "GET /me",
    "One's account and own comments",
    guard=Guard.OPEN,
    answers={200: "Me"},
    query=("thread", "lang"),
)
def read_me(settings: Settings) -> Response:
    """The comments of one thread, and how many are `claimable`."""
    return answers.json(me(request.args.get("thread", ""), settings))
