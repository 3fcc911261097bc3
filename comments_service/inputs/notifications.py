"""The forms of being told: what to hear of a thread, of each kind, and where."""

from typing import Annotated, Literal

from pydantic import Field

from comments_service.inputs.fields import Email
from comments_service.inputs.parsing import Input

Level = Literal["all", "answers", "nothing"]
Soon = Literal["at once", "gathered", "daily", "never"]


class FollowByEmail(Input):
    """An address that wants to be told of a thread's new comments."""

    email: Email


class ThreadLevel(Input):
    """What an account wants to hear of a thread."""

    level: Level


class ChangedNotifications(Input):
    """What an account wants to be told of; what is left out stays as it is."""

    choices: dict[Annotated[str, Field(max_length=20)], Soon] = Field(
        default_factory=dict, max_length=20, description="How soon, by kind."
    )
    threads: dict[Annotated[str, Field(max_length=128)], Level] = Field(
        default_factory=dict, max_length=200, description="What to hear of a thread."
    )
    all_off: Annotated[
        bool | None, Field(description="Nothing at all, whatever else is chosen.")
    ] = None
