"""The shapes of what moderators and owners are answered, in JSON Schema."""

from comments_service.models import (
    Act,
    HookEvent,
    HookFormat,
    ImportState,
    Policy,
    ReportKind,
    Role,
    Status,
    ThreadAct,
)
from comments_service.rules import Source
from comments_service.web.api.schema_parts import (
    COMMENT,
    DIFFERENCE,
    FLAG,
    MOMENT,
    NUMBER,
    OPTIONAL,
    SOURCE,
    TEXT,
    Schema,
    listed,
    maybe,
    ref,
    shape,
)

_hook = shape(
    id=NUMBER,
    url={**TEXT, "format": "uri"},
    format={"type": "string", "enum": [str(each) for each in HookFormat]},
    events=listed({"type": "string", "enum": [str(each) for each in HookEvent]}),
    secret={**TEXT, "description": "What deliveries are signed with (docs/hooks.md)."},
    enabled=FLAG,
    created_at=MOMENT,
)
_queued: dict[str, Schema] = {
    "source": SOURCE,
    "version": {**NUMBER, "description": "Goes back with the decision; each edit raises it."},
    "reasons": listed(TEXT),
    "thread_title": TEXT,
}
_policy: Schema = {"type": "string", "enum": [str(each) for each in Policy]}

_note = shape(
    id=NUMBER,
    writer={**TEXT, "description": "Empty once that account is deleted."},
    text=TEXT,
    written_at=MOMENT,
)

_ban = shape(
    id=NUMBER,
    reason=TEXT,
    made_at=MOMENT,
    ends_at={**maybe(MOMENT), "description": "Null: until somebody ends it."},
    ended_at={**maybe(MOMENT), "description": "When somebody ended it."},
    holds=FLAG,
)
_person_note = shape(id=NUMBER, text=TEXT, by=maybe(TEXT), made_at=MOMENT)
_person: dict[str, Schema] = {
    "id": TEXT,
    "name": TEXT,
    "role": {"type": "string", "enum": ["guest", *map(str, Role)]},
    "email": maybe(TEXT),
    "email_verified": FLAG,
    "created_at": maybe(MOMENT),
    "ban": {"anyOf": [{"type": "null"}, ref("Ban")]},
}


