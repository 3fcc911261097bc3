"""Another e-mail address for an account: asked for, and confirmed by the link that was sent there."""

from flask import Blueprint, Response, request, url_for

from comments_service.accounts import email_change, tokens
from comments_service.config import Settings
from comments_service.errors import Message
from comments_service.inputs import NewEmail, from_form
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.routes import Guard, route

bp = Blueprint("email_change", __name__)


@route(
    bp,
    "GET POST /account/email",
    "Asks for another address, or keeps the old one after all",
    guard=Guard.FRESH_PROOF,
)
def change(settings: Settings) -> Response:
    session, account = visitor.freshly_proved()

    def act() -> Response:
        if request.form.get("act") == "cancel":
            email_change.cancel(account)
            answers.say(Message("Your address stays as it is."))
        else:
            email = from_form(NewEmail, request.form).email
            lang, network = visitor.language(), visitor.current().network
            email_change.ask(session, account, email, lang, network, settings)
            answers.say(Message("An e-mail is on its way to the new address: open its link."))
        return answers.see_other(url_for("email_change.change"))

    waits = email_change.asked(account)
    return form_page("accounts/email.html", act, asked=waits.email if waits else None)


@route(
    bp,
    "GET POST /email/<token>",
    "Gives an account its new address",
    guard=Guard.OPEN,
    who="whoever has the e-mail's link",
)
def confirm(token: str, settings: Settings) -> Response:
    def act() -> Response:
        email_change.confirm(token, visitor.language(), settings)
        answers.say(Message("Your new address is confirmed; all other sessions have ended."))
        return answers.see_other(url_for("account.overview"))

    waits = tokens.find(tokens.ChangeEmail, token)
    return form_page("accounts/email-confirm.html", act, email=waits.email)
