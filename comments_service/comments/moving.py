"""Moving: a comment with all that answers it, or a whole thread, goes to another thread, and back.

Comments are locked before their threads, as by whoever decides on one: an answer that is posted
meanwhile comes along, or its writer is told. Where somebody looks for a comment in the thread that it
has left, he is led on (`threads.elsewhere`, `threads.standing`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from comments_service.comments import ruling
from comments_service.comments.transaction import changing, moved
from comments_service.db import db
from comments_service.errors import (
    AlreadyThere,
    InvalidInput,
    Message,
    NothingToUndo,
    UnknownComment,
    UnknownThread,
)
from comments_service.inputs import Merge, Move
from comments_service.models import (
    Account,
    Comment,
    Status,
    Subscription,
    Thread,
    ThreadAct,
    ThreadDecision,
    now,
)

_table = cast(sa.Table, Comment.__table__)
_c = _table.c
# What SQLite and PostgreSQL both take as parameters of one statement.
CHUNK = 500
NOWHERE = Message(
    "There is no such conversation. Its id is the last part of the address of its page here."
)
ITSELF = Message("It stands in this conversation already.")


def move(comment_id: int, moderator: Account, given: Move) -> ThreadDecision:
    """Take a comment with all its answers to another thread, where it answers none.

    Raises UnknownComment, InvalidInput for an unknown thread, AlreadyThere, NotAllowed.
    """
    with changing():
        rows = _with_answers([comment_id])
        root = rows.get(comment_id)
        if root is None:
            raise UnknownComment
        source, target = _both(root.thread_id, given.thread, moderator, "thread")
        _take(rows, root, None, target)
        made = ruling.record(
            source.id,
            ThreadAct.MOVE,
            moderator,
            given.reason,
            comment_ids=[comment_id],
            to_thread_id=target.id,
            parent_id=root.parent_id,
        )
        moved(source.id, target.id)
    return made


def merge(thread_id: str, moderator: Account, given: Merge) -> ThreadDecision:
    """Take all comments of a thread to another; from then on its id leads there.

    Who follows the one follows the other. Said once more, it takes what came in between.
    Raises UnknownThread, InvalidInput, AlreadyThere, NotAllowed.
    """
    with changing():
        connection = db.session.connection()
        mine = sa.select(_c.id).where(_c.thread_id == thread_id).order_by(_c.id)
        connection.execute(mine.with_for_update())
        # From here on nobody adds one: each new one points to its thread.
        itself = sa.select(Thread.id).where(Thread.id == thread_id).with_for_update()
        if db.session.scalar(itself) is None:
            raise UnknownThread
        rows = connection.execute(
            sa.select(_c.id, _c.parent_id).where(_c.thread_id == thread_id).order_by(_c.id)
        ).all()
        source, target = _both(thread_id, given.into, moderator, "into")
        if source.merged_into not in (None, target.id):
            raise AlreadyThere(Message("This conversation is merged into another one already."))
        if source.merged_into is not None and not rows:
            raise AlreadyThere(ITSELF)
        _own_keys([row.id for row in rows], target.id)
        connection.execute(
            sa.update(_table)
            .where(_c.thread_id == thread_id)
            .values(thread_id=target.id, pinned_at=None)
        )
        source.merged_into = target.id
        _follow(source.id, target.id)
        made = ruling.record(
            source.id,
            ThreadAct.MERGE,
            moderator,
            given.reason,
            comment_ids=[row.id for row in rows if row.parent_id is None],
            to_thread_id=target.id,
        )
        moved(source.id, target.id)
    return made


def undo(decision_id: int, moderator: Account) -> ThreadDecision:
    """Take back what a decision moved, with the answers that came since.

    What has been moved on in between, or is deleted, stays away. Raises NothingToUndo, NotAllowed.
    """
    with changing():
        decision = db.session.get(ThreadDecision, decision_id)
        if decision is None or decision.act not in (ThreadAct.MOVE, ThreadAct.MERGE):
            raise NothingToUndo
        rows = _with_answers(decision.comment_ids)
        done = sa.select(ThreadDecision.id).where(ThreadDecision.undoes_id == decision.id)
        # Looked for once the comments are locked: two may be pressing the button.
        if db.session.scalar(done) is not None:
            raise NothingToUndo
        source, target = _both(
            str(decision.to_thread_id), decision.thread_id, moderator, "thread", back=True
        )
        roots = [
            rows[each]
            for each in decision.comment_ids
            if each in rows and rows[each].thread_id == source.id
        ]
        if decision.act is ThreadAct.MERGE and target.merged_into == source.id:
            target.merged_into = None
        elif not roots:
            raise NothingToUndo
        for root in roots:
            _take(_below(rows, root), root, _answered(decision, target), target)
        _pin_again(decision, [each.id for each in roots], target)
        made = ruling.record(
            source.id,
            ThreadAct.UNDO,
            moderator,
            "",
            comment_ids=[each.id for each in roots],
            to_thread_id=target.id,
            undoes_id=decision.id,
        )
        moved(source.id, target.id)
    return made


Rows = dict[int, Any]


def _with_answers(ids: Sequence[int]) -> Rows:
    """These comments and all that answers them, locked; what somebody posts until then is among them."""
    connection = db.session.connection()
    rows: Rows = {}
    wanted = {*ids}
    while new := sorted(wanted - rows.keys()):
        for begin in range(0, len(new), CHUNK):
            chosen = sa.select(_c.id, _c.parent_id, _c.thread_id, _c.depth)
            chosen = chosen.where(_c.id.in_(new[begin : begin + CHUNK])).order_by(_c.id)
            rows |= {row.id: row for row in connection.execute(chosen.with_for_update())}
        wanted = set()
        for begin in range(0, len(ids), CHUNK):
            begun = sa.select(_c.id).where(_c.id.in_(ids[begin : begin + CHUNK]))
            below = begun.cte("below", recursive=True)
            # No UNION ALL: whatever the rows say, it ends.
            below = below.union(sa.select(_c.id).join(below, _c.parent_id == below.c.id))
            wanted.update(connection.scalars(sa.select(below.c.id)))
    return rows


def _below(rows: Rows, root: Any) -> Rows:
    """Of these rows, one with all that answers it."""
    answers: dict[int | None, list[Any]] = {}
    for row in rows.values():
        answers.setdefault(row.parent_id, []).append(row)
    found: Rows = {}
    waiting = [root]
    while waiting:
        row = waiting.pop()
        found[row.id] = row
        waiting.extend(answers.get(row.id, ()))
    return found


def _both(
    source_id: str, target_id: str, moderator: Account, field: str, *, back: bool = False
) -> tuple[Thread, Thread]:
    """Two threads that this moderator decides on, locked in one order. Raises what `move` does."""
    if source_id == target_id:
        raise AlreadyThere(ITSELF)
    found: dict[str, Thread] = {}
    for each in sorted((source_id, target_id)):
        try:
            found[each] = ruling.found(each, moderator)
        except UnknownThread:
            if each == source_id:
                raise
            raise InvalidInput(fields={field: NOWHERE}) from None
    target = found[target_id]
    if target.merged_into is not None and not back:
        raise InvalidInput(
            fields={
                field: Message(
                    "This conversation is merged into {thread}: name that.",
                    thread=target.merged_into,
                )
            }
        )
    return found[source_id], target


def _take(rows: Rows, root: Any, parent: Any, target: Thread) -> None:
    """Put a comment with all below it into a thread, below a comment there or none."""
    connection = db.session.connection()
    ids = sorted(rows)
    _own_keys(ids, target.id)
    deeper = (parent.depth + 1 if parent else 0) - root.depth
    for begin in range(0, len(ids), CHUNK):
        connection.execute(
            sa.update(_table)
            .where(_c.id.in_(ids[begin : begin + CHUNK]))
            .values(thread_id=target.id, depth=_c.depth + deeper, pinned_at=None)
        )
    above = parent.id if parent else None
    connection.execute(sa.update(_table).where(_c.id == root.id).values(parent_id=above))


def _pin_again(decision: ThreadDecision, ids: Sequence[int], target: Thread) -> None:
    """Let what was pinned when it left stand first again, where there is room."""
    about = sa.select(ThreadDecision).where(
        ThreadDecision.thread_id == target.id,
        ThreadDecision.id < decision.id,
        ThreadDecision.act.in_((ThreadAct.PIN, ThreadAct.UNPIN)),
    )
    pinned: dict[int, datetime] = {}
    for each in db.session.scalars(about.order_by(ThreadDecision.id)):
        for number in each.comment_ids:
            pinned.pop(number, None)
            if each.act is ThreadAct.PIN and number in ids:
                pinned[number] = each.made_at
    connection = db.session.connection()
    here = sa.select(sa.func.count()).where(_c.thread_id == target.id, _c.pinned_at.is_not(None))
    room = max(0, ruling.MOST_PINNED - (connection.scalar(here) or 0))
    for number in sorted(pinned, key=lambda each: pinned[each])[:room]:
        seen = (_c.id == number, _c.status == Status.PUBLISHED, _c.parent_id.is_(None))
        connection.execute(sa.update(_table).where(*seen).values(pinned_at=pinned[number]))


def _answered(decision: ThreadDecision, target: Thread) -> Any:
    """What a moved comment answered, if that is still there."""
    parent = sa.select(_c.id, _c.depth)
    parent = parent.where(_c.id == decision.parent_id, _c.thread_id == target.id)
    # As long as nobody moves that one as well.
    return db.session.connection().execute(parent.with_for_update(key_share=True)).one_or_none()


def _own_keys(ids: Sequence[int], target_id: str) -> None:
    """Where two threads know one submission's key, what comes has another, such as no client sends."""
    there = _table.alias()
    taken = sa.select(there.c.key).where(there.c.thread_id == target_id)
    for begin in range(0, len(ids), CHUNK):
        db.session.connection().execute(
            sa.update(_table)
            .where(_c.id.in_(ids[begin : begin + CHUNK]), _c.key.in_(taken))
            .values(key=sa.literal("moved/") + sa.cast(_c.id, sa.String))
        )


def _follow(source_id: str, target_id: str) -> None:
    """Let whoever is told of a thread be told of that into which it was merged."""
    s = cast(sa.Table, Subscription.__table__)
    there = s.alias()
    known = sa.exists().where(
        there.c.recipient_id == s.c.recipient_id,
        there.c.kind == s.c.kind,
        there.c.thread_id == target_id,
    )
    copied = ("recipient_id", "kind", "muted", "confirmed_at")
    rows = sa.select(
        *(s.c[name] for name in copied),
        sa.literal(target_id),
        sa.literal(now(), s.c.created_at.type),
    ).where(s.c.thread_id == source_id, s.c.confirmed_at.is_not(None), ~known)
    db.session.connection().execute(
        sa.insert(s).from_select([*copied, "thread_id", "created_at"], rows)
    )
