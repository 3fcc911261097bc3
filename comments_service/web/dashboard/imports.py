"""Comments of another system, for owners: a file is sent, looked at, and taken over in the background."""

import csv
from collections.abc import Iterator, Mapping

from flask import Blueprint, Response, request, url_for

from comments_service import importers, threads, uploads
from comments_service.config import Settings
from comments_service.errors import InvalidInput, Message
from comments_service.importers import jobs
from comments_service.inputs import ImportRules, ImportWishes, parse
from comments_service.models import Import
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.routes import Guard, route

bp = Blueprint("imports", __name__)

# Of the pages that are not known here, so many have a field; for more there are lines.
MAX_FIELDS = 100


@route(
    bp,
    "GET POST /moderation/import",
    "Comments of another system: a file, and what became of others",
    guard=Guard.OWNER,
    takes_file=True,
)
def sent(settings: Settings) -> Response:
    def act() -> Response:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise InvalidInput(fields={"file": Message("Choose the file with the comments.")})
        form = request.form
        said = {name: form.get(name, "") for name in ("system", "site", "me")}
        wishes = parse(ImportWishes, {**said, "pings": "pings" in form})
        path, size = uploads.received(file.stream.read, settings.import_mb * uploads.MB)
        job = jobs.begin(path, size, file.filename, wishes, visitor.owner())
        return answers.see_other(url_for("imports.one", import_id=job.id))

    return form_page(
        "dashboard/imports.html",
        act,
        imports=jobs.listed(),
        systems=importers.ALL,
        most_mb=settings.import_mb,
        kept_days=uploads.KEPT_DAYS,
    )


@route(
    bp,
    "GET POST /moderation/import/<id:import_id>",
    "One file of comments: what would come or came, and how far it is",
    guard=Guard.OWNER,
)
def one(import_id: int, settings: Settings) -> Response:
    job = jobs.get(import_id)
    lines = "\n".join(_line(pair) for pair in job.wishes.get("rules", []))

    def act() -> Response:
        match request.form.get("act"):
            case "remove":
                jobs.remove(import_id)
                answers.say(Message("Removed. What came with it stays."))
                return answers.see_other(url_for("imports.sent"))
            case "stop":
                jobs.stop(import_id)
            case wanted:
                begin = jobs.start if wanted == "start" else jobs.look
                try:
                    begin(import_id, _rules(job), settings)
                except InvalidInput as refused:
                    raise InvalidInput(fields=_by_field(refused.fields)) from None
        return answers.see_other(url_for("imports.one", import_id=import_id))

    if request.method == "POST":
        # Shown again with what was wrong, all of it stands where it was typed.
        lines = request.form.get("rules", "")
    unmatched = (job.report or {}).get("threads", {}).get("unmatched", [])
    return form_page(
        "dashboard/import.html",
        act,
        job=job,
        busy=job.state in jobs.BUSY,
        has_file=jobs.has_file(job),
        lines=lines,
        typed=_typed(),
        ticked={*request.form.getlist("suggested")},
        unmatched=unmatched[:MAX_FIELDS],
        left_out=jobs.left_out(job),
        titles=threads.titles({each["suggestion"] for each in unmatched[:MAX_FIELDS]}),
        kept_days=uploads.KEPT_DAYS,
    )


def _rules(job: Import) -> ImportRules:
    """What the form says of the old pages. Raises InvalidInput."""
    for number, pair in enumerate(_lines(), 1):
        if len(pair) != 2 or not all(pair):
            problem = Message(
                "Line {line}: write the old address, a comma, and the new one.", line=number
            )
            raise InvalidInput(fields={"rules": problem})
    return parse(ImportRules, {"pairs": [*_pairs(job)]})


def _typed() -> dict[str, str]:
    """What the fields of single pages say."""
    given = zip(request.form.getlist("old"), request.form.getlist("new"), strict=False)
    return {old: new.strip() for old, new in given}


def _by_field(problems: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the field in which it was typed; of what no field says, by its line."""
    fields = {new: f"new-{number}" for number, new in enumerate(_typed().values(), 1) if new}
    return {
        fields.get(str(problem.values.get("page")), name)
        if isinstance(problem, Message)
        else name: problem
        for name, problem in problems.items()
    }


def _pairs(job: Import) -> Iterator[list[str]]:
    """The fields of single pages first, then suggestions that are followed, then lines."""
    form = request.form
    fields = {old: new for old, new in _typed().items() if new}
    yield from ([old, new] for old, new in fields.items())
    wanted = {*form.getlist("suggested")}
    for each in (job.report or {}).get("threads", {}).get("unmatched", []):
        old = each["url"] or each["source"]
        if each["suggestion"] and old not in fields and ("all" in wanted or old in wanted):
            yield [old, each["suggestion"]]
    yield from _lines()


def _lines() -> Iterator[list[str]]:
    lines = request.form.get("rules", "").replace("\0", "").splitlines()
    for row in csv.reader(lines, skipinitialspace=True):
        if any(each.strip() for each in row):
            yield [each.strip() for each in row]


def _line(pair: list[str]) -> str:
    return ", ".join(f'"{each}"' if "," in each else each for each in pair)
