"""Votes: one for each person and comment, counted on the comment in the same transaction.

No thread is locked or raised here, so that votes neither wait for posts nor keep them waiting: what was
counted is marked, and `publishing.votes` has it published, a burst of it at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from comments_service import bans, rate_limits, sessions, threads
from comments_service.comments.editing import is_mine
from comments_service.config import Rate, Settings
from comments_service.db import apart, db, writing
from comments_service.errors import (
    InvalidInput,
    Message,
    NotAllowed,
    SignInRequired,
    UnknownComment,
)
from comments_service.models import Comment, Policy, Session, Status, Thread, Vote, now
from comments_service.sessions import Visitor

# Of one network: whoever throws the cookie away would vote again.
NEW_VOTERS = (Rate(10, 86_400),)
CHUNK = 500

TOO_MANY = Message("You have voted a lot in a short time. Please wait a moment and try again.")

_comments, _threads, _votes = (cast(sa.Table, each.__table__) for each in (Comment, Thread, Vote))
_c, _v = _comments.c, _votes.c
# Whoever votes on the same comment waits here for the vote before.
_target = (
    sa.select(
        *(_c.id, _c.thread_id, _c.status, _c.account_id, _c.session_id, _c.up, _c.down),
        *(_threads.c.listed, _threads.c.policy, _threads.c.shared_until),
    )
    .join(_threads, _threads.c.id == _c.thread_id)
    .where(_c.id == sa.bindparam("which"))
    .with_for_update(of=_comments, key_share=True)
)
_tally = (
    sa.update(_comments)
    .where(_c.id == sa.bindparam("which"))
    .values(
        up=sa.bindparam("for_it"),
        down=sa.bindparam("against"),
        score=sa.bindparam("good"),
        voted=True,
    )
)


@dataclass(frozen=True)
class Voted:
    """What a comment's votes are now, and whose vote it was.

    `token` is given for a guest's new session only: the browser has to keep it.
    """

    comment_id: int
    thread_id: str
    # The voter's own: 1, -1 or, taken back, 0.
    value: int
    up: int
    down: int
    session: Session | None
    token: str | None = None


def vote(comment_id: int, visitor: Visitor, value: int, settings: Settings) -> Voted:
    """Vote for a comment (1), against it (-1), or take the vote back (0).

    A thread that is closed is still voted on. Raises UnknownComment, NotAllowed, SignInRequired,
    InvalidInput, Banned, TooMany.
    """
    if settings.votes == "off":
        raise NotAllowed(Message("There are no votes here."))
    if value < 0 and settings.votes != "both":
        raise InvalidInput(fields={"value": Message("Here one can only vote for a comment.")})
    session, token = visitor.session, None
    if visitor.account is None and not settings.guest_votes:
        raise SignInRequired(Message("Please sign in to vote."))
    bans.refuse(session, visitor.network, visitor.ban_network)
    with writing():
        who = visitor.account.public_id if visitor.account else visitor.network
        rate_limits.count(f"vote:{who}", settings.limit_votes, TOO_MANY)
        connection = db.session.connection()
        row = connection.execute(_target, {"which": comment_id}).one_or_none()
        # What others cannot see does not exist for them.
        if row is None or not row.listed or row.policy is Policy.OFF:
            raise UnknownComment
        # Who asks by a number need not have the draft's address, to which he would be led.
        if row.shared_until is not None:
            raise UnknownComment
        if row.status is not Status.PUBLISHED:
            raise UnknownComment
        if is_mine(apart(Comment, row._asdict()), visitor):
            raise NotAllowed(Message("This comment is yours, and one votes on those of others."))
        if session is None and value:
            rate_limits.count(f"voter:{visitor.network}", NEW_VOTERS, TOO_MANY)
            session, token = sessions.begin(None, visitor)
        before = _take_back(connection, _v.comment_id == comment_id, of(session))
        if value and session is not None:
            made = {"comment_id": comment_id, "value": value, "made_at": now()}
            voter = "account_id" if session.account_id is not None else "session_id"
            made[voter] = session.account_id if session.account_id is not None else session.id
            connection.execute(sa.insert(_votes), made)
        up, down = _counted(row, [each.value for each in before], [value] if value else [])
        if (up, down) != (row.up, row.down):
            connection.execute(_tally, _counts(comment_id, up, down))
    return Voted(comment_id, row.thread_id, value, up, down, session, token)


def of(session: Session | None) -> sa.ColumnElement[bool]:
    """What picks one person's votes: those cast as a guest in the same browser are the account's."""
    if session is None:
        return sa.false()
    if session.account_id is None:
        return _v.session_id == session.id
    mine = _v.account_id == session.account_id
    return mine if session.guest_id is None else sa.or_(mine, _v.session_id == session.guest_id)


def votes_in(session: Session | None, thread_id: str) -> dict[int, int]:
    """How somebody voted in a thread, by comment."""
    if session is None:
        return {}
    chosen = sa.select(_v.comment_id, _v.value).join(_comments, _c.id == _v.comment_id)
    rows = db.session.execute(chosen.where(of(session), _c.thread_id == thread_id))
    return {row.comment_id: row.value for row in rows}


def take_over_votes(guest_id: int, account_id: int) -> None:
    """Make a guest's votes an account's, inside a transaction that has made the guest's comments its own.

    Of two on one comment the account's stays, and none on a comment that is one's own by now.
    """
    connection = db.session.connection()
    voted = sa.select(_v.comment_id).where(_v.account_id == account_id)
    own = sa.select(_c.id).where(_c.account_id == account_id)
    twice = sa.and_(_v.session_id == guest_id, _v.comment_id.in_(voted))
    by_either = sa.or_(_v.session_id == guest_id, _v.account_id == account_id)
    _forget(connection, sa.or_(twice, sa.and_(by_either, _v.comment_id.in_(own))))
    connection.execute(
        sa.update(_votes)
        .where(_v.session_id == guest_id)
        .values(session_id=None, account_id=account_id)
    )


def take_back_votes(account_id: int) -> None:
    """Take back every vote of an account, inside a transaction that ends the account."""
    _forget(db.session.connection(), _v.account_id == account_id)


def _take_back(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> Sequence[Any]:
    gone = sa.delete(_votes).where(*which).returning(_v.comment_id, _v.value)
    return connection.execute(gone).all()


def _forget(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    """Take votes back and count anew what they were cast on, so many comments at once."""
    gone: dict[int, list[int]] = {}
    for row in _take_back(connection, which):
        gone.setdefault(row.comment_id, []).append(row.value)
    numbers = sorted(gone)
    for start in range(0, len(numbers), CHUNK):
        some = _c.id.in_(numbers[start : start + CHUNK])
        chosen = sa.select(_c.id, _c.up, _c.down).where(some).order_by(_c.id)
        rows = connection.execute(chosen.with_for_update(key_share=True)).all()
        connection.execute(
            _tally, [_counts(row.id, *_counted(row, gone[row.id], [])) for row in rows]
        )


def _counted(row: Any, gone: Iterable[int], come: Iterable[int]) -> tuple[int, int]:
    gone, come = list(gone), list(come)
    return (
        row.up + come.count(1) - gone.count(1),
        row.down + come.count(-1) - gone.count(-1),
    )


def _counts(comment_id: int, up: int, down: int) -> dict[str, Any]:
    return {"which": comment_id, "for_it": up, "against": down, "good": threads.score(up, down)}
