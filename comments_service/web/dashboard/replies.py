"""What moderators write: answers to comments and saved ones, edits of others' words, notes to each other.

By forms of the dashboard. What was typed comes back whatever goes wrong.
"""

import secrets
from typing import Any

from flask import Blueprint, Response, request, url_for

from comments_service import comments, moderation_queue, saved_replies, threads
from comments_service.config import Settings
from comments_service.errors import (
    CommentChanged,
    InvalidInput,
    Message,
    ServiceError,
    UnknownComment,
)
from comments_service.inputs import (
    Anchor,
    Answer,
    Correction,
    Limits,
    NewNote,
    ReplyToKeep,
    from_form,
    parse,
    seen,
)
from comments_service.models import Comment
from comments_service.web import answers, visitor
from comments_service.web.dashboard import comment_page, queue
from comments_service.web.form_page import Answer as Act
from comments_service.web.form_page import form_page
from comments_service.web.params import row_id
from comments_service.web.routes import Guard, route

bp = Blueprint("replies", __name__)


def version() -> int:
    """The version of the comment that the form was shown with."""
    return request.form.get("comment", (0, 1), type=seen)[1]


@route(
    bp,
    "POST /moderation/comments/<id:comment_id>/reply",
    "Answers a comment and publishes it, or puts a saved reply into the form",
    guard=Guard.MODERATOR,
)
def reply(comment_id: int, settings: Settings) -> Response:
    comment = comment_page.moderated(comment_id)
    typed = request.form.to_dict()
    typed["key"] = typed.get("key") or secrets.token_urlsafe(16)
    if typed.get("act") == "insert":
        return comment_page.of(comment, values=inserted(typed))
    limits = Limits(settings.max_chars)
    try:
        new = from_form(Answer, typed, limits).model_copy(update={"version": version()})
        comments.answer(comment_id, visitor.current(), new, settings)
    except ServiceError as error:
        if isinstance(error, UnknownComment):
            raise
        return comment_page.of(threads.comment(comment_id), error, typed)
    answers.say(Message("Your answer is published."))
    return answers.see_other(queue.back(answered=comment_id))


def inserted(typed: dict[str, str]) -> dict[str, str]:
    """The form with a saved reply behind what was typed."""
    try:
        chosen = saved_replies.get(row_id(typed.get("saved", "")))
    except ValueError:
        return typed
    body = typed.get("body", "").rstrip()
    return {**typed, "body": f"{body}\n\n{chosen.body}" if body else chosen.body}


@route(
    bp,
    "GET POST /moderation/comments/<id:comment_id>/edit",
    "A form for a moderator's edit of a comment",
    guard=Guard.MODERATOR,
)
def edit(comment_id: int, settings: Settings) -> Response:
    comment = comment_page.moderated(comment_id)
    edited: list[moderation_queue.Changed] = []

    def act() -> Response:
        limits = Limits(settings.max_chars)
        off: dict[str, Any] = {"passage": None} if request.form.get("plain") == "yes" else {}
        new = from_form(Correction, request.form, limits).model_copy(
            update={"version": version(), **off}
        )
        try:
            comments.correct(comment_id, visitor.moderator(), new)
        except CommentChanged as changed:
            edited.extend(moderation_queue.changed([comment], {comment_id: changed.seen}))
            raise
        answers.say(Message("Saved."))
        return answers.see_other(url_for("comment_page.one", comment_id=comment_id))

    return form_page(
        "dashboard/edit.html",
        act,
        comment=comment,
        shown=threads.shown([comment])[0],
        changed=edited,
    )


@route(
    bp,
    "POST /moderation/comments/<id:comment_id>/anchor",
    "Lets a note be about other words of its article",
    guard=Guard.MODERATOR,
)
def anchor(comment_id: int, settings: Settings) -> Response:
    comment = comment_page.moderated(comment_id)
    try:
        words = None if request.form.get("act") == "quote" else request.form.get("words", "")
        new = parse(Anchor, {"words": words})
        comments.anchor(comment_id, visitor.moderator(), new, settings)
    except InvalidInput as error:
        typed = {"words": request.form.get("words", "")}
        return comment_page.of(comment, error, typed)
    answers.say(Message("Saved."))
    return answers.see_other(url_for("comment_page.one", comment_id=comment_id))


@route(
    bp,
    "POST /moderation/comments/<id:comment_id>/notes",
    "Adds a note for the other moderators",
    guard=Guard.MODERATOR,
)
def note(comment_id: int) -> Response:
    comment: Comment = comment_page.moderated(comment_id)
    try:
        comments.note(comment_id, visitor.moderator(), from_form(NewNote, request.form))
    except InvalidInput as error:
        typed = {"text": request.form.get("text", "")}
        return comment_page.of(comment, error, typed)
    answers.say(Message("Noted."))
    return answers.see_other(url_for("comment_page.one", comment_id=comment_id, _anchor="notes"))


@route(
    bp,
    "POST /moderation/notes/<id:note_id>",
    "Removes a note of one's own",
    guard=Guard.MODERATOR,
)
def remove_note(note_id: int) -> Response:
    comment_id = comments.remove_note(note_id, visitor.moderator())
    answers.say(Message("Removed."))
    return answers.see_other(url_for("comment_page.one", comment_id=comment_id, _anchor="notes"))


@route(bp, "GET POST /moderation/replies", "The saved replies, and one more", guard=Guard.MODERATOR)
def saved(settings: Settings) -> Response:
    def act() -> Response:
        saved_replies.add(from_form(ReplyToKeep, request.form, Limits(settings.max_chars)))
        answers.say(Message("Added."))
        return answers.see_other(url_for("replies.saved"))

    return replies_page(act)


@route(
    bp,
    "POST /moderation/replies/<id:reply_id>",
    "Changes a saved reply, or removes it",
    guard=Guard.MODERATOR,
)
def one(reply_id: int, settings: Settings) -> Response:
    saved_replies.get(reply_id)

    def act() -> Response:
        if request.form.get("act") == "remove":
            saved_replies.remove(reply_id)
            answers.say(Message("Removed."))
        else:
            new = from_form(ReplyToKeep, request.form, Limits(settings.max_chars))
            saved_replies.change(reply_id, new)
            answers.say(Message("Saved."))
        return answers.see_other(url_for("replies.saved"))

    return replies_page(act, reply_id)


def replies_page(act: Act, changed: int | None = None) -> Response:
    return form_page("dashboard/replies.html", act, saved=saved_replies.every(), changed=changed)
