"""What moderators decide, and tell each other: decisions on comments and on threads, notes, saved replies."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments_service.db import Base
from comments_service.models.accounts import Account
from comments_service.models.base import Words, now
from comments_service.models.comments import Status
from comments_service.models.threads import Policy


class Act(Words):
    """What a decision does to a comment."""

    PUBLISH = "publish"
    SPAM = "spam"
    DELETE = "delete"
    UNDO = "undo"


class ThreadAct(Words):
    """What a moderator does to a thread as a whole."""

    RULE = "rule"
    LOCK = "lock"
    UNLOCK = "unlock"
    PIN = "pin"
    UNPIN = "unpin"
    MOVE = "move"
    MERGE = "merge"
    UNDO = "undo"


class Decision(Base):
    """What a moderator did to a comment, when and why; never edited."""

    __tablename__ = "decisions"
    __table_args__ = (sa.Index("ix_decisions_made_at", "made_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    # Empty when it was made by a command on the server.
    moderator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    moderator: Mapped[Account | None] = relationship(lazy="raise")
    act: Mapped[Act] = mapped_column(Act.column())
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    status_before: Mapped[Status] = mapped_column(Status.column("status_before"))
    status_after: Mapped[Status] = mapped_column(Status.column("status_after"))
    # Whether the writer is told that it was not published, with the reason.
    tell: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    # The decision that this one takes back.
    undoes_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decisions.id"), unique=True)
    # The same random word in all that was decided by one press of a button; empty for one alone.
    batch: Mapped[str | None] = mapped_column(sa.String(20), index=True)
    made_at: Mapped[datetime] = mapped_column(default=now)


class Note(Base):
    """What a moderator tells the others of a comment."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    # Empty once that account is deleted.
    writer_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    writer: Mapped[Account | None] = relationship(lazy="raise")
    text: Mapped[str] = mapped_column(sa.Text)
    written_at: Mapped[datetime] = mapped_column(default=now)


class SavedReply(Base):
    """An answer that is given again and again, for all who moderate."""

    __tablename__ = "saved_replies"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[str] = mapped_column(sa.Text)


class ThreadDecision(Base):
    """What a moderator did to a thread, when and why; never edited."""

    __tablename__ = "thread_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[str] = mapped_column(sa.ForeignKey("threads.id"), index=True)
    act: Mapped[ThreadAct] = mapped_column(ThreadAct.column())
    # Of a ruling: what it says; empty: what the article says.
    policy: Mapped[Policy | None] = mapped_column(Policy.column())
    # What was pinned or moved; of what was moved the comments below which the others stand.
    comment_ids: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    # Where it was moved to, and what it had answered.
    to_thread_id: Mapped[str | None] = mapped_column(sa.ForeignKey("threads.id"), index=True)
    parent_id: Mapped[int | None]
    # Empty when its moderator has left.
    moderator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    moderator: Mapped[Account | None] = relationship(lazy="raise")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    # The decision that this one takes back.
    undoes_id: Mapped[int | None] = mapped_column(sa.ForeignKey("thread_decisions.id"), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
