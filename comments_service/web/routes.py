"""Routes as data: who may ask, what goes in and what comes out, said once, where the function stands.

`guard` reads it before a route runs, `api/openapi.py` describes it to programs, and `route_tables`
writes it down for people.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import orjson
from flask import Blueprint, Response, request

from comments_service import config
from comments_service.config import Settings
from comments_service.errors import MalformedJSON, Message, WrongContentType
from comments_service.inputs import Input, Limits, Model, parse
from comments_service.request_bodies import MAX_BYTES

View = TypeVar("View", bound=Callable[..., Response])
# The name of an answer that is a file, and no JSON.
FILE = "File"
# A model, or what chooses one by the settings; `bytes` for JSON that is read below.
Body = type[Input] | type[bytes] | Callable[[Settings], type[Input]]


class Guard(StrEnum):
    """What `guard` asks of a visitor before the route runs. What it calls may ask for more: see `who`."""

    OPEN = "everybody"
    SIGNED_IN = "whoever is signed in"
    FRESH_PROOF = "oneself, freshly proved"
    MODERATOR = "authors (of their articles), moderators, owners"
    OWNER = "owners"
    LINK = "whoever has the e-mail's link"
    TOKEN = "whoever has the token"  # noqa: S105 - the word for it
    METRICS = "whoever has COMMENTS_METRICS_TOKEN"


@dataclass(frozen=True, eq=False)
class Route:
    """A view, and what is said of it."""

    view: Callable[..., Response]
    does: str
    guard: Guard
    # For people: who may, where what the route calls decides that.
    who: str
    body: Body | None
    # The schema of each status that is no problem, by its name in `api/schemas.py`.
    answers: Mapping[int, str | None]
    # Beside those that any request meets; None where nothing can go wrong.
    problems: tuple[int, ...] | None
    # Names of parameters, which `api/openapi.py` describes.
    query: tuple[str, ...]
    max_bytes: int
    # Whether a file may come with it, as large as the owner allows: `request.max_content_length` says.
    takes_file: bool
    # What the body is, where it is no JSON.
    sends: str

    def model(self, settings: Settings) -> type[Input] | None:
        """What the body is parsed as; nothing where it is read below, or there is none."""
        if self.body is None:
            return None
        if isinstance(self.body, type):
            return self.body if issubclass(self.body, Input) else None
        return self.body(settings)

    def __call__(self, **values: Any) -> Response:
        settings = config.current()
        if self.body is not None:
            model = self.model(settings)
            values["given"] = request_json(model, settings) if model else request_bytes()
        if "settings" in self.view.__annotations__:
            values["settings"] = settings
        return self.view(**values)


def route(
    bp: Blueprint,
    call: str,
    does: str,
    *,
    guard: Guard,
    who: str = "",
    body: Body | None = None,
    answers: Mapping[int, str | None] | None = None,
    problems: tuple[int, ...] | None = (),
    query: tuple[str, ...] = (),
    max_bytes: int = MAX_BYTES,
    takes_file: bool = False,
    sends: str = "",
) -> Callable[[View], View]:
    """Hang a function into a blueprint, with what is said of it.

    The body comes as `given`; the settings as `settings`, where the function has such a parameter.

    `call` is how documents write it: "GET POST /account/email".
    """

    def add(view: View) -> View:
        made = Route(
            *(view, does, guard, who, body, answers or {}, problems, query, max_bytes),
            *(takes_file, sends),
        )
        *methods, path = call.split()
        bp.add_url_rule(path, view.__name__, made, methods=methods)
        return view

    return add


def request_bytes() -> bytes:
    """The body of a request that says it is JSON. Raises WrongContentType."""
    if request.mimetype != "application/json":
        raise WrongContentType
    return request.get_data()


def request_json(model: type[Model], settings: Settings) -> Model:
    """The request's JSON as `model`. Raises WrongContentType, MalformedJSON, InvalidInput."""
    try:
        data = orjson.loads(request_bytes())
    except orjson.JSONDecodeError as error:
        raise MalformedJSON(
            Message("The body is not valid JSON: {reason}", reason=str(error))
        ) from None
    return parse(model, data, Limits(settings.max_chars))
