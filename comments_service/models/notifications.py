"""Who is told what: people who get e-mails, what they chose, and what they are told of."""

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments_service.db import Base
from comments_service.models.accounts import Account
from comments_service.models.base import Words, now
from comments_service.models.comments import Comment, Untold
from comments_service.models.operations import Email


class Choice(Words):
    """How soon one is told of something."""

    AT_ONCE = "at once"
    GATHERED = "gathered"
    DAILY = "daily"
    NEVER = "never"


def link_key() -> bytes:
    return secrets.token_bytes(16)


class Recipient(Base):
    """Somebody who may get e-mails: an account, at its own address, or a guest's address."""

    __tablename__ = "recipients"
    __table_args__ = (
        sa.CheckConstraint("account_id IS NOT NULL OR email IS NOT NULL", name="account_or_email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), unique=True
    )
    account: Mapped[Account | None] = relationship(lazy="raise")
    # A guest's, as typed, and as it is compared.
    email: Mapped[str | None] = mapped_column(sa.String(254))
    email_key: Mapped[str | None] = mapped_column(sa.String(254), unique=True)
    # The language of the e-mails; empty: that of the article.
    lang: Mapped[str | None] = mapped_column(sa.String(35))
    # When a guest showed that the address is his; an account's own says it for an account.
    confirmed_at: Mapped[datetime | None]
    # Nothing at all, whatever else was chosen.
    all_off: Mapped[bool] = mapped_column(default=False)
    # Under this the links in the e-mails are signed, which work without signing in.
    key: Mapped[bytes] = mapped_column(sa.LargeBinary(16), default=link_key)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Preference(Base):
    """What somebody chose for a kind, where that is not the default."""

    __tablename__ = "preferences"
    __table_args__ = (sa.UniqueConstraint("recipient_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("recipients.id", ondelete="CASCADE"))
    # A name in `notifications.kinds`.
    kind: Mapped[str] = mapped_column(sa.String(20))
    choice: Mapped[Choice] = mapped_column(Choice.column())


class Subscription(Base):
    """What somebody asked to be told of: new comments of a thread, answers in it, or articles.

    A thread that is muted is one of which its reader wants to hear nothing, whatever the kind.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        sa.UniqueConstraint("recipient_id", "thread_id", "kind"),
        # Where there is no thread the constraint compares nothing.
        sa.Index(
            "uq_subscriptions_everywhere",
            "recipient_id",
            "kind",
            unique=True,
            sqlite_where=sa.text("thread_id IS NULL"),
            postgresql_where=sa.text("thread_id IS NULL"),
        ),
        # Who is told of a comment is asked by its thread.
        sa.Index("ix_subscriptions_thread_id_kind", "thread_id", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("recipients.id", ondelete="CASCADE"))
    recipient: Mapped[Recipient] = relationship(lazy="raise")
    # Empty: it is of the whole blog.
    thread_id: Mapped[str | None] = mapped_column(sa.ForeignKey("threads.id"))
    # A name in `notifications.kinds`.
    kind: Mapped[str] = mapped_column(sa.String(20))
    muted: Mapped[bool] = mapped_column(default=False)
    # Nothing is sent before.
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Notification(Base):
    """Somebody is told of something once: of this comment, at this moment, by this e-mail.

    It goes with the e-mail's row: a month after it was sent, or at once where nothing was left to tell.
    """

    __tablename__ = "notifications"
    __table_args__ = (sa.UniqueConstraint("recipient_id", "comment_id", "moment"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("recipients.id", ondelete="CASCADE"))
    recipient: Mapped[Recipient] = relationship(lazy="raise")
    comment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    comment: Mapped[Comment] = relationship(lazy="raise")
    # What became of the comment; one is told once of each, whatever kinds it falls under.
    moment: Mapped[Untold] = mapped_column(Untold.column("moment"))
    # A name in `notifications.kinds`.
    kind: Mapped[str] = mapped_column(sa.String(20))
    email_id: Mapped[int] = mapped_column(
        sa.ForeignKey(f"{Email.__tablename__}.id", ondelete="CASCADE"), index=True
    )
    made_at: Mapped[datetime] = mapped_column(default=now)
