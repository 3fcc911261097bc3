"""Taking everything along: the owner's page from which all comments are downloaded."""

from flask import Blueprint, Response, request

from comments_service import exporters
from comments_service.config import Settings
from comments_service.errors import InvalidInput, Message
from comments_service.exporters import Choice
from comments_service.web import downloads, visitor
from comments_service.web.form_page import form_page
from comments_service.web.routes import Guard, route

bp = Blueprint("transfer", __name__)


@route(
    bp,
    "GET POST /moderation/export",
    "All comments as a file",
    guard=Guard.OWNER,
    who="owners, freshly proved",
)
def export(settings: Settings) -> Response:
    # Everybody's addresses are in it.
    visitor.freshly_proved()

    def act() -> Response:
        form = request.form.get("format", "postil")
        if form not in exporters.FORMATS:
            raise InvalidInput(fields={"format": Message("Please choose one of these formats.")})
        return downloads.comments(
            form, Choice(public="without_personal_data" in request.form), settings
        )

    return form_page("dashboard/export.html", act)
