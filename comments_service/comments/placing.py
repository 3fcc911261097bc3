"""Placing: where a comment stands in its thread's reading order, kept as a number beside it.

Reading order is each comment, then its answers, the oldest first; what is pinned comes before all others. What is gone has a place only where
something that readers see answers it. Thus a page is read by an index, whatever the thread's length, and
whoever knows a comment's place knows its page. One thread is placed by one transaction at a time.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

import sqlalchemy as sa

from comments_service.errors import ThreadClosed
from comments_service.models import Comment, Status, Thread

# Between two that are posted one after the other there is room for all that will ever come between:
# whatever comes takes a small part of it, so that the next finds room as well.
ROOM = 2**40
PART = 1024
# A change of more comments arranges the thread as a whole.
MANY = 200
CHUNK = 500

_table = cast(sa.Table, Comment.__table__)
_c = _table.c
_thread: sa.BindParameter[str] = sa.bindparam("thread")
_id: sa.BindParameter[int] = sa.bindparam("which")
_skeleton = (
    *(_c.id, _c.parent_id, _c.thread_id, _c.status, _c.created_at, _c.place, _c.pinned_at),
)
# Its conditions are spelt as those of the index, which is used for no others.
_unplaced = (
    sa.select(*_skeleton)
    .where(_c.thread_id == _thread, sa.text("place IS NULL AND status = 'published'"))
    .order_by(_c.id)
)
_one = sa.select(*_skeleton).where(_c.id == _id)
_answer = sa.select(_c.id).where(_c.parent_id == _id, _c.place.is_not(None)).limit(1)
_show = (
    sa.update(_table)
    .where(_c.id == _id)
    .values(place=sa.bindparam("at"), revision=sa.bindparam("now"))
)
_put = sa.update(_table).where(_c.id == _id).values(place=sa.bindparam("at"))
_stamp = (
    sa.update(_table)
    # Answers show the name of whom they answer.
    .where(sa.or_(_c.id == _id, _c.parent_id == _id))
    .values(revision=sa.bindparam("now"))
)


def _siblings(of: sa.ColumnElement[bool], *, later: bool) -> sa.Select[Any]:
    """The nearest sibling that is shown, and was written later, or earlier."""
    mine = sa.tuple_(sa.bindparam("at", type_=_c.created_at.type), _id)
    its = sa.tuple_(_c.created_at, _c.id)
    order = (_c.created_at, _c.id) if later else (_c.created_at.desc(), _c.id.desc())
    beside = (its > mine) if later else (its < mine)
    chosen = sa.select(_c.id, _c.place).where(of, _c.thread_id == _thread, beside)
    return chosen.where(_c.place.is_not(None)).order_by(*order).limit(1)


_of_parent = _c.parent_id == sa.bindparam("parent")
# A pinned one stands where its time does not say.
_of_none = sa.and_(_c.parent_id.is_(None), _c.pinned_at.is_(None))
_pinned = (
    sa.select(_c.id)
    # Spelt as the condition of the index.
    .where(_c.thread_id == _thread, sa.text("pinned_at IS NOT NULL"), _c.parent_id.is_(None))
    .order_by(_c.pinned_at, _c.id)
)
_next = {True: _siblings(_of_none, later=True), False: _siblings(_of_parent, later=True)}
_earlier = _siblings(_of_parent, later=False)
_placed = (_c.thread_id == _thread, _c.place.is_not(None))
_last = sa.select(sa.func.max(_c.place)).where(*_placed)
_before = _last.where(_c.place < sa.bindparam("at"))
_after = (
    sa.select(_c.id, _c.parent_id, _c.place)
    .where(*_placed, _c.place > sa.bindparam("at"))
    .order_by(_c.place)
    .limit(CHUNK)
)

# One more answers none and is the newest of all: its place comes after every other's, unknown to whom
# it stands beside. Another that is as new or newer, by a clock that went back, leaves it to `follow`.
_others = _table.alias()
_end = (
    sa.select(sa.func.coalesce(sa.func.max(_others.c.place), 0) + ROOM)
    .where(_others.c.thread_id == _thread, _others.c.place.is_not(None))
    .scalar_subquery()
)
_newer = sa.exists().where(
    _others.c.parent_id.is_(None),
    _others.c.thread_id == _thread,
    _others.c.created_at >= sa.bindparam("moment", type_=_c.created_at.type),
    _others.c.place.is_not(None),
)
_insert = sa.insert(_table).returning(_c.id, _c.place)
_insert_newest = _insert.values(
    place=sa.case((_newer, None), else_=_end), revision=sa.bindparam("now")
)
_threads = cast(sa.Table, Thread.__table__).c
_raise_for_newest = (
    sa.update(_threads.id.table)
    .where(_threads.id == _thread)
    .values(
        revision=_threads.revision + 1,
        moved_from=sa.case((_threads.moved_from < _end, _threads.moved_from), else_=_end),
    )
    .returning(_threads.revision, _threads.merged_into)
)


# As the new row will hold it: a merge waits until that is there, and takes it along, or was first.
_merged = (
    sa.select(_threads.merged_into)
    .where(_threads.id == _thread)
    .with_for_update(read=True, key_share=True)
)


def insert(connection: sa.Connection, values: dict[str, Any]) -> sa.Row[Any]:
    """A new comment, without a place; returns its number and that. Raises ThreadClosed."""
    # Where an answer goes, what it answers says, which is held already.
    if values["parent_id"] is None:
        known = {"thread": values["thread_id"]}
        if connection.scalar(_merged, known) is not None:
            raise ThreadClosed
    return connection.execute(_insert, values).one()


def insert_newest(connection: sa.Connection, values: dict[str, Any]) -> sa.Row[Any]:
    """The same with the place of the newest, and its thread raised; without one where it is not that.

    The thread first: from there on nobody else places its comments.
    """
    known = {"thread": values["thread_id"]}
    thread = connection.execute(_raise_for_newest, known).one()
    if thread.merged_into is not None:
        # A moment after somebody looked whether it takes comments.
        raise ThreadClosed
    known |= {"moment": values["created_at"], "now": thread.revision}
    return connection.execute(_insert_newest, values | known).one()


def follow(
    connection: sa.Connection, thread_id: str, touched: Collection[int], revision: int
) -> int | None:
    """Give what was touched, or is new, its place, and the revision at which it looks different.

    Returns the first place from which on something has moved; None where everything stands as before.
    """
    new = connection.execute(_unplaced, {"thread": thread_id}).all()
    old = sorted({*touched} - {row.id for row in new})
    if len(new) + len(old) > MANY:
        moved = arrange(connection, thread_id)
    else:
        placing = _Placing(connection, thread_id, revision)
        for row in new:
            placing.show(row)
        for each in old:
            placing.settle(each)
        moved = min(placing.moved, default=None)
    if old:
        connection.execute(_stamp, [{"which": each, "now": revision} for each in old])
    return moved


def arrange(
    connection: sa.Connection, thread_id: str, pinned: Sequence[int] | None = None
) -> int | None:
    """Place a thread anew as a whole; returns what `follow` does.

    `pinned` is given by who comes here before there is such a column.
    """
    # By name: a migration comes here before the other columns of today are there.
    chosen = sa.select(_c.id, _c.parent_id, _c.status, _c.place).where(_c.thread_id == thread_id)
    rows = connection.execute(chosen.order_by(_c.created_at, _c.id)).all()
    there = {row.id: row.place for row in rows}
    wanted: dict[int, int | None] = dict.fromkeys(there)
    if pinned is None:
        pinned = connection.scalars(_pinned, {"thread": thread_id}).all()
    order = reading_order(rows, pinned)
    wanted |= {each: ROOM * number for number, each in enumerate(order, 1)}
    changed = [each for each in there if there[each] != wanted[each]]
    if changed:
        connection.execute(_put, [{"which": each, "at": wanted[each]} for each in changed])
    places = (place for each in changed for place in (there[each], wanted[each]))
    return min((place for place in places if place is not None), default=None)


def reading_order(rows: Sequence[Any], pinned: Sequence[int] = ()) -> Iterable[int]:
    """The numbers of what a thread shows, of all its comments by time; no recursion whatever the depth.

    What is pinned comes first, in the order given.
    """
    by_id = {row.id: row for row in rows}
    shown: set[int] = set()
    for row in rows:
        above: int | None = row.id if row.status == Status.PUBLISHED else None
        while above is not None and above in by_id and above not in shown:
            shown.add(above)
            above = by_id[above].parent_id
    answers: dict[int | None, list[int]] = {}
    # Backwards, because `pop` below takes from the end.
    for row in reversed(rows):
        if row.id in shown:
            answers.setdefault(row.parent_id, []).append(row.id)
    first = {each: number for number, each in enumerate(pinned)}
    # The sort keeps the order of all others.
    waiting = sorted(answers.get(None, []), key=lambda each: -first.get(each, len(first)))
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(answers.pop(each, []))


class _Placing:
    """One change to a thread: what it moves, one comment after the other."""

    def __init__(self, connection: sa.Connection, thread_id: str, revision: int) -> None:
        self._connection = connection
        self._thread = thread_id
        self._revision = revision
        self.moved: list[int] = []

    def settle(self, comment_id: int) -> None:
        """Let a comment have a place if readers see something of it, else none."""
        row = self._row(comment_id)
        if row is None or row.thread_id != self._thread:
            return
        seen = row.status == Status.PUBLISHED or self._answered(comment_id)
        if seen and row.place is None:
            self.show(row)
        elif not seen and row.place is not None:
            self._hide(row)

    def show(self, row: Any) -> None:
        """Give a comment a place, and those above it that have none."""
        waiting, below = [row], None
        while below is None and (above := waiting[-1].parent_id) is not None:
            parent = self._row(above)
            below = parent.place
            if below is None:
                waiting.append(parent)
        for each in reversed(waiting):
            below = self._between(each, below)
            self.moved.append(below)
            known = {"which": each.id, "at": below, "now": self._revision}
            self._connection.execute(_show, known)

    def _hide(self, row: Any) -> None:
        while True:
            self.moved.append(row.place)
            self._connection.execute(_put, {"which": row.id, "at": None})
            row = None if row.parent_id is None else self._row(row.parent_id)
            if row is None or row.status == Status.PUBLISHED or self._answered(row.id):
                return

    def _between(self, row: Any, parent_place: int | None) -> int:
        """The place of a comment that has none yet, between those that it will stand between."""
        if row.pinned_at is not None and row.parent_id is None:
            return self._arranged(row)
        before, after = self._neighbours(row, parent_place)
        if before is not None and after is not None and after - before < 2:
            # No room is left. What is seen of it gets its place as all the others do.
            return self._arranged(row)
        if after is None:
            return (before or 0) + ROOM
        if before is None:
            return after - ROOM
        return before + max(1, (after - before) // PART)

    def _arranged(self, row: Any) -> int:
        """Its place once the whole thread has new ones."""
        moved = arrange(self._connection, self._thread)
        self.moved += [] if moved is None else [moved]
        return int(self._row(row.id).place)

    def _neighbours(self, row: Any, parent_place: int | None) -> tuple[int | None, int | None]:
        known = {
            "thread": self._thread, "parent": row.parent_id, "at": row.created_at, "which": row.id
        }  # fmt: skip
        later = self._connection.execute(_next[row.parent_id is None], known).first()
        if later is not None:
            return self._scalar(_before, later.place), later.place
        if parent_place is None:
            return self._scalar(_last), None
        earlier = self._connection.execute(_earlier, known).first()
        if earlier is not None:
            return self._end_of(earlier.id, earlier.place)
        return self._end_of(row.parent_id, parent_place)

    def _end_of(self, comment_id: int, place: int) -> tuple[int, int | None]:
        """The last place below a comment, and the next one after it."""
        below = {comment_id}
        while rows := self._connection.execute(_after, {"thread": self._thread, "at": place}).all():
            for row in rows:
                if row.parent_id not in below:
                    return place, row.place
                below.add(row.id)
                place = row.place
        return place, None

    def _row(self, comment_id: int) -> Any:
        return self._connection.execute(_one, {"which": comment_id}).one_or_none()

    def _answered(self, comment_id: int) -> bool:
        return self._connection.execute(_answer, {"which": comment_id}).first() is not None

    def _scalar(self, chosen: sa.Select[Any], at: int | None = None) -> int | None:
        found: int | None = self._connection.scalar(chosen, {"thread": self._thread, "at": at})
        return found
