"""Forms to sign up, in and out, to confirm an address and to choose a new password.

    route                  guard                    does
    GET  POST sign-in      origin, rate             a session
    GET  POST sign-up      origin, rate             an account that waits for its letter
    POST      sign-out     origin                   ends the session
    GET  POST verify/<t>   the letter's link        confirms the address, signs in
    GET  POST forgot       origin, rate             a letter, if there is such an account
    GET  POST reset/<t>    the letter's link        a new password, signs in
    GET  POST owner/<t>    the terminal's link      the first owner

A GET only shows a form: programs that open links in letters change nothing.
"""

from flask import Blueprint, Response, request

from comments_service import sessions, web
from comments_service.accounts import letters, passwords, roles, tokens
from comments_service.errors import Message
from comments_service.inputs import Forgotten, NewPassword, SignIn, SignUp, from_form
from comments_service.models import Purpose
from comments_service.web.parts import entered, form_page, next_path, own, say

doors = Blueprint("sign_in", __name__)


@doors.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    target = next_path(request.values.get("next"))

    def act() -> Response:
        return entered(passwords.sign_in(from_form(SignIn, request.form), web.visitor()), target)

    return form_page("accounts/sign-in.html", act, next=target)


@doors.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> Response:
    def act() -> Response:
        given = from_form(SignUp, request.form)
        letters.sign_up(given, web.page_language(), web.visitor().network)
        return web.page("accounts/letter.html", 202, email=given.email)

    return form_page("accounts/sign-up.html", act)


@doors.post("/sign-out")
def sign_out() -> Response:
    if (session := web.session()) is not None:
        sessions.end(session)
    say(Message("You are signed out."))
    target = request.form.get("next")
    return web.forget(web.see_other(next_path(target) if target else own("sign-in")))


@doors.route("/verify/<token>", methods=["GET", "POST"])
def verify(token: str) -> Response:
    def act() -> Response:
        entry = letters.verify(token, web.visitor())
        say(Message("Your address is confirmed."))
        return entered(entry, own("account"))

    tokens.find(Purpose.VERIFY, token)
    return form_page("accounts/verify.html", act)


@doors.route("/forgot", methods=["GET", "POST"])
def forgot() -> Response:
    def act() -> Response:
        given = from_form(Forgotten, request.form)
        letters.forgot(given.email, web.page_language(), web.visitor().network)
        return web.page("accounts/letter.html", 202, email=given.email)

    return form_page("accounts/forgot.html", act)


@doors.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> Response:
    def act() -> Response:
        entry = letters.reset(token, from_form(NewPassword, request.form), web.visitor())
        say(Message("Your new password is set."))
        return entered(entry, own("account"))

    tokens.find(Purpose.RESET, token)
    return form_page("accounts/reset.html", act)


@doors.route("/owner/<token>", methods=["GET", "POST"])
def owner(token: str) -> Response:
    def act() -> Response:
        entry = roles.become_owner(token, from_form(SignUp, request.form), web.visitor())
        say(Message("Welcome. This blog's comments are yours to look after."))
        return entered(entry, own("moderation/"))

    tokens.find(Purpose.OWNER, token)
    return form_page("accounts/owner.html", act)
