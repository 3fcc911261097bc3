"""Tables and their constraints; no queries.

Text that people typed is stored as typed and encoded where it is shown. `html` columns hold what
`markup` made of it, beside the version of the renderer that did.
"""

import enum
import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments_service.db import Base
from comments_service.errors import Message


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


class Messages(sa.TypeDecorator[list[Message]]):
    """What is said to people, kept so that it can be said in their language."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: sa.Dialect) -> Any:
        return None if value is None else [[each.template, dict(each.values)] for each in value]

    def process_result_value(self, value: Any, _dialect: sa.Dialect) -> Any:
        return value and [Message(template, **values) for template, values in value]


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
    """What a token is good for, once."""

    # In letters: a new address, a new password, a way in, another address for an account.
    VERIFY = "verify"
    RESET = "reset"
    LINK = "link"
    EMAIL = "email"
    # Printed on the server's terminal.
    OWNER = "owner"
    # In a form: the password or the letter was right, and the second factor is still asked for.
    SECOND = "second"
    # Kept by a page of the blog on another site, while somebody signs in for it in a window here.
    HANDOFF = "handoff"
    # On its way through a provider's pages, or through a passkey's question.
    STATE = "state"


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(20), unique=True, default=public_id)
    name: Mapped[str] = mapped_column(sa.String(200))
    # The name after case and look-alike folding: reserved, so that nobody else can wear it.
    name_key: Mapped[str] = mapped_column(sa.String(400), unique=True)
    # Empty for somebody whose provider vouches for no address.
    email: Mapped[str | None] = mapped_column(sa.String(254))
    email_key: Mapped[str | None] = mapped_column(sa.String(254), unique=True)
    email_verified_at: Mapped[datetime | None]
    role: Mapped[Role] = mapped_column(Role.column(), default=Role.READER)
    # What one says of oneself on one's page, and whether there is such a page.
    bio: Mapped[str] = mapped_column(sa.Text, default="")
    link: Mapped[str | None] = mapped_column(sa.String(400))
    shown: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]


class Identity(Base):
    """What an account signs in with: its password, or an account with a provider.

    Passkeys have a table of their own, and a letter needs no row: the address is enough.
    """

    __tablename__ = "identities"
    __table_args__ = (sa.UniqueConstraint("kind", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    # "password", or the provider: "github", or the address of an OpenID issuer.
    kind: Mapped[str] = mapped_column(sa.String(200))
    # Who one is to that way of signing in; for a password, the account's public id.
    subject: Mapped[str] = mapped_column(sa.String(255))
    # What proves it: an argon2id hash for a password, nothing for a provider.
    secret: Mapped[str] = mapped_column(sa.Text, default="")
    # What its owner knows it by, such as the name with the provider.
    label: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A WebAuthn credential: the private key stays in the reader's device."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    # WebAuthn allows 1,023 bytes.
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    name: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class Authenticator(Base):
    """An app that shows six digits (TOTP, RFC 6238); at most one for an account."""

    __tablename__ = "authenticators"

    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    secret: Mapped[str] = mapped_column(sa.String(64))
    # Empty until its first code was right: only then is it asked for.
    confirmed_at: Mapped[datetime | None]
    # The latest step of 30 seconds whose code was used: no code works twice.
    last_step: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Base):
    """Stands in once for a second factor that was lost; only its hash is stored."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
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
    # How its owner came in: "password", "letter", "passkey", or the provider.
    way: Mapped[str] = mapped_column(sa.String(200), default="")
    # The guest's session that the same browser had before: what was written there can be claimed.
    guest_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    # When its owner last showed who he is; destructive acts ask for it anew.
    proved_at: Mapped[datetime | None]
    # When a passkey, or the second factor beside a password, was shown.
    strong_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Token(Base):
    """Something that works once: a link in a letter, a step between two pages; stored as a hash."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    purpose: Mapped[Purpose] = mapped_column(Purpose.column())
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    # The address that a letter went to, when no account has it (yet).
    email: Mapped[str | None] = mapped_column(sa.String(254))
    # The six digits beside a link, hashed with the link's own token, and how often they were tried.
    code_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    tries: Mapped[int] = mapped_column(default=0)
    # What its next step has to know.
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
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
    # The addresses of the page that lists all conversations, by language; empty: there is none.
    discussions: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)


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


class Comment(Base):
    __tablename__ = "comments"
    __table_args__ = (
        sa.UniqueConstraint("thread_id", "key"),
        # With the time, so that a thread's newest comment is found without looking at the others.
        sa.Index("ix_comments_thread_id_status_created_at", "thread_id", "status", "created_at"),
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
    # A guest's, as typed; an account's name is read from the account. Empty: its writer has left.
    name: Mapped[str | None] = mapped_column(sa.String(200))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    website: Mapped[str | None] = mapped_column(sa.String(400))
    source: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
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
    # To an address that is no account's any more, or not yet: the row goes as soon as the letter is
    # sent, or given up.
    fleeting: Mapped[bool] = mapped_column(default=False)
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
