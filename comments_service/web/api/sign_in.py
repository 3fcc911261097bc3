"""Signing up, in and out, by every method; and the window that signs in for a page elsewhere."""

from flask import Blueprint, Response, request, url_for

from comments_service import account_changes, by_writer, config, i18n, sessions
from comments_service.accounts import (
    handoff,
    magic_link,
    new_accounts,
    passkeys,
    passwords,
    registration,
    totp,
)
from comments_service.accounts.login import Entry
from comments_service.config import Settings
from comments_service.errors import InvalidInput, Message, SecondFactorRequired
from comments_service.inputs import (
    AskedLink,
    Claim,
    GivenCode,
    Handoff,
    NewHandoff,
    NewReader,
    PasskeyAnswer,
    SecondStep,
    SignIn,
)
from comments_service.web import answers, cookies, visitor
from comments_service.web.api.content import me
from comments_service.web.routes import Guard, route

bp = Blueprint("sign_in", __name__)


@route(
    bp,
    "POST /session",
    "Sign in by password",
    guard=Guard.OPEN,
    who="everybody, within limits",
    body=SignIn,
    answers={201: "Me"},
    problems=(401,),
)
def sign_in(given: SignIn, settings: Settings) -> Response:
    return entered(passwords.sign_in(given, visitor.current(), settings), settings)


@route(bp, "DELETE /session", "Sign out", guard=Guard.OPEN, answers={204: None}, problems=(403,))
def sign_out() -> Response:
    if (session := visitor.session()) is not None:
        sessions.end(session)
    return cookies.forget(Response(status=204))


@route(
    bp,
    "POST /session/second",
    "Show the second factor, with the ticket that came with second_factor_required",
    guard=Guard.OPEN,
    who="whoever has the ticket of `second_factor_required`",
    body=SecondStep,
    answers={201: "Me"},
    problems=(404,),
)
def second_step(given: SecondStep, settings: Settings) -> Response:
    """By six digits of the app or a recovery code; five wrong codes spend the ticket."""
    lang = visitor.language()
    entry = totp.sign_in(given.ticket, given.code, visitor.current(), lang, settings)
    return entered(entry, settings)


@route(
    bp,
    "POST /session/letter",
    "Ask for an e-mail that signs in, by its link or by its code",
    guard=Guard.OPEN,
    who="everybody, within limits",
    body=AskedLink,
    answers={202: "Ticket"},
)
def ask_letter(given: AskedLink, settings: Settings) -> Response:
    """Always answered the same, with a `ticket` for `session/code`."""
    lang = visitor.language()
    if given.handoff:
        target = url_for("handoff.confirm", challenge=given.handoff)
    else:
        target = url_for("account.overview")
    asking = visitor.current()
    ticket = magic_link.ask(
        given.email, lang, asking.network, settings, target=target, kept=asking.known
    )
    detail = Message("An e-mail is on its way to you: open its link, or enter its code.")
    return answers.json({"ticket": ticket, "detail": i18n.say(lang, detail)}, 202)


@route(
    bp,
    "POST /session/code",
    "Sign in by the code of an e-mail",
    guard=Guard.OPEN,
    who="whoever has the ticket and the six digits",
    body=GivenCode,
    answers={201: "Me"},
    problems=(401, 404),
)
def sign_in_by_code(given: GivenCode, settings: Settings) -> Response:
    """Five wrong codes spend it. An address without an account is asked for a `name` (422), which makes one."""
    return entered(magic_link.by_code(given, visitor.current(), settings), settings)


@route(
    bp,
    "POST /session/passkey",
    "Sign in with a passkey's answer to `passkeys/question`",
    guard=Guard.OPEN,
    who="whoever has the answer",
    body=PasskeyAnswer,
    answers={201: "Me"},
    problems=(401, 404),
)
def sign_in_by_passkey(given: PasskeyAnswer, settings: Settings) -> Response:
    """A ticket is good for one answer within 15 minutes; `credential` is `toJSON()` of what the browser gave."""
    entry = passkeys.sign_in(given.ticket, given.credential, visitor.current(), settings)
    return entered(entry, settings)


def entered(entry: Entry, settings: Settings) -> Response:
    """After a first factor: who one is now. Raises SecondFactorRequired, with the ticket for it."""
    if entry.session is None:
        raise SecondFactorRequired(entry.token)
    visitor.become(entry.session)
    visitor.remember_language(entry.session)
    answer = cookies.remember(answers.json(me("", settings), 201), entry.token)
    return cookies.know(answer, entry.session.account)


@route(
    bp,
    "POST /handoffs",
    "Ask to be signed in through a window on the service's own address",
    guard=Guard.OPEN,
    who="everybody, within limits",
    body=NewHandoff,
    answers={201: "HandoffPage"},
)
def ask_handoff(given: NewHandoff, settings: Settings) -> Response:
    """The window at `url` signs in for this page: see [sign-in](sign-in.md)."""
    asked = handoff.ask(given.challenge, origin(), visitor.current())
    path = url_for("handoff.confirm", challenge=asked.challenge)
    url = config.origin_of(settings.comments_url) + path
    return answers.json({"url": url, "number": asked.number}, 201)


@route(
    bp,
    "POST /session/handoff",
    "Sign in once the window has said yes: 202 while it has not",
    guard=Guard.OPEN,
    who="the page that asked",
    body=Handoff,
    answers={201: "Me", 202: "Detail"},
    problems=(401, 404),
)
def redeem_handoff(given: Handoff, settings: Settings) -> Response:
    entry = handoff.redeem(given.verifier, origin(), visitor.current())
    if entry is not None:
        return entered(entry, settings)
    detail = Message("Nobody has signed in in the other window yet.")
    return answers.json({"detail": i18n.say(visitor.language(), detail)}, 202)


def origin() -> str:
    """The origin of the page that asks, which is one that may."""
    return request.headers["Origin"].lower()


@route(
    bp,
    "POST /accounts",
    "Make an account; an e-mail confirms the address",
    guard=Guard.OPEN,
    who="everybody, within limits",
    body=new_accounts.form,
    answers={202: "Detail"},
)
def sign_up(given: NewReader, settings: Settings) -> Response:
    """Answered the same whether or not the address has an account already."""
    browser = cookies.browser_or_new()
    registration.sign_up(
        given, visitor.language(), visitor.current().network, settings, browser=browser
    )
    detail = Message("An e-mail is on its way to you: open its link to finish.")
    return cookies.keep_browser(
        answers.json({"detail": i18n.say(visitor.language(), detail)}, 202), browser
    )


@route(
    bp,
    "POST /session/claim",
    "Make one's own what the same browser wrote as a guest",
    guard=Guard.SIGNED_IN,
    body=Claim,
    answers={200: "Me"},
    problems=(401,),
)
def claim(given: Claim, settings: Settings) -> Response:
    """`comments` is the number of `claimable` ones that were shown."""
    session, _ = visitor.signed_in()
    if given.comments != by_writer.claimable_count(session):
        detail = Message("There are other comments by now. Please close this and look again.")
        raise InvalidInput(fields={"comments": detail})
    account_changes.claim(session)
    return answers.json(me("", settings))
