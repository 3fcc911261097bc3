"""The window of a handoff: signed in on the service's own address, one lets the blog's page in.

    route                           guard               does
    GET  POST handoff/<challenge>   origin, signed in   asks, and lets the page in
    GET       handed-off            signed in           says that the window can be closed

How it works, and what it keeps out, is told in `accounts/handoff.py`; the page's half is in
`web/api.py` and `static/sign-in.js`.
"""

from flask import Response

from comments_service.accounts import handoff
from comments_service.web import answers, visitor
from comments_service.web.form_page import account_doors, form_page, own, signed_in

doors = account_doors("handoff")


@doors.route("/handoff/<challenge>", methods=["GET", "POST"])
def confirm(challenge: str) -> Response:
    session, _ = signed_in()
    asked = handoff.asked(challenge)

    def act() -> Response:
        handoff.complete(challenge, session, visitor.current().network)
        return answers.see_other(own("handed-off"))

    return form_page("accounts/handoff.html", act, asked=asked)


@doors.get("/handed-off")
def done() -> Response:
    return answers.page("accounts/handed-off.html")
