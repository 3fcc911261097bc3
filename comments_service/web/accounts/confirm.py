"""A fresh proof of who one is, for what cannot be taken back: by password, code or passkey."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Response, request

from comments_service.accounts import passkeys, passwords, totp
from comments_service.accounts.login import has_passkey, has_second_factor, needs_strong_proof
from comments_service.config import Settings
from comments_service.errors import InvalidInput, WrongCredentials
from comments_service.inputs import MAX_PASSWORD_CHARS
from comments_service.models import Account
from comments_service.web import visitor
from comments_service.web.accounts.entering import proved_again
from comments_service.web.form_page import form_page
from comments_service.web.params import next_path
from comments_service.web.routes import Guard, route

bp = Blueprint("confirm", __name__)


def confirming_methods(account: Account, settings: Settings) -> dict[str, bool]:
    """How an account can show again that it is itself; what is switched off proves nothing."""
    weak = not needs_strong_proof(account, settings)
    return {
        "password": weak and settings.passwords and passwords.of(account) is not None,
        "code": has_second_factor(account),
        "passkey": settings.passkeys and has_passkey(account),
        # Signing in by e-mail or by a provider is a fresh proof too, of the same session or another.
        "magic_link": weak and settings.magic_links and account.email_verified_at is not None,
        "provider": weak,
    }


@route(
    bp,
    "GET POST /confirm",
    "A fresh proof of who one is; the session's token changes",
    guard=Guard.SIGNED_IN,
    who="oneself, within limits",
)
def confirm(settings: Settings) -> Response:
    session, account = visitor.signed_in()
    target = next_path(request.values.get("next"))
    methods = confirming_methods(account, settings)

    def act() -> Response:
        code = request.form.get("recovery_code") or request.form.get("code", "")
        if methods["code"] and code:
            totp.check(account, code, visitor.current(), visitor.language(), settings)
            return proved_again(session, target, strong=True)
        if methods["passkey"] and (answer := request.form.get("credential")):
            ticket = request.form.get("ticket", "")
            passkeys.check(account, ticket, credential(answer), settings)
            return proved_again(session, target, strong=True)
        password = request.form.get("password", "")
        if not methods["password"] or len(password) > MAX_PASSWORD_CHARS:
            raise InvalidInput(fields={"password": passwords.WRONG})
        passwords.check(account, password, settings.limit_sign_in)
        return proved_again(session, target)

    return form_page("accounts/confirm.html", act, next=target, methods=methods)


def credential(text: str) -> Mapping[str, Any]:
    """A passkey's answer, which the script put into the form. Raises WrongCredentials."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise WrongCredentials(passkeys.NOT_KNOWN)
    return found
