"""What every request meets: size, origin, who asks, errors, headers. The doors lie beside this file.

HTTP stays in this package. A door parses, makes one call into a room, and answers.
"""

import hmac
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import orjson
import sqlalchemy as sa
from flask import Flask, Request, Response, g, get_flashed_messages, request
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map
from werkzeug.urls import iri_to_uri

from comments_service import (
    config,
    db,
    errors,
    i18n,
    inputs,
    moderation_queue,
    rate_limits,
    sessions,
)
from comments_service.errors import Message, ServiceError
from comments_service.models import STAFF, Account, Session, Site
from comments_service.publishing import manifest, snapshots
from comments_service.sessions import Visitor

API = "api/v1/"
# A comment of 10,000 characters, each sent as the longest escape, and the other fields.
MAX_BYTES = 256 * 1024
# What SQLAlchemy raises when the database is away, full, locked or read-only.
OUTAGES = (OperationalError, InterfaceError, InternalError, PoolTimeout)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Doors for programs, which show a token instead of a cookie, and the most that each takes.
TOKEN_DOORS = {"api.take_manifest": manifest.MAX_BYTES}
# A guess costs as much as a wrong password.
WRONG_TOKENS = Message("Too many tries with a wrong token. Please wait a little.")

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
JSON_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class Id(IntegerConverter):
    """The number of a row: what no database could hold is no address."""

    regex = "[0-9]{1,19}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=inputs.MAX_ID)


def register(app: Flask) -> None:
    """Hang the doors into the application, under the path of the service's address."""
    from comments_service.web import (
        account,
        api,
        dashboard,
        forms,
        handoff,
        own_data,
        profile,
        providers,
        public_pages,
        security,
        sign_in,
    )

    settings: config.Settings = app.extensions["settings"]
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BYTES,
        MAX_FORM_PARTS=50,
        SESSION_COOKIE_NAME="postil-flash",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE=settings.cookie["samesite"],
        SESSION_COOKIE_SECURE=settings.cookie["secure"],
        SESSION_COOKIE_PARTITIONED=settings.cookie["partitioned"],
    )
    app.url_map.converters["id"] = Id
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    prefix = settings.prefix.rstrip("/")
    app.register_blueprint(api.doors, url_prefix=f"{prefix}/{API.rstrip('/')}")
    app.register_blueprint(forms.doors, url_prefix=prefix)
    for each in (sign_in, account, handoff, security, profile, public_pages, own_data, providers):
        app.register_blueprint(each.doors, url_prefix=prefix)
    app.register_blueprint(security.steps, url_prefix=prefix)
    app.register_blueprint(providers.ways, url_prefix=prefix)
    app.register_blueprint(dashboard.doors, url_prefix=f"{prefix}/moderation")
    app.before_request(guard)
    app.after_request(add_headers)
    app.register_error_handler(ServiceError, answer_error)
    app.register_error_handler(HTTPException, answer_http_error)
    for failure in OUTAGES:
        app.register_error_handler(failure, answer_unavailable)


# ---- before


def guard() -> Response | None:
    """Refuse a change that did not come from a page that may make it."""
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return preflight()
    if request.endpoint in TOKEN_DOORS and request.method not in SAFE_METHODS:
        check_token(request, config.current())
        request.max_content_length = TOKEN_DOORS[request.endpoint]
    elif request.method not in SAFE_METHODS:
        check_origin(request, config.current())
        # Whether the door reads it or not.
        if (request.content_length or 0) > MAX_BYTES:
            raise errors.TooLarge
        if (asking := session()) is not None:
            # Whatever the door does now decides what happens when nothing can be written.
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
        network = rate_limits.network(client_address())
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


# ---- who asks


def cookie_name() -> str:
    """`__Host-` binds the cookie to this host over TLS; plain HTTP has no such promise."""
    return "__Host-postil" if config.current().secure else "postil"


def session() -> Session | None:
    """The visitor's session, looked up once a request; and again after a rollback forgot it."""
    found: Session | None = g.get("session")
    if "session" not in g or (found is not None and sa.inspect(found).expired):
        found = g.session = sessions.of_token(request.cookies.get(cookie_name()))
    return found


def become(session: Session | None) -> None:
    """Go on as the session that this request has just made."""
    g.session = session


def visitor() -> Visitor:
    """Who asks. The network is told of changes only: its first hash of a day writes the key."""
    network = "" if request.method in SAFE_METHODS else rate_limits.network(client_address())
    return Visitor(session(), network, device())


def device() -> str:
    return request.headers.get("User-Agent", "").replace("\0", "")[:200]


def client_address() -> str:
    """The address of whoever asks, as far as the trusted proxies vouch for it."""
    hops = config.current().trusted_proxies
    forwarded = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",")]
    if hops and len(forwarded) >= hops and forwarded[-hops]:
        return forwarded[-hops]
    return request.remote_addr or "unknown"


def remember(answer: Response, token: str | None) -> Response:
    """Give a new session's token to the browser; beside it goes a hint without any secret.

    Scripts cannot read the token. The hint tells the embed that asking who one is makes sense.
    """
    if token is not None:
        settings = config.current()
        lifetime = int(sessions.READER_ABSOLUTE.total_seconds())
        for name, value, hidden in ((cookie_name(), token, True), ("postil-known", "1", False)):
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
    for name in (cookie_name(), "postil-known"):
        answer.delete_cookie(name, path="/", **config.current().cookie)
    return answer


# ---- answers


def in_api() -> bool:
    return request.path.startswith(config.current().prefix + API)


def json(data: Any, status: int = 200, mimetype: str = "application/json") -> Response:
    return Response(orjson.dumps(data), status=status, mimetype=mimetype)


