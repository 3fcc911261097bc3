"""What every request meets before its route: where it comes from, its token, its size, who asks."""

import hmac
from contextlib import suppress
from typing import TYPE_CHECKING

from flask import Flask, Request, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from comments_service import config, db, errors, rate_limits, sessions, uploads
from comments_service.errors import Message
from comments_service.request_bodies import FORM_BYTES, MAX_BYTES
from comments_service.web import answers, visitor
from comments_service.web.routes import Guard, Route

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# What a page with `no-referrer` sends, and a browser that hides where it was.
HIDDEN = ("", "null")
# A guess costs as much as a wrong password.
WRONG_TOKENS = Message("Too many attempts with a wrong token. Please wait a little.")


def guard() -> Response | None:
    """Refuse what the route's own description does not allow, before anything of it runs."""
    settings = config.current()
    view = current_app.view_functions.get(request.endpoint or "")
    asked = view if isinstance(view, Route) else None
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return preflight(asked, settings)
    if request.method not in visitor.SAFE_METHODS:
        if asked and asked.guard is Guard.TOKEN:
            check_token(request, settings)
            request.max_content_length = asked.max_bytes
        elif asked and asked.guard is Guard.LINK:
            # A mail program presses such a button for its reader, from no page (RFC 8058). What the
            # address allows does not depend on any cookie, so no page can make a reader do it either.
            check_size(request)
        elif asked and asked.takes_file:
            request.max_content_length = settings.import_mb * uploads.MB + FORM_BYTES
            check_change(settings)
        else:
            check_change(settings)
        if not (asked and asked.takes_file):
            check_unmeasured(request)
    # No name of ours holds NUL, and PostgreSQL cannot even be asked for it.
    if "\0" in request.path or any("\0" in each for each in request.args.values()):
        raise errors.UnknownPage
    return admit(asked.guard) if asked and request.method != "OPTIONS" else None


def would_admit(app: Flask, environ: "WSGIEnvironment") -> bool:
    """Whether a request is let in as far as its head tells, before anything else of it is read."""
    with app.request_context(environ):
        try:
            return guard() is None
        except (errors.ServiceError, SQLAlchemyError):
            # The application says so itself, in the right words.
            return False


def check_change(settings: config.Settings) -> None:
    """Refuse a change that did not come from a page that may make it, or that is too large."""
    check_origin(request, settings)
    check_size(request)
    if (asking := visitor.session_apart()) is not None:
        # Whatever the route does now decides what happens when nothing can be written.
        with suppress(errors.Unavailable):
            if sessions.touch(asking):
                visitor.remember_language(asking)


def check_size(request: Request) -> None:
    """Refuse a body that says it is too large, whether the route reads it or not."""
    if (request.content_length or 0) > (request.max_content_length or MAX_BYTES):
        raise errors.TooLarge


def check_unmeasured(request: Request) -> None:
    """Refuse a body that is too large and did not say how large it is, as one sent in chunks.

    Werkzeug would end it at the limit and hand on what came until then. One byte more tells.
    """
    if request.content_length is None:
        limit = request.max_content_length or MAX_BYTES
        request.max_content_length = limit + 1
        if len(request.get_data()) > limit:
            raise errors.TooLarge


def admit(guard: Guard) -> Response | None:
    """Refuse a visitor who is not who the route asks for; lead a stranger to sign in, and back."""
    try:
        match guard:
            case Guard.SIGNED_IN:
                visitor.signed_in()
            case Guard.FRESH_PROOF:
                visitor.freshly_proved()
            case Guard.MODERATOR:
                visitor.moderator()
            case Guard.OWNER:
                visitor.owner()
            case Guard.METRICS:
                settings = config.current()
                check_bearer(request, settings.metrics_token, settings)
    except errors.SignInRequired:
        if request.method != "GET" or answers.in_api():
            raise
        return answers.see_other(answers.onward("sign_in.sign_in", visitor.here()))
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
    if origin.lower() in HIDDEN:
        raise errors.WrongOrigin(
            Message(
                "Your browser did not say which page this came from, as some do to protect you, so"
                " nothing was saved. Please send it again from a page of this site."
            )
        )
    if origin.lower() not in settings.origins or contradicts:
        raise errors.WrongOrigin(
            Message(
                "This request came from {origin}, and this service takes changes from {site}. If"
                " {origin} is your blog's address, set SITE_URL or COMMENTS_ALLOWED_ORIGINS to it.",
                origin=origin,
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
    check_bearer(request, settings.manifest_token, settings)


def check_bearer(request: Request, known: str, settings: config.Settings) -> None:
    """Refuse whoever does not have a token; where none is set, there is nothing here."""
    if not known:
        raise errors.UnknownPage
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(token.strip().encode(), known.encode())
    if kind.lower() != "bearer" or not right:
        network = rate_limits.network(visitor.client_address())
        with db.writing():
            rate_limits.count(f"token-from:{network}", settings.limit_sign_in, WRONG_TOKENS)
        raise errors.WrongToken


def preflight(asked: Route | None, settings: config.Settings) -> Response:
    answer = Response(status=204)
    if request.headers.get("Origin", "").lower() in settings.origins:
        put = "" if asked and asked.guard is Guard.TOKEN else "PUT, "
        answer.headers["Access-Control-Allow-Methods"] = f"GET, POST, {put}PATCH, DELETE"
        answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
        answer.headers["Access-Control-Max-Age"] = "600"
    return answer
