"""One's own account: who one is here, where one is signed in, and the password.

route                      guard              does
GET       account          signed in          who one is, and the way to everything below
GET  POST account/sessions origin, signed in  ends one of one's sessions, or all others
GET  POST account/password origin, signed in  a new password; all other sessions end; a first
                                              one takes a fresh proof
"""

from flask import Response, request

from comments_service import avatars, by_writer, sessions
from comments_service.accounts import passwords
from comments_service.errors import InvalidInput, Message
from comments_service.inputs import MAX_PASSWORD_CHARS, NewPassword, from_form
from comments_service.web import answers, visitor
from comments_service.web.form_page import (
    account_doors,
    device_name,
    entered,
    form_page,
    freshly_proved,
    own,
    say,
    signed_in,
)

doors = account_doors("account")


@doors.get("/account")
def overview() -> Response:
    session, account = signed_in()
    return answers.page(
        "accounts/account.html",
        hue=avatars.hue(account.public_id, 0),
        avatar_path=avatars.pattern(account.public_id),
        has_password=passwords.of(account) is not None,
        claimable=by_writer.claimable_count(session),
    )


@doors.get("/account/sessions")
def list_sessions() -> Response:
    session, account = signed_in()
    places = [(each, device_name(each.device)) for each in sessions.of_account(account)]
    return answers.page("accounts/sessions.html", sessions=places, this=session)


@doors.post("/account/sessions")
def end_sessions() -> Response:
    session, account = signed_in()
    number = request.form.get("session", "")
    if number == "others":
        sessions.end_others(account, session)
        say(Message("You are signed out everywhere else."))
    elif number.isdecimal() and number.isascii() and len(number) < 19:
        sessions.end_one(account, int(number))
        say(Message("That browser is signed out."))
    return answers.see_other(own("account/sessions"))


@doors.route("/account/password", methods=["GET", "POST"])
def password() -> Response:
    _, account = signed_in()
    first = passwords.of(account) is None

    def choose() -> Response:
        # There is no old one to ask for: somebody at an open browser would make the account his.
        _, account = freshly_proved()
        passwords.choose(account, from_form(NewPassword, request.form))
        say(Message("From now on your password signs you in as well."))
        return answers.see_other(own("account"))

    def act() -> Response:
        old = request.form.get("old_password", "")
        if len(old) > MAX_PASSWORD_CHARS:
            raise InvalidInput(fields={"old_password": passwords.WRONG})
        given = from_form(NewPassword, request.form)
        entry = passwords.change(account, old, given, visitor.current())
        say(Message("Your new password is set; all other sessions have ended."))
        return entered(entry, own("account"))

    return form_page("accounts/password.html", choose if first else act, first=first)
