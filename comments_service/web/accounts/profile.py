"""What an account says of itself: the form for it, and the page that everybody may open."""

from flask import Blueprint, Response, request, url_for

from comments_service import account_changes, avatars, bans, by_writer
from comments_service.accounts import profile as profiles
from comments_service.errors import Message
from comments_service.inputs import Profile, parse
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.params import page_number
from comments_service.web.routes import Guard, route

bp = Blueprint("profile", __name__)


@route(
    bp,
    "GET POST /account/profile",
    "Name, bio, link, and whether there is a page",
    guard=Guard.SIGNED_IN,
)
def edit() -> Response:
    _, account = visitor.signed_in()
    public_id = account.public_id

    def act() -> Response:
        given = {name: request.form.get(name, "") for name in ("name", "bio", "link")}
        shown = "shown" in request.form
        account_changes.introduce(account, parse(Profile, {**given, "shown": shown}))
        answers.say(Message("Saved. Your comments show it in a moment."))
        return answers.see_other(url_for("profile.edit"))

    return form_page(
        "accounts/profile.html",
        act,
        hue=avatars.hue(public_id, 0),
        avatar_path=avatars.pattern(public_id),
    )


@route(
    bp,
    "GET /people/<public_id>",
    "What somebody says of himself, and has published",
    guard=Guard.OPEN,
)
def person(public_id: str) -> Response:
    found = profiles.of_page(public_id)
    number = request.args.get("page", 1, type=page_number)
    banned = bans.of_account(found.id) is not None
    return answers.page(
        "accounts/person.html",
        person=found,
        # What somebody says of himself comes back when the ban is over.
        bio="" if banned else profiles.bio_html(found.bio),
        link=None if banned else found.link,
        said=by_writer.said(found, number),
        hue=avatars.hue(public_id, 0),
        avatar_path=avatars.pattern(public_id),
    )
