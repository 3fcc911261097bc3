"""Forms to sign up, in and out, to confirm an address and to choose a password.

    route                  guard                    does
    GET  POST sign-in      origin, rate             a session
    GET  POST sign-up      origin, rate             an account that waits for its letter
    POST      sign-out     origin                   ends the session
    GET  POST verify/<t>   the letter's link        confirms the address, signs in
    GET  POST forgot       origin, rate             a letter, if there is such an account
    GET  POST reset/<t>    the letter's link        a new password, signs in
    GET  POST account      signed in                who one is, and where; a new password
         POST sessions     origin, signed in        ends one of one's sessions, or all others
    GET  POST owner/<t>    the terminal's link      the first owner

A GET only shows a form: programs that open links in letters change nothing.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, request

from comments_service import accounts, config, language, sessions, web
from comments_service.errors import InvalidInput, ServiceError, SignInRequired
from comments_service.inputs import Forgotten, NewPassword, SignIn, SignUp, from_form
from comments_service.models import Account, Purpose, Session

doors = Blueprint("accounts", __name__)

Answer = Callable[[], Response]


def next_path(text: str | None) -> str:
    """Where to go after signing in: a path of this site, or the account page."""
    home = config.current().prefix + "account"
    text = text or ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return home
    # A second slash or a backslash would make browsers take the path for another host.
    if parts.scheme or parts.netloc or not text.startswith("/") or text[1:2] in ("/", "\\"):
        return home
    return home if any(ord(char) < 32 or char == "\\" for char in text) else text


def say(message: str) -> None:
    flash(language.gettext(web.page_language())(message))


def form_page(template: str, act: Answer, **context: Any) -> Response:
    """Show a form, or do what it asks for and show it again with what was wrong."""
    error: ServiceError | None = None
    if request.method == "POST":
        try:
            return act()
        except ServiceError as raised:
            error = raised
    return web.page(
        template,
        error.status if error else 200,
        values={name: value for name, value in request.form.items() if "password" not in name},
        error=error,
        errors=error.fields if error else {},
        **context,
    )


@doors.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    target = next_path(request.values.get("next"))

    def act() -> Response:
        visitor = web.visitor()
        _, token = accounts.sign_in(
            from_form(SignIn, request.form), visitor.device, visitor.network
        )
        return web.see_other(target, token)

    return form_page("accounts/sign-in.html", act, next=target)


@doors.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> Response:
    def act() -> Response:
        given = from_form(SignUp, request.form)
        accounts.sign_up(given, web.page_language(), web.visitor().network)
        return web.page("accounts/letter.html", 202, email=given.email)

    return form_page("accounts/sign-up.html", act)


@doors.post("/sign-out")
def sign_out() -> Response:
    if (session := web.session()) is not None:
        sessions.end(session)
    say("You are signed out.")
    return web.forget(
        web.see_other(next_path(request.form.get("next")) if request.form.get("next") else _home())
    )


def _home() -> str:
    return config.current().prefix + "sign-in"


@doors.route("/verify/<token>", methods=["GET", "POST"])
def verify(token: str) -> Response:
    def act() -> Response:
        _, new = accounts.verify(token, web.device())
        say("Your address is confirmed, and you are signed in.")
        return web.see_other(config.current().prefix + "account", new)

    accounts.token(Purpose.VERIFY, token)
    return form_page("accounts/verify.html", act)


@doors.route("/forgot", methods=["GET", "POST"])
def forgot() -> Response:
    def act() -> Response:
        given = from_form(Forgotten, request.form)
        accounts.forgot(given.email, web.page_language(), web.visitor().network)
        return web.page("accounts/letter.html", 202, email=given.email)

    return form_page("accounts/forgot.html", act)


@doors.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> Response:
    def act() -> Response:
        _, new = accounts.reset(token, from_form(NewPassword, request.form), web.device())
        say("Your new password is set, and you are signed in.")
        return web.see_other(config.current().prefix + "account", new)

    accounts.token(Purpose.RESET, token)
    return form_page("accounts/reset.html", act)


def signed_in() -> tuple[Session, Account]:
    """The visitor's session and account. Raises SignInRequired."""
    session = web.session()
    if session is None or session.account is None:
        raise SignInRequired
    return session, session.account


@doors.route("/account", methods=["GET", "POST"])
def own_account() -> Response:
    try:
        session, account = signed_in()
    except SignInRequired:
        if request.method == "POST":
            raise
        return web.see_other(f"{_home()}?next={config.current().prefix}account")

    def act() -> Response:
        old = request.form.get("old_password", "")
        if len(old) > 256:
            raise InvalidInput(fields={"old_password": "This is not your present password."})
        given = from_form(NewPassword, request.form)
        _, new = accounts.change_password(account, old, given, web.device())
        say("Your new password is set; all other sessions have ended.")
        return web.see_other(config.current().prefix + "account", new)

    places = [(each, device_name(each.device)) for each in sessions.of_account(account)]
    return form_page("accounts/account.html", act, sessions=places, this=session)


@doors.post("/sessions")
def end_sessions() -> Response:
    session, account = signed_in()
    number = request.form.get("session", "")
    if number == "others":
        sessions.end_others(account, session)
        say("You are signed out everywhere else.")
    elif number.isdecimal() and number.isascii() and len(number) < 19:
        sessions.end_one(account, int(number))
        say("That browser is signed out.")
    return web.see_other(config.current().prefix + "account")


# What a User-Agent calls itself, and what people call it; the first that fits, since most
# browsers claim to be several.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def device_name(user_agent: str) -> tuple[str, str]:
    """The browser and the system that a User-Agent names; empty for what is not known."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return browser, system


@doors.route("/owner/<token>", methods=["GET", "POST"])
def owner(token: str) -> Response:
    def act() -> Response:
        _, new = accounts.become_owner(token, from_form(SignUp, request.form), web.device())
        say("Welcome. This blog's comments are yours to look after.")
        return web.see_other(config.current().prefix + "moderation/", new)

    accounts.token(Purpose.OWNER, token)
    return form_page("accounts/owner.html", act)
