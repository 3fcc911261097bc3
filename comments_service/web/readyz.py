"""Whether this process can do its work, for whatever starts it again or sends requests elsewhere."""

import sqlalchemy as sa
from flask import Blueprint, Response, current_app

from comments_service.db import db, refused_lately, unavailable
from comments_service.supervision import Pulse
from comments_service.web import answers
from comments_service.web.routes import Guard, route

bp = Blueprint("readyz", __name__)

RETRY_SECONDS = 5


@route(bp, "GET /readyz", "Whether the service can do its work: 200 or 503", guard=Guard.OPEN)
def readyz() -> Response:
    """The database answers and takes what is written, and the workers of this process, where it has any, give signs of life.

    What fails with one page or one e-mail is for `doctor`: the rest goes on.
    """
    db.session.execute(sa.select(sa.literal(1)))
    if refused_lately():
        raise unavailable(None)
    pulses: list[Pulse] = current_app.extensions.get("pulses", [])
    late = [pulse.worker for pulse in pulses if pulse.late]
    answer = answers.json({"ready": not late, "late": late}, 503 if late else 200)
    if late:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer
