"""Forms to sign up, in and out, to confirm an address and to choose a new password.

A GET only shows a form: programs that open links in e-mails change nothing.
"""

from flask import Blueprint, Response, request, url_for

from comments_service import sessions
from comments_service.accounts import (
    magic_link,
    new_accounts,
    password_reset,
    passwords,
    registration,
    roles,
    sign_in_methods,
    tokens,
    totp,
)
from comments_service.config import Settings
from comments_service.errors import (
    InvalidInput,
    Message,
    NotAllowed,
    ServiceError,
    TooMany,
    UnknownToken,
)
from comments_service.inputs import (
    MAX_PASSWORD_CHARS,
    AskedLink,
    ChosenName,
    Forgotten,
    GivenCode,
    NewPassword,
    SecondStep,
    SignIn,
    from_form,
)
from comments_service.web import answers, cookies, visitor
from comments_service.web.accounts.entering import entered
from comments_service.web.form_page import form_page
from comments_service.web.params import next_path
from comments_service.web.routes import Guard, route

bp = Blueprint("sign_in", __name__)

LINK = "whoever has the e-mail's link"


@route(
    bp,
    "GET POST /sign-in",
    "A session, or an e-mail that leads to one",
    guard=Guard.OPEN,
    who="everybody, within limits",
)
def sign_in(settings: Settings) -> Response:
    target = next_path(request.values.get("next"))

    def act() -> Response:
        asking = visitor.current()
        if request.form.get("act") != "letter":
            given = from_form(SignIn, request.form)
            return entered(passwords.sign_in(given, asking, settings), target)
        email = from_form(AskedLink, {"email": request.form.get("email", "")}).email
        ticket = magic_link.ask(
            email,
            visitor.language(),
            asking.network,
            settings,
            target=target,
            kept=asking.known,
        )
        return code_page(ticket, target, email, 202)

    return form_page("accounts/sign-in.html", act, next=target)


def code_page(
    ticket: str, target: str, email: str, status: int, error: ServiceError | None = None
) -> Response:
    """Where the e-mail's six digits go. A right code that lacks a name need not be typed again."""
    fields = error.fields if error else {}
    return answers.page(
        "accounts/sign-in-code.html",
        status,
        ticket=ticket,
        next=target,
        email=email,
        right_code=request.form.get("code", "") if "name" in fields else "",
        values={"name": request.form.get("name", "")},
        error=error,
        errors=fields,
    )


@route(
    bp,
    "POST /sign-in/code",
    "A session, by the e-mail's six digits",
    guard=Guard.OPEN,
    who="whoever has the ticket and the code; five tries",
)
def sign_in_by_code(settings: Settings) -> Response:
    target = next_path(request.form.get("next"))
    try:
        given = from_form(GivenCode, request.form)
        return entered(magic_link.by_code(given, visitor.current(), settings), target)
    except (InvalidInput, TooMany) as error:
        ticket, email = request.form.get("ticket", ""), request.form.get("email", "")
        return code_page(ticket, target, email, error.status, error)


@route(
    bp,
    "POST /second",
    "The second step of signing in",
    guard=Guard.OPEN,
    who="whoever has the ticket of the first step, within limits",
)
def second_step(settings: Settings) -> Response:
    target = next_path(request.form.get("next"))

    def act() -> Response:
        code = request.form.get("recovery_code") or request.form.get("code", "")
        given = from_form(SecondStep, {"ticket": request.form.get("ticket", ""), "code": code})
        try:
            entry = totp.sign_in(
                given.ticket, given.code, visitor.current(), visitor.language(), settings
            )
        except UnknownToken as error:
            answers.say(error.detail)
            return answers.see_other(answers.onward("sign_in.sign_in", target))
        if request.form.get("recovery_code") and entry.session and entry.session.account:
            answers.say(left_message(totp.codes_left(entry.session.account)))
        return entered(entry, target)

    ticket = request.form.get("ticket", "")
    return form_page("accounts/sign-in-second-factor.html", act, ticket=ticket, next=target)


def left_message(left: int) -> Message:
    """What somebody is told who came in with a recovery code."""
    if left == 0:
        return Message("That was your last recovery code. Please make new ones.")
    return Message("You signed in with a recovery code; codes left: {left}.", left=left)


