"""What keeps one's account one's own: a fresh proof, the second factor, and passkeys.

route                           guard                          does
GET  POST confirm                origin, signed in, rate        a fresh proof; the session's token changes
GET  POST account/second-factor  origin, signed in, fresh proof an app's six digits, recovery codes
GET  POST account/passkeys       origin, signed in, fresh proof lists, renames and removes passkeys
     POST second                 origin, a ticket, rate         the second step of signing in

Passkeys are added and shown by a script, through the API; everything else works without one.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Response, request

from comments_service import config
from comments_service.accounts import passkeys, passwords, totp
from comments_service.accounts.login import has_passkey, has_second_factor, needs_strong_proof
from comments_service.errors import InvalidInput, Message, UnknownToken, WrongCredentials
from comments_service.inputs import MAX_PASSWORD_CHARS, PasskeyName, SecondStep, from_form
from comments_service.models import Account
from comments_service.web import answers, visitor
from comments_service.web.form_page import (
    account_doors,
    entered,
    form_page,
    freshly_proved,
    next_path,
    own,
    proved_again,
    say,
    signed_in,
)

doors = account_doors("security")
# Where a stranger who is on his way in shows what he has.
steps = Blueprint("steps", __name__)


@steps.post("/second")
def second_step() -> Response:
    target = next_path(request.form.get("next"))

    def act() -> Response:
        code = request.form.get("recovery_code") or request.form.get("code", "")
        given = from_form(SecondStep, {"ticket": request.form.get("ticket", ""), "code": code})
        try:
            entry = totp.enter_with(given.ticket, given.code, visitor.current(), visitor.language())
        except UnknownToken as error:
            say(error.detail)
            return answers.see_other(own("sign-in", next=target))
        if request.form.get("recovery_code") and entry.session and entry.session.account:
            say(left_message(totp.codes_left(entry.session.account)))
        return entered(entry, target)

    ticket = request.form.get("ticket", "")
    return form_page("accounts/second.html", act, ticket=ticket, next=target)


def left_message(left: int) -> Message:
    """What somebody is told who came in with a recovery code."""
    if left == 0:
        return Message("That was your last recovery code. Please make new ones.")
    return Message("You came in with a recovery code; codes left: {left}.", left=left)


def ways_to_confirm(account: Account) -> dict[str, bool]:
    """How an account can show again that it is itself; what is switched off proves nothing."""
    settings = config.current()
    weak = not needs_strong_proof(account)
    return {
        "password": weak and settings.passwords and passwords.of(account) is not None,
        "code": has_second_factor(account),
        "passkey": settings.passkeys and has_passkey(account),
        # Signing in by letter or by a provider is a fresh proof too, of the same session or another.
        "letter": weak and settings.letters and account.email_verified_at is not None,
        "provider": weak,
    }


@doors.route("/confirm", methods=["GET", "POST"])
def confirm() -> Response:
    session, account = signed_in()
    target = next_path(request.values.get("next"))
    ways = ways_to_confirm(account)

    def act() -> Response:
        code = request.form.get("recovery_code") or request.form.get("code", "")
        if ways["code"] and code:
            totp.check(account, code, visitor.language())
            return proved_again(session, target, strong=True)
        if ways["passkey"] and (answer := request.form.get("credential")):
            passkeys.check(account, request.form.get("ticket", ""), credential(answer))
            return proved_again(session, target, strong=True)
        password = request.form.get("password", "")
        if not ways["password"] or len(password) > MAX_PASSWORD_CHARS:
            raise InvalidInput(fields={"password": passwords.WRONG})
        passwords.check(account, password)
        return proved_again(session, target)

    return form_page("accounts/confirm.html", act, next=target, ways=ways)


def credential(text: str) -> Mapping[str, Any]:
    """A passkey's answer, which the script put into the form. Raises WrongCredentials."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise WrongCredentials(passkeys.NOT_KNOWN)
    return found


@doors.route("/account/passkeys", methods=["GET", "POST"])
def list_passkeys() -> Response:
    _, account = signed_in()

    def act() -> Response:
        freshly_proved()
        asked = request.form.get("passkey", "")
        number = int(asked) if asked.isdecimal() and asked.isascii() and len(asked) < 19 else 0
        if request.form.get("act") == "remove":
            passkeys.remove(account, number, visitor.language())
            say(
                Message(
                    "The passkey is removed. You may want to remove it from the device as well."
                )
            )
        else:
            passkeys.rename(account, number, from_form(PasskeyName, request.form).name)
            say(Message("The passkey has its new name."))
        return answers.see_other(own("account/passkeys"))

    return form_page("accounts/passkeys.html", act, passkeys=passkeys.of(account))


@doors.route("/account/second-factor", methods=["GET", "POST"])
def second_factor() -> Response:
    session, account = signed_in()
    app = totp.of(account)
    if request.method == "POST" or (app and app.confirmed_at is None):
        # The secret of an app that waits for its first code is shown to its owner only.
        freshly_proved()

    def act() -> Response:
        lang = visitor.language()
        match request.form.get("act"):
            case "begin":
                totp.begin(account)
            case "confirm":
                codes = totp.confirm(account, session, request.form.get("code", ""), lang)
                return answers.page("accounts/recovery-codes.html", codes=codes, begun=True)
            case "codes":
                codes = totp.renew_codes(account, lang)
                return answers.page("accounts/recovery-codes.html", codes=codes, begun=False)
            case "off":
                was_on = has_second_factor(account)
                totp.switch_off(account, lang)
                if was_on:
                    say(Message("Signing in does not ask for a second factor any more."))
        return answers.see_other(own("account/second-factor"))

    address = totp.address(account, app.secret) if app and app.confirmed_at is None else ""
    return form_page(
        "accounts/second-factor.html",
        act,
        app=app,
        address=address,
        picture=totp.picture(address) if address else "",
        spoken=totp.spoken(app.secret) if app and address else "",
        left=totp.codes_left(account),
    )
