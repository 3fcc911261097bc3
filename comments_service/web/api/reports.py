"""Reports: what readers would have a moderator look at."""

from typing import Any

from flask import Blueprint, Response

from comments_service import comments, i18n, reports
from comments_service.config import Settings
from comments_service.inputs import NewReport
from comments_service.models import Report
from comments_service.web import answers, visitor
from comments_service.web.api.content import page_number, waiting
from comments_service.web.routes import Guard, route

bp = Blueprint("reports", __name__)


def content(each: Report) -> dict[str, Any]:
    return {
        "kind": str(each.kind),
        "text": each.text,
        "version": each.version,
        # An account's name; empty for a guest.
        "by": each.account.name if each.account else "",
        "made_at": i18n.stamp(each.made_at),
        "decided_at": i18n.stamp(each.decided_at) if each.decided_at else None,
    }


@route(
    bp,
    "POST /comments/<id:comment_id>/reports",
    "Report a comment",
    guard=Guard.OPEN,
    who="everybody but its writer, once, within limits",
    body=NewReport,
    answers={202: "Reported"},
    problems=(403, 404, 409),
    query=("lang",),
)
def report(comment_id: int, given: NewReport, settings: Settings) -> Response:
    """Three readers put a comment before the moderators."""
    comments.report(comment_id, visitor.current(), given, settings)
    return answers.json({"comment": comment_id}, 202)


@route(
    bp,
    "GET /moderation/reported",
    "What readers have reported, for moderators",
    guard=Guard.MODERATOR,
    answers={200: "ReportedComments"},
    problems=(401, 403, 422),
    query=("page",),
)
def reported() -> Response:
    found = reports.waiting(visitor.moderator(), page_number())
    said = reports.of([each.id for each in found.comments])
    return answers.json(
        {
            "comments": [
                {**one, "reports": [content(each) for each in said[one["id"]]]}
                for one in waiting(found.comments)
            ],
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
        }
    )
