"""The newsletter: which articles were seen in the feed, and which e-mail tells whom of them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments_service.db import Base
from comments_service.models.base import now
from comments_service.models.notifications import Recipient


class Article(Base):
    """One article of the blog's feed, known by its id there, which never changes: told of once, or never."""

    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[str] = mapped_column(sa.Text, unique=True)
    # Whether it was news when it was seen first.
    told: Mapped[bool]
    seen_at: Mapped[datetime] = mapped_column(default=now)


class ArticleEmail(Base):
    """An e-mail of the outbox tells somebody of an article. It goes with the e-mail's row."""

    __tablename__ = "article_emails"
    __table_args__ = (sa.UniqueConstraint("recipient_id", "article_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email_id: Mapped[int] = mapped_column(
        sa.ForeignKey("outbox.id", ondelete="CASCADE"), index=True
    )
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("recipients.id", ondelete="CASCADE"))
    recipient: Mapped[Recipient] = relationship(lazy="raise")
    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("articles.id", ondelete="CASCADE"), index=True
    )
    article: Mapped[Article] = relationship(lazy="raise")
