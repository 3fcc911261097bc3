"""Comments of another system, for the owner's programs."""

from typing import Any

from flask import Blueprint, Response, request

from comments_service import i18n, uploads
from comments_service.config import Settings
from comments_service.errors import Message, WrongContentType
from comments_service.importers import jobs
from comments_service.inputs import ImportRules, ImportWishes, Nothing, parse
from comments_service.models import Import
from comments_service.web import answers, visitor
from comments_service.web.routes import Guard, route

bp = Blueprint("imports", __name__)

REFUSED = (401, 403)
FILE = "application/octet-stream"


def content(job: Import) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "size": job.size,
        "state": str(job.state),
        "done": job.done,
        "found": job.found,
        "error": job.error,
        "file_is_kept": jobs.has_file(job),
        "wishes": {name: job.wishes[name] for name in ImportWishes.model_fields},
        "rules": job.wishes.get("rules", []),
        "report": jobs.report_of(job),
        "created_at": i18n.stamp(job.created_at),
        "changed_at": i18n.stamp(job.changed_at),
    }


@route(
    bp,
    "GET /imports",
    "The files of comments that were sent, the latest first",
    guard=Guard.OWNER,
    answers={200: "Imports"},
    problems=REFUSED,
)
def read() -> Response:
    return answers.json({"imports": [content(each) for each in jobs.listed()]})


@route(
    bp,
    "POST /imports",
    "Send a file of comments, as it is; it is looked at, and nothing is taken over",
    guard=Guard.OWNER,
    sends=FILE,
    answers={201: "Import"},
    problems=REFUSED,
    query=("name", "system", "site", "me", "pings"),
    takes_file=True,
)
def send(settings: Settings) -> Response:
    if request.mimetype != FILE:
        raise WrongContentType(
            Message("A file is needed here, as {kind}, just as it is.", kind=FILE)
        )
    given = {name: request.args.get(name, "") for name in ("system", "site", "me")}
    wishes = parse(ImportWishes, {**given, "pings": request.args.get("pings") == "yes"})
    path, size = uploads.received(request.stream.read, settings.import_mb * uploads.MB)
    job = jobs.begin(path, size, request.args.get("name", ""), wishes, visitor.owner())
    return answers.json(content(job), 201)


@route(
    bp,
    "GET /imports/<id:import_id>",
    "One import: how far it is, and its report",
    guard=Guard.OWNER,
    answers={200: "Import"},
    problems=(*REFUSED, 404),
)
def one(import_id: int) -> Response:
    return answers.json(content(jobs.get(import_id)))


@route(
    bp,
    "POST /imports/<id:import_id>/look",
    "Look at a file again, with where its pages went",
    guard=Guard.OWNER,
    body=ImportRules,
    answers={202: "Import"},
    problems=(*REFUSED, 404),
)
def look(import_id: int, given: ImportRules, settings: Settings) -> Response:
    return answers.json(content(jobs.look(import_id, given, settings)), 202)


@route(
    bp,
    "POST /imports/<id:import_id>/start",
    "Take a file's comments over, or go on with that",
    guard=Guard.OWNER,
    body=ImportRules,
    answers={202: "Import"},
    problems=(*REFUSED, 404),
)
def start(import_id: int, given: ImportRules, settings: Settings) -> Response:
    return answers.json(content(jobs.start(import_id, given, settings)), 202)


@route(
    bp,
    "POST /imports/<id:import_id>/stop",
    "Let an import wait; what it has taken over stays",
    guard=Guard.OWNER,
    body=Nothing,
    answers={200: "Import"},
    problems=(*REFUSED, 404),
)
def stop(import_id: int, given: Nothing) -> Response:
    return answers.json(content(jobs.stop(import_id)))


@route(
    bp,
    "DELETE /imports/<id:import_id>",
    "Forget an import, with its file; what it has taken over stays",
    guard=Guard.OWNER,
    answers={204: None},
    problems=(*REFUSED, 404),
)
def remove(import_id: int) -> Response:
    jobs.remove(import_id)
    return Response(status=204)
