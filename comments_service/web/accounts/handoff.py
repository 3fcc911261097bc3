"""The window of a handoff: signed in on the service's own address, one lets the blog's page in.

How it works, and what it keeps out, is told in `comments_service/accounts/handoff.py`; the page's
half is in `api/sign_in.py` and `static/sign-in.js`.
"""

from flask import Blueprint, Response, url_for

from comments_service.accounts import handoff
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.routes import Guard, route

bp = Blueprint("handoff", __name__)


@route(
    bp, "GET POST /handoff/<challenge>", "Asks, and lets the blog's page in", guard=Guard.SIGNED_IN
)
def confirm(challenge: str) -> Response:
    session, _ = visitor.signed_in()
    asked = handoff.asked(challenge)

    def act() -> Response:
        handoff.complete(challenge, session, visitor.current())
        return answers.see_other(url_for("handoff.done"))

    return form_page("accounts/handoff.html", act, asked=asked)


@route(bp, "GET /handed-off", "Says that the window can be closed", guard=Guard.SIGNED_IN)
def done() -> Response:
    return answers.page("accounts/handed-off.html")
