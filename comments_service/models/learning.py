"""What the spam filter has learned, and what other services are to be asked about a comment."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from comments_service.db import Base
from comments_service.models.base import Words, now


class SpamExample(Base):
    """A comment that a moderator decided on, as its features: what was counted is what can be taken back."""

    __tablename__ = "spam_examples"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Empty once the comment's row is gone: what it taught stays, and leads to nobody.
    comment_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("comments.id", ondelete="SET NULL"), unique=True
    )
    spam: Mapped[bool]
    # Numbers of 64 bits (`spam.words`), one after the other.
    features: Mapped[bytes] = mapped_column(sa.LargeBinary)
    decided_at: Mapped[datetime]


class SpamWord(Base):
    """In how many examples of either kind a feature was. Of a word there is its hash only."""

    __tablename__ = "spam_words"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    spam: Mapped[int]
    genuine: Mapped[int]


class Question(Words):
    """What another service is asked, or told, about a comment."""

    CHECK = "check"
    # A moderator's decision against what the service said.
    IS_SPAM = "is_spam"
    IS_GENUINE = "is_genuine"


class SpamQuestion(Base):
    """A comment that another service is to be asked about; gone with the answer."""

    __tablename__ = "spam_questions"
    __table_args__ = (sa.Index("ix_spam_questions_next_attempt_at", "next_attempt_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    service: Mapped[str] = mapped_column(sa.String(16))
    question: Mapped[Question] = mapped_column(Question.column())
    created_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(default=now)
