"""What a moderator does, by JSON and by form, and what the queue then lists."""

from comments_service.db import db
from comments_service.models import Comment, Status
from tests.api.people import read
from tests.conftest import Answer, Visitor


def decide(
    visitor: Visitor, by: str, number: int, decision: str, reason: str = "", **form: str
) -> Answer:
    if by == "json":
        values = {"decision": decision, "reason": reason}
        return visitor.call("POST", f"comments/{number}/decisions", values)
    values = {"comment": str(number), "decision": decision, "reason": reason, **form}
    return visitor.post("/comments/moderation/decisions", values)


def done(answer: Answer) -> bool:
    return answer.status_code in (201, 303)


def status(number: int = 1) -> Status:
    db.session.expire_all()
    return db.session.get_one(Comment, number).status


def queue(visitor: Visitor, query: str = "") -> list[int]:
    """The comments that the dashboard lists, in its order."""
    page = visitor.get(f"/comments/moderation/{query}")
    assert page.status_code == 200
    return [
        int((each.attributes["id"] or "").removeprefix("comment-"))
        for each in read(page.text).elements
        if each.tag == "li" and (each.attributes.get("id") or "").startswith("comment-")
    ]
