"""The passkeys of one's account. A script adds them, through the API; the rest works without one."""

from flask import Blueprint, Response, request, url_for

from comments_service.accounts import passkeys
from comments_service.config import Settings
from comments_service.errors import Message
from comments_service.inputs import PasskeyName, from_form
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.params import row_id
from comments_service.web.routes import Guard, route

bp = Blueprint("passkeys", __name__)


@route(
    bp,
    "GET POST /account/passkeys",
    "Lists, renames and removes passkeys",
    guard=Guard.SIGNED_IN,
    who="oneself; freshly proved for every change",
)
def list_passkeys(settings: Settings) -> Response:
    _, account = visitor.signed_in()

    def act() -> Response:
        visitor.freshly_proved()
        number = request.form.get("passkey", 0, type=row_id)
        if request.form.get("act") == "remove":
            passkeys.remove(account, number, visitor.language(), settings)
            answers.say(
                Message(
                    "The passkey is removed. You may want to remove it from the device as well."
                )
            )
        else:
            passkeys.rename(account, number, from_form(PasskeyName, request.form).name)
            answers.say(Message("The passkey has its new name."))
        return answers.see_other(url_for("passkeys.list_passkeys"))

    return form_page("accounts/passkeys.html", act, passkeys=passkeys.of(account))
