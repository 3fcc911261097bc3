"""Tables and their constraints; no queries.

Text that people typed is stored as typed and encoded where it is shown. `html` columns hold what
`markup` made of it, beside the version of the renderer that did.
"""

import enum
import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments_service.db import Base


def now() -> datetime:
    return datetime.now(UTC)


def public_id() -> str:
    """A random name that says nothing: 80 bits, for addresses and avatars."""
    return secrets.token_hex(10)


class Words(enum.StrEnum):
    """States are words, in code, tables and on the wire."""

    @classmethod
    def column(cls, name: str = "") -> sa.Enum:
        """The column's type; `name` tells two of one kind in one table apart."""
        return sa.Enum(
            cls,
            native_enum=False,
            create_constraint=True,
            length=16,
            name=name or cls.__name__.lower(),
            values_callable=lambda words: [str(word) for word in words],
        )


class Role(Words):
    READER = "reader"
    AUTHOR = "author"
    MODERATOR = "moderator"
    OWNER = "owner"


# Who decides on comments: authors on their own articles, the others everywhere.
STAFF = (Role.AUTHOR, Role.MODERATOR, Role.OWNER)


class Policy(Words):
    """What the author rules for a thread, in the front matter of the article."""

    OPEN = "open"
    HELD = "held"
    CLOSED = "closed"
    OFF = "off"


class Status(Words):
    PENDING = "pending"
    PUBLISHED = "published"
    REJECTED = "rejected"
    DELETED = "deleted"


class Act(Words):
    """What a decision does to a comment."""

    PUBLISH = "publish"
    SPAM = "spam"
    DELETE = "delete"
    UNDO = "undo"


class Purpose(Words):
    """What a token in a letter is good for."""

    VERIFY = "verify"
    RESET = "reset"
    OWNER = "owner"


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(20), unique=True, default=public_id)
    name: Mapped[str] = mapped_column(sa.String(200))
    # The name after case and look-alike folding: reserved, so that nobody else can wear it.
    name_key: Mapped[str] = mapped_column(sa.String(400), unique=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str] = mapped_column(sa.String(254), unique=True)
    email_verified_at: Mapped[datetime | None]
    role: Mapped[Role] = mapped_column(Role.column(), default=Role.READER)
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]


