"""Mentions: whom a comment names behind an "@", of those who wrote in the same conversation.

Found in the comment's HTML when others are told of it, so that posting costs nothing. What stands in a
quotation or in code mentions nobody. In the embed, `embed-mentions.js` offers the same people.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from html.parser import HTMLParser

import regex
import sqlalchemy as sa

from comments_service.accounts import names
from comments_service.db import db
from comments_service.models import Account, Comment, Status

# Whoever names more people than this in one comment wants to be a nuisance.
MOST = 20

_unread = ("blockquote", "code", "pre")
_inline = ("a", "em", "strong", "del", "code", "sup", "sub")
# Written without spaces between words, so that neither an "@" nor the end of a name needs one.
_joined = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_at = regex.compile(rf"(?:(?<![\p{{L}}\p{{N}}_.+-])|(?<=[{_joined}]))@")
_goes_on = regex.compile(rf"[\p{{L}}\p{{N}}_--[{_joined}]]", regex.VERSION1)
_joins = regex.compile(rf"[{_joined}]")


@dataclass(frozen=True)
class Person:
    """Somebody who wrote in a conversation: an account, or a guest by the address that was given."""

    account_id: int | None
    email_key: str | None


def of(comment: Comment) -> set[Person]:
    """Whom a comment mentions, but its writer; one query, and none for a comment without an "@"."""
    if "@" not in comment.html:
        return set()
    people = defaultdict(set)
    for name, person in _people(comment.thread_id):
        people[_plain(name)].add(person)
    writer = _person(comment.account_id, comment.email)
    found = set().union(*(people[name] for name in named(comment.html, people)))
    return found - {writer}


def named(html: str, plain_names: Collection[str]) -> list[str]:
    """Which of these names, as `_plain` writes them, stand behind an "@"; the longest that fits."""
    reader = _Reader()
    reader.feed(html)
    text = _plain("".join(reader.text))
    lengths = sorted({len(name) for name in plain_names}, reverse=True)
    found: dict[str, None] = {}
    for at in _at.finditer(text):
        for length in lengths:
            name = text[at.end() : at.end() + length]
            after = text[at.end() + length : at.end() + length + 1]
            if name in plain_names and (_joins.fullmatch(name[-1]) or not _goes_on.match(after)):
                found[name] = None
                break
        if len(found) == MOST:
            break
    return list(found)


def _people(thread_id: str) -> list[tuple[str, Person]]:
    """Who has a published comment in a thread, by the name that it shows."""
    rows = db.session.execute(
        sa.select(Comment.account_id, sa.func.coalesce(Account.name, Comment.name), Comment.email)
        .join(Account, Account.id == Comment.account_id, isouter=True)
        .where(Comment.thread_id == thread_id, Comment.status == Status.PUBLISHED)
        .distinct()
    )
    return [
        (name, _person(account_id, email))
        for account_id, name, email in rows
        if name and (account_id or email)
    ]


def _person(account_id: int | None, email: str | None) -> Person:
    return Person(account_id, None if account_id or not email else names.email_key(email))


def _plain(text: str) -> str:
    """As one looks for a name: small letters without accents, one space between words."""
    bare = unicodedata.normalize("NFKD", " ".join(text.split()))
    # Not the marks that make another letter, as those of kana do: only what stands above or below one.
    return "".join(char for char in bare if unicodedata.combining(char) < 200).casefold()


class _Reader(HTMLParser):
    """The words of a comment's HTML that its writer wrote as his own."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._left_out = 0

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self._left_out += tag in _unread
        if tag not in _inline:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._left_out -= tag in _unread
        self.text.append("\n" if tag not in _inline else "")

    def handle_data(self, data: str) -> None:
        self.text.append("\ufffc" if self._left_out else data)