_import = shape(
    id=NUMBER,
    name={**TEXT, "description": "What the file was called."},
    size=NUMBER,
    state={"type": "string", "enum": [str(each) for each in ImportState]},
    done={**NUMBER, "description": "Comments that were looked at; 0 while the file is read."},
    found=NUMBER,
    error={**TEXT, "description": "Why it failed, or is tried again."},
    file_is_kept={**FLAG, "description": "Whether the file is there yet."},
    wishes=shape(system=TEXT, site=TEXT, me=TEXT, pings=FLAG),
    rules=listed(listed(TEXT)),
    report={
        "type": ["object", "null"],
        "description": "As `flask comments import --report` writes it (docs/import.md), with the first 500 of"
        " each list, and `lengths`.",
    },
    created_at=MOMENT,
    changed_at=MOMENT,
)
SCHEMAS: dict[str, Schema] = {
    "Import": _import,
    "Imports": shape(imports=listed(ref("Import"))),
    "QueuedComment": shape(
        OPTIONAL,
        **COMMENT,
        **_queued,
        person={**TEXT, "description": "Its writer, as the queue's `person` names one."},
        answers={**TEXT, "description": "How the comment begins that this one answers."},
        difference={
            **DIFFERENCE,
            "description": "From what it said first; empty if never edited.",
        },
        notes={**NUMBER, "description": "How many notes of moderators it has."},
    ),
    "ChangedComment": shape(
        comment=ref("QueuedComment"),
        before={**SOURCE, "description": "What was seen; empty where that is not kept."},
        difference=DIFFERENCE,
    ),
    "Queue": shape(
        comments=listed(ref("QueuedComment")),
        total=NUMBER,
        page=NUMBER,
        pages=NUMBER,
        as_of={**MOMENT, "description": "Goes back with a decision on all that match."},
    ),
    "Decisions": shape(
        decision={"type": "string", "enum": [str(each) for each in Act]},
        batch={**TEXT, "description": "Takes all of them back, with the decision `undo`."},
        decided=listed(NUMBER),
        changed=listed(ref("ChangedComment")),
        refused={
            "type": "object",
            "additionalProperties": TEXT,
            "description": "Why, by the number of the comment.",
        },
        left={**NUMBER, "description": "How many more match."},
    ),
    "ModeratedThreads": shape(
        threads=listed(ref("ModeratedThread")), total=NUMBER, page=NUMBER, pages=NUMBER
    ),
    "ModeratedThread": shape(
        {"decisions": listed(ref("ThreadDecision"))},
        id=TEXT,
        title=TEXT,
        url={**TEXT, "format": "uri"},
        listed={**FLAG, "description": "Whether the site lists it: its article may be gone."},
        shared_until={
            **maybe(MOMENT),
            "description": "Of a draft: until when those who have its address see the thread.",
        },
        comments=_policy,
        ruled_by={"type": "string", "enum": ["article", "moderator", "default"]},
        ruling=maybe(_policy),
        locked=FLAG,
        merged_into=maybe(TEXT),
        open={**FLAG, "description": "Whether it takes comments now."},
        published=NUMBER,
        pending=NUMBER,
        rejected=NUMBER,
        deleted=NUMBER,
        reported={**NUMBER, "description": "Comments that three readers or more have reported."},
    ),
    "ThreadDecision": shape(
        id=NUMBER,
        act={"type": "string", "enum": [str(each) for each in ThreadAct]},
        thread=TEXT,
        to=maybe(TEXT),
        numbers={**listed(NUMBER), "description": "The comments that it is about."},
        reason=TEXT,
        made_at=MOMENT,
    ),
    "ReportedComments": shape(
        comments=listed(
            shape(
                **COMMENT,
                **_queued,
                reports=listed(
                    shape(
                        kind={"type": "string", "enum": [str(each) for each in ReportKind]},
                        text=TEXT,
                        version=NUMBER,
                        by={**TEXT, "description": "An account's name; empty for a guest."},
                        made_at=MOMENT,
                        decided_at=maybe(MOMENT),
                    )
                ),
            )
        ),
        total=NUMBER,
        page=NUMBER,
        pages=NUMBER,
    ),
    "Numbers": shape(
        days=listed(
            shape(
                at={**MOMENT, "description": "When the day begins."},
                comments=NUMBER,
                held={**NUMBER, "description": "Of those, how many had to wait."},
                spam={**NUMBER, "description": "How many were called spam on this day."},
                precision={
                    "type": ["number", "null"],
                    "description": "Of what the filter held and was decided on, what part was spam.",
                },
                median_hours={
                    "type": ["number", "null"],
                    "description": "How long what was decided on had waited: half of it longer.",
                },
            )
        )
    ),
    "Decision": shape(
        decision={"type": "string", "enum": [str(each) for each in Act]},
        reason=TEXT,
        comment=ref("QueuedComment"),
    ),
    "Note": _note,
    "Notes": shape(notes=listed(ref("Note"))),
    "SavedReply": shape(id=NUMBER, title=TEXT, body=SOURCE),
    "SavedReplies": shape(replies=listed(ref("SavedReply"))),
    "Question": shape(
        options={
            "type": "object",
            "description": "For `PublicKeyCredential.parseRequestOptionsFromJSON` or"
            " `parseCreationOptionsFromJSON`.",
        },
        ticket={**TEXT, "description": "Goes back with the answer, once, within 15 minutes."},
    ),
    "Threads": shape(threads={**NUMBER, "description": "How many the manifest lists."}),
    "Hook": _hook,
    "Hooks": shape(hooks=listed(ref("Hook"))),
    "Mail": shape(
        waiting=NUMBER,
        oldest_at={"oneOf": [MOMENT, {"type": "null"}]},
        error={**TEXT, "description": "What went wrong last with one that waits."},
        sent_lately={**NUMBER, "description": "Within a day."},
        given_up=listed(
            shape(id=NUMBER, recipient=TEXT, subject=TEXT, created_at=MOMENT, error=TEXT)
        ),
        refused_addresses=NUMBER,
    ),
    "MailTest": shape(
        dialogue={**listed(TEXT), "description": "What was said, without the password."},
        error={**TEXT, "description": "Empty where the mail server has taken it."},
    ),
    "HookDelivery": shape(
        id=NUMBER,
        webhook_id={**TEXT, "description": "As the receiver sees it, the same at each attempt."},
        event={"type": "string", "enum": [str(each) for each in HookEvent]},
        comment=maybe(NUMBER),
        created_at=MOMENT,
        attempts=NUMBER,
        next_attempt_at={**MOMENT, "type": ["string", "null"]},
        delivered_at={**MOMENT, "type": ["string", "null"]},
        status={**maybe(NUMBER), "description": "What the receiver answered last."},
        error=TEXT,
    ),
    "HookDeliveries": shape(deliveries=listed(ref("HookDelivery"))),
    "Rules": shape(
        rules={
            "type": "object",
            "additionalProperties": shape(
                value={
                    "description": "A number, a word, or a list, as in the request to change it."
                },
                source={"type": "string", "enum": [str(each) for each in Source]},
                setting={**maybe(TEXT), "description": "What wins when it stands in `.env`."},
            ),
        },
        changes=listed(
            shape(
                id=NUMBER,
                name=TEXT,
                before={},
                after={},
                by={**maybe(TEXT), "description": "Empty: on the server, or by who has left."},
                made_at=MOMENT,
                undoable=FLAG,
            )
        ),
    ),
    "RuleTrials": shape(
        looked_at={**NUMBER, "description": "How many comments that is."},
        rules={
            "type": "object",
            "additionalProperties": shape(
                count=NUMBER,
                by_status={"type": "object", "additionalProperties": NUMBER},
                comments=listed(
                    shape(
                        id=NUMBER,
                        status={"type": "string", "enum": [str(each) for each in Status]},
                        name=TEXT,
                        excerpt=TEXT,
                        words=listed(TEXT),
                    )
                ),
            ),
            "description": "What each would have held by itself, with the latest 20.",
        },
    ),
    "Ban": _ban,
    "Bans": shape(bans=listed(ref("Ban"))),
    "NewBanAnswer": shape(ban=ref("Ban"), decided=NUMBER, left=NUMBER),
    "DecidedAll": shape(decided=NUMBER, left=NUMBER),
    "PersonNotes": shape(notes=listed(_person_note)),
    "People": shape(people=listed(shape(**_person)), total=NUMBER, page=NUMBER, pages=NUMBER),
    "Person": shape(
        **_person,
        counts=shape(**{str(each): NUMBER for each in Status}),
        network_known={
            **FLAG,
            "description": "Whether a ban with `network` could find the one he wrote from last.",
        },
        bans=listed(ref("Ban")),
        notes=listed(_person_note),
        comments=listed(ref("QueuedComment")),
        page=NUMBER,
        pages=NUMBER,
    ),
}
