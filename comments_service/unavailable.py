"""A refusal that is made without the application and without its database.

Whoever sent a form gets a page with what was typed, ready to be sent again; whoever sent JSON, a problem.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import orjson
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from comments_service import i18n
from comments_service.config import Settings
from comments_service.db import unavailable
from comments_service.errors import ServiceError, TooLarge, TooSlow
from comments_service.request_bodies import MAX_BYTES
from formats import http_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Fields that no page repeats.
SECRETS = ("password", "code", "ticket", "state")
# Fields in which people write, of all forms there are: what comes to nothing is shown to be copied.
WRITTEN = ("body", "text", "note", "bio", "words", "rules")


def written(form: Mapping[str, str]) -> dict[str, str]:
    """What somebody wrote into a form, by its fields."""
    return {name: form[name] for name in WRITTEN if form.get(name, "").strip()}


def page(
    error: ServiceError, lang: str, settings: Settings, path: str, form: Mapping[str, str]
) -> str:
    """With what was typed. A page with the site's title would need the database that is away."""
    return i18n.render(
        lang,
        "unavailable.html",
        error=error,
        base=settings.prefix,
        site_url=settings.site_url + "/",
        path=path,
        written=written(form),
        typed={
            name: value
            for name, value in form.items()
            if not any(secret in name for secret in SECRETS)
        },
    )


def answer(
    environ: "WSGIEnvironment",
    start: "StartResponse",
    settings: Settings,
    error: ServiceError | None = None,
) -> Iterable[bytes]:
    """What a request gets that is refused, or while the application is not loaded."""
    request = Request(environ)
    request.max_content_length = request.max_form_memory_size = MAX_BYTES
    lang = i18n.choose(request.accept_languages.values())
    error = error or unavailable(None)
    i18n.translate(lang, error)
    if in_api := request.path.startswith(f"{settings.prefix}api/"):
        problem = {
            "type": "about:blank",
            "title": error.title,
            "status": error.status,
            "code": error.code,
            "detail": error.detail,
            "fields": {},
        }
        made = Response(orjson.dumps(problem), mimetype="application/problem+json")
    else:
        try:
            form: Mapping[str, str] = request.form
        except (HTTPException, OSError):
            # Too large, or its sender has gone: the page without it.
            form = {}
        html = page(error, lang, settings, request.path, form)
        made = Response(html, mimetype="text/html")
    made.status_code = error.status
    if error.retry_after_seconds is not None:
        made.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, TooSlow | TooLarge):
        # What is still on its way is not waited for.
        made.headers["Connection"] = "close"
    blog = "" if settings.base.startswith("/") else settings.site_origin
    made.headers.update(
        http_headers.service_headers(is_page=not in_api, secure=settings.secure, blog=blog)
    )
    origin = request.headers.get("Origin", "").lower()
    made.headers["Vary"] = "Origin"
    if in_api and origin in settings.origins:
        made.headers["Access-Control-Allow-Origin"] = origin
        made.headers["Access-Control-Allow-Credentials"] = "true"
        made.headers["Access-Control-Expose-Headers"] = "Retry-After"
    return made(environ, start)
