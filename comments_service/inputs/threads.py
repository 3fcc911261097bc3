"""The forms of a thread: what moderators rule for it and move, and a reader's report."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from comments_service.errors import Message
from comments_service.inputs.comments import ticked
from comments_service.inputs.fields import MAX_REASON_CHARS, one_line, plain_text
from comments_service.inputs.parsing import Input
from formats.manifest import THREAD

Reason = Annotated[
    str,
    Field(max_length=MAX_REASON_CHARS, description="For the record."),
    AfterValidator(one_line),
]


def thread_id(text: str) -> str:
    """The id of a thread, also as a part of its address, which is what one has at hand."""
    found = re.search(rf"(?:^|/)({THREAD})/?$", text.split("#")[0].split("?")[0].strip())
    if found is None:
        raise ValueError(Message("This is not the id of a conversation."))
    return found[1]


def said(text: str) -> str:
    return plain_text(text) if text.strip() else ""


ThreadId = Annotated[str, Field(max_length=500), AfterValidator(thread_id)]
Flag = Annotated[bool, BeforeValidator(ticked)]


class ThreadRuling(Input):
    """What holds for a thread."""

    comments: Annotated[
        Literal["open", "held", "closed", "article"] | None,
        Field(
            description="As in the front matter of an article, whose own word wins; `article`: what"
            " the article or the blog says. Nothing: as it is."
        ),
    ] = None
    locked: Annotated[
        Flag | None,
        Field(description="Whether nothing new is taken, whatever the article says."),
    ] = None
    reason: Reason = ""


class Pin(Input):
    """Whether a comment stands before all others of its thread."""

    pinned: Flag
    reason: Reason = ""


class Move(Input):
    """Where a comment and all that answers it go."""

    thread: Annotated[
        ThreadId, Field(description="The id of another thread, or the address of its page here.")
    ]
    reason: Reason = ""


class Merge(Input):
    """The thread that takes over all comments of one."""

    into: Annotated[
        ThreadId, Field(description="The id of another thread, or the address of its page here.")
    ]
    reason: Reason = ""


class NewReport(Input):
    """A reader's report of a comment."""

    kind: Literal["spam", "abuse", "private", "other"]
    text: Annotated[
        str,
        Field(max_length=MAX_REASON_CHARS, description="What the moderators should know."),
        AfterValidator(said),
    ] = ""
