"""Saved replies: answers that moderators give again and again. Everybody who moderates shares them."""

from collections.abc import Sequence

import sqlalchemy as sa

from comments_service.db import db, writing
from comments_service.errors import UnknownReply
from comments_service.inputs import ReplyToKeep
from comments_service.models import SavedReply


def every() -> Sequence[SavedReply]:
    """All of them, by title."""
    return db.session.scalars(sa.select(SavedReply).order_by(SavedReply.title, SavedReply.id)).all()


def get(reply_id: int) -> SavedReply:
    """Raises UnknownReply."""
    found = db.session.get(SavedReply, reply_id)
    if found is None:
        raise UnknownReply
    return found


def add(new: ReplyToKeep) -> SavedReply:
    with writing():
        made = SavedReply(title=new.title, body=new.body)
        db.session.add(made)
    return made


def change(reply_id: int, new: ReplyToKeep) -> SavedReply:
    """Raises UnknownReply."""
    with writing():
        found = get(reply_id)
        found.title, found.body = new.title, new.body
    return found


def remove(reply_id: int) -> None:
    """Raises UnknownReply."""
    with writing():
        db.session.delete(get(reply_id))
