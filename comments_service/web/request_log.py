"""Each request by an id, which its answer carries, and by a line in the log that names its route and nobody."""

import logging
import re
import secrets
import time
from functools import partial
from typing import Any

from flask import Flask, Response, g, request

from comments_service import logs

HEADER = "X-Request-Id"
# What a proxy may call a request; anything else is called anew.
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")

log = logging.getLogger("comments_service.requests")


def listen(app: Flask, *, behind_proxies: bool) -> None:
    """Before everything else that looks at a request, and behind everything that answers it."""
    app.before_request(partial(begin, behind_proxies=behind_proxies))
    app.after_request(end)
    app.teardown_request(forget)
    app.log_exception = failed  # type: ignore[method-assign]  # Flask's writes the address, with what stands in it


def begin(*, behind_proxies: bool) -> None:
    g.request_began = time.perf_counter()
    given = request.headers.get(HEADER, "")
    trusted = behind_proxies and GIVEN.fullmatch(given)
    logs.request_id.set(given if trusted else secrets.token_hex(8))


def end(answer: Response) -> Response:
    if known := logs.request_id.get():
        answer.headers[HEADER] = known
    began = g.get("request_began")
    said = {
        "method": request.method,
        "route": route(),
        "status": answer.status_code,
        "milliseconds": 0 if began is None else round(1000 * (time.perf_counter() - began), 1),
    }
    log.info("%(method)s %(route)s %(status)s", said, extra=said)
    return answer


def forget(_error: BaseException | None) -> None:
    logs.request_id.set("")


def route() -> str:
    """The pattern of the address: in the address itself there may be a token or a name."""
    return request.url_rule.rule if request.url_rule else "none"


def failed(exc_info: Any) -> None:
    said = {"method": request.method, "route": route()}
    log.error("%(method)s %(route)s failed", said, exc_info=exc_info, extra=said)
