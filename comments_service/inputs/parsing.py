"""From a JSON body or a plain form to an input, or to a message for each wrong field."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from comments_service.errors import InvalidInput, Message
from comments_service.inputs.fields import Limits


class Input(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Model = TypeVar("Model", bound=Input)


def parse(model: type[Model], data: object, limits: Limits | None = None) -> Model:
    """`data` as `model`; raises InvalidInput with a message for each wrong field."""
    if not isinstance(data, dict):
        raise InvalidInput(Message("A JSON object is needed here, not an array or a single value."))
    try:
        return model.model_validate(data, context=limits)
    except ValidationError as error:
        raise InvalidInput(fields=_messages(error)) from None


def from_form(model: type[Model], form: Mapping[str, Any], limits: Limits | None = None) -> Model:
    """The fields of a plain form as `model`: what is missing or empty counts as not given."""
    data: dict[str, Any] = {name: form[name] for name in model.model_fields if form.get(name)}
    if isinstance(parent := data.get("parent"), str):
        data["parent"] = int(parent) if re.fullmatch(r"[0-9]{1,19}", parent) else 0
    return parse(model, data, limits)


def _messages(error: ValidationError) -> dict[str, str]:
    messages: dict[str, str] = {}
    for each in error.errors(include_url=False, include_input=False):
        context = each.get("ctx", {})
        text: str
        match each["type"]:
            case "missing":
                text = Message("Please fill this in.")
            case "extra_forbidden":
                text = Message("This field is not known here.")
            case "string_too_long":
                text = Message("At most {max:,} characters, please.", max=context["max_length"])
            case "string_pattern_mismatch":
                text = Message("Use 8 to 80 letters, digits, dots, colons, dashes and underscores.")
            case "greater_than_equal" | "less_than_equal":
                text = Message("This is not the number of a comment.")
            case "literal_error":
                text = Message("Choose one of {words}.", words=context["expected"])
            case "value_error":
                # The very message that the validator raised, so that it can be translated.
                text = context["error"].args[0]
            case _:
                text = f"{each['msg']}."
        messages.setdefault(str(each["loc"][0]) if each["loc"] else "body", text)
    return messages
