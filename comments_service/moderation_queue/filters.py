"""What narrows a list of comments: their state, thread, writer, why they wait."""

import json
import re
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from comments_service import by_writer
from comments_service.db import db
from comments_service.errors import Message
from comments_service.models import Account, Comment, Role, Status

# Why comments wait is looked up in so many of them, the latest.
REASONS_READ = 2_000
ALL = "all"
_value = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Filter:
    """Which comments a list holds; what is empty narrows nothing.

    `person` is an account's public id, a guest's session or a name, as `person_of` writes them; `why`
    the wording of a reason as it is kept, with its values in braces.
    """

    status: Status | None = Status.PENDING
    thread: str = ""
    person: str = ""
    why: str = ""
    q: str = ""

    @property
    def state(self) -> str:
        return str(self.status or ALL)

    @property
    def newest_first(self) -> bool:
        """What waits is worked off from its beginning."""
        return self.status is not Status.PENDING

    @property
    def narrowed(self) -> bool:
        return any((self.thread, self.person, self.why, self.q.strip()))

    def values(self) -> dict[str, str]:
        """As an address or a form holds it."""
        said = {each.name: getattr(self, each.name) for each in fields(self)[1:]}
        return {"status": self.state, **{name: text for name, text in said.items() if text}}

    def query(self, **changed: Any) -> str:
        """The query of the same list with something changed."""
        if "status" in changed:
            changed["status"] = None if changed["status"] == ALL else Status(changed["status"])
        return urlencode(replace(self, **changed).values())

    def of(self, account: Account) -> list[sa.ColumnElement[bool]]:
        """What holds of each such comment that `account` may decide on; words are searched for by lists."""
        which: list[sa.ColumnElement[bool]] = []
        if self.status is not None:
            which.append(Comment.status == self.status)
        if account.role is Role.AUTHOR:
            which.append(Comment.thread_id.in_(by_writer.bearing(account.name)))
        if self.thread:
            which.append(Comment.thread_id == self.thread)
        if self.person:
            which.append(_written_by(self.person))
        if self.why:
            # As JSON holds it: a sentence that is a part of another is not found in that.
            written = f"[{json.dumps(self.why)}, "
            which.append(sa.cast(Comment.reasons, sa.Text).contains(written, autoescape=True))
        return which


def person_of(comment: Comment) -> str:
    """Who wrote a comment, as far as that can be told: by the account, the browser, or the name alone."""
    if comment.account is not None:
        return f"account:{comment.account.public_id}"
    if comment.session_id is not None:
        return f"session:{comment.session_id}"
    return f"name:{comment.name}" if comment.name else ""


def _written_by(person: str) -> sa.ColumnElement[bool]:
    kind, _, who = person.partition(":")
    match kind:
        case "account":
            known = sa.select(Account.id).where(Account.public_id == who).scalar_subquery()
            return Comment.account_id == known
        case "session" if re.fullmatch(r"[0-9]{1,18}", who, re.ASCII):
            return sa.and_(Comment.session_id == int(who), Comment.account_id.is_(None))
        case "name":
            return sa.and_(Comment.name == who, Comment.account_id.is_(None))
    return sa.false()


def person_name(person: str) -> str:
    """What a person's comments stand under now."""
    kind, _, who = person.partition(":")
    if kind == "name":
        return who
    of = [_written_by(person)]
    named = sa.select(sa.func.coalesce(Account.name, Comment.name)).outerjoin(Comment.account)
    newest = named.where(*of).order_by(Comment.id.desc()).limit(1)
    return db.session.scalar(newest) or ""


@dataclass(frozen=True)
class Reason:
    """Why comments wait: the wording as a filter names it, for people, and how many wait for it."""

    template: str
    text: Message
    count: int


def reason_text(template: str) -> Message:
    """A reason without the numbers that it has in one comment."""
    return Message(template, **{each[1:-1]: "…" for each in _value.findall(template)})


def reasons(account: Account) -> list[Reason]:
    """Why comments wait that `account` may decide on, the most frequent first; of the latest of them."""
    kept = sa.cast(Comment.reasons, sa.Text).label("kept")
    waiting = Filter(Status.PENDING).of(account)
    latest = (
        sa.select(kept)
        .where(*waiting)
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(REASONS_READ)
        .subquery()
    )
    counted = sa.select(latest.c.kept, sa.func.count()).group_by(latest.c.kept)
    counts: dict[str, int] = {}
    for kept_as, number in db.session.execute(counted):
        for template, _ in json.loads(kept_as):
            counts[template] = counts.get(template, 0) + number
    return [
        Reason(template, reason_text(template), number)
        for template, number in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]
