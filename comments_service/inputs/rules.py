"""The owner's rules: what each may be."""

import ipaddress
import unicodedata
from collections.abc import Callable
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from comments_service import characters
from comments_service.errors import Message
from comments_service.inputs.parsing import Input

Guests = Literal["allowed", "wait", "sign-in"]
Script = Literal[
    "latin",
    "cyrillic",
    "greek",
    "arabic",
    "hebrew",
    "han",
    "kana",
    "hangul",
    "devanagari",
    "bengali",
    "tamil",
    "thai",
    "armenian",
    "georgian",
]
GUESTS: tuple[str, ...] = get_args(Guests)
SCRIPTS: tuple[str, ...] = get_args(Script)
MAX_COUNT = 100
MAX_WORDS = 1_000
# A phrase, not a text: what is looked for at each word of a comment is at most so long.
MAX_WORD_CHARS = 100
MAX_NETWORKS = 500
MAX_DAYS = 3_650


def _up_to(most: int) -> Callable[[int], int]:
    def check(number: int) -> int:
        if not 0 <= number <= most:
            raise ValueError(Message("Please enter a whole number from 0 to {max:,}.", max=most))
        return number

    return check


def _words(given: list[str] | None) -> list[str] | None:
    """Each once, in the order that they were written in, without the empty lines."""
    if given is None:
        return None
    words = [" ".join(unicodedata.normalize("NFC", each).split()) for each in given]
    words = list(dict.fromkeys(each for each in words if each))
    for each in words:
        if characters.hide(each):
            raise ValueError(Message("A word on the list has characters that nobody sees."))
        if len(each) > MAX_WORD_CHARS:
            raise ValueError(
                Message(
                    "At most {max} characters a line, please: {word}",
                    max=MAX_WORD_CHARS,
                    word=f"{each[:40]}…",
                )
            )
        if not any(characters.is_letter(char) for char in each):
            raise ValueError(Message("A line needs a letter or a digit: {word}", word=each))
    if len(words) > MAX_WORDS:
        raise ValueError(
            Message(
                "At most {max:,} lines, please; these are {length:,}.",
                max=MAX_WORDS,
                length=len(words),
            )
        )
    return words


def _networks(given: list[str] | None) -> list[str] | None:
    """As networks are written: an address alone is the network of itself."""
    if given is None:
        return None
    found = []
    for each in filter(None, map(str.strip, given)):
        try:
            found.append(str(ipaddress.ip_network(each, strict=False)))
        except ValueError:
            raise ValueError(
                Message(
                    "{text} is no network. Write 203.0.113.0/24 or 2001:db8::/32.", text=each[:60]
                )
            ) from None
    found = list(dict.fromkeys(found))
    if len(found) > MAX_NETWORKS:
        raise ValueError(
            Message(
                "At most {max:,} lines, please; these are {length:,}.",
                max=MAX_NETWORKS,
                length=len(found),
            )
        )
    return found


def _in_order(given: list[Script] | None) -> list[Script] | None:
    return None if given is None else [each for each in get_args(Script) if each in given]


Few = Annotated[
    int,
    AfterValidator(_up_to(MAX_COUNT)),
    Field(json_schema_extra={"minimum": 0, "maximum": MAX_COUNT}),
]
Days = Annotated[
    int,
    AfterValidator(_up_to(MAX_DAYS)),
    Field(json_schema_extra={"minimum": 0, "maximum": MAX_DAYS}),
]


class RuleChanges(Input):
    """What makes a comment wait; what is left out stays as it is."""

    trust_after: Annotated[
        Few | None, Field(description="Comments wait until their writer has so many published.")
    ] = None
    guests: Guests | None = None
    max_links: Annotated[Few | None, Field(description="Comments with more links wait.")] = None
    new_account_days: Annotated[
        Days | None,
        Field(description="Comments of accounts younger than this wait. 0: none does for that."),
    ] = None
    old_thread_days: Annotated[
        Days | None,
        Field(description="Comments on articles older than this wait. 0: none does for that."),
    ] = None
    words: Annotated[
        list[str] | None,
        AfterValidator(_words),
        Field(description="Words and phrases that make a comment wait."),
    ] = None
    networks: Annotated[
        list[str] | None,
        AfterValidator(_networks),
        Field(description="Networks whose comments wait, such as 203.0.113.0/24."),
    ] = None
    scripts: Annotated[
        list[Script] | None,
        AfterValidator(_in_order),
        Field(
            description="Scripts in which the blog is written: what is mostly in others waits."
            " None: whatever."
        ),
    ] = None
