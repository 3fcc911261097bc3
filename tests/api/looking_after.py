"""What moderators do about people in tests, through the API or by the forms of the dashboard."""

from typing import Any

from comments_service.models import Ban
from tests.conftest import Answer, Visitor

PAGE = "/comments/moderation/people"
NETWORKS = "/comments/moderation/networks"


def do(visitor: Visitor, by: str, key: str, act: str, values: dict[str, Any]) -> Answer:
    """One act about a person, through the API or by the form of his page."""
    if by == "json":
        path = {"ban": "bans", "note": "notes", "decide": "decisions", "role": "role"}[act]
        return visitor.call("POST", f"people/{key}/{path}", values)
    form = {name: "yes" if value is True else value for name, value in values.items()}
    return visitor.post(f"{PAGE}/{key}", {"act": act, **form})


def end(visitor: Visitor, by: str, ban: Ban) -> Answer:
    if by == "json":
        return visitor.call("POST", f"bans/{ban.id}/end", {})
    return visitor.post(f"/comments/moderation/bans/{ban.id}")


def done(answer: Answer) -> None:
    assert answer.status_code in (200, 201, 303), answer.text
