"""The API's description, OpenAPI 3.1: inputs from the models that parse them, answers from here.

The tests send requests made from it, as stranger, reader and moderator, and compare every answer.
"""

from functools import cache
from typing import Any

from comments_service import inputs
from comments_service.config import Settings
from comments_service.models import Act, Role, Status

Schema = dict[str, Any]

_text: Schema = {"type": "string"}
_number: Schema = {"type": "integer"}
_moment: Schema = {"type": "string", "format": "date-time"}
_flag: Schema = {"type": "boolean"}


def _maybe(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _ref(name: str) -> Schema:
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
    "QueuedComment": _object(**_comment, source=_source, reasons=_list(_text), thread_title=_text),
    "Thread": _object(
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
        comments=_list(_ref("Comment")),
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
        comments=_list(_ref("OwnComment")),
    ),
    "Queue": _object(
        comments=_list(_ref("QueuedComment")), total=_number, page=_number, pages=_number
    ),
    "Decision": _object(
        decision={"type": "string", "enum": [str(each) for each in Act]},
        reason=_text,
        comment=_ref("QueuedComment"),
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

_thread_id: Schema = {
    "name": "thread_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,127}$"},
}
_comment_id: Schema = {
    "name": "comment_id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": inputs.MAX_ID},
}
_page: Schema = {
    "name": "page",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": 10**9},
}
_lang: Schema = {
    "name": "lang",
    "in": "query",
    "description": "The language of `fragment`, if the article exists in it.",
    "schema": _text,
}
_of_thread: Schema = {
    "name": "thread",
    "in": "query",
    "description": "The thread whose own comments are listed.",
    "schema": _text,
}
_status: Schema = {
    "name": "status",
    "in": "query",
    "schema": {"type": "string", "enum": [str(each) for each in Status], "default": "pending"},
}


def _operation(
    summary: str,
    answers: dict[int, str | None],
    problems: tuple[int, ...],
    *,
    body: type[inputs.Input] | None = None,
    query: tuple[Schema, ...] = (),
) -> Schema:
    responses: Schema = {}
    for status, name in answers.items():
        responses[str(status)] = {"description": summary}
        if name:
            responses[str(status)]["content"] = {"application/json": {"schema": _ref(name)}}
    # Every change can also come from the wrong place, be too large, too frequent, or too early.
    common = (400, 403, 413, 415, 422, 429, 503) if body else (503,)
    for status in sorted({*problems, *common}):
        responses[str(status)] = {
            "description": "A problem; `code` says which.",
            "content": {"application/problem+json": {"schema": _ref("Problem")}},
        }
    operation: Schema = {"summary": summary, "responses": responses}
    if query:
        operation["parameters"] = list(query)
    if body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(body.__name__)}},
        }
    return operation


@cache
def document(settings: Settings) -> Schema:
    """The whole description; every route of `web/api.py` is in it, which a test sees to."""
    bodies = (
        inputs.NewComment,
        inputs.EditedComment,
        inputs.Preview,
        inputs.SignIn,
        inputs.SecondStep,
        inputs.PasskeyAnswer,
        inputs.NewPasskey,
        inputs.SignUp if settings.passwords else inputs.NewReader,
        inputs.AskedLetter,
        inputs.GivenCode,
        inputs.NewDecision,
        inputs.NewHandoff,
        inputs.Handoff,
        inputs.Claim,
    )
    schemas = {each.__name__: each.model_json_schema() for each in bodies}
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
        "paths": _paths(settings),
        "components": {
            "schemas": {**SCHEMAS, **schemas},
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-postil" if settings.secure else "postil",
                },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "COMMENTS_MANIFEST_TOKEN; without it the door is closed (404).",
                },
            },
        },
        "security": [{}, {"session": []}],
    }


