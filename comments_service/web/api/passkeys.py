"""What a browser asks a passkey, for signing in, and a device, for a new one."""

from flask import Blueprint, Response

from comments_service import i18n
from comments_service.accounts import passkeys
from comments_service.config import Settings
from comments_service.inputs import NewPasskey, Nothing
from comments_service.web import answers, visitor
from comments_service.web.devices import device_title
from comments_service.web.routes import Guard, route

bp = Blueprint("passkeys", __name__)


@route(
    bp,
    "POST /passkeys/question",
    "What a browser asks a passkey, for signing in",
    guard=Guard.OPEN,
    who="everybody, within limits",
    body=Nothing,
    answers={200: "Question"},
    problems=(403, 429),
)
def ask_passkey(given: Nothing, settings: Settings) -> Response:
    return answers.json(passkeys.sign_in_options(visitor.current().network, settings))


@route(
    bp,
    "POST /passkeys/offer",
    "What a browser asks a device, for a new passkey; needs a fresh proof",
    guard=Guard.FRESH_PROOF,
    body=Nothing,
    answers={200: "Question"},
    problems=(401, 403, 409, 429),
)
def offer_passkey(given: Nothing, settings: Settings) -> Response:
    _, account = visitor.freshly_proved()
    return answers.json(passkeys.registration_options(account, settings))


@route(
    bp,
    "POST /passkeys",
    "Add the passkey that a device has made; needs a fresh proof",
    guard=Guard.FRESH_PROOF,
    body=NewPasskey,
    answers={201: "Passkey"},
    problems=(401, 404, 409),
)
def add_passkey(given: NewPasskey, settings: Settings) -> Response:
    """`credential` is `toJSON()` of what the browser gave; `name` is what the device is called."""
    session, account = visitor.freshly_proved()
    lang = visitor.language()
    name = device_title(visitor.device(), lang)
    made = passkeys.add(account, session, given, name, lang, settings)
    made_at = i18n.stamp(made.created_at)
    return answers.json({"id": made.id, "name": made.name, "created_at": made_at}, 201)
