"""What the service keeps for its own work: the outbox, and counts for the rate limits."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, validates

from comments_service.db import Base
from comments_service.inputs import address_key
from comments_service.models.base import key_of, now


class Email(Base):
    """One of the outbox: written with the change that it tells of, sent behind it."""

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
    # As it is compared: what was sent to an address is found by it.
    recipient_key: Mapped[str | None] = mapped_column(
        sa.Text, default=key_of("recipient"), index=True, deferred=True
    )
    # What is told, of an e-mail that is worded when it is sent; its subject stands here once it was.
    kind: Mapped[str | None] = mapped_column(sa.String(40))
    lang: Mapped[str] = mapped_column(sa.String(35), default="")
    subject: Mapped[str] = mapped_column(sa.Text, default="")
    text: Mapped[str] = mapped_column(sa.Text, default="")
    html: Mapped[str] = mapped_column(sa.Text, default="")
    # To an address that is no account's any more, or not yet: the row goes as soon as the e-mail
    # is sent, or given up.
    ephemeral: Mapped[bool] = mapped_column(default=False)
    # By its reader just now, such as a code to sign in with.
    asked_for: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    # Empty when it is given up: after the last attempt nothing asks for it again.
    next_attempt_at: Mapped[datetime | None] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(sa.Text, default="")

    @validates("recipient")
    def _key_recipient(self, _name: str, recipient: str) -> str:
        self.recipient_key = address_key(recipient)
        return recipient


class RefusedAddress(Base):
    """An address to which a mail server said no: nothing is sent there but what is asked for."""

    __tablename__ = "refused_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    # In small letters.
    address: Mapped[str] = mapped_column(sa.String(254), unique=True)
    error: Mapped[str] = mapped_column(sa.Text)
    since: Mapped[datetime] = mapped_column(default=now)


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
