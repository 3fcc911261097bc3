"""The forms of moderators about people: a ban, a note, a role, and one decision on all of a person's."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from comments_service.errors import Message
from comments_service.inputs.comments import ticked
from comments_service.inputs.fields import MAX_REASON_CHARS, one_line, plain_text
from comments_service.inputs.parsing import Input

MAX_NOTE_CHARS = 2_000

Lasts = Literal["hour", "day", "week", "month", "year", "ever"]


def told_reason(text: str) -> str:
    text = one_line(text)
    if not text:
        raise ValueError(Message("Please say why: whoever is banned reads it."))
    return text


Reason = Annotated[
    str,
    Field(max_length=MAX_REASON_CHARS, description="Why. Whoever is banned reads it."),
    AfterValidator(told_reason),
]


class NewBan(Input):
    """From when on nothing is taken of somebody, until when, and why."""

    lasts: Lasts
    reason: Reason
    network: Annotated[
        bool,
        BeforeValidator(ticked),
        Field(
            description="As well the network from which the person wrote last, if that was today;"
            " for a year at most."
        ),
    ] = False
    also: Annotated[
        Literal["nothing", "spam", "delete"],
        Field(
            description="What to do with what the person wrote: `spam` what waits, or `delete` all of it."
        ),
    ] = "nothing"


class NewNetworkBan(Input):
    """The same for the network of an address, which is hashed and not kept."""

    address: Annotated[
        str, Field(max_length=45, description="An IPv4 or IPv6 address; of IPv6 its /64 is banned.")
    ]
    lasts: Literal["hour", "day", "week", "month", "year"]
    reason: Reason


class NewPersonNote(Input):
    """What other moderators should know of a person."""

    note: Annotated[str, AfterValidator(lambda text: plain_text(text, MAX_NOTE_CHARS))]


class NewRole(Input):
    """What somebody may do here."""

    role: Literal["reader", "author", "moderator", "owner"]


class DecisionOnPerson(Input):
    """One decision on all that a person wrote: `spam` what waits, or `delete` all of it."""

    decision: Literal["spam", "delete"]
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS), AfterValidator(one_line)] = ""
