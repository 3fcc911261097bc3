"""Where is said: the site, and its threads with what holds in each."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from comments_service.db import Base
from comments_service.models.base import Words, now


class Policy(Words):
    """What the author rules for a thread, in the front matter of the article."""

    OPEN = "open"
    HELD = "held"
    CLOSED = "closed"
    OFF = "off"


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
    # The address of the feed that the newsletter is made from, and since when it is; empty: there is none.
    newsletter: Mapped[str] = mapped_column(sa.Text, default="")
    newsletter_since: Mapped[datetime | None]


def _as_policy(context: Any) -> Any:
    return context.get_current_parameters().get("policy", Policy.OPEN)


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
        # And for what is shared for a while only.
        sa.Index(
            "ix_threads_shared_until",
            "shared_until",
            sqlite_where=sa.text("listed AND shared_until IS NOT NULL"),
            postgresql_where=sa.text("listed AND shared_until IS NOT NULL"),
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
    # What holds: the article's own word, or the dashboard's where the article has none (`threads.ruled`).
    policy: Mapped[Policy] = mapped_column(Policy.column(), default=Policy.OPEN)
    closes_at: Mapped[datetime | None]
    # What the manifest says of both, and whether it stands in the article's own front matter.
    article_policy: Mapped[Policy] = mapped_column(
        Policy.column("article_policy", checked=False), default=_as_policy, server_default="open"
    )
    article_closes_at: Mapped[datetime | None]
    policy_written: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    closing_written: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    # What a moderator rules in the dashboard; empty: nothing.
    ruling: Mapped[Policy | None] = mapped_column(Policy.column("ruling", checked=False))
    # Nothing new is taken while a moderator has it locked, whatever the article says.
    locked_at: Mapped[datetime | None]
    # Whether its comments may be notes, each about words of the article.
    notes: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    # The thread that has taken over all its comments: whoever asks for this one is led there.
    merged_into: Mapped[str | None] = mapped_column(sa.String(128))
    # When the service noticed that `closes_at` had passed, so that the snapshot says so as well.
    closed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    # Whether the manifest lists it now. An article that is gone keeps its comments, unshown.
    listed: Mapped[bool] = mapped_column(default=True)
    # Of a draft that its author shares: until when, and for nobody but who has its address. No list tells
    # of such a thread. Empty: an article's.
    shared_until: Mapped[datetime | None]
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
