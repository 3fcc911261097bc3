"""What moderators keep of people: bans, which refuse to take what somebody writes, and notes."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments_service.db import Base
from comments_service.models.accounts import Account
from comments_service.models.base import now


class Ban(Base):
    """Nothing is taken of an account, of a guest's browser, or of a network; never edited, ended once.

    A time-out is a short one. Of a network there is its hash alone, which goes when the ban is over.
    """

    __tablename__ = "bans"
    __table_args__ = (
        sa.CheckConstraint("account_id IS NULL OR session_id IS NULL", name="of_one_person"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    account: Mapped[Account | None] = relationship(lazy="raise", foreign_keys=[account_id])
    session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    # Hashed under the service's own key; or, until it comes by again, under that of `day`.
    network: Mapped[str | None] = mapped_column(sa.String(32), index=True)
    day: Mapped[str | None] = mapped_column(sa.String(10))
    # Empty when it was made by a command on the server, and where the moderator has left.
    moderator_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    moderator: Mapped[Account | None] = relationship(lazy="raise", foreign_keys=[moderator_id])
    # Whoever is banned reads it.
    reason: Mapped[str] = mapped_column(sa.Text)
    made_at: Mapped[datetime] = mapped_column(default=now)
    # Empty: until somebody ends it.
    ends_at: Mapped[datetime | None]
    # When, and by whom, it was ended early.
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    ended_by: Mapped[Account | None] = relationship(lazy="raise", foreign_keys=[ended_by_id])


class PersonNote(Base):
    """What a moderator noted about an account or a guest, for other moderators."""

    __tablename__ = "person_notes"
    __table_args__ = (
        sa.CheckConstraint("(account_id IS NULL) != (session_id IS NULL)", name="of_one_person"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    # Empty where the moderator has left.
    moderator_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    moderator: Mapped[Account | None] = relationship(lazy="raise", foreign_keys=[moderator_id])
    text: Mapped[str] = mapped_column(sa.Text)
    made_at: Mapped[datetime] = mapped_column(default=now)
