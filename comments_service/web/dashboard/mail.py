"""The owner's page of e-mails: what waits, what was given up, and whether one arrives."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from comments_service.config import Settings
from comments_service.errors import Message
from comments_service.inputs import NewEmail, from_form
from comments_service.mail import overview
from comments_service.supervision import OUTBOX, sign
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.routes import Guard, route

bp = Blueprint("mail", __name__)

AGAIN = Message("It is tried again: look once more in a few seconds.")


@route(
    bp,
    "GET POST /moderation/mail",
    "What becomes of e-mails, and a test of the mail server",
    guard=Guard.OWNER,
)
def outbox(settings: Settings) -> Response:
    said = sign(OUTBOX, settings)
    state: dict[str, Any] = {
        "mail": overview.overview(),
        "given_up": overview.given_up(),
        "faults": said.faults if said else {},
        "late": said is not None and said.late,
    }

    def test() -> Response:
        email = from_form(NewEmail, request.form).email
        tested = overview.test(email, visitor.language(), settings)
        given = {"values": {"email": email}, "errors": {}, "error": None}
        return answers.page("dashboard/mail.html", tested=tested, **state | given)

    return form_page("dashboard/mail.html", test, tested=None, **state)


@route(bp, "POST /moderation/mail/again", "Tries every e-mail that was given up", guard=Guard.OWNER)
def all_again() -> Response:
    overview.again()
    answers.say(AGAIN)
    return answers.see_other(url_for("mail.outbox"))


@route(
    bp,
    "POST /moderation/mail/<id:email_id>/again",
    "Tries an e-mail that was given up",
    guard=Guard.OWNER,
)
def one_again(email_id: int) -> Response:
    overview.again(email_id)
    answers.say(AGAIN)
    return answers.see_other(url_for("mail.outbox"))
