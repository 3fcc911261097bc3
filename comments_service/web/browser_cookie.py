"""The browser's cookie: how a step that began in one browser is known to go on in the same one.

A random word in a cookie of its own, for two days at most, given to whoever signs up or sets out to a
provider. It opens nothing by itself, and is no session: it only tells that a link, or a provider's
answer, comes back to where it was asked for.
"""

import re
import secrets
from datetime import timedelta

from flask import Response, request

from comments_service import config

# As long as the e-mail that confirms an address.
LASTS = timedelta(days=2)


def cookie_name() -> str:
    # The older name of this cookie: browsers may hold one from before an update.
    return "__Host-postil-mark" if config.current().secure else "postil-mark"


def of_browser() -> str:
    """The word that the browser shows, or nothing."""
    found = request.cookies.get(cookie_name(), "")
    return found if re.fullmatch(r"[A-Za-z0-9_-]{43}", found) else ""


def made() -> str:
    """The same, or a new one for `keep`: two steps may be under way in one browser."""
    return of_browser() or secrets.token_urlsafe(32)


def keep(answer: Response, browser: str) -> Response:
    """`Lax` even where the session's cookie is not: what comes back comes as a page, never in a frame."""
    answer.set_cookie(
        cookie_name(),
        browser,
        max_age=int(LASTS.total_seconds()),
        secure=config.current().secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return answer
