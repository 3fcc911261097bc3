"""How one setting is defined: what `settings` says of each of them, and `documents` writes."""

from dataclasses import field
from typing import Any


def setting(
    env: str,
    default: Any,
    meaning: str,
    *,
    heading: str = "",
    example: str = "",
    secret: bool = False,
    shapes: bool = False,
) -> Any:
    """One setting: its name, its default, and what it means.

    A `heading` begins a part of the documents, an `example` stands in `.env.example` where the
    default would say nothing, a `secret` is never printed, and what `shapes` the published files
    has them all made anew when it changes.
    """
    metadata = {
        "env": env,
        "meaning": meaning,
        "heading": heading,
        "example": example,
        "secret": secret,
        "shapes": shapes,
    }
    return field(default=default, metadata=metadata)
