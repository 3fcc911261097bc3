"""The forms of a comment: writing it, and deciding on it."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from comments_service.inputs.fields import (
    MAX_BODY_CHARS,
    MAX_REASON_CHARS,
    Body,
    Email,
    Id,
    Name,
    Website,
    nothing_if_empty,
    one_line,
)
from comments_service.inputs.parsing import Input


class NewComment(Input):
    """A comment that a reader posts."""

    body: Body = Field(
        description=f"Markdown, 1 to {MAX_BODY_CHARS} characters, or fewer where the owner says so."
    )
    parent: Id | None = Field(None, description="The comment that is answered.")
    name: Annotated[Name | None, BeforeValidator(nothing_if_empty)] = Field(
        None, description="Needed of guests; an account's own name is used otherwise."
    )
    email: Annotated[Email | None, BeforeValidator(nothing_if_empty)] = Field(
        None, description="Never shown."
    )
    website: Annotated[Website | None, BeforeValidator(nothing_if_empty)] = None
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{8,80}$")] | None = Field(
        None,
        description="Idempotency key: a random word that the client makes once for each comment."
        " The same submission sent again with it is answered as the first was.",
    )
    homepage_url: Annotated[str, Field(max_length=1000)] = Field(
        "", description="A trap for robots: leave it empty."
    )


class EditedComment(Input):
    """A comment's new text."""

    body: Body


class Preview(Input):
    """Markdown to be shown as it would appear."""

    body: Body


class NewDecision(Input):
    """What a moderator decides on a comment, and why."""

    decision: Literal["publish", "spam", "delete", "undo"]
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS), AfterValidator(one_line)] = ""
    version: Annotated[
        Id, Field(description="The version that the moderator saw: 1 for what was never edited.")
    ] = 1


_seen = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,9}))?", re.ASCII)


def as_seen(number: int, version: int) -> str:
    """How forms and commands name a comment in a version: `17`, or `17.2` once it was edited."""
    return f"{number}.{version}" if version > 1 else str(number)


def seen(text: str) -> tuple[int, int]:
    """A comment's number and the version that somebody saw, as `as_seen` names them. Raises ValueError."""
    found = _seen.fullmatch(text)
    number, version = (int(found[1]), int(found[2] or 1)) if found else (0, 0)
    if not (number and version):
        raise ValueError(text)
    return number, version
