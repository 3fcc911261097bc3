"""E-mails, for the owner's programs: what becomes of them, and whether one arrives."""

from flask import Blueprint, Response

from comments_service import i18n
from comments_service.config import Settings
from comments_service.inputs import NewEmail, Nothing
from comments_service.mail import overview
from comments_service.web import answers, visitor
from comments_service.web.routes import Guard, route

bp = Blueprint("mail", __name__)

REFUSED = (401, 403)


def state() -> Response:
    found = overview.overview()
    given_up = [
        {
            "id": each.id,
            "recipient": each.recipient,
            "subject": each.subject,
            "created_at": i18n.stamp(each.created_at),
            "error": each.error,
        }
        for each in overview.given_up()
    ]
    oldest_at = i18n.stamp(found.oldest_at) if found.oldest_at else None
    return answers.json({**found._asdict(), "oldest_at": oldest_at, "given_up": given_up})


@route(
    bp,
    "GET /mail",
    "What becomes of e-mails",
    guard=Guard.OWNER,
    answers={200: "Mail"},
    problems=REFUSED,
)
def read() -> Response:
    return state()


@route(
    bp,
    "POST /mail/again",
    "Try every e-mail that was given up",
    guard=Guard.OWNER,
    body=Nothing,
    answers={200: "Mail"},
    problems=REFUSED,
)
def all_again(given: Nothing) -> Response:
    overview.again()
    return state()


@route(
    bp,
    "POST /mail/<id:email_id>/again",
    "Try an e-mail that was given up",
    guard=Guard.OWNER,
    body=Nothing,
    answers={200: "Mail"},
    problems=(*REFUSED, 404),
)
def one_again(email_id: int, given: Nothing) -> Response:
    overview.again(email_id)
    return state()


@route(
    bp,
    "POST /mail/test",
    "Send a test e-mail at once",
    guard=Guard.OWNER,
    body=NewEmail,
    answers={200: "MailTest"},
    problems=REFUSED,
)
def test(given: NewEmail, settings: Settings) -> Response:
    return answers.json(overview.test(given.email, visitor.language(), settings)._asdict())
