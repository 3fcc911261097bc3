"""One's own account: who one is here, where one is signed in, and the password."""

from flask import Blueprint, Response, request, url_for

from comments_service import avatars, bans, by_writer, sessions
from comments_service.accounts import passwords
from comments_service.config import Settings
from comments_service.errors import InvalidInput, Message
from comments_service.inputs import MAX_PASSWORD_CHARS, NewPassword, from_form
from comments_service.mail import outbox
from comments_service.web import answers, visitor
from comments_service.web.accounts.entering import entered
from comments_service.web.devices import device_name
from comments_service.web.form_page import form_page
from comments_service.web.params import row_id
from comments_service.web.routes import Guard, route

bp = Blueprint("account", __name__)


@route(bp, "GET /account", "Who one is, with links to the rest", guard=Guard.SIGNED_IN)
def overview() -> Response:
    session, account = visitor.signed_in()
    return answers.page(
        "accounts/account.html",
        hue=avatars.hue(account.public_id, 0),
        avatar_path=avatars.pattern(account.public_id),
        has_password=passwords.of(account) is not None,
        claimable=by_writer.claimable_count(session),
        refused=outbox.refused(account.email) if account.email else None,
        ban=bans.of_account(account.id),
    )


@route(bp, "GET /account/sessions", "Where one is signed in", guard=Guard.SIGNED_IN)
def list_sessions() -> Response:
    session, account = visitor.signed_in()
    places = [(each, device_name(each.device)) for each in sessions.of_account(account)]
    return answers.page("accounts/sessions.html", sessions=places, this=session)


@route(
    bp, "POST /account/sessions", "Ends one of one's sessions, or all others", guard=Guard.SIGNED_IN
)
def end_sessions() -> Response:
    session, account = visitor.signed_in()
    if request.form.get("session") == "others":
        sessions.end_others(account, session)
        answers.say(Message("You are signed out everywhere else."))
    elif number := request.form.get("session", type=row_id):
        sessions.end_one(account, number)
        answers.say(Message("That browser is signed out."))
    return answers.see_other(url_for("account.list_sessions"))


@route(
    bp,
    "GET POST /account/password",
    "A new password; all other sessions end",
    guard=Guard.SIGNED_IN,
    who="oneself; freshly proved for a first one",
)
def password(settings: Settings) -> Response:
    _, account = visitor.signed_in()
    first = passwords.of(account) is None

    def choose() -> Response:
        # There is no old one to ask for: somebody at an open browser would make the account his.
        _, account = visitor.freshly_proved()
        passwords.choose(account, from_form(NewPassword, request.form), settings)
        answers.say(Message("From now on your password signs you in as well."))
        return answers.see_other(url_for("account.overview"))

    def act() -> Response:
        old = request.form.get("old_password", "")
        if len(old) > MAX_PASSWORD_CHARS:
            raise InvalidInput(fields={"old_password": passwords.WRONG})
        given, rates = from_form(NewPassword, request.form), settings.limit_sign_in
        entry = passwords.change(account, old, given, visitor.current(), rates)
        answers.say(Message("Your new password is set; all other sessions have ended."))
        return entered(entry, url_for("account.overview"))

    return form_page("accounts/password.html", choose if first else act, first=first)
