"""What an account's owner is given of what is known: every column, or a reason for leaving it out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, config, outbox, sessions
from comments_service.accounts import export, tokens
from comments_service.db import Base, UTCTime, db, writing
from comments_service.errors import Message
from comments_service.inputs import EditedComment, parse
from comments_service.models import (
    Account,
    Act,
    Authenticator,
    Comment,
    Decision,
    Identity,
    Passkey,
    RecoveryCode,
    Role,
    Site,
    Status,
    now,
)
from comments_service.models.base import Messages
from tests import make

# Columns and whole tables that are not in the export, each with its reason. Numbers of rows, which
# tie one to another, need none.
NOBODYS = {
    "site": "of the blog, and of nobody",
    "rate_counts": "counts by a hash that is dropped with its window",
    "day_keys": "a key of a day, which is thrown away",
}
LEFT_OUT = {
    "accounts.name_key": "the name once more, as it is compared",
    "accounts.email_key": "the address once more, as it is compared",
    "accounts.closed_at": "set while nobody gets in, and then nobody gets the export either",
    "identities.secret": "lets one in: the hash of a password",
    "passkeys.credential_id": "of use to the device only, which has it",
    "passkeys.public_key": "of use to the service only",
    "passkeys.sign_count": "how a copied key is noticed",
    "passkeys.transports": "how a browser is told where to look for the key",
    "authenticators.secret": "lets one in: the app's own secret",
    "authenticators.last_step": "the code that was used last, so that none works twice",
    "recovery_codes.code_hash": "lets one in",
    "recovery_codes.used_at": "which of ten codes are left is on the account's page",
    "sessions.token_hash": "lets one in",
    "sessions.proved_at": "how long what was proved still holds, which is minutes",
    "sessions.strong_at": "as above",
    "tokens.token_hash": "lets one in",
    "tokens.purpose": "a step that is over within a day, as all of a token",
    "tokens.email": "as above; the e-mail to it is listed once the address is the account's",
    "tokens.code_hash": "lets one in",
    "tokens.tries": "as of its purpose",
    "tokens.payload": "as of its purpose",
    "tokens.created_at": "as of its purpose",
    "tokens.expires_at": "as of its purpose",
    "tokens.used_at": "as of its purpose",
    "threads.lang": "of the article, whose address is given, as all of a thread",
    "threads.category": "of the article",
    "threads.authors": "of the article",
    "threads.translations": "of the article",
    "threads.policy": "of the article",
    "threads.closes_at": "of the article",
    "threads.closed_at": "of the article",
    "threads.published_at": "of the article",
    "threads.listed": "of the article",
    "threads.created_at": "of the article",
    "threads.revision": "of the article",
    "threads.published_revision": "of the article",
    "threads.moved_from": "of the article",
    "threads.comment_count": "of the article",
    "threads.last_comment_id": "of the article",
    "threads.active_at": "of the article",
    "comments.depth": "follows from the comment that is answered, which is given",
    "comments.name": "a guest's; an account's comments bear the account's",
    "comments.email": "a guest's; an account's comments have none",
    "comments.html": "made from the source, which is given",
    "comments.html_hash": "finds the same words, and is gone with them",
    "comments.renderer_version": "by what it was made",
    "comments.key": "a random word against sending twice",
    "comments.version": "how often it was edited, and the revisions are given",
    "comments.place": "follows from its time and from what it answers",
    "comments.revision": "when its page was made anew",
    "comments.network": "a hash whose key is thrown away after a day",
    "decisions.status_before": "follows from the decisions before",
    "decisions.status_after": "follows from the decision",
    "outbox.text": "holds links that let one in, until they are used",
    "outbox.ephemeral": "whether the row goes once it is sent",
    "outbox.attempts": "of the mail server's trouble",
    "outbox.next_attempt_at": "of the mail server's trouble",
    "outbox.error": "of the mail server's trouble",
}


def everything_known() -> Account:
    """An account with one row at least in every table that knows of it."""
    make.thread()
    rhea = make.account("Rhea", role=Role.MODERATOR)
    with writing():
        db.session.execute(sa.delete(Identity))
        db.session.add_all(
            [
                Site(id=1, title="Birds", lang="en", manifest_tag="x"),
                Identity(account_id=rhea.id, kind="github", subject="17", label="rhea"),
                Passkey(account_id=rhea.id, credential_id=b"c", public_key=b"k", name="Phone"),
                Authenticator(account_id=rhea.id, secret="s", confirmed_at=now()),
                RecoveryCode(account_id=rhea.id, code_hash=b"h"),
            ]
        )
        session, _ = sessions.begin(rhea, make.visitor())
        tokens.make(tokens.ResetPassword(), rhea)
        outbox.write(
            rhea.email or "", "en", "verify", site="http://blog.test", name="Rhea", link="http://l/"
        )
    mine = make.comment(by=rhea, session=session)
    comments.edit(
        mine.id,
        make.visitor(session=session),
        parse(EditedComment, {"body": "Anew."}),
        config.current(),
    )
    others = make.comment()
    with comments.changing("pelicans"):
        for comment, moderator in ((mine, None), (others, rhea.id)):
            db.session.add(
                Decision(
                    comment_id=comment.id,
                    moderator_id=moderator,
                    act=Act.PUBLISH,
                    status_before=Status.PENDING,
                    status_after=Status.PUBLISHED,
                )
            )
        db.session.execute(sa.update(Comment).values(network="n"))
    return rhea


def other(column: sa.Column[Any], value: Any) -> Any:
    """Another value that the column could hold as well."""
    kind = column.type
    if isinstance(kind, sa.Enum):
        words = kind.enum_class
        assert words is not None
        return next(each for each in words if each != value)
    if isinstance(kind, UTCTime):
        return (value or datetime(2020, 1, 1, tzinfo=UTC)) + timedelta(days=400)
    if isinstance(kind, Messages):
        return [Message("Another reason.")]
    if isinstance(kind, sa.JSON):
        return ["other"] if isinstance(value, list) else {"other": "value"}
    if isinstance(kind, sa.Boolean):
        return not value
    if isinstance(kind, sa.LargeBinary):
        return b"other"
    return "https://other.example" if isinstance(kind, sa.String) else (value or 0) + 1


def columns() -> Iterator[sa.Column[Any]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if table.name not in NOBODYS and not column.primary_key and not column.foreign_keys:
                yield column


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_column_is_in_the_export_or_left_out_for_a_reason(app: Flask) -> None:
    public_id = everything_known().public_id
    number = db.session.scalars(sa.select(Account.id)).one()

    def given() -> dict[str, Any]:
        db.session.rollback()
        db.session.expunge_all()
        found = export.gathered(db.session.get_one(Account, number))
        return {**found, "made_at": ""}

    before = given()
    assert before["account"]["id"] == public_id
    missing = set()
    for column in columns():
        table = column.table
        (key,) = table.primary_key
        # The first row of each table is this account's, or of the thread that it wrote in.
        first = key == sa.select(sa.func.min(key)).scalar_subquery()
        with db.engine.begin() as connection:
            value = connection.execute(sa.select(column).where(first)).scalar_one()
            changed = sa.update(table).where(first).values({column.name: other(column, value)})
            connection.execute(changed)
        if given() == before:
            missing.add(f"{table.name}.{column.name}")
        with db.engine.begin() as connection:
            connection.execute(sa.update(table).where(first).values({column.name: value}))
    assert given() == before
    assert missing == set(LEFT_OUT)
