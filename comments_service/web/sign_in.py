"""Forms to sign up, in and out, to confirm an address and to choose a new password.

    route                  guard                    does
    GET  POST sign-in      origin, rate             a session, or a letter that leads to one
         POST sign-in/code origin, ticket, tries    a session, by the letter's six digits
    GET  POST link/<t>     the letter's link        a session
    GET  POST sign-up      origin, rate             an account that waits for its letter
    POST      sign-out     origin                   ends the session
    GET  POST verify/<t>   the letter's link        confirms the address, signs in
    GET  POST forgot       origin, rate             a letter, if there is such an account
    GET  POST reset/<t>    the letter's link        a new password, signs in
    GET  POST owner/<t>    the terminal's link      the first owner

A GET only shows a form: programs that open links in letters change nothing.
"""

from flask import Blueprint, Response, request

from comments_service import config, sessions
from comments_service.accounts import (
    email_verification,
    magic_link,
    passwords,
    roles,
    sign_in_methods,
    tokens,
)
from comments_service.errors import InvalidInput, Message, NotAllowed, ServiceError, TooMany
from comments_service.inputs import (
    MAX_PASSWORD_CHARS,
    AskedLetter,
    ChosenName,
    Forgotten,
    GivenCode,
    NewPassword,
    SignIn,
    from_form,
)
from comments_service.models import Purpose
from comments_service.web import answers, browser_cookie, visitor
from comments_service.web.form_page import entered, form_page, next_path, own, say

doors = Blueprint("sign_in", __name__)


@doors.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    target = next_path(request.values.get("next"))

    def act() -> Response:
        asking = visitor.current()
        if request.form.get("act") != "letter":
            return entered(passwords.sign_in(from_form(SignIn, request.form), asking), target)
        email = from_form(AskedLetter, {"email": request.form.get("email", "")}).email
        ticket = magic_link.ask(email, visitor.language(), asking.network, target=target)
        return code_page(ticket, target, email, 202)

    return form_page("accounts/sign-in.html", act, next=target)


def code_page(
    ticket: str, target: str, email: str, status: int, error: ServiceError | None = None
) -> Response:
    """Where the letter's six digits go. A right code that lacks a name need not be typed again."""
    fields = error.fields if error else {}
    return answers.page(
        "accounts/letter-code.html",
        status,
        ticket=ticket,
        next=target,
        email=email,
        right_code=request.form.get("code", "") if "name" in fields else "",
        values={"name": request.form.get("name", "")},
        error=error,
        errors=fields,
    )


@doors.post("/sign-in/code")
def sign_in_by_code() -> Response:
    target = next_path(request.form.get("next"))
    try:
        return entered(
            magic_link.by_code(from_form(GivenCode, request.form), visitor.current()), target
        )
    except (InvalidInput, TooMany) as error:
        ticket, email = request.form.get("ticket", ""), request.form.get("email", "")
        return code_page(ticket, target, email, error.status, error)


@doors.route("/link/<token>", methods=["GET", "POST"])
def sign_in_by_link(token: str) -> Response:
    def act() -> Response:
        name = from_form(ChosenName, request.form).name if found.account is None else None
        entry, target = magic_link.by_link(token, visitor.current(), name)
        return entered(entry, next_path(target))

    found = magic_link.welcome(token)
    return form_page("accounts/link.html", act, reader=found.account, email=found.email)


@doors.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> Response:
    def act() -> Response:
        given = from_form(email_verification.asked_for(), request.form)
        mark = browser_cookie.made()
        email_verification.sign_up(
            given, visitor.language(), visitor.current().network, browser=mark
        )
        return browser_cookie.keep(
            answers.page("accounts/letter.html", 202, email=given.email), mark
        )

    return form_page("accounts/sign-up.html", act)


@doors.post("/sign-out")
def sign_out() -> Response:
    if (session := visitor.session()) is not None:
        sessions.end(session)
    say(Message("You are signed out."))
    target = request.form.get("next")
    return visitor.forget(answers.see_other(next_path(target) if target else own("sign-in")))


@doors.route("/verify/<token>", methods=["GET", "POST"])
def verify(token: str) -> Response:
    def act() -> Response:
        if request.form.get("act") == "disown":
            return answers.see_other(own(f"reset/{email_verification.disown(token)}"))
        password = request.form.get("password", "")[: MAX_PASSWORD_CHARS + 1]
        entry = email_verification.verify(
            token, visitor.current(), browser=browser_cookie.of_browser(), password=password
        )
        say(Message("Your address is confirmed."))
        return entered(entry, own("account"))

    asked = email_verification.needs_password(token, browser_cookie.of_browser())
    return form_page("accounts/verify.html", act, password_asked=asked)


def expect_passwords() -> None:
    if not config.current().passwords:
        raise NotAllowed(passwords.NO_PASSWORDS)


@doors.route("/forgot", methods=["GET", "POST"])
def forgot() -> Response:
    def act() -> Response:
        given = from_form(Forgotten, request.form)
        email_verification.forgot(given.email, visitor.language(), visitor.current().network)
        return answers.page("accounts/letter.html", 202, email=given.email)

    expect_passwords()
    return form_page("accounts/forgot.html", act)


@doors.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> Response:
    def act() -> Response:
        entry = email_verification.reset(
            token, from_form(NewPassword, request.form), visitor.current()
        )
        say(Message("Your new password is set."))
        return entered(entry, own("account"))

    expect_passwords()
    tokens.find(Purpose.RESET, token)
    return form_page("accounts/reset.html", act)


@doors.route("/owner/<token>", methods=["GET", "POST"])
def owner(token: str) -> Response:
    def act() -> Response:
        entry = roles.become_owner(
            token, from_form(email_verification.asked_for(), request.form), visitor.current()
        )
        say(Message("Welcome. This blog's comments are yours to look after."))
        if (
            entry.session
            and entry.session.account
            and sign_in_methods.left_without(entry.session.account)
        ):
            say(Message("Choose how you sign in from now on: nothing else lets you in again."))
            return entered(entry, own("account"))
        return entered(entry, own("moderation/"))

    tokens.find(Purpose.OWNER, token)
    return form_page("accounts/owner.html", act)
