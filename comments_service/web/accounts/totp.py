"""The second factor of one's account: an app that makes six digits (TOTP), and recovery codes."""

from flask import Blueprint, Response, request, url_for

from comments_service.accounts import totp
from comments_service.accounts.login import has_second_factor
from comments_service.config import Settings
from comments_service.errors import Message
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.routes import Guard, route

bp = Blueprint("totp", __name__)


@route(
    bp,
    "GET POST /account/second-factor",
    "An app's six digits, and recovery codes",
    guard=Guard.SIGNED_IN,
    who="oneself; freshly proved for every change",
)
def second_factor(settings: Settings) -> Response:
    session, account = visitor.signed_in()
    app = totp.of(account)
    if request.method == "POST" or (app and app.confirmed_at is None):
        # The secret of an app that waits for its first code is shown to its owner only.
        visitor.freshly_proved()

    def act() -> Response:
        lang = visitor.language()
        match request.form.get("act"):
            case "begin":
                totp.begin(account)
            case "confirm":
                code = request.form.get("code", "")
                codes = totp.confirm(account, session, code, lang, settings)
                return answers.page("accounts/recovery-codes.html", codes=codes, begun=True)
            case "codes":
                codes = totp.renew_codes(account, lang, settings)
                return answers.page("accounts/recovery-codes.html", codes=codes, begun=False)
            case "off":
                was_on = has_second_factor(account)
                totp.switch_off(account, lang, settings)
                if was_on:
                    answers.say(Message("Signing in does not ask for a second factor any more."))
        return answers.see_other(url_for("totp.second_factor"))

    uri = ""
    if app and app.confirmed_at is None:
        uri = totp.provisioning_uri(account, app.secret, settings.site_url)
    return form_page(
        "accounts/second-factor.html",
        act,
        app=app,
        uri=uri,
        qr_code=totp.qr_code(uri) if uri else "",
        secret=totp.in_groups(app.secret) if app and uri else "",
        left=totp.codes_left(account),
    )
