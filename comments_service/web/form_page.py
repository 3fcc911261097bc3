"""What the pages about accounts share: a form that is shown again, where to go next, who is asked."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, flash, request

from comments_service import by_writer, config, i18n, sessions
from comments_service.accounts.login import Entry, proved
from comments_service.db import writing
from comments_service.errors import Message, ProofRequired, ServiceError, SignInRequired
from comments_service.models import Account, Session
from comments_service.web import answers, visitor

Answer = Callable[[], Response]

# What no page gives back after a mistake.
SECRET_FIELDS = ("password", "code", "ticket")


def own(path: str, **query: str) -> str:
    """The path of a page of the service."""
    return config.current().prefix + path + (f"?{urlencode(query)}" if query else "")


def next_path(text: str | None) -> str:
    """Where to go after signing in: a path of this site, or the account page."""
    home = own("account")
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
    """Show a line on the next page, in the visitor's language."""
    flash(i18n.say(visitor.language(), message))


def form_page(template: str, act: Answer, **context: Any) -> Response:
    """Show a form, or do what it asks for and show it again with what was wrong."""
    error: ServiceError | None = None
    if request.method == "POST":
        try:
            return act()
        except ProofRequired:
            raise
        except ServiceError as raised:
            error = raised
    return answers.page(
        template,
        error.status if error else 200,
        values={
            name: value
            for name, value in request.form.items()
            if not any(secret in name for secret in SECRET_FIELDS)
        },
        error=error,
        errors=error.fields if error else {},
        **context,
    )


def entered(entry: Entry, target: str) -> Response:
    """After a way in: on to where one wanted to go, or first the second factor.

    Whoever wrote here as a guest before is asked on the way whether those comments are his.
    """
    if entry.session is None:
        return answers.page(
            "accounts/second.html", 401, ticket=entry.token, next=target, error=None, errors={}
        )
    visitor.become(entry.session)
    if by_writer.claimable_count(entry.session):
        target = own("account/claim", next=target)
    return answers.see_other(target, entry.token)


def signed_in() -> tuple[Session, Account]:
    """The visitor's session and account. Raises SignInRequired."""
    session = visitor.session()
    if session is None or session.account is None:
        raise SignInRequired
    return session, session.account


def freshly_proved() -> tuple[Session, Account]:
    """The same, for what cannot be taken back. Raises SignInRequired, ProofRequired."""
    session, account = signed_in()
    if not proved(session):
        raise ProofRequired
    return session, account


def proved_again(session: Session, target: str, *, strong: bool = False) -> Response:
    """After somebody who is signed in showed again who he is: on, with another token."""
    with writing():
        sessions.prove(session, strong=strong)
        token = sessions.renew(session)
    say(Message("Thank you. Now go on where you were."))
    return answers.see_other(target, token)


def device_title(lang: str) -> str:
    """What a passkey is called by itself: after the browser and the system that made it."""
    browser, system = device_name(visitor.device())
    if browser and system:
        title = Message("{browser} on {system}", browser=browser, system=system)
        return i18n.say(lang, title)
    return browser or system or i18n.say(lang, Message("A passkey"))


def account_doors(name: str) -> Blueprint:
    """Doors of pages about one's own account: a stranger is led to sign in, and then back."""
    doors = Blueprint(name, __name__)

    @doors.before_request
    def guard() -> Response | None:
        try:
            signed_in()
        except SignInRequired:
            if request.method != "GET":
                raise
            return answers.see_other(own("sign-in", next=request.full_path.rstrip("?")))
        return None

    return doors


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
