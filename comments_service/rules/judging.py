"""What the owner's rules say of one comment: reasons to hold it, by the name of the rule.

Pure, and asked for a new comment, an edit and a dry run alike. What needs a writer's history, or counts
links, is in `spam`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from comments_service import characters
from comments_service.errors import Message
from comments_service.rules.values import Rules

# A moderator who reads three knows enough, and sees the words in the text.
MOST_WORDS = 3


@dataclass(frozen=True)
class Asked:
    """A comment as the rules look at it. Without `address`, networks are not asked."""

    # What is read of it; and beside the text, its writer's name, his website, and where links lead.
    text: str
    beside: str
    at: datetime
    guest: bool
    account_created_at: datetime | None = None
    thread_published_at: datetime | None = None
    address: str = ""


def reasons(rules: Rules, asked: Asked) -> dict[str, Message]:
    found: dict[str, Message] = {}
    if asked.guest and rules.guests == "wait":
        found["guests"] = Message("Guests' comments wait for a moderator.")
    if _younger(asked.account_created_at, asked.at, rules.new_account_days):
        found["new_account_days"] = Message(
            "A new account (your limit in days: {days}).", days=rules.new_account_days
        )
    if _older(asked.thread_published_at, asked.at, rules.old_thread_days):
        found["old_thread_days"] = Message(
            "An old article (your limit in days: {days}).", days=rules.old_thread_days
        )
    if words := words_of(rules, f"{asked.text}\n{asked.beside}"):
        found["words"] = Message("Contains a word on your list: {word}.", word=", ".join(words))
    if asked.address and asked.address in rules.networks:
        # Which of them is not said: it would be kept with the comment.
        found["networks"] = Message("Sent from a network on your list.")
    if rules.scripts and characters.foreign(asked.text, rules.scripts):
        found["scripts"] = Message("Mostly written in a script that the blog is not written in.")
    return found


def words_of(rules: Rules, text: str) -> list[str]:
    """The listed words that a text contains, each once."""
    return list(dict.fromkeys(each.word for each in rules.words.find(text)))[:MOST_WORDS]


def _younger(since: datetime | None, at: datetime, days: int) -> bool:
    return bool(days) and since is not None and at - since < timedelta(days=days)


def _older(since: datetime | None, at: datetime, days: int) -> bool:
    return bool(days) and since is not None and at - since > timedelta(days=days)
