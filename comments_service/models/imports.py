"""Imports: files of comments that an owner has uploaded, and how far each has come."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from comments_service.db import Base
from comments_service.models.base import Words, now


class ImportState(Words):
    """What is done with a file, or was."""

    # The dry run waits or runs; its report is there.
    LOOKING = "looking"
    LOOKED = "looked"
    # Comments are taken over; the owner has said to wait with that.
    IMPORTING = "importing"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


class Import(Base):
    """One file. The dry run and the import are jobs of a worker, which go on after a restart."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Who has uploaded it; comments that the owner claims as his become this account's.
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    # As the file was called where it came from.
    name: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int]
    state: Mapped[ImportState] = mapped_column(ImportState.column(), default=ImportState.LOOKING)
    # What the owner says of it: format, where pages went, who he was there.
    wishes: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    # Of the last look or import, as `flask comments import --report` writes it; of long lists the beginning.
    report: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True), nullable=True)
    # How many comments of how many were looked at.
    done: Mapped[int] = mapped_column(default=0)
    found: Mapped[int] = mapped_column(default=0)
    # Why it failed, in English.
    error: Mapped[str] = mapped_column(sa.Text, default="")
    # How often a worker began, ever, and when what it does now was asked for.
    attempts: Mapped[int] = mapped_column(default=0)
    attempts_before: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
