"""What the owner rules in the dashboard, and every change of it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments_service.db import Base
from comments_service.models.accounts import Account
from comments_service.models.base import now


class RuleSet(Base):
    """The values that differ from the defaults, by the name of each rule: one row, whose id is 1."""

    __tablename__ = "rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    ruled: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    # Raised by each change, so that every process notices it.
    revision: Mapped[int] = mapped_column(default=0)


class RuleChange(Base):
    """One rule from one value to another; empty stands for the default."""

    __tablename__ = "rule_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    before: Mapped[Any] = mapped_column(sa.JSON(none_as_null=True), nullable=True)
    after: Mapped[Any] = mapped_column(sa.JSON(none_as_null=True), nullable=True)
    # Empty when it was made by a command on the server, or by somebody who has left.
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    account: Mapped[Account | None] = relationship(lazy="raise")
    made_at: Mapped[datetime] = mapped_column(default=now)
