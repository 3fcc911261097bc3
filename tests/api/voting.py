"""Voting as tests do it, and what is counted and said of it."""

import pytest
import sqlalchemy as sa

from comments_service.db import db
from comments_service.models import Comment, Vote
from tests.api.people import read
from tests.conftest import Answer, Visitor

guests_vote = pytest.mark.parametrize("changed_settings", [{"guest_votes": True}], ids=["guests"])
both_ways = pytest.mark.parametrize("changed_settings", [{"votes": "both"}], ids=["both"])


def cast(who: Visitor, by: str, value: int, number: int = 1) -> Answer:
    """Vote, or take the vote back (0)."""
    if by == "form":
        return who.post(f"/comments/comment/{number}/vote", {"value": str(value)})
    if value:
        return who.call("PUT", f"comments/{number}/vote", {"value": value})
    return who.call("DELETE", f"comments/{number}/vote")


def counts(number: int = 1) -> tuple[int, int]:
    db.session.rollback()
    row = db.session.execute(sa.select(Comment.up, Comment.down).where(Comment.id == number)).one()
    cast_ = db.session.scalars(sa.select(Vote.value).where(Vote.comment_id == number)).all()
    assert (cast_.count(1), cast_.count(-1)) == tuple(row)
    return row[0], row[1]


def lines(html: str) -> list[str | None]:
    """What is said of votes, as it is read aloud."""
    return [each.attributes["aria-label"] for each in read(html).elements
            if each.attributes.get("role") == "img"]  # fmt: skip
