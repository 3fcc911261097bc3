"""Logs: what the service says to its standard error, a line for people or an object for programs, and of nobody.

What is written: moment (UTC), level, logger, words, and of a request its id, method, route, status and duration. A
route is the pattern of an address, so that no token and no name stands in it; of an error the type and the places in the
code, and of one of the system or the database the first line of its text. Who asked, from where and with what is not written.
"""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

PLAIN, JSON = FORMS = ("plain", "json")
# The id of the request that this thread answers; empty beside requests.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# Whose errors say in their first line what is wrong with a machine. Those of others may repeat what was typed.
SAYING = frozenset({"sqlalchemy", "psycopg", "sqlite3"})
# What a record may carry besides its words.
FIELDS = ("method", "route", "status", "milliseconds")


def configure(form: str) -> None:
    """Let the service's loggers write in this form. Requests are told of to programs only."""
    ours = logging.getLogger("comments_service")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ForPrograms() if form == JSON else ForPeople())
    ours.handlers = [handler]
    ours.propagate = False
    ours.setLevel(logging.INFO if form == JSON else logging.WARNING)


def moment(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def one_line(text: str) -> str:
    """The first line, without what would begin another one or move a terminal's cursor."""
    first = text.split("\n", 1)[0]
    return "".join(each if each.isprintable() else "�" for each in first)


def error_of(record: logging.LogRecord) -> tuple[str, list[str]]:
    """What went wrong, and where: the innermost place last."""
    if not record.exc_info or record.exc_info[1] is None:
        return "", []
    error, found = record.exc_info[1], record.exc_info[2]
    said = type(error).__name__
    if isinstance(error, OSError) or type(error).__module__.partition(".")[0] in SAYING:
        said += f": {one_line(str(error))}"
    return said, places(found)


def places(found: TracebackType | None) -> list[str]:
    return [f"{each.filename}:{each.lineno} {each.name}" for each in traceback.extract_tb(found)]


class ForPeople(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        asked = f" [{known}]" if (known := request_id.get()) else ""
        error, where = error_of(record)
        lines = [f"{moment(record)} {record.levelname}{asked} {one_line(record.getMessage())}"]
        lines += [f"    {each}" for each in (*where, error) if each]
        return "\n".join(lines)


class ForPrograms(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "at": moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": one_line(record.getMessage()),
            "process": record.process,
        }
        if known := request_id.get():
            said["request"] = known
        said |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        error, where = error_of(record)
        if error:
            said |= {"error": error, "places": where}
        return json.dumps(said, ensure_ascii=False)
