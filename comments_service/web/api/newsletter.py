"""The newsletter, for programs and scripts."""

from flask import Blueprint, Response

from comments_service import i18n, newsletter
from comments_service.config import Settings
from comments_service.errors import UnknownPage
from comments_service.inputs import NewsletterAsk
from comments_service.notifications.opt_in import ASKED
from comments_service.web import answers, visitor
from comments_service.web.routes import Guard, route

bp = Blueprint("newsletter", __name__)


@route(
    bp,
    "POST /newsletter",
    "Ask for new articles by e-mail",
    guard=Guard.OPEN,
    body=NewsletterAsk,
    answers={200: "Detail", 202: "Detail"},
    problems=(404,),
)
def ask(given: NewsletterAsk, settings: Settings) -> Response:
    """200 where it is one's own confirmed address, else 202: its owner is asked by e-mail first."""
    if not newsletter.is_offered():
        raise UnknownPage
    lang = visitor.language()
    waits = newsletter.ask(given, visitor.current(), lang, settings)
    said = ASKED if waits else newsletter.SUBSCRIBED
    return answers.json({"detail": i18n.say(lang, said)}, 202 if waits else 200)
