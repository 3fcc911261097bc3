"""What readers report."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments_service.db import Base
from comments_service.models.accounts import Account
from comments_service.models.base import Words, now


class ReportKind(Words):
    """Why a reader reports a comment."""

    SPAM = "spam"
    ABUSE = "abuse"
    PRIVATE = "private"
    OTHER = "other"


class Report(Base):
    """A reader reports a comment: each version once, by constraint; of the guests of one network, one."""

    __tablename__ = "reports"
    __table_args__ = (
        sa.UniqueConstraint("comment_id", "version", "account_id"),
        sa.UniqueConstraint("comment_id", "version", "session_id"),
        sa.Index(
            "uq_reports_of_network",
            "comment_id",
            "version",
            "network",
            unique=True,
            sqlite_where=sa.text("account_id IS NULL"),
            postgresql_where=sa.text("account_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(sa.ForeignKey("comments.id", ondelete="CASCADE"))
    version: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    account: Mapped[Account | None] = relationship(lazy="raise")
    # A guest's, if he has written here; who only reads has none, and gets none for this.
    session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="SET NULL"), index=True
    )
    # A keyed hash, under a key that is forgotten after a day.
    network: Mapped[str | None] = mapped_column(sa.String(32))
    kind: Mapped[ReportKind] = mapped_column(ReportKind.column())
    text: Mapped[str] = mapped_column(sa.Text, default="")
    made_at: Mapped[datetime] = mapped_column(default=now)
    # When a moderator decided on the comment: from then on it counts no more.
    decided_at: Mapped[datetime | None]
