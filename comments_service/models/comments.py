"""What is said: the site and its threads, comments, and what was decided on them."""

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from comments_service.db import Base
from comments_service.errors import Message
from comments_service.inputs import as_seen
from comments_service.models.accounts import Account
from comments_service.models.base import Messages, Words, now


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


class Site(Base):
    """What the manifest says of the blog as a whole: one row, whose id is 1."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.Text)
    lang: Mapped[str] = mapped_column(sa.String(35))
    # The manifest as last taken over: its ETag, or a hash of its bytes.
    manifest_tag: Mapped[str] = mapped_column(sa.Text)
    # The addresses of the page that lists all conversations, by language; empty: there is none.
    discussions: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    # The owner's own colour on the light page and on the dark; empty: that of the tokens.
    accent: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    # Every language in which an article with comments can be read, sorted.
    languages: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    # Of each list of the whole site, what it said last, as a hash, and how often that has changed.
    lists: Mapped[dict[str, list[Any]]] = mapped_column(sa.JSON, default=dict)
    # Its own icon, logo, footer and style sheets (`publishing.manifest.Looks`); empty: ours.
    looks: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)


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
        # And for what closes by itself, as often.
        sa.Index(
            "ix_threads_closing",
            "closes_at",
            sqlite_where=sa.text("closed_at IS NULL AND closes_at IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND closes_at IS NOT NULL"),
        ),
        # The oldest, by which the feed of all threads is known.
        sa.Index("ix_threads_created_at", "created_at"),
        # The lists of the whole site, the latest active first; one holds every thread, one what has comments.
        sa.Index("ix_threads_active_at_id", "active_at", "id"),
        sa.Index(
            "ix_threads_commented",
            "active_at",
            "id",
            sqlite_where=sa.text("comment_count > 0"),
            postgresql_where=sa.text("comment_count > 0"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(128), primary_key=True)
    url: Mapped[str] = mapped_column(sa.Text)
    title: Mapped[str] = mapped_column(sa.Text)
    lang: Mapped[str] = mapped_column(sa.String(35), default="en")
    # Where the blog files the article; empty where it files nothing.
    category: Mapped[str] = mapped_column(sa.Text, default="")
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
    # Where in reading order comments came or went since then: what is after it has moved. Empty: none did.
    moved_from: Mapped[int | None]
    # As it was published: how many comments, the newest of them, and when that was written; in a thread
    # without comments, when the article was published. Empty while readers have no file of it.
    comment_count: Mapped[int] = mapped_column(default=0, server_default="0")
    last_comment_id: Mapped[int | None]
    active_at: Mapped[datetime | None]


def html_hash(html: str) -> int | None:
    """What finds a comment of the same words by an index: 64 bits of SHA-256; nothing for no words."""
    digest = hashlib.sha256(html.encode()).digest()
    return int.from_bytes(digest[:8], signed=True) if html else None


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
    website: Mapped[str | None] = mapped_column(sa.String(400))
    source: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    html_hash: Mapped[int | None]
    renderer_version: Mapped[int]
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

    @validates("html")
    def _hash_html(self, _name: str, html: str) -> str:
        """Whoever changes the words changes what finds them; they leave nothing when they go."""
        self.html_hash = html_hash(html)
        return html

    @property
    def as_seen(self) -> str:
        return as_seen(self.id, self.version)


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
    moderator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    moderator: Mapped[Account | None] = relationship(lazy="raise")
    act: Mapped[Act] = mapped_column(Act.column())
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    status_before: Mapped[Status] = mapped_column(Status.column("status_before"))
    status_after: Mapped[Status] = mapped_column(Status.column("status_after"))
    # The decision that this one takes back.
    undoes_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decisions.id"), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
