"""The newsletter: its form stands on the blog's pages, and here for whoever comes without one."""

from flask import Blueprint, Response, request, url_for

from comments_service import newsletter
from comments_service.config import Settings
from comments_service.errors import UnknownPage
from comments_service.inputs import NewsletterAsk, parse
from comments_service.notifications.opt_in import ASKED
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.routes import Guard, route

bp = Blueprint("newsletter", __name__)


@route(bp, "GET POST /newsletter", "Asks for new articles by e-mail", guard=Guard.OPEN)
def ask(settings: Settings) -> Response:
    if not newsletter.is_offered():
        raise UnknownPage

    def act() -> Response:
        said = {"email": request.form.get("email", ""), "weekly": "weekly" in request.form}
        given = parse(NewsletterAsk, said)
        waits = newsletter.ask(given, visitor.current(), visitor.language(), settings)
        answers.say(ASKED if waits else newsletter.SUBSCRIBED)
        return answers.see_other(url_for("newsletter.asked"))

    session = visitor.session()
    return form_page("notifications/newsletter.html", act, own=session.account if session else None)


@route(bp, "GET /newsletter/asked", "Says that the newsletter was asked for", guard=Guard.OPEN)
def asked() -> Response:
    return answers.page("notifications/newsletter-asked.html")
