"""HTTP stays in this package. A route parses, makes one call into what lies below, and answers.

`guard` is what every request meets before its route, `visitor` is who asks, and `answers` is how it
is answered. The rooms are called as their templates are: `thread`, `accounts`, `notifications` and
`dashboard` for people, `api` for programs. In them, a file with a blueprint holds the routes of one subject.
"""

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter

from comments_service import config, inputs
from comments_service.errors import ServiceError
from comments_service.request_bodies import MAX_BYTES
from comments_service.web import (
    accent,
    accounts,
    answers,
    api,
    cookies,
    dashboard,
    guard,
    metrics,
    notifications,
    readyz,
    request_log,
    thread,
)

BLUEPRINTS = (
    *thread.BLUEPRINTS,
    *accounts.BLUEPRINTS,
    *notifications.BLUEPRINTS,
    *dashboard.BLUEPRINTS,
    accent.bp,
    metrics.bp,
    readyz.bp,
)


def _up_to(most: int) -> str:
    """The pattern of the whole numbers from 1 to one that begins with the digits 1 to 9."""
    digits = str(most)
    fewer = [f"[1-9][0-9]{{0,{len(digits) - 2}}}"]
    for place, digit in enumerate(map(int, digits)):
        least = 0 if place else 1
        if digit > least:
            left = len(digits) - place - 1
            fewer.append(f"{digits[:place]}[{least}-{digit - 1}][0-9]{{{left}}}")
    return "|".join((*fewer, digits))


class Id(IntegerConverter):
    """The number of a row: what no database could hold is no address, whatever is asked of it.

    By its pattern: a number that is refused later has met a rule, whose other methods make it a 405.
    """

    regex = _up_to(inputs.MAX_ID)


def register(app: Flask) -> None:
    """Hang the routes into the application, under the path of the service's address."""
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
    app.session_interface = cookies.Flashes()
    app.url_map.converters["id"] = Id
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    prefix = settings.prefix.rstrip("/")
    app.register_blueprint(api.bp, url_prefix=f"{prefix}/{answers.API.rstrip('/')}")
    for bp in BLUEPRINTS:
        app.register_blueprint(bp, url_prefix=prefix)
    request_log.listen(app, behind_proxies=settings.trusted_proxies > 0)
    if settings.metrics_token:
        metrics.count(app)
    app.before_request(guard.guard)
    app.after_request(answers.add_headers)
    app.register_error_handler(ServiceError, answers.answer_error)
    app.register_error_handler(HTTPException, answers.answer_http_error)
    for failure in answers.OUTAGES:
        app.register_error_handler(failure, answers.answer_unavailable)
    for mismatch in answers.VANISHED:
        app.register_error_handler(mismatch, answers.answer_vanished)
