"""Queries by writer: what one person wrote as a reader, as a guest and as a moderator.

Who that person is comes in as a session or an account; what others see of it is decided in `threads`.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from comments_service import bans, rules, threads, word_counts
from comments_service.db import db
from comments_service.models import (
    DOUBTED,
    NO_NEAR,
    Account,
    Comment,
    CommentRevision,
    Decision,
    Note,
    Report,
    Session,
    Status,
    Thread,
    ThreadDecision,
    Vote,
    html_hash,
    near_columns,
    now,
)
from comments_service.spam import Count, History

SAID_PAGE = 25
# Of what was rejected, and of one text on one day, nobody needs to know more: a flood is a flood.
MOST = 100


def in_thread(session: Session, thread_id: str, limit: int = 50) -> Sequence[Comment]:
    """A session's or its account's comments in a thread, newest first; none that are deleted."""
    written_in = [each for each in (session.id, session.guest_id) if each]
    mine: sa.ColumnElement[bool] = Comment.session_id.in_(written_in)
    if session.account_id is not None:
        mine = sa.or_(mine, Comment.account_id == session.account_id)
    return db.session.scalars(
        sa.select(Comment)
        .where(
            mine,
            Comment.thread_id == thread_id,
            Comment.status.in_([Status.PENDING, Status.PUBLISHED]),
        )
        .options(joinedload(Comment.thread), joinedload(Comment.account))
        .order_by(Comment.id.desc())
        .limit(limit)
    ).all()


def history(
    session: Session | None,
    html: str,
    thread_id: str,
    up_to: int = 1_000,
    near: Sequence[int | None] = NO_NEAR,
    features: Iterable[int] = (),
    networks: tuple[str, str] = ("", ""),
) -> tuple[History, dict[int, Count]]:
    """What `spam` needs to know of a writer and of this text, and how often its words were in spam, in one query.

    All is counted up to a number only: a regular, or a flood, costs no more than a newcomer. The
    revision of the rules comes along: they are read again where it is another one. Whoever is banned,
    by himself or with his `networks`, is found by the same query. Raises Banned.
    """
    account_id = session.account_id if session else None
    writer = "account_id" if account_id is not None else "session_id"
    rows = (
        db.session.connection()
        .execute(
            _history(writer, word_counts.is_sqlite()),
            {
                "writer": account_id if account_id is not None else session.id if session else None,
                "html_hash": html_hash(html),
                "thread_id": thread_id,
                "since": now() - timedelta(days=1),
                "enough": up_to,
                "wanted": word_counts.wanted(features),
                **near_columns(near),
                **bans.asked(session, *networks),
            },
        )
        .all()
    )
    known = {row[0]: row[1:] for row in rows}
    *of_writer, revision, banned = known.pop(None)
    if banned and (ban := bans.of_writer(session, *networks)) is not None:
        raise bans.refusal(ban)
    rules.noticed(revision)
    counts = {number: Count(*each[:2]) for number, each in known.items()}
    return History(*of_writer), counts


@cache
def _history(writer: str, lite: bool) -> sa.CompoundSelect[Any]:
    """The query behind `history`, put together once: that costs more than asking it.

    The first row is of the writer and of the text, each other one of a word.
    """
    table = Comment.__table__.c
    mine = table[writer] == sa.bindparam("writer")
    published = (
        sa.select(table.id)
        .where(mine, table.status == Status.PUBLISHED)
        .limit(sa.bindparam("enough", type_=sa.Integer))
    )
    rejected = sa.select(table.id).where(mine, table.status == Status.REJECTED).limit(MOST)
    recent = table.created_at > sa.bindparam("since")
    other: sa.BindParameter[str] = sa.bindparam("thread_id")
    same = (
        sa.select(table.thread_id, table.status)
        .where(table.html_hash == sa.bindparam("html_hash"), recent)
        .order_by(table.created_at.desc())
        .limit(MOST)
        .subquery()
    )
    elsewhere = sa.select(same.c.thread_id).where(
        same.c.thread_id != other,
        # Two, and no list, which would be written out anew each time.
        sa.or_(same.c.status == Status.PENDING, same.c.status == Status.REJECTED),
    )
    near = sa.union_all(
        *(
            sa.select(latest.c.thread_id).where(latest.c.thread_id != other)
            for latest in (
                sa.select(table.thread_id)
                .where(table[name] == sa.bindparam(name), sa.text(DOUBTED), recent)
                .order_by(table.created_at.desc())
                .limit(MOST)
                .subquery()
                for name in ("near_1", "near_2", "near_3", "near_4")
            )
        )
    )
    of_writer = sa.select(
        sa.cast(sa.null(), sa.BigInteger),
        *(
            sa.select(sa.func.count()).select_from(each.subquery()).scalar_subquery()
            for each in (published, rejected, elsewhere, near)
        ),
        rules.revision,
        sa.case((sa.exists().where(bans.holding), 1), else_=0),
    )
    counts = word_counts.asked(lite).add_columns(*(sa.null() for _ in range(4)))
    return sa.union_all(of_writer, counts)


def said(account: Account, page: int = 1) -> threads.Page:
    """What everybody may read of an account, with the threads, the newest first; two queries."""
    chosen = (
        sa.select(Comment)
        .join(Comment.thread)
        .where(
            Comment.account_id == account.id,
            Comment.status == Status.PUBLISHED,
            *threads.for_everybody,
        )
    )
    chosen = chosen.options(contains_eager(Comment.thread))
    latest_first = chosen.order_by(Comment.created_at.desc(), Comment.id.desc())
    return threads.page_of(latest_first, page, SAID_PAGE)


def claimable(session: Session | None) -> Sequence[Comment]:
    """What was written as a guest in the same browser before its owner signed in, oldest first."""
    if session is None or session.account_id is None or session.guest_id is None:
        return []
    return db.session.scalars(
        sa.select(Comment)
        .where(*unclaimed(session.guest_id))
        .options(joinedload(Comment.thread))
        .order_by(Comment.id)
    ).all()


def claimable_count(session: Session | None) -> int:
    if session is None or session.account_id is None or session.guest_id is None:
        return 0
    return (
        db.session.scalar(
            sa.select(sa.func.count()).select_from(Comment).where(*unclaimed(session.guest_id))
        )
        or 0
    )


def unclaimed(guest_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """What picks a guest's comments that no account has, of which anything is left."""
    return (
        Comment.session_id == guest_id,
        Comment.account_id.is_(None),
        Comment.source != "",
    )


