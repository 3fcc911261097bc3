"""Web hooks: where programs of others are told of comments, and what they were, or will be, told."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments_service.db import Base
from comments_service.models.base import Words, now, public_id


class HookFormat(Words):
    """How a delivery is written."""

    JSON = "json"
    NTFY = "ntfy"
    SLACK = "slack"
    MATTERMOST = "mattermost"
    DISCORD = "discord"


class HookEvent(Words):
    """What one can be told of."""

    WAITING = "waiting"
    PUBLISHED = "published"
    DELETED = "deleted"
    DECIDED = "decided"
    # To see that it works; nobody chooses it.
    TEST = "test"


class Hook(Base):
    """One address that is told."""

    __tablename__ = "hooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Often a secret by itself: who knows the address of a chat's hook may write there.
    url: Mapped[str] = mapped_column(sa.Text)
    format: Mapped[HookFormat] = mapped_column(HookFormat.column("hook_format"))
    events: Mapped[list[str]] = mapped_column(sa.JSON)
    # What deliveries are signed with, as it is shown to the receiver.
    secret: Mapped[str] = mapped_column(sa.Text)
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class HookDelivery(Base):
    """One event for one hook, written with what it tells of. What it says is put together when it is sent."""

    __tablename__ = "hook_deliveries"
    __table_args__ = (
        sa.Index(
            "ix_hook_deliveries_waiting",
            "next_attempt_at",
            sqlite_where=sa.text("delivered_at IS NULL"),
            postgresql_where=sa.text("delivered_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hook_id: Mapped[int] = mapped_column(sa.ForeignKey("hooks.id", ondelete="CASCADE"), index=True)
    hook: Mapped[Hook] = relationship(lazy="raise")
    # Its name on the wire, the same for each attempt.
    key: Mapped[str] = mapped_column(sa.String(20), default=public_id)
    event: Mapped[HookEvent] = mapped_column(HookEvent.column("hook_event"))
    # Empty of a test.
    comment_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    # The decision that it tells of, where it does.
    decision_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("decisions.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    # Empty when it is given up: after the last attempt nothing asks for it again.
    next_attempt_at: Mapped[datetime | None] = mapped_column(default=now)
    delivered_at: Mapped[datetime | None]
    # What the receiver answered last, and what went wrong; nothing and empty before it was asked.
    status: Mapped[int | None]
    error: Mapped[str] = mapped_column(sa.Text, default="")
