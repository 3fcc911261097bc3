"""Cookies: what the service leaves in a browser, and reads again.

- the session's, which holds its token; beside it a hint for the embed, without any secret;
- half a year long, that an account has signed in with this browser: it opens nothing, and keeps others'
  wrong passwords from locking its owner out (`accounts.known_browsers`);
- a random word of the browser's own, for two days at most, given to whoever signs up or sets out to a
  provider. It opens nothing and is no session: it only tells that a link, or a provider's answer, comes
  back to where it was asked for.

The flash messages of forms are Flask's.
"""

import re
import secrets
from datetime import timedelta

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from comments_service import config, sessions
from comments_service.accounts import known_browsers
from comments_service.models import Account


class Flashes(SecureCookieSessionInterface):
    """Flask's own, which makes what reads a signature only where a browser shows one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        shown = self.get_cookie_name(app) in request.cookies
        return super().open_session(app, request) if shown else self.session_class()


def session_name() -> str:
    """`__Host-` binds the cookie to this host over TLS; plain HTTP has no such promise."""
    return "__Host-postil" if config.current().secure else "postil"


def token() -> str | None:
    """The session's token, as the browser sends it."""
    return request.cookies.get(session_name())


def remember(answer: Response, token: str | None) -> Response:
    """Give a new session's token to the browser; beside it goes a hint without any secret.

    Scripts cannot read the token. The hint tells the embed that asking who one is makes sense.
    """
    if token is not None:
        settings = config.current()
        lifetime = int(sessions.READER_ABSOLUTE.total_seconds())
        for name, value, hidden in ((session_name(), token, True), ("postil-known", "1", False)):
            answer.set_cookie(
                name,
                value,
                max_age=lifetime,
                httponly=hidden,
                path="/",
                **settings.cookie,
            )
    return answer


def forget(answer: Response) -> Response:
    for name in (session_name(), "postil-known"):
        answer.delete_cookie(name, path="/", **config.current().cookie)
    return answer


KNOWN_LASTS = timedelta(days=180)


def known_name() -> str:
    return "__Host-postil-seen" if config.current().secure else "postil-seen"


def known() -> str:
    """What the browser kept of an earlier sign-in."""
    return request.cookies.get(known_name(), "")[:200]


def know(answer: Response, account: Account | None) -> Response:
    """Let a browser keep that an account came in with it; signing out leaves it there."""
    if account is not None:
        settings = config.current()
        answer.set_cookie(
            known_name(),
            known_browsers.cookie(account, known(), settings),
            max_age=int(KNOWN_LASTS.total_seconds()),
            httponly=True,
            path="/",
            **settings.cookie,
        )
    return answer


def forget_known(answer: Response) -> Response:
    answer.delete_cookie(known_name(), path="/", **config.current().cookie)
    return answer


# As long as the e-mail that confirms an address.
BROWSER_LASTS = timedelta(days=2)


def browser_name() -> str:
    # The older name of this cookie: browsers may hold one from before an update.
    return "__Host-postil-mark" if config.current().secure else "postil-mark"


def browser() -> str:
    """The word that the browser shows, or nothing."""
    found = request.cookies.get(browser_name(), "")
    return found if re.fullmatch(r"[A-Za-z0-9_-]{43}", found) else ""


def browser_or_new() -> str:
    """The same, or a new one for `keep`: two steps may be under way in one browser."""
    return browser() or secrets.token_urlsafe(32)


def keep_browser(answer: Response, word: str) -> Response:
    """`Lax` even where the session's cookie is not: what comes back comes as a page, never in a frame."""
    answer.set_cookie(
        browser_name(),
        word,
        max_age=int(BROWSER_LASTS.total_seconds()),
        secure=config.current().secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return answer
