"""What an account says of itself, and its mail address.

    route                     guard                            does
    GET  POST account/profile origin, signed in                name, bio, link, whether there is a page
    GET  POST account/email   origin, signed in, fresh proof   asks for another address, or thinks again

The pages that everybody may open, among them the one behind a letter's link, lie in `people`.
"""

from flask import Response, request

from comments_service import account_comments, avatars
from comments_service.accounts import email_change
from comments_service.errors import Message
from comments_service.inputs import NewEmail, Profile, from_form, parse
from comments_service.web import answers, visitor
from comments_service.web.form_page import (
    account_doors,
    form_page,
    freshly_proved,
    own,
    say,
    signed_in,
)

doors = account_doors("profile")


@doors.route("/account/profile", methods=["GET", "POST"])
def profile() -> Response:
    _, account = signed_in()
    public_id = account.public_id

    def act() -> Response:
        given = {name: request.form.get(name, "") for name in ("name", "bio", "link")}
        shown = "shown" in request.form
        account_comments.introduce(account, parse(Profile, {**given, "shown": shown}))
        say(Message("Saved. Your comments show it in a moment."))
        return answers.see_other(own("account/profile"))

    return form_page(
        "accounts/profile.html",
        act,
        hue=avatars.hue(public_id, 0),
        avatar_path=avatars.pattern(public_id),
    )


@doors.route("/account/email", methods=["GET", "POST"])
def email() -> Response:
    session, account = freshly_proved()

    def act() -> Response:
        if request.form.get("act") == "cancel":
            email_change.cancel(account)
            say(Message("Your address stays as it is."))
        else:
            given = from_form(NewEmail, request.form)
            network = visitor.current().network
            email_change.ask(session, account, given.email, visitor.language(), network)
            say(Message("A letter is on its way to the new address: open its link."))
        return answers.see_other(own("account/email"))

    waits = email_change.asked(account)
    return form_page("accounts/email.html", act, asked=waits.email if waits else None)
