"""The parameters of addresses that the API takes, in JSON Schema."""

from comments_service import inputs
from comments_service.models import Role, Status
from comments_service.moderation_queue import ALL
from comments_service.web.api.schema_parts import TEXT, Schema
from comments_service.web.params import MAX_PAGE
from formats.manifest import THREAD

_row: Schema = {
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": inputs.MAX_ID},
}
# Each parameter of a path or a query, by its name.
PARAMETERS: dict[str, Schema] = {
    "thread_id": {
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": f"^{THREAD}$"},
    },
    "key": {
        "in": "query",
        "required": True,
        "description": "The `key` with which the comment will be posted.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{8,80}$"},
    },
    "comment_id": _row,
    "hook_id": _row,
    "import_id": _row,
    "note_id": _row,
    "reply_id": _row,
    "email_id": _row,
    "ban_id": _row,
    "public_id": {
        "in": "path",
        "required": True,
        "description": "An account's public id, or a guest: `guest-17`.",
        "schema": TEXT,
    },
    "role": {"in": "query", "schema": {"type": "string", "enum": [str(each) for each in Role]}},
    "banned": {"in": "query", "schema": {"type": "string", "enum": ["yes"]}},
    "state": {
        "in": "query",
        "description": "Of which comments; all where it is not given.",
        "schema": {"type": "string", "enum": [str(each) for each in Status]},
    },
    "delivery_id": _row,
    "change_id": _row,
    "decision_id": _row,
    "page": {
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE},
    },
    "comment": {
        "in": "query",
        "description": "A comment: the answer is the page on which it stands, whatever its number.",
        "schema": {"type": "integer", "minimum": 1, "maximum": inputs.MAX_ID},
    },
    "lang": {
        "in": "query",
        "description": "The language of `fragment`, if the article exists in it.",
        "schema": TEXT,
    },
    "thread": {
        "in": "query",
        "description": "The thread whose comments are listed.",
        "schema": TEXT,
    },
    "status": {
        "in": "query",
        "schema": {
            "type": "string",
            "enum": [*map(str, Status), ALL],
            "default": "pending",
        },
    },
    "person": {
        "in": "query",
        "description": "A writer, as `person` of a comment in the queue names one.",
        "schema": TEXT,
    },
    "why": {
        "in": "query",
        "description": "Why it waits, in English, with what numbers stand for in braces.",
        "schema": TEXT,
    },
    "name": {"in": "query", "description": "What the file is called.", "schema": TEXT},
    "system": {
        "in": "query",
        "description": "The system that has written the file; recognised where it is not said.",
        "schema": TEXT,
    },
    "site": {
        "in": "query",
        "description": "A name that tells a second blog of the same system from the first.",
        "schema": TEXT,
    },
    "me": {
        "in": "query",
        "description": "The name or the address that was yours there: those comments become yours.",
        "schema": TEXT,
    },
    "pings": {
        "in": "query",
        "description": "Pingbacks and trackbacks as well.",
        "schema": {"type": "string", "enum": ["yes"]},
    },
    "q": {"in": "query", "description": "Words to look for.", "schema": TEXT},
}
