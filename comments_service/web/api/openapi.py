"""The API's description, OpenAPI 3.1: what each route says of itself, in the form programs read.

The tests send requests made from it, as stranger, reader and moderator, and compare every answer.
"""

import re

from flask import Blueprint, Flask, Response, current_app

from comments_service import config
from comments_service.web import answers
from comments_service.web.api.parameters import PARAMETERS
from comments_service.web.api.schema_parts import Schema, ref
from comments_service.web.api.schemas import SCHEMAS
from comments_service.web.routes import FILE, Guard, Route, route

bp = Blueprint("openapi", __name__)

# An address that holds NUL, in its path or in its query, is none.
OF_ANY = (404,)
# What can go wrong with any request that has a body: it comes from the wrong place, is too slow,
# too large, too frequent, or too early.
BYTES = "application/octet-stream"
BINARY: Schema = {"type": "string", "format": "binary"}
OF_BODIES = (400, 403, 408, 413, 415, 422, 429, 503)


@route(
    bp,
    "GET /openapi.json",
    "This description",
    guard=Guard.OPEN,
    answers={200: "Description"},
    problems=None,
)
def read() -> Response:
    return answers.json(document(current_app))


def document(app: Flask) -> Schema:
    """The whole description; every route below `api/v1/` is in it."""
    settings: config.Settings = app.extensions["settings"]
    if "openapi" not in app.extensions:
        app.extensions["openapi"] = _document(app, settings)
    found: Schema = app.extensions["openapi"]
    return found


def _document(app: Flask, settings: config.Settings) -> Schema:
    paths: Schema = {}
    bodies: Schema = {}
    root = f"{settings.prefix}{answers.API}".rstrip("/")
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if not (rule.rule.startswith(f"{root}/") and isinstance(view, Route)):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix(root))
        described = paths.setdefault(path, {})
        if rule.arguments:
            described["parameters"] = [_parameter(name) for name in sorted(rule.arguments)]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            described[method.lower()] = _operation(view, settings)
        if model := view.model(settings):
            found = model.model_json_schema(ref_template="#/components/schemas/{model}")
            # What it is made of stands beside it: a reference leads from the root of the document.
            for name, part in found.pop("$defs", {}).items():
                bodies[name] = _body(part, settings)
            bodies[model.__name__] = _body(found, settings)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Postil comments",
            "version": "1",
            "description": "Reading needs none of this: the snapshots are files. Every change needs"
            " an `Origin` header that the service knows, and a session where it says so; `manifest`"
            " needs a token instead.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": f"{settings.comments_url}api/v1"}],
        "paths": paths,
        "components": {
            "schemas": {**SCHEMAS, **bodies},
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-postil" if settings.secure else "postil",
                },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "COMMENTS_MANIFEST_TOKEN; without it, this is a 404.",
                },
            },
        },
        "security": [{}, {"session": []}],
    }


def _body(schema: Schema, settings: config.Settings) -> Schema:
    """What is sent, with the length of a comment's text that the owner allows."""
    if "body" in schema["properties"]:
        schema["properties"]["body"]["maxLength"] = settings.max_chars
    return schema


def _operation(view: Route, settings: config.Settings) -> Schema:
    """One method of a path."""
    responses: Schema = {}
    for status, name in view.answers.items():
        responses[str(status)] = {"description": view.does}
        if name == FILE:
            responses[str(status)]["content"] = {BYTES: {"schema": BINARY}}
        elif name:
            schema = ref(name) if name in SCHEMAS else {"type": "object"}
            responses[str(status)]["content"] = {"application/json": {"schema": schema}}
    problems = OF_ANY if view.problems is None else (*OF_ANY, 503, *view.problems)
    for status in sorted({*problems, *(OF_BODIES if view.body or view.sends else ())}):
        responses[str(status)] = {
            "description": "A problem; `code` says which.",
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
    operation: Schema = {"summary": view.does, "responses": responses}
    if view.query:
        operation["parameters"] = [_parameter(name) for name in view.query]
    if view.body:
        model = view.model(settings)
        schema = ref(model.__name__) if model else {"type": "object"}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if view.sends:
        content = {view.sends: {"schema": BINARY}}
        operation["requestBody"] = {"required": True, "content": content}
    if view.guard is Guard.TOKEN:
        operation["security"] = [{"token": []}]
    return operation


def _parameter(name: str) -> Schema:
    return {"name": name, **PARAMETERS[name]}
