"""Tables of the routes for people, made from what each route says of itself.

docs/api.md and docs/routes.md hold them between two HTML comments; `flask comments routes --document`
brings them up to date, and a test says when they are not.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from comments_service.config import Settings
from comments_service.web.answers import API
from comments_service.web.routes import Route

BEGIN = "<!-- begin: flask comments routes --document -->"
END = "<!-- end: flask comments routes --document -->"


def api(app: Flask) -> str:
    """Every call of the API: what it takes, who may, what it does and answers."""
    rows = [
        (
            _call(methods, path.removeprefix(API), view)
            + _fields(view, app.extensions["settings"]),
            view.who or view.guard,
            _does(view),
            ", ".join(map(str, view.answers)),
        )
        for methods, path, view in _routes(app)
        if path.startswith(API)
    ]
    return _table(("Call", "Who may", "What it does", "Answers"), *rows)


def guards(app: Flask) -> str:
    """Every address of the service, and who comes in."""
    rows = [
        (_call(methods, path, view), view.guard, view.who or "–", view.does)
        for methods, path, view in _routes(app)
    ]
    return _table(("Call", "The guard lets in", "Of these", "What it does"), *rows)


TABLES = {"docs/api.md": api, "docs/routes.md": guards}


def brought_up_to_date(app: Flask, path: Path, name: str) -> str:
    """The text of a document, with its table as it should be."""
    before, rest = path.read_text("utf-8").split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{TABLES[name](app)}\n{END}{after}"


def _routes(app: Flask) -> Iterator[tuple[str, str, Route]]:
    """The methods, the path below the service's address, and the view of each route."""
    settings: Settings = app.extensions["settings"]
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if isinstance(view, Route):
            methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            yield methods, re.sub(r"<\w+:", "<", rule.rule.removeprefix(settings.prefix)), view


def _call(methods: str, path: str, view: Route) -> str:
    query = "&".join(f"{name}=" for name in view.query)
    return f"`{methods} {path}{'?' if query else ''}{query}`"


def _fields(view: Route, settings: Settings) -> str:
    """The names in the body; a question mark where one may be left out. The trap for bots is none."""
    model = view.model(settings)
    names = [
        f"{name}{'' if each.is_required() else '?'}"
        for name, each in (model.model_fields if model else {}).items()
        if name != "homepage_url"
    ]
    return f" `{{{', '.join(names)}}}`" if names else ""


def _does(view: Route) -> str:
    """In a sentence or two: what stands at the route, and below its name."""
    more = inspect.getdoc(view.view)
    return f"{view.does}. {' '.join(more.split()).rstrip('.')}" if more else view.does


def _table(head: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(each)} |\n" for each in lines)