@route(bp, "GET POST /link/<token>", "A session", guard=Guard.OPEN, who=LINK)
def sign_in_by_link(token: str, settings: Settings) -> Response:
    def act() -> Response:
        name = from_form(ChosenName, request.form).name if found.account is None else None
        entry, target = magic_link.by_link(token, visitor.current(), settings, name)
        return entered(entry, next_path(target))

    found = magic_link.welcome(token, settings)
    return form_page("accounts/sign-in-link.html", act, reader=found.account, email=found.email)


@route(
    bp,
    "GET POST /sign-up",
    "An account that waits for its e-mail to be answered",
    guard=Guard.OPEN,
    who="everybody, within limits",
)
def sign_up(settings: Settings) -> Response:
    def act() -> Response:
        given = from_form(new_accounts.form(settings), request.form)
        browser = cookies.browser_or_new()
        registration.sign_up(
            given, visitor.language(), visitor.current().network, settings, browser=browser
        )
        return cookies.keep_browser(
            answers.page("accounts/email-sent.html", 202, email=given.email), browser
        )

    return form_page("accounts/sign-up.html", act)


@route(bp, "POST /sign-out", "Ends the session", guard=Guard.OPEN)
def sign_out() -> Response:
    if (session := visitor.session()) is not None:
        sessions.end(session)
    answers.say(Message("You are signed out."))
    target = request.form.get("next")
    return cookies.forget(
        answers.see_other(next_path(target) if target else url_for("sign_in.sign_in"))
    )


@route(bp, "GET POST /verify/<token>", "Confirms the address, signs in", guard=Guard.OPEN, who=LINK)
def verify(token: str, settings: Settings) -> Response:
    def act() -> Response:
        if request.form.get("act") == "disown":
            return answers.see_other(url_for("sign_in.reset", token=registration.disown(token)))
        password = request.form.get("password", "")[: MAX_PASSWORD_CHARS + 1]
        entry = registration.verify(
            token,
            visitor.current(),
            settings,
            browser=cookies.browser(),
            password=password,
        )
        answers.say(Message("Your address is confirmed."))
        return entered(entry, url_for("account.overview"))

    asked = registration.needs_password(token, cookies.browser(), settings)
    return form_page("accounts/verify.html", act, password_asked=asked)


def expect_passwords(settings: Settings) -> None:
    if not settings.passwords:
        raise NotAllowed(passwords.NO_PASSWORDS)


@route(
    bp,
    "GET POST /forgot",
    "An e-mail, if there is such an account",
    guard=Guard.OPEN,
    who="everybody, within limits",
)
def forgot(settings: Settings) -> Response:
    def act() -> Response:
        email = from_form(Forgotten, request.form).email
        asking, lang = visitor.current(), visitor.language()
        password_reset.forgot(email, lang, asking.network, settings, kept=asking.known)
        return answers.page("accounts/email-sent.html", 202, email=email)

    expect_passwords(settings)
    return form_page("accounts/forgot.html", act)


@route(bp, "GET POST /reset/<token>", "A new password, signs in", guard=Guard.OPEN, who=LINK)
def reset(token: str, settings: Settings) -> Response:
    def act() -> Response:
        entry = password_reset.reset(
            token, from_form(NewPassword, request.form), visitor.current(), settings
        )
        answers.say(Message("Your new password is set."))
        return entered(entry, url_for("account.overview"))

    expect_passwords(settings)
    tokens.find(tokens.ResetPassword, token)
    return form_page("accounts/reset.html", act)


@route(
    bp,
    "GET POST /owner/<token>",
    "Makes the first owner",
    guard=Guard.OPEN,
    who="whoever has the terminal's link",
)
def owner(token: str, settings: Settings) -> Response:
    def act() -> Response:
        given = from_form(new_accounts.form(settings), request.form)
        entry = roles.become_owner(token, given, visitor.current())
        answers.say(Message("Welcome. This blog's comments are yours to look after."))
        if (
            entry.session
            and entry.session.account
            and sign_in_methods.would_lock_out(entry.session.account, settings)
        ):
            answers.say(
                Message(
                    "Choose how you will sign in from now on: otherwise you could not sign in again."
                )
            )
            return entered(entry, url_for("account.overview"))
        return entered(entry, url_for("dashboard.queue"))

    tokens.find(tokens.BecomeOwner, token)
    return form_page("accounts/owner.html", act)