def of_account(account_id: int) -> Sequence[Comment]:
    """Every comment of an account with its thread, in any state, oldest first."""
    return db.session.scalars(
        sa.select(Comment)
        .where(Comment.account_id == account_id)
        .options(joinedload(Comment.thread))
        .order_by(Comment.id)
    ).all()


def revisions_of(account_id: int) -> Sequence[CommentRevision]:
    """What an account's comments said before they were edited, oldest first."""
    return db.session.scalars(
        sa.select(CommentRevision)
        .join(Comment, Comment.id == CommentRevision.comment_id)
        .where(Comment.account_id == account_id)
        .order_by(CommentRevision.id)
    ).all()


def corrections(comments: Sequence[Comment]) -> dict[int, str]:
    """Why moderators have edited comments, the latest reason of each; no query where they have not."""
    edited = [each.id for each in comments if each.corrected]
    if not edited:
        return {}
    rows = db.session.execute(
        sa.select(CommentRevision.comment_id, CommentRevision.reason)
        .where(CommentRevision.comment_id.in_(edited), CommentRevision.reason.is_not(None))
        .order_by(CommentRevision.id)
    )
    return {row.comment_id: row.reason for row in rows}


def noted_by(account_id: int) -> Sequence[Note]:
    """What an account told other moderators of comments, oldest first."""
    return db.session.scalars(
        sa.select(Note).where(Note.writer_id == account_id).order_by(Note.id)
    ).all()


def corrected_by(account_id: int) -> Sequence[CommentRevision]:
    """Whose words an account has changed as a moderator, and why, oldest first."""
    return db.session.scalars(
        sa.select(CommentRevision)
        .where(CommentRevision.moderator_id == account_id)
        .order_by(CommentRevision.id)
    ).all()


def said_before(comment: Comment, version: int) -> str | None:
    """What a comment said in an earlier version, empty where that is not kept; None where it still does."""
    if comment.version <= version or not comment.source:
        return None
    revisions = db.session.scalars(
        sa.select(CommentRevision.source)
        .where(CommentRevision.comment_id == comment.id)
        .order_by(CommentRevision.id)
    ).all()
    return revisions[version - 1] if version <= len(revisions) else ""


def said_at(comment_id: int, moment: datetime) -> str | None:
    """What a comment said at a moment, if it has changed since and that is kept; else None."""
    return db.session.scalar(
        sa.select(CommentRevision.source)
        .where(CommentRevision.comment_id == comment_id, CommentRevision.replaced_at > moment)
        .order_by(CommentRevision.id)
        .limit(1)
    )


def votes_of(account_id: int) -> Sequence[Vote]:
    """How an account voted on others' comments, oldest first."""
    return db.session.scalars(
        sa.select(Vote).where(Vote.account_id == account_id).order_by(Vote.id)
    ).all()


def decisions_about(account_id: int) -> Sequence[Decision]:
    """What was decided on an account's comments, oldest first."""
    return db.session.scalars(
        sa.select(Decision)
        .join(Comment, Comment.id == Decision.comment_id)
        .where(Comment.account_id == account_id)
        .order_by(Decision.id)
    ).all()


def reports_by(account_id: int) -> Sequence[Report]:
    """What an account reported, oldest first."""
    return db.session.scalars(
        sa.select(Report).where(Report.account_id == account_id).order_by(Report.id)
    ).all()


def thread_decisions_by(account_id: int) -> Sequence[ThreadDecision]:
    """What an account ruled for threads, and moved, oldest first."""
    return db.session.scalars(
        sa.select(ThreadDecision)
        .where(ThreadDecision.moderator_id == account_id)
        .order_by(ThreadDecision.id)
    ).all()


def decisions_by(account_id: int) -> Sequence[Decision]:
    """What an account decided on others' comments, oldest first."""
    return db.session.scalars(
        sa.select(Decision).where(Decision.moderator_id == account_id).order_by(Decision.id)
    ).all()


def bearing(name: str) -> list[str]:
    """The ids of the threads whose article names this author."""
    # As it stands in the column, which may hold it as a part of another name too.
    written = json.dumps(name)[1:-1]
    authors = db.session.execute(
        sa.select(Thread.id, Thread.authors).where(
            sa.cast(Thread.authors, sa.Text).contains(written, autoescape=True)
        )
    )
    return [row.id for row in authors if name in row.authors]
