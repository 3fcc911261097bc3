"""What owners say of a file of comments that they import, and of one that they export."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from comments_service.errors import Message
from comments_service.inputs.fields import one_line
from comments_service.inputs.parsing import Input

# A blog's pages; what is more than that is a rule that ends with a `*`.
MAX_RULES = 5_000


class ImportWishes(Input):
    """Which system has written it (recognised where it is empty), of which of two blogs, and who one was there."""

    system: Annotated[str, Field(max_length=40)] = ""
    # With the name of a system it fits into a column.
    site: Annotated[str, Field(max_length=40), AfterValidator(one_line)] = ""
    me: Annotated[str, Field(max_length=254), AfterValidator(one_line)] = ""
    pings: bool = False


Line = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(str.strip)]


Pair = Annotated[list[Line], Field(min_length=2, max_length=2)]


class ImportRules(Input):
    """Where pages went: old addresses with new ones, or with threads. A `*` at the end stands for what follows.

    Without any, what was said before holds.
    """

    pairs: Annotated[list[Pair], Field(max_length=MAX_RULES)] | None = None


def _in_utc(moment: datetime) -> datetime:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError(Message("This is no time that there was.")) from None


class ExportChoice(Input):
    """What is exported, and for whom it is written; a time without a zone is UTC."""

    format: Literal["postil", "wxr", "disqus", "isso"] = "postil"
    thread: Annotated[str, Field(max_length=300)] = ""
    since: Annotated[datetime, Field(strict=False), AfterValidator(_in_utc)] | None = None
    without_personal_data: bool = False