def see_other(address: str, token: str | None = None) -> Response:
    """After a form: go and look there."""
    return remember(Response(status=303, headers={"Location": iri_to_uri(address)}), token)


def page_language() -> str:
    """The language of an answer: the one that a page of the blog asks in, or the browser's."""
    asked = request.args.get("lang", "")
    return i18n.choose([*([asked] if asked else []), *request.accept_languages.values()])


def page(template: str, code: int = 200, *, lang: str | None = None, **context: Any) -> Response:
    """A page of the service: complete without scripts, never stored by a cache."""
    settings = config.current()
    lang = lang or page_language()
    if isinstance(error := context.get("error"), ServiceError):
        translate(error, lang)
        if "errors" in context:
            context["errors"] = error.fields
    site = db.db.session.get(Site, 1)
    asking = session()
    account = asking.account if asking else None
    moderates = account is not None and account.role in STAFF
    html = i18n.render(
        lang,
        template,
        base=settings.prefix,
        site_url=settings.site_url + "/",
        site_title=site.title if site else settings.site_url,
        account=account,
        moderates=moderates,
        waiting=moderation_queue.waiting(account) if account and moderates else 0,
        flashes=get_flashed_messages(),
        settings=settings,
        consent=snapshots.consent(settings),
        sign_up=settings.sign_up,
        path=request.full_path.rstrip("?"),
        **context,
    )
    answer = Response(html, status=code, mimetype="text/html")
    return retry_after(answer, error) if isinstance(error, ServiceError) else answer


def retry_after(answer: Response, error: ServiceError) -> Response:
    if error.retry_after_seconds is not None:
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    return answer


def translate(error: ServiceError, lang: str) -> None:
    """Let an error say what it says in a language."""
    error.detail = i18n.say(lang, error.detail)
    error.fields = {name: i18n.say(lang, text) for name, text in error.fields.items()}


def answer_error(error: ServiceError) -> Response:
    translate(error, page_language())
    if in_api():
        answer = problem(error)
    elif isinstance(error, errors.ProofRequired):
        return see_other(
            f"{config.current().prefix}confirm?{urlencode({'next': request.full_path.rstrip('?')})}"
        )
    elif isinstance(error, errors.Unavailable):
        answer = unavailable_page(error)
    else:
        try:
            answer = page("error.html", error.status, error=error)
        except OUTAGES as outage:
            # Even a page that says 404 asks who is looking at it.
            return answer_unavailable(outage)
    return retry_after(answer, error)


def problem(error: ServiceError) -> Response:
    """RFC 9457, with a word for a code and a message for each field."""
    data: dict[str, Any] = {
        "type": "about:blank",
        "title": i18n.say(page_language(), error.title),
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "fields": error.fields,
    }
    if isinstance(error, errors.SecondFactorRequired):
        data["ticket"] = error.ticket
    answer = json(data, error.status, "application/problem+json")
    if isinstance(error, errors.WrongToken):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


_of_status: Mapping[int, type[ServiceError]] = {
    404: errors.UnknownPage,
    405: errors.WrongMethod,
    413: errors.TooLarge,
}


def answer_http_error(error: HTTPException) -> Response:
    """What Flask and Werkzeug refuse, in our words and our shape."""
    status = error.code or 500
    if status in (301, 302, 307, 308):
        return Response(status=status, headers=error.get_headers())
    known = _of_status.get(status)
    if known is not None:
        translated = known()
    elif status >= 500:
        translated = errors.Failure()
    else:
        translated = ServiceError(error.description or "")
    answer = answer_error(translated)
    if status == 405 and (allowed := getattr(error, "valid_methods", None)):
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def answer_unavailable(error: SQLAlchemyError) -> Response:
    """The database is away or cannot be written: nothing was acknowledged, nothing is lost."""
    db.db.session.rollback()
    return answer_error(db.unavailable(error))


def unavailable_page(error: errors.Unavailable) -> Response:
    """With what was typed. A page with the site's title would need the database that is away."""
    html = i18n.render(
        page_language(),
        "unavailable.html",
        error=error,
        base=config.current().prefix,
        site_url=config.current().site_url + "/",
        path=request.full_path.rstrip("?"),
        typed={
            name: value
            for name, value in request.form.items()
            if not any(secret in name for secret in ("password", "code", "ticket", "state"))
        },
    )
    return Response(html, status=error.status, mimetype="text/html")


def page_policy(settings: config.Settings) -> str:
    """Browsers hold `form-action` against redirects too: a posted form leads back to the blog."""
    if config.origin_of(settings.comments_url) == settings.site_origin:
        return PAGE_POLICY
    return PAGE_POLICY.replace("form-action 'self'", f"form-action 'self' {settings.site_origin}")


def add_headers(answer: Response) -> Response:
    settings = config.current()
    headers = answer.headers
    is_page = answer.mimetype == "text/html"
    headers.setdefault("Content-Security-Policy", page_policy(settings) if is_page else JSON_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cache-Control", "no-store")
    headers.add("Vary", "Origin")
    if settings.secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    origin = request.headers.get("Origin", "").lower()
    if in_api() and origin in settings.origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Credentials"] = "true"
        headers["Access-Control-Expose-Headers"] = "Retry-After"
    return answer


def moderator() -> Account:
    """The account of somebody who moderates. Raises SignInRequired, NotAllowed, SecondFactorMissing."""
    asking = session()
    if asking is None or asking.account is None:
        raise errors.SignInRequired
    if asking.account.role not in STAFF:
        raise errors.NotAllowed(Message("This page is for moderators."))
    if config.current().staff_need_two and asking.strong_at is None:
        raise errors.SecondFactorMissing
    return asking.account
