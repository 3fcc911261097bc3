"""What is said: comments with what they said before, and votes."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from comments_service.db import Base
from comments_service.errors import Message
from comments_service.inputs import address_key, as_seen
from comments_service.models.accounts import Account
from comments_service.models.base import (
    Messages,
    PassageColumn,
    Words,
    key_of,
    now,
)
from comments_service.models.threads import Thread
from formats.passages import Passage

# So many readers put a comment before a moderator: one can be wrong, two can be one person.
REPORTS_ENOUGH = 3


class Status(Words):
    PENDING = "pending"
    PUBLISHED = "published"
    REJECTED = "rejected"
    DELETED = "deleted"


class Untold(Words):
    """What became of a comment, until those who should hear of it are found (`notifications`)."""

    WAITING = "waiting"
    PUBLISHED = "published"
    REJECTED = "rejected"
    DELETED = "deleted"


def html_hash(html: str) -> int | None:
    """What finds a comment of the same words by an index: 64 bits of SHA-256; nothing for no words."""
    digest = hashlib.sha256(html.encode()).digest()
    return int.from_bytes(digest[:8], signed=True) if html else None


# What near copies have in common (`spam.near`) stands in as many columns.
BANDS = (1, 2, 3, 4)
NO_NEAR = (None,) * len(BANDS)


def near_columns(numbers: Sequence[int | None]) -> dict[str, int | None]:
    return {f"near_{band}": number for band, number in zip(BANDS, numbers, strict=True)}


# What a statement sets that has a guest's address forgotten.
NO_EMAIL = dict.fromkeys(("email", "email_key"))

# As the indexes of near copies say it, and so has to ask whoever wants one of them used.
DOUBTED = "status IN ('pending', 'rejected')"


class Comment(Base):
    __tablename__ = "comments"
    __table_args__ = (
        sa.UniqueConstraint("thread_id", "key"),
        # What a comment's neighbours are found by: the answers to one, or those that answer none.
        sa.Index("ix_comments_answers", "parent_id", "thread_id", "created_at"),
        # A page is a part of this; one that is to be shown and has no place is found by the other.
        sa.Index(
            "ix_comments_thread_id_place",
            "thread_id",
            "place",
            sqlite_where=sa.text("place IS NOT NULL"),
            postgresql_where=sa.text("place IS NOT NULL"),
        ),
        sa.Index(
            "ix_comments_unplaced",
            "thread_id",
            sqlite_where=sa.text("place IS NULL AND status = 'published'"),
            postgresql_where=sa.text("place IS NULL AND status = 'published'"),
        ),
        sa.Index("ix_comments_thread_id_revision", "thread_id", "revision"),
        # With the time, so that a thread's newest comment is found without looking at the others.
        sa.Index("ix_comments_thread_id_status_created_at", "thread_id", "status", "created_at"),
        sa.Index("ix_comments_status_created_at", "status", "created_at"),
        # What is asked of a writer and of a text, before either is believed: in a flood as at any time.
        sa.Index("ix_comments_account_id_status", "account_id", "status"),
        sa.Index("ix_comments_session_id_status", "session_id", "status"),
        sa.Index("ix_comments_html_hash_created_at", "html_hash", "created_at"),
        # Whoever has his address forgotten is forgotten beside each comment, without looking at the others.
        sa.Index(
            "ix_comments_email_key",
            "email_key",
            sqlite_where=sa.text("email_key IS NOT NULL"),
            postgresql_where=sa.text("email_key IS NOT NULL"),
        ),
        # Of near copies only what was doubted counts: what is published at once costs these nothing.
        *(
            sa.Index(
                f"ix_comments_near_{band}",
                f"near_{band}",
                "created_at",
                sqlite_where=sa.text(f"near_{band} IS NOT NULL AND {DOUBTED}"),
                postgresql_where=sa.text(f"near_{band} IS NOT NULL AND {DOUBTED}"),
            )
            for band in BANDS
        ),
        # What nobody was told yet is asked for every few seconds: the index holds only that.
        sa.Index(
            "ix_comments_untold",
            "id",
            sqlite_where=sa.text("untold IS NOT NULL"),
            postgresql_where=sa.text("untold IS NOT NULL"),
        ),
        # Of a thread, or of the whole site, these are few.
        sa.Index(
            "ix_comments_pinned",
            "thread_id",
            sqlite_where=sa.text("pinned_at IS NOT NULL"),
            postgresql_where=sa.text("pinned_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_comments_reported",
            "id",
            sqlite_where=sa.text("reports > 0"),
            postgresql_where=sa.text("reports > 0"),
        ),
        # Where votes are not published yet is asked for every few seconds, and the best of a long thread.
        sa.Index(
            "ix_comments_voted",
            "thread_id",
            sqlite_where=sa.text("voted"),
            postgresql_where=sa.text("voted"),
        ),
        sa.Index(
            "ix_comments_best",
            "thread_id",
            "score",
            sqlite_where=sa.text("up > 0 AND parent_id IS NULL"),
            postgresql_where=sa.text("up > 0 AND parent_id IS NULL"),
        ),
        # Notes are few, and a publication asks of each thread whether it has any.
        sa.Index(
            "ix_comments_noted",
            "thread_id",
            "place",
            sqlite_where=sa.text("passage IS NOT NULL"),
            postgresql_where=sa.text("passage IS NOT NULL"),
        ),
        sa.Index(
            "ix_comments_imported",
            "imported_from",
            "imported_id",
            unique=True,
            sqlite_where=sa.text("imported_from IS NOT NULL"),
            postgresql_where=sa.text("imported_from IS NOT NULL"),
        ),
        sa.CheckConstraint(
            "account_id IS NOT NULL OR name IS NOT NULL OR status = 'deleted'", name="has_writer"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[str] = mapped_column(sa.ForeignKey("threads.id"))
    thread: Mapped[Thread] = relationship(lazy="raise")
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("comments.id"))
    # How many comments one passes on the way to the article: 0 for one that answers none.
    depth: Mapped[int] = mapped_column(default=0)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    account: Mapped[Account | None] = relationship(lazy="raise")
    session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="SET NULL")
    )
    # A guest's, as typed; an account's name is read from the account. Empty: its writer has left.
    name: Mapped[str | None] = mapped_column(sa.String(200))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    # As it is compared; a statement that takes one off takes both (`NO_EMAIL`).
    email_key: Mapped[str | None] = mapped_column(sa.Text, default=key_of("email"), deferred=True)
    website: Mapped[str | None] = mapped_column(sa.String(400))
    source: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    html_hash: Mapped[int | None]
    # What near copies have in common (`spam.near`); nothing where it is too short for that.
    near_1: Mapped[int | None] = mapped_column(deferred=True)
    near_2: Mapped[int | None] = mapped_column(deferred=True)
    near_3: Mapped[int | None] = mapped_column(deferred=True)
    near_4: Mapped[int | None] = mapped_column(deferred=True)
    renderer_version: Mapped[int]
    # The words of the article that it is about: a comment that has them is a note.
    passage: Mapped[Passage | None] = mapped_column(PassageColumn)
    status: Mapped[Status] = mapped_column(Status.column())
    # Why it waits, in words that a moderator reads in the queue.
    reasons: Mapped[list[Message]] = mapped_column(Messages, default=list)
    # Idempotency: the same submission sent twice has the same key, and so is one row.
    key: Mapped[str] = mapped_column(sa.String(120))
    # A keyed hash of the writer's network, under a key that is forgotten after a day.
    network: Mapped[str | None] = mapped_column(sa.String(32))
    created_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    # One more with each edit: a decision names the version that the moderator saw.
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    # Where it stands in reading order: a number that rises from one to the next, with room between them.
    # Empty where readers see nothing of it. `comments.placing` keeps it.
    place: Mapped[int | None]
    # The thread's revision when this last looked different.
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    # Whether a moderator has ever changed its words: readers are shown that.
    corrected: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    # What nobody was told yet. Imported comments never have it.
    untold: Mapped[Untold | None] = mapped_column(Untold.column(checked=False))
    # Since when it stands before all others of its thread; of those that answer none only.
    pinned_at: Mapped[datetime | None]
    # How many readers have reported it since a moderator decided on it.
    reports: Mapped[int] = mapped_column(default=0, server_default="0")
    # Votes for it and against it, how good they make it, and whether they are not published yet.
    up: Mapped[int] = mapped_column(default=0, server_default="0")
    down: Mapped[int] = mapped_column(default=0, server_default="0")
    score: Mapped[float] = mapped_column(default=0.0, server_default="0")
    voted: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    # The system that it was imported from, and its number there: imported again, it is known.
    imported_from: Mapped[str | None] = mapped_column(sa.String(60))
    imported_id: Mapped[str | None] = mapped_column(sa.String(200))

    @validates("email")
    def _key_email(self, _name: str, email: str | None) -> str | None:
        self.email_key = address_key(email) if email else None
        return email

    @validates("html")
    def _hash_html(self, _name: str, html: str) -> str:
        """Whoever changes the words changes what finds them; they leave nothing when they go."""
        self.html_hash = html_hash(html)
        return html

    def set_near(self, numbers: Sequence[int | None]) -> None:
        for name, number in near_columns(numbers).items():
            setattr(self, name, number)

    @property
    def as_seen(self) -> str:
        return as_seen(self.id, self.version)

    @property
    def waits(self) -> bool:
        """Whether a moderator has to decide: on what is held, and on what readers have reported."""
        reported = self.status is Status.PUBLISHED and self.reports >= REPORTS_ENOUGH
        return reported or self.status is Status.PENDING


class Vote(Base):
    """One person's vote on a comment: 1 for it, -1 against it.

    A guest's outlives the session, as nobody's: it is still counted.
    """

    __tablename__ = "votes"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "comment_id"),
        sa.UniqueConstraint("session_id", "comment_id"),
        sa.CheckConstraint("value IN (-1, 1)", name="value"),
        sa.CheckConstraint("account_id IS NULL OR session_id IS NULL", name="one_voter"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id", ondelete="CASCADE"))
    session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="SET NULL")
    )
    value: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(default=now)


class CommentRevision(Base):
    """What a comment said before an edit; nothing where a moderator took the words out for good."""

    __tablename__ = "comment_revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    source: Mapped[str] = mapped_column(sa.Text)
    written_at: Mapped[datetime]
    replaced_at: Mapped[datetime] = mapped_column(default=now)
    # Of a moderator's edit: who, if that account is there, and why. A writer's own has neither.
    moderator_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    moderator: Mapped[Account | None] = relationship(lazy="raise")
    reason: Mapped[str | None] = mapped_column(sa.Text)
