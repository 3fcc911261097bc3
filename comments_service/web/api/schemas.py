"""The shapes of what the API answers, in JSON Schema; those of the moderation stand in `moderation_schemas`."""

from comments_service.models import Choice, Role
from comments_service.notifications.subscriptions import Level
from comments_service.web.api import moderation_schemas
from comments_service.web.api.schema_parts import (
    COMMENT,
    DIFFERENCE,
    FLAG,
    MOMENT,
    NUMBER,
    OPTIONAL,
    PASSAGE,
    SOURCE,
    TEXT,
    Schema,
    listed,
    maybe,
    ref,
    shape,
)

_level: Schema = {"type": "string", "enum": [str(each) for each in Level]}


SCHEMAS: dict[str, Schema] = {
    **moderation_schemas.SCHEMAS,
    "Comment": shape(OPTIONAL, **COMMENT),
    "OwnComment": shape(
        {**OPTIONAL, "correction": {**TEXT, "description": "Why a moderator has edited it."}},
        **COMMENT,
        source=SOURCE,
        fragment={**TEXT, "description": "The comment's markup, as in the snapshot."},
        editable_until={**MOMENT, "type": ["string", "null"]},
        deletable=FLAG,
    ),
    "Thread": shape(
        {
            "fragment": {
                **TEXT,
                "description": "The page's markup, as its snapshot; of the page with a comment only.",
            },
            "notes": {
                **listed(shape(id=NUMBER, name=TEXT, passage=PASSAGE, page=NUMBER)),
                "description": "All notes of the thread; left out where there are none.",
            },
        },
        version=NUMBER,
        thread=TEXT,
        lang=TEXT,
        title=TEXT,
        url=TEXT,
        revision=NUMBER,
        count=NUMBER,
        page=NUMBER,
        pages=NUMBER,
        comments_open=FLAG,
        comments=listed(ref("Comment")),
    ),
    "Me": shape(
        account={
            "anyOf": [
                {"type": "null"},
                shape(
                    id=TEXT,
                    name=TEXT,
                    role={"type": "string", "enum": [str(each) for each in Role]},
                    email=maybe(TEXT),
                    email_verified=FLAG,
                ),
            ]
        },
        claimable={
            **NUMBER,
            "description": "Comments written here as a guest, which `account/claim` takes over.",
        },
        level={
            **maybe(_level),
            "description": "What the account hears of the thread by e-mail.",
        },
        comments=listed(ref("OwnComment")),
        votes={
            "type": "object",
            "additionalProperties": NUMBER,
            "description": "How one voted in the thread: 1 or -1, by comment.",
        },
    ),
    "Vote": shape(
        comment=NUMBER,
        value={**NUMBER, "description": "One's own: 1, -1, or 0 where it was taken back."},
        up=NUMBER,
        down=NUMBER,
    ),
    "Notifications": shape(
        choices={
            "type": "object",
            "additionalProperties": {"type": "string", "enum": [str(each) for each in Choice]},
            "description": "How soon, by kind.",
        },
        threads={
            "type": "object",
            "additionalProperties": _level,
            "description": "Of which anything was said.",
        },
        all_off=FLAG,
    ),
    "ThreadNotifications": shape(level=_level),
    "Reported": shape(comment=NUMBER),
    "Passkey": shape(id=NUMBER, name=TEXT, created_at=MOMENT),
    "Html": shape(html=TEXT),
    "Challenge": shape(
        parameters={
            "type": "object",
            "description": "ALTCHA's, version 2: find the counter whose derived key begins with `keyPrefix`.",
        },
        signature=TEXT,
    ),
    "Detail": shape(detail=TEXT),
    "Ticket": shape(
        ticket={**TEXT, "description": "Goes with the code; keep it in memory only."},
        detail=TEXT,
    ),
    "HandoffPage": shape(
        url={**TEXT, "format": "uri", "description": "Where the window goes."},
        number={**TEXT, "description": "Four digits that the page and the window both show."},
    ),
    "Problem": shape(
        type=TEXT,
        title=TEXT,
        status=NUMBER,
        code={**TEXT, "description": "A word that programs can rely on."},
        detail={**TEXT, "description": "For people: what happened, and what to do next."},
        fields={
            "type": "object",
            "additionalProperties": TEXT,
            "description": "A message for each field that cannot be taken.",
        },
    ),
}
SCHEMAS["Problem"]["properties"]["ticket"] = {
    **TEXT,
    "description": "With `second_factor_required` only: goes back with the second factor.",
}
SCHEMAS["Problem"]["properties"]["before"] = {
    **SOURCE,
    "description": "With `comment_changed` only: what was seen; empty where that is not kept.",
}
SCHEMAS["Problem"]["properties"]["difference"] = DIFFERENCE
SCHEMAS["Problem"]["properties"]["comment"] = {
    **ref("QueuedComment"),
    "description": "With `comment_changed` only: the comment as it stands now.",
}
