"""Figures for Prometheus, where the owner has set a token for whoever reads them."""

import time

from flask import Blueprint, Flask, Response, current_app, g

from comments_service import health
from comments_service.config import Settings
from comments_service.health import Counters
from comments_service.web.routes import Guard, route

bp = Blueprint("metrics", __name__)


@route(bp, "GET /metrics", "Figures for Prometheus", guard=Guard.METRICS)
def metrics(settings: Settings) -> Response:
    counters: Counters = current_app.extensions["counters"]
    text = health.written([*health.figures(settings), *counters.figures()])
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def count(app: Flask) -> None:
    """Count what this process answers, from here on."""
    counters = app.extensions["counters"] = Counters()

    def begin() -> None:
        g.began = time.perf_counter()

    def end(answer: Response) -> Response:
        began = g.get("began")
        seconds = 0.0 if began is None else time.perf_counter() - began
        counters.count(answer.status_code, seconds)
        return answer

    app.before_request(begin)
    app.after_request(end)
