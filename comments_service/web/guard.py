"""What every request meets before its route: where it comes from, its token, its size."""

import hmac
from contextlib import suppress

from flask import Request, Response, request

from comments_service import config, db, errors, rate_limits, sessions
from comments_service.errors import Message
from comments_service.publishing import manifest
from comments_service.web import visitor

# A comment of 10,000 characters, each sent as the longest escape, and the other fields.
MAX_BYTES = 256 * 1024
# Routes for programs, which show a token instead of a cookie, and the most that each takes.
TOKEN_ROUTES = {"api.take_manifest": manifest.MAX_BYTES}
# A guess costs as much as a wrong password.
WRONG_TOKENS = Message("Too many tries with a wrong token. Please wait a little.")


def guard() -> Response | None:
    """Refuse a change that did not come from a page that may make it."""
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return preflight()
    if request.endpoint in TOKEN_ROUTES and request.method not in visitor.SAFE_METHODS:
        check_token(request, config.current())
        request.max_content_length = TOKEN_ROUTES[request.endpoint]
    elif request.method not in visitor.SAFE_METHODS:
        check_origin(request, config.current())
        # Whether the route reads it or not.
        if (request.content_length or 0) > MAX_BYTES:
            raise errors.TooLarge
        if (asking := visitor.session()) is not None:
            # Whatever the route does now decides what happens when nothing can be written.
            with suppress(errors.Unavailable):
                sessions.touch(asking)
    # No name of ours holds NUL, and PostgreSQL cannot even be asked for it.
    if "\0" in request.path or any("\0" in each for each in request.args.values()):
        raise errors.UnknownPage
    return None


def check_origin(request: Request, settings: config.Settings) -> None:
    """Browsers send Origin with every POST; what comes without it was not sent by our pages.

    `Sec-Fetch-Site` says the same in other words, and a page cannot forge either: where the two
    contradict each other, as when the service's own origin is said to be another site, neither is
    believed.
    """
    origin = request.headers.get("Origin", "")
    own = origin.lower() == config.origin_of(settings.comments_url)
    contradicts = own and request.headers.get("Sec-Fetch-Site") == "cross-site"
    if origin.lower() not in settings.origins or contradicts:
        raise errors.WrongOrigin(
            Message(
                "This request came from {origin}, and this service takes changes from {site}. If"
                " {origin} is your blog's address, set SITE_URL or COMMENTS_ALLOWED_ORIGINS to it.",
                origin=origin or "nowhere",
                site=settings.site_origin,
            )
        )


def check_token(request: Request, settings: config.Settings) -> None:
    """Let in a program that has the token of the settings.

    No page can send it for its reader: a form has no such header, and a script would have to ask
    first (`preflight` allows neither the method nor the header). So a missing Origin, which is how
    programs come, is no reason to refuse; a wrong one is.
    """
    if not settings.manifest_token:
        raise errors.UnknownPage
    if "Origin" in request.headers:
        check_origin(request, settings)
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(token.strip().encode(), settings.manifest_token.encode())
    if kind.lower() != "bearer" or not right:
        network = rate_limits.network(visitor.client_address())
        with db.writing():
            rate_limits.count(f"token-from:{network}", settings.limit_sign_in, WRONG_TOKENS)
        raise errors.WrongToken


def preflight() -> Response:
    answer = Response(status=204)
    if request.headers.get("Origin", "").lower() in config.current().origins:
        answer.headers["Access-Control-Allow-Methods"] = "GET, POST, PATCH, DELETE"
        answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
        answer.headers["Access-Control-Max-Age"] = "600"
    return answer
