"""Kinds: what one can be told of, who is, and how soon where nobody has chosen otherwise."""

from dataclasses import dataclass
from datetime import timedelta

from comments_service.errors import Message
from comments_service.models import Choice


@dataclass(frozen=True)
class Kind:
    """One thing that people can be told of."""

    name: str
    # For the page of preferences.
    what: Message
    # For the documents: whom it concerns.
    who: str
    default: Choice
    # What comes within this time is told in one e-mail where it is gathered.
    gather: timedelta = timedelta(minutes=5)
    # The first is told at once and what follows gathered, rather than waiting from the first on.
    first_at_once: bool = False
    # Only for those who decide on comments.
    staff: bool = False
    # Where it is not to be chosen how soon: a person's own comment, told of once.
    choices: tuple[Choice, ...] = (Choice.AT_ONCE, Choice.GATHERED, Choice.DAILY, Choice.NEVER)


# The most telling first: where several match, one is told by that.
KINDS = (
    Kind(
        "decided",
        Message("My comment was published after it had waited, or was not"),
        "whoever wrote it",
        Choice.AT_ONCE,
        choices=(Choice.AT_ONCE, Choice.NEVER),
    ),
    Kind(
        "answer",
        Message("Somebody answered my comment"),
        "accounts with a confirmed address; guests who asked for it",
        Choice.AT_ONCE,
    ),
    Kind(
        "mention",
        Message("Somebody mentioned me"),
        "people of the same conversation",
        Choice.AT_ONCE,
    ),
    Kind(
        "moderation",
        Message("A comment waits for a decision, or was published"),
        "owners and moderators; authors for their own articles",
        Choice.GATHERED,
        gather=timedelta(minutes=15),
        first_at_once=True,
        staff=True,
    ),
    Kind(
        "thread",
        Message("New comments in conversations that I follow"),
        "whoever asked for it",
        Choice.GATHERED,
    ),
)
BY_NAME = {each.name: each for each in KINDS}
