"""Pages about people that everybody may open: somebody's public page, a letter's link, goodbye.

route                 guard               does
GET       people/<id> –                   what somebody says of himself, and has published
GET  POST email/<t>   the letter's link   gives an account its new address
GET       goodbye     –                   confirms to somebody that his account is gone
"""

from flask import Blueprint, Response, request

from comments_service import avatars, by_writer
from comments_service.accounts import email_change, profile, tokens
from comments_service.errors import Message
from comments_service.models import Purpose
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page, own, say

doors = Blueprint("people", __name__)


@doors.get("/people/<public_id>")
def person(public_id: str) -> Response:
    found = profile.of_page(public_id)
    asked = request.args.get("page", "1")
    number = int(asked[:9]) if asked.isdecimal() and asked.isascii() else 1
    return answers.page(
        "accounts/person.html",
        person=found,
        bio=profile.bio_html(found.bio),
        said=by_writer.said(found, number),
        hue=avatars.hue(public_id, 0),
        avatar_path=avatars.pattern(public_id),
    )


@doors.route("/email/<token>", methods=["GET", "POST"])
def confirm_email(token: str) -> Response:
    def act() -> Response:
        email_change.confirm(token, visitor.language())
        say(Message("Your new address is confirmed; all other sessions have ended."))
        return answers.see_other(own("account"))

    waits = tokens.find(Purpose.EMAIL, token)
    return form_page("accounts/email-confirm.html", act, email=waits.email)


@doors.get("/goodbye")
def goodbye() -> Response:
    return answers.page("accounts/goodbye.html")
