"""Storing: comments of one page, a short transaction at a time, each once however often it comes.

What is known by its system and number there stays as it is. Posting goes on in between, and whatever
stops an import, the next one goes on where it stopped.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from comments_service import comments, inputs, markup, threads
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import InvalidInput, Message, as_message
from comments_service.importers import bodies
from comments_service.importers.records import Markup, Past, Skipped
from comments_service.inputs.fields import mail_address, shown_name, web_address
from comments_service.models import Comment, Status, Thread, html_hash, now
from formats.passages import Passage

T = TypeVar("T")
_comments = cast(sa.Table, Comment.__table__)

# So many rows are some 50 ms in which others wait to post.
BATCH = 250
# Whoever gave no name, or none that can be shown.
NAMELESS = "Anonymous"
MAX_ID_CHARS = 200
# The same comment has the same time, to what databases keep of it.
MOMENT = timedelta(seconds=1)
# The id that our own export gives to what was written here: its number, and its second.
_OURS = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")
ANOTHER = Message(
    "another comment with this number was imported before: if it was another blog's, name this one by --site"
)
# Longer than the form takes: what was said is said. What the renderer refuses is too long all the same.
MAX_CHARS = 50_000


@dataclass(frozen=True)
class Target:
    """Where the comments of one page go: their thread, whose account those of `me` get, and from which `system`.

    With the name of a site in it where numbers are a site's own. What was written on a page that is `hidden` waits.
    """

    system: str
    thread: Thread
    hidden: frozenset[str] = frozenset()
    me: str = ""
    account_id: int | None = None
    # With which the article's page is found; without, what quotes it stays a quotation.
    settings: Settings | None = None


@dataclass
class Counts:
    new: int = 0
    known: int = 0
    replies: int = 0
    depth: int = 0
    undated: int = 0
    states: dict[str, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True)
class _There:
    """A comment that is in the database by now, as its answers need it."""

    id: int
    thread_id: str
    depth: int
    created_at: datetime
    is_placeholder: bool = False
    parent_id: int | None = None


def store(
    found: Iterable[tuple[Past | str, int]], target: Target, counts: Counts, *, apply: bool
) -> Iterator[int]:
    """Take over what a page has; yields how many were looked at after each transaction.

    Without `apply` the same is counted and nothing is written.
    """
    there: dict[str, _There] = {}
    for batch in _batches((each for each, _ in found if isinstance(each, Past)), BATCH):
        _look_up(
            [*(each.id for each in batch), *(each.parent for each in batch if each.parent)],
            target,
            there,
        )
        if apply:
            with comments.changing():
                # Somebody may have imported the same in another window.
                _look_up([each.id for each in batch], target, there, again=True)
                _Writing(target, counts, there, apply=True).all(batch)
        else:
            _Writing(target, counts, there, apply=False).all(batch)
        yield len(batch)


def _batches(found: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(found)
    while batch := [*islice(left, size)]:
        yield batch


def _number(given: str) -> str:
    """A number as the column holds it: one that is too long, by its hash."""
    return given if len(given) <= MAX_ID_CHARS else hashlib.sha256(given.encode()).hexdigest()


def _look_up(
    numbers: Sequence[str], target: Target, there: dict[str, _There], *, again: bool = False
) -> None:
    wanted = sorted({_number(each) for each in numbers if again or each not in there})
    for part in _batches(wanted, 500):
        which = sa.and_(Comment.imported_from == target.system, Comment.imported_id.in_(part))
        ours = _ours(part) if target.system == "postil" else {}
        if ours:
            # A blog's own export, come back: what it holds is here already.
            which |= Comment.id.in_(ours)
        rows = db.session.execute(
            sa.select(
                Comment.id, Comment.thread_id, Comment.depth, Comment.created_at, Comment.imported_from,
                Comment.imported_id, Comment.key, Comment.parent_id,
            ).where(which)
        )  # fmt: skip
        for row in rows:
            name = row.imported_id
            if row.imported_from != target.system:
                name = ours.get(row.id, {}).get(int(row.created_at.timestamp()))
                if name is None:
                    continue
            there[name] = _There(
                row.id,
                row.thread_id,
                row.depth,
                row.created_at,
                row.imported_from == target.system and row.key.startswith("missing:"),
                row.parent_id,
            )


def _ours(numbers: Iterable[str]) -> dict[int, dict[int, str]]:
    """Those that an export of this blog may have given, by number and second."""
    found: dict[int, dict[int, str]] = {}
    for each in numbers:
        if match := _OURS.fullmatch(each):
            found.setdefault(int(match[1]), {})[int(match[2])] = each
    return found


class _Writing:
    """One batch: what is new of it, checked, with the placeholders that its answers hang on."""

    def __init__(
        self, target: Target, counts: Counts, there: dict[str, _There], *, apply: bool
    ) -> None:
        self._target, self._counts, self._there, self._apply = target, counts, there, apply

    def all(self, batch: Sequence[Past]) -> None:
        for each in batch:
            known = self._there.get(_number(each.id))
            if known is not None and not known.is_placeholder:
                self._counts.depth = max(self._counts.depth, known.depth)
                if _is_another(each, known):
                    self._counts.skipped.append(Skipped(each.where, ANOTHER))
                else:
                    self._counts.known += 1
                    self._count(each)
                continue
            try:
                self._take(each, known)
            except InvalidInput as refused:
                whys = tuple(refused.fields.values()) or (refused.detail,)
                self._counts.skipped.append(Skipped(each.where, *map(as_message, whys)))
            else:
                self._count(each)

    def _count(self, past: Past) -> None:
        """As the file has it; what is left out is counted there alone."""
        self._counts.replies += bool(past.parent)
        state = str(past.status)
        self._counts.states[state] = self._counts.states.get(state, 0) + 1

    def _take(self, past: Past, placeholder: _There | None) -> None:
        source, html, passage = self._words(past)
        parent = self._parent(past)
        created_at = self._moment(past, parent)
        mine = self._target.account_id is not None and self._target.me.casefold() in (
            past.name.casefold(), past.email.casefold()
        )  # fmt: skip
        status = past.status
        if status is Status.PUBLISHED and past.page in self._target.hidden:
            status = Status.PENDING
        gone = status is Status.DELETED
        values = {
            "thread_id": parent.thread_id if parent else self._target.thread.id,
            "parent_id": parent.id if parent else None,
            "depth": parent.depth + 1 if parent else 0,
            "account_id": self._target.account_id if mine else None,
            "session_id": None,
            "name": None if mine or gone else self._name(past),
            "email": None if mine or gone else _or_none(mail_address, past.email),
            "website": None if gone else _or_none(web_address, past.website),
            "source": source,
            "html": html,
            "html_hash": html_hash(html),
            "passage": passage,
            "renderer_version": markup.RENDERER_VERSION,
            "status": status,
            "reasons": [Message("It comes from a page that was not public.")]
            if status is not past.status
            else [],
            "key": f"import:{self._target.system}:{hashlib.sha256(past.id.encode()).hexdigest()[:40]}",
            "network": None,
            "created_at": created_at,
            "edited_at": _edited_at(past, created_at),
            "version": 1,
            "untold": None,
            "up": max(past.up, 0),
            "down": max(past.down, 0),
            "score": threads.score(max(past.up, 0), max(past.down, 0)),
            "imported_from": self._target.system,
            "imported_id": _number(past.id),
        }
        self._put(past.id, values, placeholder)
        self._counts.new += 1

    def _put(self, number: str, values: dict[str, Any], placeholder: _There | None) -> None:
        new_id = 0
        if placeholder is not None:
            new_id = placeholder.id
            # The very comment of which only the place was known.
            if self._apply:
                if not self._hang(placeholder, values):
                    kept = ("thread_id", "parent_id", "depth")
                    values |= {name: getattr(placeholder, name) for name in kept}
                comment = db.session.get(Comment, new_id, populate_existing=True)
                for name, value in values.items():
                    setattr(comment, name, value)
                db.session.flush()
        elif self._apply:
            [new_id] = comments.insert_all([values])
        self._counts.depth = max(self._counts.depth, values["depth"])
        self._there[_number(number)] = _There(
            new_id,
            values["thread_id"],
            values["depth"],
            values["created_at"],
            False,
            values["parent_id"],
        )

    def _hang(self, placeholder: _There, values: dict[str, Any]) -> bool:
        """Whether what fills a place goes below what it answers, with all that stands below it by now."""
        if values["parent_id"] is None or values["thread_id"] != placeholder.thread_id:
            return False
        below = sa.select(_comments.c.id).where(_comments.c.id == placeholder.id)
        tree = below.cte("below", recursive=True)
        # No UNION ALL: whatever the rows say, it ends.
        tree = tree.union(sa.select(_comments.c.id).join(tree, _comments.c.parent_id == tree.c.id))
        connection = db.session.connection()
        ids = {*connection.scalars(sa.select(tree.c.id))}
        if values["parent_id"] in ids:
            # It would answer its own answer.
            return False
        deeper = values["depth"] - placeholder.depth
        for part in _batches(sorted(ids - {placeholder.id}), 500):
            change = sa.update(_comments).where(_comments.c.id.in_(part))
            connection.execute(change.values(depth=_comments.c.depth + deeper))
        for number, each in self._there.items():
            if each.id in ids:
                self._there[number] = replace(each, depth=each.depth + deeper)
        comments.moved(placeholder.thread_id)
        return True

    def _parent(self, past: Past) -> _There | None:
        """Whom it answers. One that is missing, or was not taken over, leaves a place where it was."""
        if not past.parent:
            return None
        found = self._there.get(_number(past.parent))
        if found is not None:
            # On another thread by now, if a moderator has moved it: the answer follows.
            return found
        written_at = past.written_at or self._target.thread.published_at or now()
        created_at = min(written_at, now())
        above = self._there.get(_number(past.above)) if past.above else None
        digest = hashlib.sha256(past.parent.encode()).hexdigest()[:40]
        values: dict[str, Any] = {
            "thread_id": above.thread_id if above else self._target.thread.id,
            "parent_id": above.id if above else None,
            "depth": above.depth + 1 if above else 0,
            "source": "",
            "html": "",
            "html_hash": None,
            "renderer_version": markup.RENDERER_VERSION,
            "status": Status.DELETED,
            "reasons": [],
            "key": f"missing:{self._target.system}:{digest}",
            "created_at": created_at,
            "version": 1,
            "imported_from": self._target.system,
            "imported_id": _number(past.parent),
        }
        new_id = comments.insert_all([values])[0] if self._apply else 0
        made = _There(
            new_id, values["thread_id"], values["depth"], created_at, True, values["parent_id"]
        )
        self._there[_number(past.parent)] = made
        return made

    def _words(self, past: Past) -> tuple[str, str, Passage | None]:
        """The Markdown and its HTML, and which words of the article it is about, if it is a note.

        Nothing for what was deleted. Raises InvalidInput.
        """
        if past.status is Status.DELETED:
            return "", "", None
        source = bodies.markdown(past.body, past.markup)
        if not source:
            raise InvalidInput(fields={"body": Message("It has no words.")})
        try:
            source = inputs.plain_text(source, MAX_CHARS)
        except ValueError as error:
            raise InvalidInput(fields={"body": error.args[0]}) from None
        # What answers another is no note, and what was written in our own system says itself what it is.
        passage = None if past.parent else past.passage
        if self._target.settings and not past.parent and past.markup is not Markup.SOURCE:
            noted = comments.quoting(self._target.thread, source, self._target.settings)
            source, passage = noted.body, noted.passage
        return source, comments.rendered(source), passage

    def _name(self, past: Past) -> str:
        return _or_none(shown_name, bodies.clean(past.name).replace("\n", " ")[:50]) or NAMELESS

    def _moment(self, past: Past, parent: _There | None) -> datetime:
        if past.written_at is not None:
            return min(past.written_at, now())
        self._counts.undated += 1
        if parent is not None:
            return parent.created_at
        return min(self._target.thread.published_at or now(), now())


def _edited_at(past: Past, created_at: datetime) -> datetime | None:
    """When it was edited, were it in the second in which it was written; not what was edited before that."""
    if past.edited_at is None or past.edited_at < created_at.replace(microsecond=0):
        return None
    return min(max(past.edited_at, created_at), now())


def _is_another(past: Past, known: _There) -> bool:
    """Whether what has the same number was written at another time. One of the future was put back to its import."""
    written_at = past.written_at
    return (
        written_at is not None
        and written_at < now()
        and abs(known.created_at - written_at) > MOMENT
    )


def _or_none(check: Callable[[str], str], given: str) -> str | None:
    try:
        return check(given) if given else None
    except ValueError:
        return None
