"""The form of a web hook."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from comments_service.errors import Message
from comments_service.inputs.fields import web_address
from comments_service.inputs.parsing import Input

Format = Literal["json", "ntfy", "slack", "mattermost", "discord"]
Event = Literal["waiting", "published", "deleted", "decided"]


def _some(events: list[Event]) -> list[Event]:
    if not events:
        raise ValueError(Message("Choose at least one event."))
    return events


class HookInput(Input):
    """Where programs or chats are told of comments, of which, and how it is written."""

    url: Annotated[str, AfterValidator(web_address)]
    format: Format = "json"
    events: Annotated[list[Event], Field(max_length=4), AfterValidator(_some)]
    enabled: bool = True
