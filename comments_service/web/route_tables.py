"""Tables of the routes for people, made from what each route says of itself.

docs/api.md and docs/routes.md hold them between two HTML comments; `flask comments routes --write` brings
them up to date, and a test says when they are not.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from comments_service.config import Settings
from comments_service.web.answers import API
from comments_service.web.routes import Route

BEGIN = "<!-- begin: flask comments routes --write -->"
END = "<!-- end: flask comments routes --write -->"


def api(app: Flask) -> str:
    """Every call of the API: what it takes, who may, what it does and answers."""
    return _table(
        ("Call", "Who may", "What it does", "Answers"),
        (
            (_call(rule, view, root) + _fields(view), _who(view), _does(view), _statuses(view))
            for rule, view, root in _routes(app)
            if root.endswith(API)
        ),
    )


def guards(app: Flask) -> str:
    """Every address of the service, and who comes in."""
    return _table(
        ("Call", "The guard lets in", "Of these", "What it does"),
        (
            (_call(rule, view, root, within=True), str(view.guard), view.who or "–", view.does)
            for rule, view, root in _routes(app)
        ),
    )


TABLES = {"docs/api.md": api, "docs/routes.md": guards}


def brought_up_to_date(app: Flask, path: Path, name: str) -> str:
    """The text of a document, with its table as it should be."""
    text = path.read_text("utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{TABLES[name](app)}\n{END}{after}"


def _routes(app: Flask) -> Iterator[tuple[Rule, Route, str]]:
    """Each rule with its view, and the path that it is written below: of the API or of the service."""
    settings: Settings = app.extensions["settings"]
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if isinstance(view, Route):
            in_api = rule.rule.startswith(settings.prefix + API)
            yield rule, view, settings.prefix + (API if in_api else "")


def _call(rule: Rule, view: Route, root: str, *, within: bool = False) -> str:
    path = re.sub(r"<\w+:", "<", rule.rule.removeprefix(root))
    path = (API if within and root.endswith(API) else "") + path
    methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
    query = f"?{'&'.join(f'{name}=' for name in view.query)}" if view.query else ""
    return f"`{methods} {path}{query}`"


def _fields(view: Route) -> str:
    """The names in the body; a question mark where one may be left out. The trap for bots is none."""
    model = view.model()
    fields = model.model_fields if model else {}
    names = [
        f"{name}{'' if each.is_required() else '?'}"
        for name, each in fields.items()
        if name != "homepage_url"
    ]
    return f" `{{{', '.join(names)}}}`" if names else ""


def _who(view: Route) -> str:
    return view.who or str(view.guard)


def _does(view: Route) -> str:
    """In a sentence or two: what stands at the route, and below its name."""
    more = inspect.getdoc(view.view)
    return f"{view.does}. {' '.join(more.split()).rstrip('.')}" if more else view.does


def _statuses(view: Route) -> str:
    return ", ".join(map(str, view.answers))


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    # A bar would end a cell.
    lines = [
        head,
        ("---",) * len(head),
        *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows),
    ]
    return "".join(f"| {' | '.join(each)} |\n" for each in lines)
