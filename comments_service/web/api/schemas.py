"""The shapes of what the API answers, and of the parameters that it takes, in JSON Schema."""

from typing import Any

from comments_service import inputs
from comments_service.models import Act, Role, Status
from comments_service.web.params import MAX_PAGE
from formats.manifest import THREAD

Schema = dict[str, Any]

_text: Schema = {"type": "string"}
_number: Schema = {"type": "integer"}
_moment: Schema = {"type": "string", "format": "date-time"}
_flag: Schema = {"type": "boolean"}


def _maybe(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _object(_optional: Schema | None = None, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**properties, **(_optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_comment: dict[str, Schema] = {
    "id": _number,
    "thread": _text,
    "parent": _maybe(_number),
    "depth": {**_number, "description": "0 for a comment that answers none."},
    "status": {"type": "string", "enum": [str(each) for each in Status]},
    "name": _text,
    "website": _maybe(_text),
    "by": {"type": "string", "enum": ["guest", *map(str, Role)]},
    "html": {**_text, "description": "Safe HTML: may be put into a page as it is."},
    "created_at": _moment,
    "edited_at": _maybe(_moment),
    "url": {**_text, "format": "uri"},
}
_source = {**_text, "description": "Markdown as typed: encode it where you show it."}

SCHEMAS: dict[str, Schema] = {
    "Comment": _object(**_comment),
    "OwnComment": _object(
        **_comment,
        source=_source,
        fragment={**_text, "description": "The comment's markup, as in the snapshot."},
        editable_until={**_moment, "type": ["string", "null"]},
        deletable=_flag,
    ),
    "QueuedComment": _object(
        **_comment,
        source=_source,
        version={**_number, "description": "Goes back with the decision; each edit raises it."},
        reasons=_list(_text),
        thread_title=_text,
    ),
    "Thread": _object(
        {
            "fragment": {
                **_text,
                "description": "The page's markup, as its snapshot; of the page with a comment only.",
            }
        },
        version=_number,
        thread=_text,
        lang=_text,
        title=_text,
        url=_text,
        revision=_number,
        count=_number,
        page=_number,
        pages=_number,
        comments_open=_flag,
        comments=_list(ref("Comment")),
    ),
    "Me": _object(
        account={
            "anyOf": [
                {"type": "null"},
                _object(
                    id=_text,
                    name=_text,
                    role={"type": "string", "enum": [str(each) for each in Role]},
                    email=_maybe(_text),
                    email_verified=_flag,
                ),
            ]
        },
        claimable={
            **_number,
            "description": "Comments written here as a guest, which `account/claim` takes over.",
        },
        comments=_list(ref("OwnComment")),
    ),
    "Queue": _object(
        comments=_list(ref("QueuedComment")), total=_number, page=_number, pages=_number
    ),
    "Decision": _object(
        decision={"type": "string", "enum": [str(each) for each in Act]},
        reason=_text,
        comment=ref("QueuedComment"),
    ),
    "Question": _object(
        options={
            "type": "object",
            "description": "For `PublicKeyCredential.parseRequestOptionsFromJSON` or"
            " `parseCreationOptionsFromJSON`.",
        },
        ticket={**_text, "description": "Goes back with the answer, once, within 15 minutes."},
    ),
    "Threads": _object(threads={**_number, "description": "How many the manifest lists."}),
    "Passkey": _object(id=_number, name=_text, created_at=_moment),
    "Html": _object(html=_text),
    "Detail": _object(detail=_text),
    "Ticket": _object(
        ticket={**_text, "description": "Goes with the code; keep it in memory only."},
        detail=_text,
    ),
    "HandoffPage": _object(
        url={**_text, "format": "uri", "description": "Where the window goes."},
        number={**_text, "description": "Four digits that the page and the window both show."},
    ),
    "Problem": _object(
        type=_text,
        title=_text,
        status=_number,
        code={**_text, "description": "A word that programs can rely on."},
        detail={**_text, "description": "For people: what happened, and what to do next."},
        fields={
            "type": "object",
            "additionalProperties": _text,
            "description": "A message for each field that cannot be taken.",
        },
    ),
}
SCHEMAS["Problem"]["properties"]["ticket"] = {
    **_text,
    "description": "With `second_factor_required` only: goes back with the second factor.",
}
SCHEMAS["Problem"]["properties"]["comment"] = {
    **ref("QueuedComment"),
    "description": "With `comment_changed` only: the comment as it stands now.",
}

# Each parameter of a path or a query, by its name.
PARAMETERS: dict[str, Schema] = {
    "thread_id": {
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": f"^{THREAD}$"},
    },
    "comment_id": {
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 1, "maximum": inputs.MAX_ID},
    },
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
        "schema": _text,
    },
    "thread": {
        "in": "query",
        "description": "The thread whose own comments are listed.",
        "schema": _text,
    },
    "status": {
        "in": "query",
        "schema": {"type": "string", "enum": [str(each) for each in Status], "default": "pending"},
    },
}
