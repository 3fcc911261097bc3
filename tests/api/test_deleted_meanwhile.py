"""An account that is deleted between a request's look at it and its write: refused, and never a failure."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.db import db, engine_options
from comments_service.models import Account, Comment, Role
from tests import make
from tests.conftest import Answer, Visitor

ACCOUNT = "/comments/account/"
NEW_PASSWORD = {"old_password": make.PASSWORD, "password": "another horse battery"}
WRITES: dict[str, Callable[[Visitor, int], Answer]] = {
    "post": lambda who, _: who.call("POST", "threads/pelicans/comments", {"body": "They dive."}),
    "post by form": lambda who, _: who.post("/comments/threads/pelicans", {"body": "They dive."}),
    "edit": lambda who, n: who.call("PATCH", f"comments/{n}", {"body": "They glide."}),
    "edit by form": lambda who, n: who.post(f"/comments/comment/{n}/edit", {"body": "They glide."}),
    "delete": lambda who, n: who.call("DELETE", f"comments/{n}"),
    "delete by form": lambda who, n: who.post(f"/comments/comment/{n}/delete"),
    "decide": lambda who, n: who.call("POST", f"comments/{n}/decisions", {"decision": "spam"}),
    "decide by form": lambda who, n: who.post(
        "/comments/moderation/decisions", {"comment": str(n), "decision": "spam"}
    ),
    "claim": lambda who, _: who.post(f"{ACCOUNT}claim", {"act": "leave"}),
    "sign out": lambda who, _: who.call("DELETE", "session"),
    "sessions": lambda who, _: who.post(f"{ACCOUNT}sessions", {"session": "others"}),
    "password": lambda who, _: who.post(f"{ACCOUNT}password", NEW_PASSWORD),
    "address": lambda who, _: who.post(f"{ACCOUNT}email", {"email": "new@example.org"}),
    "profile": lambda who, _: who.post(f"{ACCOUNT}profile", {"name": "Rhea the Second"}),
    "second factor": lambda who, _: who.post(f"{ACCOUNT}second-factor", {"act": "begin"}),
    "proof": lambda who, _: who.post("/comments/confirm", {"password": make.PASSWORD}),
    "account": lambda who, _: who.post(f"{ACCOUNT}delete", {"comments": "keep"}),
}


@pytest.fixture
def meanwhile(app: Flask) -> Iterator[Callable[[Callable[[sa.Connection], Any]], None]]:
    """Let something happen, on a connection of its own, when the next request begins to write."""
    waiting: list[Callable[[sa.Connection], Any]] = []
    other = sa.create_engine(db.engine.url, **engine_options(str(db.engine.url)))

    def act(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        # `writing` ends the reading before it begins.
        if waiting and statement.startswith("COMMIT"):
            happens = waiting.pop()
            with other.begin() as connection:
                happens(connection)

    sa.event.listen(db.engine, "before_cursor_execute", act)
    yield waiting.append
    sa.event.remove(db.engine, "before_cursor_execute", act)
    other.dispose()
    assert waiting == [], "nothing was written"


@pytest.mark.parametrize("write", WRITES)
def test_a_write_of_an_account_that_was_just_deleted_is_no_failure(
    app: Flask, meanwhile: Callable[[Callable[[sa.Connection], Any]], None], write: str
) -> None:
    make.thread()
    account = make.account("Rhea", role=Role.MODERATOR if "decide" in write else Role.READER)
    comment = make.comment(by=account).id
    rhea = Visitor(app).sign_in("rhea@example.org")

    def delete(connection: sa.Connection) -> None:
        connection.execute(sa.update(Comment).values(account_id=None, session_id=None, name=""))
        connection.execute(sa.delete(Account).where(Account.id == account.id))

    meanwhile(delete)
    answer = WRITES[write](rhea, comment)
    assert answer.status_code < 500, answer.text
