"""What a test has published, and how it looks at it."""

import sqlalchemy as sa

from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Comment, Thread
from comments_service.publishing import publisher
from tests import make


def published(settings: Settings) -> dict[str, bytes]:
    """Every file of the folder, without those that only the service itself reads."""
    return {
        str(path.relative_to(settings.published)): path.read_bytes()
        for path in sorted(settings.published.rglob("*"))
        if path.is_file() and "/." not in f"/{path.relative_to(settings.published)}"
    }


def publish(settings: Settings) -> dict[str, bytes]:
    publisher.publish_behind(settings)
    return published(settings)


def revision(thread_id: str = "pelicans") -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(Thread.revision).where(Thread.id == thread_id)).one()


def set_page_size(settings: Settings, size: int) -> None:
    object.__setattr__(settings, "page_size", size)


def several(number: int) -> list[Comment]:
    return [make.comment(body=f"Number {n}.", minutes_ago=number - n) for n in range(number)]
