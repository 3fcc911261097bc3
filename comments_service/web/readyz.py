"""Whether this process lives and can do its work, for whatever starts it again or sends requests elsewhere."""

from flask import Blueprint, Response, current_app

from comments_service import health
from comments_service.config import Settings
from comments_service.db import db
from comments_service.health import FAILED, Check
from comments_service.supervision import Pulse
from comments_service.web import answers
from comments_service.web.routes import Guard, route

bp = Blueprint("readyz", __name__)

RETRY_SECONDS = 5


@route(bp, "GET /healthz", "Whether the process lives: 200", guard=Guard.OPEN)
def healthz() -> Response:
    """Asks nothing of the database: what is wrong there is not mended by starting this process anew."""
    return answers.json({"alive": True})


@route(bp, "GET /readyz", "Whether the service can do its work: 200 or 503", guard=Guard.OPEN)
def readyz(settings: Settings) -> Response:
    """Each check with its state. What waits or fails beside the requests is a warning, and no reason for a 503."""
    pulses: list[Pulse] = current_app.extensions.get("pulses", [])
    try:
        found = health.checks(settings, pulses)
    except answers.OUTAGES:
        db.session.rollback()
        found = {
            "database": health.database(away=True),
            "disk": health.disk(settings),
            "workers": health.workers(settings, pulses),
        }
    ready = all(each.state != FAILED for each in found.values())
    told = {name: _told(each) for name, each in found.items()}
    late = found["workers"].figures["late"]
    answer = answers.json({"ready": ready, "late": late, "checks": told}, 200 if ready else 503)
    if not ready:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _told(check: Check) -> dict[str, object]:
    return {"state": check.state, **check.figures, **({"do": check.do} if check.do else {})}
