"""What schemas are made of: kinds of values, and what several answers have in common."""

from typing import Any

from comments_service.differences import Kind
from comments_service.models import Role, Status

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
FLAG: Schema = {"type": "boolean"}


def maybe(schema: Schema) -> Schema:
    named = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **named}


def shape(optional: Schema | None = None, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


def listed(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


COMMENT: dict[str, Schema] = {
    "id": NUMBER,
    "thread": TEXT,
    "parent": maybe(NUMBER),
    "depth": {**NUMBER, "description": "0 for a comment that answers none."},
    "status": {"type": "string", "enum": [str(each) for each in Status]},
    "name": TEXT,
    "website": maybe(TEXT),
    "by": {"type": "string", "enum": ["guest", *map(str, Role)]},
    "html": {**TEXT, "description": "Safe HTML: may be put into a page as it is."},
    "created_at": MOMENT,
    "edited_at": maybe(MOMENT),
    "pinned": {**FLAG, "description": "Stands before all others of its thread."},
    "up": {**NUMBER, "description": "Votes for it."},
    "down": {**NUMBER, "description": "Votes against it."},
    "url": {**TEXT, "format": "uri"},
}
PASSAGE: Schema = {
    **shape(exact=TEXT, prefix=TEXT, suffix=TEXT, lang=TEXT),
    "description": "Of a note: the words of the article that it is about, with what stood around them,"
    " and the language of their page. They are text, and may be anybody's: encode them.",
}
OPTIONAL: dict[str, Schema] = {
    "passage": PASSAGE,
    "edited_by": {"const": "moderator", "description": "Where a moderator has changed its words."},
}
DIFFERENCE: Schema = {
    **listed(shape(kind={"type": "string", "enum": [str(each) for each in Kind]}, text=TEXT)),
    "description": "What was taken out and put in: without `new` it is the one text, without `gone`"
    " the other.",
}
SOURCE = {**TEXT, "description": "Markdown as typed: encode it where you show it."}
