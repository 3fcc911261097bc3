"""What moderators write: answers to comments and saved ones, edits of others' words, notes to each other."""

from typing import Any

from flask import Blueprint, Response

from comments_service import comments, i18n, moderation_queue, saved_replies, threads
from comments_service.config import Settings
from comments_service.errors import CommentChanged, Message, NotAllowed
from comments_service.inputs import Anchor, Answer, Correction, NewNote, ReplyToKeep
from comments_service.models import Note, SavedReply
from comments_service.web import answers, visitor
from comments_service.web.api import content
from comments_service.web.routes import Guard, route

bp = Blueprint("replies", __name__)
bp.register_error_handler(CommentChanged, content.comment_changed)


@route(
    bp,
    "POST /comments/<id:comment_id>/answer",
    "Answer a comment as its moderator, which publishes it",
    guard=Guard.MODERATOR,
    body=Answer,
    answers={201: "OwnComment"},
    problems=(401, 404, 409),
)
def answer(comment_id: int, given: Answer, settings: Settings) -> Response:
    """Both, or neither. Where the comment was edited since `version`, the problem holds the `comment` anew."""
    posted = comments.answer(comment_id, visitor.current(), given, settings)
    return answers.json(content.own([posted.comment], settings)[0], 201)


@route(
    bp,
    "POST /comments/<id:comment_id>/correction",
    "Edit what somebody else wrote",
    guard=Guard.MODERATOR,
    body=Correction,
    answers={200: "QueuedComment"},
    problems=(401, 404, 409),
)
def correct(comment_id: int, given: Correction) -> Response:
    """Readers see that a moderator has edited it, its writer sees why. `forget`: the old words for good."""
    comments.correct(comment_id, visitor.moderator(), given)
    return answers.json(content.waiting([threads.comment(comment_id)])[0])


@route(
    bp,
    "POST /comments/<id:comment_id>/anchor",
    "Let a note be about other words of its article",
    guard=Guard.MODERATOR,
    body=Anchor,
    answers={200: "QueuedComment"},
    problems=(401, 404),
)
def anchor(comment_id: int, given: Anchor, settings: Settings) -> Response:
    """For one whose words the article has no longer. The others have to stand in its built page, exactly once."""
    comments.anchor(comment_id, visitor.moderator(), given, settings)
    return answers.json(content.waiting([threads.comment(comment_id)])[0])


@route(
    bp,
    "GET /comments/<id:comment_id>/notes",
    "What moderators noted of a comment",
    guard=Guard.MODERATOR,
    answers={200: "Notes"},
    problems=(401, 403, 404),
)
def notes(comment_id: int) -> Response:
    account, comment = visitor.moderator(), threads.comment(comment_id)
    if not comments.may_moderate(account, comment.thread):
        raise NotAllowed(Message("You can moderate the comments on your own articles."))
    found = moderation_queue.notes(comment_id)
    return answers.json(
        {"notes": [_note(each, each.writer.name if each.writer else "") for each in found]}
    )


@route(
    bp,
    "POST /comments/<id:comment_id>/notes",
    "Note something of a comment for the other moderators",
    guard=Guard.MODERATOR,
    body=NewNote,
    answers={201: "Note"},
    problems=(401, 404),
)
def note(comment_id: int, given: NewNote) -> Response:
    account = visitor.moderator()
    return answers.json(_note(comments.note(comment_id, account, given), account.name), 201)


@route(
    bp,
    "DELETE /moderation/notes/<id:note_id>",
    "Remove a note of one's own",
    guard=Guard.MODERATOR,
    answers={204: None},
    problems=(401, 403, 404),
)
def remove_note(note_id: int) -> Response:
    comments.remove_note(note_id, visitor.moderator())
    return Response(status=204)


def _note(note: Note, writer: str) -> dict[str, Any]:
    return {
        "id": note.id,
        "writer": writer,
        "text": note.text,
        "written_at": i18n.stamp(note.written_at),
    }


@route(
    bp,
    "GET /moderation/replies",
    "The saved replies",
    guard=Guard.MODERATOR,
    answers={200: "SavedReplies"},
    problems=(401, 403),
)
def read_saved() -> Response:
    return answers.json({"replies": [_saved(each) for each in saved_replies.every()]})


@route(
    bp,
    "POST /moderation/replies",
    "Save a reply",
    guard=Guard.MODERATOR,
    body=ReplyToKeep,
    answers={201: "SavedReply"},
    problems=(401, 403),
)
def save(given: ReplyToKeep) -> Response:
    return answers.json(_saved(saved_replies.add(given)), 201)


@route(
    bp,
    "PATCH /moderation/replies/<id:reply_id>",
    "Change a saved reply",
    guard=Guard.MODERATOR,
    body=ReplyToKeep,
    answers={200: "SavedReply"},
    problems=(401, 403, 404),
)
def change(reply_id: int, given: ReplyToKeep) -> Response:
    return answers.json(_saved(saved_replies.change(reply_id, given)))


@route(
    bp,
    "DELETE /moderation/replies/<id:reply_id>",
    "Remove a saved reply",
    guard=Guard.MODERATOR,
    answers={204: None},
    problems=(401, 403, 404),
)
def remove(reply_id: int) -> Response:
    saved_replies.remove(reply_id)
    return Response(status=204)


def _saved(reply: SavedReply) -> dict[str, Any]:
    return {"id": reply.id, "title": reply.title, "body": reply.body}
