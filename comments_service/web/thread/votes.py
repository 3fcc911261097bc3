"""Voting on a thread's own page, by a plain form."""

from flask import Blueprint, Response, request, url_for

from comments_service import comments, threads
from comments_service.config import Settings
from comments_service.errors import SignInRequired, UnknownComment
from comments_service.inputs import NewVote, from_form
from comments_service.web import answers, visitor
from comments_service.web.routes import Guard, route

bp = Blueprint("votes", __name__)


@route(
    bp,
    "POST /comment/<id:comment_id>/vote",
    "Votes, or takes the vote back; to the comment",
    guard=Guard.OPEN,
    who="accounts, and guests where the owner lets them; within limits",
)
def vote(comment_id: int, settings: Settings) -> Response:
    said = request.form.get("value", "")
    value = 0 if said == "0" else from_form(NewVote, {"value": said}).value
    try:
        voted = comments.vote(comment_id, visitor.current(), value, settings)
    except SignInRequired:
        comment = threads.comment(comment_id)
        if comment.thread.shared_until is not None:
            raise UnknownComment from None
        thread_id = comment.thread_id
        return answers.see_other(answers.onward("sign_in.sign_in", _back(thread_id, comment_id)))
    return answers.see_other(_back(voted.thread_id, comment_id), voted.token)


def _back(thread_id: str, comment_id: int) -> str:
    """To the page from which it came, in its order and language."""
    return url_for(
        "comment_pages.read",
        thread_id=thread_id,
        comment=comment_id,
        lang=request.args.get("lang"),
        sort=request.args.get("sort"),
        _anchor=f"comment-{comment_id}",
    )
