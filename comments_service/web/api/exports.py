"""All comments as a file, for the owner's programs."""

from flask import Blueprint, Response

from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import UnknownThread
from comments_service.exporters import Choice
from comments_service.inputs import ExportChoice
from comments_service.models import Thread
from comments_service.web import downloads, visitor
from comments_service.web.routes import FILE, Guard, route

bp = Blueprint("exports", __name__)


@route(
    bp,
    "POST /exports",
    "All comments as a file, or those of one thread",
    guard=Guard.OWNER,
    who="owners, freshly proved",
    body=ExportChoice,
    answers={200: FILE},
    problems=(401, 403, 404),
)
def export(given: ExportChoice, settings: Settings) -> Response:
    # Everybody's addresses are in it.
    visitor.freshly_proved()
    # PostgreSQL cannot even be asked for NUL.
    if "\0" in given.thread or (given.thread and db.session.get(Thread, given.thread) is None):
        raise UnknownThread
    choice = Choice(given.thread, given.since, public=given.without_personal_data)
    return downloads.comments(given.format, choice, settings)
