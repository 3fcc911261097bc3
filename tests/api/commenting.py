"""Comments as tests write, edit and delete them, by JSON and by form."""

from typing import Any

from comments_service import comments
from comments_service.db import db
from comments_service.inputs import NewDecision
from comments_service.models import Comment
from tests.conftest import Answer, Visitor


def post(visitor: Visitor, by: str, values: dict[str, Any], thread: str = "pelicans") -> Answer:
    """Post to the API with JSON, or by the plain form."""
    if by == "json":
        return visitor.call("POST", f"threads/{thread}/comments", values)
    form = {name: "" if value is None else str(value) for name, value in values.items()}
    return visitor.post(f"/comments/threads/{thread}", {**form, "act": "post"})


def only_comment() -> Comment:
    return db.session.query(Comment).one()


def make_published(comment_id: int) -> None:
    comments.decide(comment_id, None, NewDecision(decision="publish"))


def edit(visitor: Visitor, by: str, number: int, body: str) -> Answer:
    if by == "json":
        return visitor.call("PATCH", f"comments/{number}", {"body": body})
    return visitor.post(f"/comments/comment/{number}/edit", {"body": body})


def delete(visitor: Visitor, by: str, number: int) -> Answer:
    if by == "json":
        return visitor.call("DELETE", f"comments/{number}")
    return visitor.post(f"/comments/comment/{number}/delete")