def _paths(settings: Settings) -> Schema:
    return {
        "/threads/{thread_id}/comments": {
            "parameters": [_thread_id],
            "get": _operation("One page of a thread", {200: "Thread"}, (404, 422), query=(_page,)),
            "post": _operation(
                "Post a comment: 201 published, 202 held for a moderator",
                {201: "OwnComment", 202: "OwnComment"},
                (404, 409),
                body=inputs.NewComment,
                query=(_lang,),
            ),
        },
        "/comments/{comment_id}": {
            "parameters": [_comment_id],
            "patch": _operation(
                "Edit one's own comment, for 15 minutes",
                {200: "OwnComment"},
                (404, 409),
                body=inputs.EditedComment,
                query=(_lang,),
            ),
            "delete": _operation(
                "Delete one's own comment, for 15 minutes",
                {200: "OwnComment"},
                (403, 404, 409),
                query=(_lang,),
            ),
        },
        "/preview": {
            "post": _operation(
                "Markdown as it would appear", {200: "Html"}, (), body=inputs.Preview
            )
        },
        "/me": {
            "get": _operation(
                "One's account and own comments", {200: "Me"}, (), query=(_of_thread, _lang)
            )
        },
        "/session": {
            "post": _operation("Sign in by password", {201: "Me"}, (401,), body=inputs.SignIn),
            "delete": _operation("Sign out", {204: None}, (403,)),
        },
        "/session/letter": {
            "post": _operation(
                "Ask for a letter that signs in, by its link or by its code",
                {202: "Ticket"},
                (),
                body=inputs.AskedLetter,
            )
        },
        "/session/code": {
            "post": _operation(
                "Sign in by the code of a letter", {201: "Me"}, (401, 404), body=inputs.GivenCode
            )
        },
        "/session/passkey": {
            "post": _operation(
                "Sign in with a passkey's answer to `passkeys/question`",
                {201: "Me"},
                (401, 404),
                body=inputs.PasskeyAnswer,
            )
        },
        "/passkeys/question": {
            "post": _operation(
                "What a browser asks a passkey, for signing in",
                {200: "Question"},
                (403, 429),
                body=inputs.Nothing,
            )
        },
        "/passkeys/offer": {
            "post": _operation(
                "What a browser asks a device, for a new passkey; needs a fresh proof",
                {200: "Question"},
                (401, 403, 409, 429),
                body=inputs.Nothing,
            )
        },
        "/passkeys": {
            "post": _operation(
                "Add the passkey that a device has made; needs a fresh proof",
                {201: "Passkey"},
                (401, 404, 409),
                body=inputs.NewPasskey,
            )
        },
        "/session/second": {
            "post": _operation(
                "Show the second factor, with the ticket that came with second_factor_required",
                {201: "Me"},
                (404,),
                body=inputs.SecondStep,
            )
        },
        "/handoffs": {
            "post": _operation(
                "Ask to be signed in through a window on the service's own address",
                {201: "HandoffPage"},
                (),
                body=inputs.NewHandoff,
            )
        },
        "/session/claim": {
            "post": _operation(
                "Make one's own what the same browser wrote as a guest",
                {200: "Me"},
                (401,),
                body=inputs.Claim,
            )
        },
        "/session/handoff": {
            "post": _operation(
                "Sign in once the window has said yes: 202 while it has not",
                {201: "Me", 202: "Detail"},
                (401, 404),
                body=inputs.Handoff,
            )
        },
        "/accounts": {
            "post": _operation(
                "Make an account; a letter confirms the address",
                {202: "Detail"},
                (),
                body=inputs.SignUp if settings.passwords else inputs.NewReader,
            )
        },
        "/moderation/queue": {
            "get": _operation(
                "What waits, for moderators",
                {200: "Queue"},
                (401, 403, 422),
                query=(_status, _page),
            )
        },
        "/comments/{comment_id}/decisions": {
            "parameters": [_comment_id],
            "post": _operation(
                "Decide on a comment",
                {201: "Decision"},
                (401, 404, 409),
                body=inputs.NewDecision,
            ),
        },
        "/manifest": {
            "put": {
                **_operation(
                    "Say which threads there are, as the built site's threads.json does",
                    {200: "Threads"},
                    (400, 401, 403, 404, 413, 415, 422, 429),
                ),
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"type": "object"}}},
                },
                "security": [{"token": []}],
            }
        },
        "/openapi.json": {
            "get": {
                "summary": "This description",
                "responses": {
                    "200": {
                        "description": "OpenAPI 3.1",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            }
        },
    }