class Identity(Base):
    """One way of signing in to an account; a password is one, and others stand beside it."""

    __tablename__ = "identities"
    __table_args__ = (sa.UniqueConstraint("kind", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(sa.String(16))
    # Who one is to that way of signing in; for a password, the account's public id.
    subject: Mapped[str] = mapped_column(sa.String(255))
    # What proves it: an argon2id hash for a password.
    secret: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class Session(Base):
    """One browser: a guest's since its first comment, or an account's since it signed in."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    account: Mapped[Account | None] = relationship(lazy="raise")
    device: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]


class Token(Base):
    """A one-time link in a letter; only its hash is stored."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    purpose: Mapped[Purpose] = mapped_column(Purpose.column())
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Site(Base):
    """What the manifest says of the blog as a whole: one row, whose id is 1."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.Text)
    lang: Mapped[str] = mapped_column(sa.String(35))
    # The manifest as last taken over: its ETag, or a hash of its bytes.
    manifest_tag: Mapped[str] = mapped_column(sa.Text)


class Thread(Base):
    """One article's comments. Rows come from the manifest and from nowhere else."""

    __tablename__ = "threads"
    __table_args__ = (
        # The publisher asks for what is behind many times a minute: the index holds only that.
        sa.Index(
            "ix_threads_behind",
            "id",
            sqlite_where=sa.text("published_revision < revision"),
            postgresql_where=sa.text("published_revision < revision"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(128), primary_key=True)
    url: Mapped[str] = mapped_column(sa.Text)
    title: Mapped[str] = mapped_column(sa.Text)
    lang: Mapped[str] = mapped_column(sa.String(35), default="en")
    authors: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    # The article in other languages: [{"lang", "url", "title"}].
    translations: Mapped[list[dict[str, str]]] = mapped_column(sa.JSON, default=list)
    policy: Mapped[Policy] = mapped_column(Policy.column(), default=Policy.OPEN)
    closes_at: Mapped[datetime | None]
    # When the service noticed that `closes_at` had passed, so that the snapshot says so as well.
    closed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    # Whether the manifest lists it now. An article that is gone keeps its comments, unshown.
    listed: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Raised by every change to what the snapshot shows; the publisher follows behind.
    revision: Mapped[int] = mapped_column(default=1)
    published_revision: Mapped[int] = mapped_column(default=0)


class Alias(Base):
    """A path where a thread's article once stood."""

    __tablename__ = "aliases"

    path: Mapped[str] = mapped_column(sa.String(700), primary_key=True)
    thread_id: Mapped[str] = mapped_column(
        sa.ForeignKey("threads.id", ondelete="CASCADE"), index=True
    )


class Comment(Base):
    __tablename__ = "comments"
    __table_args__ = (
        sa.UniqueConstraint("thread_id", "key"),
        sa.Index("ix_comments_thread_id_status", "thread_id", "status"),
        sa.Index("ix_comments_status_created_at", "status", "created_at"),
        sa.CheckConstraint(
            "account_id IS NOT NULL OR name IS NOT NULL OR status = 'deleted'", name="has_writer"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[str] = mapped_column(sa.ForeignKey("threads.id"))
    thread: Mapped[Thread] = relationship(lazy="raise")
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("comments.id"), index=True)
    # How many comments one passes on the way to the article: 0 for one that answers none.
    depth: Mapped[int] = mapped_column(default=0)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    account: Mapped[Account | None] = relationship(lazy="raise")
    session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="SET NULL"), index=True
    )
    # A guest's, as typed; an account's name is read from the account.
    name: Mapped[str | None] = mapped_column(sa.String(200))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    website: Mapped[str | None] = mapped_column(sa.String(400))
    source: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    renderer_version: Mapped[int]
    status: Mapped[Status] = mapped_column(Status.column())
    # Why it waits, in words that a moderator reads in the queue.
    reasons: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    # Idempotency: the same submission sent twice has the same key, and so is one row.
    key: Mapped[str] = mapped_column(sa.String(120))
    # A keyed hash of the writer's network, under a key that is forgotten after a day.
    network: Mapped[str | None] = mapped_column(sa.String(32))
    created_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]


class CommentRevision(Base):
    """What a comment said before an edit."""

    __tablename__ = "comment_revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    source: Mapped[str] = mapped_column(sa.Text)
    written_at: Mapped[datetime]
    replaced_at: Mapped[datetime] = mapped_column(default=now)


class Decision(Base):
    """What a moderator did to a comment, when and why; never edited."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    # Empty when it was made by a command on the server.
    moderator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    moderator: Mapped[Account | None] = relationship(lazy="raise")
    act: Mapped[Act] = mapped_column(Act.column())
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    status_before: Mapped[Status] = mapped_column(Status.column("status_before"))
    status_after: Mapped[Status] = mapped_column(Status.column("status_after"))
    # The decision that this one takes back.
    undoes_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decisions.id"), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)


class Letter(Base):
    """The outbox: written with the change that it tells of, sent behind it."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index(
            "ix_outbox_waiting",
            "next_attempt_at",
            sqlite_where=sa.text("sent_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)
    headers: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    # Empty when it is given up: after the last attempt nothing asks for it again.
    next_attempt_at: Mapped[datetime | None] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(sa.Text, default="")


class RateCount(Base):
    """How often something was done in one window of time."""

    __tablename__ = "rate_counts"

    # What is counted and by whom, such as "post:<network>".
    subject: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    window: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class DayKey(Base):
    """The key of one day under which networks are hashed; yesterday's is thrown away."""

    __tablename__ = "day_keys"

    day: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    key: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
