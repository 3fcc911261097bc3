"""What is spam: the rules for a new or edited text, and what is counted of its words.

Pure: neither Flask nor SQLAlchemy is known here. What the filter has learned is kept by `learning`.
"""

from dataclasses import dataclass
from functools import cached_property

from comments_service.spam import near, words
from comments_service.spam.filter import ENOUGH, NEVER, Count, Likeness, enough, likeness, scored
from comments_service.spam.rules import (
    LOOKS_LIKE_SPAM,
    Facts,
    History,
    Proof,
    Rules,
    Verdict,
    verdict,
)

__all__ = [
    "ENOUGH",
    "LOOKS_LIKE_SPAM",
    "NEVER",
    "Count",
    "Facts",
    "History",
    "Likeness",
    "Proof",
    "Rules",
    "Text",
    "Verdict",
    "enough",
    "likeness",
    "scored",
    "verdict",
]


@dataclass(frozen=True)
class Text:
    """What somebody typed, as it is looked at: a guest's name and anybody's website with it."""

    source: str
    name: str = ""
    website: str = ""

    @cached_property
    def said(self) -> list[words.Word]:
        return [*words.spoken(self.source)]

    @cached_property
    def features(self) -> dict[int, str]:
        return words.features(self.source, self.said, self.name, self.website)

    @cached_property
    def near(self) -> tuple[int | None, ...]:
        return near.numbers(self.said)
