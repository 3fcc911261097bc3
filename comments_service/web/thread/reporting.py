"""The page on which a reader reports a comment, complete without JavaScript."""

from flask import Blueprint, Response, request

from comments_service import comments, threads
from comments_service.config import Settings
from comments_service.errors import Message
from comments_service.inputs import NewReport, from_form
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.routes import Guard, route
from comments_service.web.thread import comment_pages

bp = Blueprint("reporting", __name__)


@route(
    bp,
    "GET POST /comment/<id:comment_id>/report",
    "A form for who would have a moderator look at a comment",
    guard=Guard.OPEN,
    who="everybody but its writer, once, within limits",
)
def report(comment_id: int, settings: Settings) -> Response:
    comment = comments.reportable(comment_id, visitor.current())
    # Said before a refusal forgets what was read.
    there = comment_pages.thread_address(comment.thread, comment)
    title, shown = comment.thread.title, threads.shown([comment])[0]

    def act() -> Response:
        comments.report(comment_id, visitor.current(), from_form(NewReport, request.form), settings)
        answers.say(Message("Thank you. What you reported is noted for the moderators."))
        return answers.see_other(there)

    return form_page(
        "thread/report.html",
        act,
        there=there,
        title=title,
        article=threads.noted_in(comment),
        comment=shown,
    )
