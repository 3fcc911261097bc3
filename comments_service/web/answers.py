"""How the service answers: JSON, pages, problems, and the headers of them all."""

from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, flash, get_flashed_messages, request, url_for
from sqlalchemy.exc import (
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)
from werkzeug.urls import iri_to_uri

from comments_service import config, db, errors, i18n, moderation_queue, rules, threads, unavailable
from comments_service.errors import ServiceError
from comments_service.models import STAFF, Site
from comments_service.publishing.form_context import form_context
from comments_service.web import cookies, visitor
from formats import http_headers

API = "api/v1/"
# What SQLAlchemy raises when the database is away, full, locked or read-only.
OUTAGES = (OperationalError, InterfaceError, InternalError, PoolTimeout)
# And when a row that was read is gone before it is written, or before another is made to point to it.
VANISHED = (IntegrityError, ObjectDeletedError, StaleDataError)


def in_api() -> bool:
    return request.path.startswith(config.current().prefix + API)


def json(data: Any, status: int = 200, mimetype: str = "application/json") -> Response:
    return Response(orjson.dumps(data), status=status, mimetype=mimetype)


def see_other(address: str, token: str | None = None) -> Response:
    """After a form: go and look there."""
    return cookies.remember(Response(status=303, headers={"Location": iri_to_uri(address)}), token)


def onward(endpoint: str, target: str) -> str:
    """The path of a page of the service that leads on to `target` when it is done."""
    return f"{url_for(endpoint)}?{urlencode({'next': target})}"


def say(message: str) -> None:
    """Show a line on the next page, in the visitor's language."""
    flash(i18n.say(visitor.language(), message))


def page(template: str, code: int = 200, *, lang: str | None = None, **context: Any) -> Response:
    """A page of the service: complete without scripts, never stored by a cache."""
    settings = config.current()
    lang = lang or visitor.language()
    if isinstance(error := context.get("error"), ServiceError):
        i18n.translate(lang, error)
        if "errors" in context:
            context["errors"] = error.fields
    site = db.db.session.get(Site, 1)
    rules.look_now_and_then()
    comes_back = request.method == "POST" and bool(context.get("values"))
    asking = visitor.session()
    account = asking.account if asking else None
    moderates = account is not None and account.role in STAFF
    html = i18n.render(
        lang,
        template,
        base=settings.prefix,
        site_url=settings.site_url + "/",
        site_title=site.title if site else settings.site_url,
        accent="".join(site.accent).replace("#", "-").lstrip("-") if site else "",
        looks=site.looks if site else {},
        account=account,
        moderates=moderates,
        waiting=moderation_queue.waiting(account) if account and moderates else 0,
        # Whoever looks at the flashes depends on a cookie, which the next step may change.
        flashes=[] if comes_back else get_flashed_messages(),
        settings=settings,
        comment_address=threads.comment_address,
        **form_context(settings),
        path=visitor.here(),
        **context,
    )
    answer = Response(html, status=code, mimetype="text/html")
    if comes_back:
        # Kept for the browser's Back, which would show an error instead; it holds no secret.
        answer.headers["Cache-Control"] = "private, no-cache"
    return retry_after(answer, error) if isinstance(error, ServiceError) else answer


def retry_after(answer: Response, error: ServiceError) -> Response:
    if error.retry_after_seconds is not None:
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    return answer


def answer_error(error: ServiceError) -> Response:
    i18n.translate(visitor.language(), error)
    if in_api():
        answer = problem(error)
    elif isinstance(error, errors.ProofRequired):
        return see_other(onward("confirm.confirm", visitor.here()))
    elif isinstance(error, errors.Unavailable):
        answer = unavailable_page(error)
    else:
        return refusal("error.html", error)
    return retry_after(answer, error)


def refusal(template: str, error: ServiceError, **context: Any) -> Response:
    """A page that says no, with what was typed: its form may not come back.

    It asks who is looking at it, and the database may be away by then.
    """
    try:
        return page(template, error.status, error=error, written=_written(), **context)
    except OUTAGES as outage:
        return answer_unavailable(outage)


def _written() -> dict[str, str]:
    """What was typed into the form that is refused. Of a file, or of what is too large, nothing is read."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return {}
    try:
        return unavailable.written(request.form)
    except HTTPException:
        return {}


def problem(error: ServiceError) -> Response:
    """RFC 9457, with a word for a code and a message for each field."""
    data: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
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


def answer_http_error(error: HTTPException) -> Response:
    """What Flask and Werkzeug refuse, in our words and our shape."""
    status = error.code or 500
    if status in (301, 302, 307, 308):
        return Response(status=status, headers=error.get_headers())
    match error:
        case NotFound():
            translated: ServiceError = errors.UnknownPage()
        case MethodNotAllowed():
            translated = errors.WrongMethod()
        case RequestEntityTooLarge():
            translated = errors.TooLarge()
        case _ if status >= 500:
            translated = errors.Failure()
        case _:
            translated = ServiceError(error.description or "")
    answer = answer_error(translated)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def answer_unavailable(error: SQLAlchemyError) -> Response:
    """The database is away or cannot be written: nothing was acknowledged, nothing is lost."""
    db.db.session.rollback()
    return answer_error(db.unavailable(error))


def answer_vanished(error: SQLAlchemyError) -> Response:
    """Whoever asked deleted the account at this very moment; all else is a mistake of ours."""
    db.db.session.rollback()
    if not visitor.left():
        raise error
    return answer_error(errors.SignInRequired())


def unavailable_page(error: errors.Unavailable) -> Response:
    lang, path = visitor.language(), visitor.here()
    html = unavailable.page(error, lang, config.current(), path, request.form)
    return Response(html, status=error.status, mimetype="text/html")


def add_headers(answer: Response) -> Response:
    settings = config.current()
    headers = answer.headers
    of_all = http_headers.service_headers(
        is_page=answer.mimetype == "text/html",
        secure=settings.secure,
        # Where the service is elsewhere, its `base` is a whole address.
        blog="" if settings.base.startswith("/") else settings.site_origin,
    )
    said = {name for name, _ in headers}
    for name in of_all.keys() - said:
        headers.add(name, of_all[name])
    headers.add("Vary", "Origin")
    origin = request.headers.get("Origin", "").lower()
    if in_api() and origin in settings.origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Credentials"] = "true"
        headers["Access-Control-Expose-Headers"] = "Retry-After"
    return answer
