"""An act about one comment, thread or person looks for it by an index, however many there are of them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from comments_service.db import Base
from comments_service.notifications.fan_out import fan_out
from tests import make
from tests.conftest import Visitor
from tests.plans import Sent, read_whole, sent

# Of these there are a handful, or as many as a day brings: decided by the owner, or cleaned each hour.
FEW = (
    *("site", "hooks", "rule_sets", "saved_replies", "day_keys", "spam_questions"),
    *("imports", "articles", "rate_counts"),
)


# An index of those rows alone that wait for something: as many as wait.
WAITING = {
    str(index.name)
    for table in Base.metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}


def through(statements: Sent) -> list[tuple[str, str]]:
    """Where a table that grows with the blog is read from end to end, and by which statement."""
    return [
        (step, statement)
        for statement, given in statements
        for step in read_whole(statement, given)
        if not {*FEW, *WAITING} & set(step.split())
    ]


@pytest.fixture
def full(app: Flask) -> None:
    make.site()
    for each in ("pelicans", "gulls"):
        make.thread(each)
    make.many([{"id": number, "email": f"g{number}@example.org"} for number in range(1_001, 1_040)])


def commented(visitor: Visitor, body: str, **values: Any) -> int:
    given = {"name": "Gus", "body": body, "email": "gus@example.org", **values}
    answer = visitor.call("POST", "threads/pelicans/comments", given)
    assert answer.status_code in (201, 202), answer.text
    number: int = answer.json["id"]
    return number


def done(answer: Any) -> Any:
    assert answer.status_code < 400, (answer.request.path, answer.text)
    return answer


def as_a_guest(everybody: dict[str, Visitor]) -> None:
    guest = everybody["guest"]
    number = commented(guest, "They scoop with their bills.", notify=True)
    done(guest.call("PATCH", f"comments/{number}", {"body": "They scoop and scoop."}))
    done(guest.get("/comments/threads/pelicans"))
    done(guest.call("GET", "me?thread=pelicans"))
    fan_out()
    done(guest.call("DELETE", f"comments/{number}"))
    fan_out()


def as_a_reader(everybody: dict[str, Visitor]) -> None:
    reader = everybody["reader"]
    number = commented(reader, "With an account, @Gus.")
    done(reader.call("PUT", "comments/1001/vote", {"value": 1}))
    done(reader.call("DELETE", "comments/1001/vote"))
    done(reader.call("POST", "comments/1002/reports", {"kind": "abuse", "text": "Rude."}))
    done(reader.call("PATCH", f"comments/{number}", {"body": "Corrected."}))
    fan_out()
    for page in ("", "/data", "/sessions", "/notifications"):
        reader.get(f"/comments/account{page}")
    done(reader.call("DELETE", f"comments/{number}"))


def as_a_moderator(everybody: dict[str, Visitor]) -> None:
    moderator, guest = everybody["moderator"], everybody["guest"]
    number = commented(guest, "Buy cheap pelicans at http://pelicans.example")
    for decision in ("publish", "spam", "delete", "publish"):
        done(moderator.call("POST", f"comments/{number}/decisions", {"decision": decision}))
        done(moderator.call("POST", f"comments/{number}/decisions", {"decision": "undo"}))
        fan_out()
    done(moderator.call("POST", f"comments/{number}/decisions", {"decision": "publish"}))
    done(moderator.get(f"/comments/moderation/comments/{number}"))
    done(moderator.call("POST", f"comments/{number}/pin", {"pinned": True}))
    done(moderator.call("POST", f"comments/{number}/move", {"thread": "gulls"}))
    done(moderator.call("PATCH", "moderation/threads/pelicans", {"locked": True}))
    done(moderator.call("PATCH", "moderation/threads/pelicans", {"locked": False}))
    fan_out()
    done(moderator.call("POST", "moderation/threads/pelicans/merge", {"into": "gulls"}))
    fan_out()


def about_a_person(everybody: dict[str, Visitor]) -> None:
    moderator, guest = everybody["moderator"], everybody["guest"]
    commented(guest, "They scoop.")
    key = everybody["reader"].call("GET", "me").json["account"]["id"]
    done(moderator.get(f"/comments/moderation/people/{key}"))
    done(moderator.call("POST", f"people/{key}/bans", {"lasts": "day", "reason": "Rude."}))
    [ban] = done(moderator.call("GET", f"people/{key}")).json["bans"]
    done(moderator.call("POST", f"bans/{ban['id']}/end", {}))
    done(moderator.call("POST", f"people/{key}/notes", {"note": "Was rude."}))
    done(moderator.call("POST", f"people/{key}/decisions", {"decision": "spam"}))
    fan_out()


def signing_in(everybody: dict[str, Visitor]) -> None:
    visitor = everybody["stranger"]
    given = {"email": "rhea@example.org", "password": make.PASSWORD}
    done(visitor.call("POST", "session", given))
    done(visitor.call("POST", "session/letter", {"email": "rhea@example.org"}))
    visitor.post("/comments/forgot", {"email": "rhea@example.org"})
    done(visitor.call("DELETE", "session"))


ACTS = (as_a_guest, as_a_reader, as_a_moderator, about_a_person, signing_in)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_an_act_about_one_reads_no_table_through(
    guest: Visitor,
    stranger: Visitor,
    reader: Visitor,
    moderator: Visitor,
    act: Callable[[dict[str, Visitor]], None],
) -> None:
    everybody = {"guest": guest, "stranger": stranger, "reader": reader, "moderator": moderator}
    with sent() as statements:
        act(everybody)
    assert len(statements) > 20
    assert through(statements) == []
