"""What an account's owner is given of what is known: every column, or a reason for leaving it out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, config, sessions
from comments_service.accounts import export, tokens
from comments_service.db import Base, UTCTime, db, writing
from comments_service.errors import Message
from comments_service.inputs import EditedComment, NewNote, parse
from comments_service.mail import outbox
from comments_service.models import (
    Account,
    Act,
    Authenticator,
    Ban,
    Choice,
    Comment,
    Decision,
    Email,
    Identity,
    Notification,
    Passkey,
    PersonNote,
    Preference,
    Recipient,
    RecoveryCode,
    RefusedAddress,
    Report,
    ReportKind,
    Role,
    RuleChange,
    Site,
    SpamExample,
    Status,
    Subscription,
    ThreadAct,
    ThreadDecision,
    Untold,
    Vote,
    now,
)
from comments_service.models.base import Messages, PassageColumn
from formats.passages import Passage
from tests import make

# Columns and whole tables that are not in the export, each with its reason. Numbers of rows, which
# tie one to another, need none.
NOBODYS = {
    "site": "of the blog, and of nobody",
    "articles": "of the blog, and of nobody",
    "rules": "of the blog; its owners read them as JSON at api/v1/rules",
    "imports": "of the blog's owner, who sees them in the dashboard; what they brought are comments",
    "hooks": "of the blog's owner, for its programs and chats",
    "hook_deliveries": "which of those was told of which comment; it holds nobody's words",
    "spam_questions": "which service is asked about which comment; it holds nobody's words",
    "spam_words": "how often a hash was in anybody's comments",
    "rate_counts": "counts by a hash that is dropped with its window",
    "saved_replies": "shared by all who moderate, and says of nobody who wrote it",
    "day_keys": "a key of a day, which is thrown away",
}
LEFT_OUT = {
    "accounts.name_key": "the name once more, as it is compared",
    "accounts.email_key": "the address once more, as it is compared",
    "comments.email_key": "as above, of a guest's",
    "tokens.email_key": "as above",
    "bans.network": "of a ban of a network, which no account is known by",
    "bans.day": "as its network",
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
    "threads.article_policy": "of the article",
    "threads.article_closes_at": "of the article",
    "threads.policy_written": "of the article",
    "threads.closing_written": "of the article",
    "threads.notes": "of the article",
    "threads.ruling": "of the thread; who ruled it has it among the decisions",
    "threads.locked_at": "as its ruling",
    "threads.merged_into": "as its ruling",
    "threads.published_at": "of the article",
    "threads.listed": "of the article",
    "threads.shared_until": "of the article",
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
    **{
        f"comments.near_{band}": "finds nearly the same words, and is gone with them"
        for band in (1, 2, 3, 4)
    },
    "spam_examples.spam": "says what the decision says, which is given",
    "spam_examples.features": "the comment's words once more, as hashes, gone with the account",
    "spam_examples.decided_at": "is the decision's, which is given",
    "comments.renderer_version": "by what it was made",
    "comments.key": "a random word against sending twice",
    "comments.version": "how often it was edited, and the revisions are given",
    "comments.place": "follows from its time and from what it answers",
    "comments.revision": "when its page was made anew",
    "comments.network": "a hash whose key is thrown away after a day",
    "comments.pinned_at": "as its thread's ruling",
    "comments.reports": "how many others reported it: who they are is theirs",
    "reports.network": "a hash whose key is thrown away after a day; an account's counts by the account",
    "comments.up": "what others think of it, which everybody may read",
    "comments.down": "as above",
    "comments.score": "follows from both",
    "comments.voted": "that is published within seconds",
    "comments.untold": "whom it is told to is found within seconds",
    "recipients.email": "a guest's; an account has its own",
    "recipients.email_key": "as above",
    "recipients.confirmed_at": "as above",
    "recipients.key": "what the links in e-mails are signed with",
    "decisions.batch": "which were made by one press of a button",
    "decisions.status_before": "follows from the decisions before",
    "decisions.status_after": "follows from the decision",
    "outbox.recipient": "the account's own address, by whose key it is found",
    "outbox.text": "holds links that let one in, until they are used",
    "outbox.html": "as its text",
    "outbox.kind": "named in its subject",
    "outbox.lang": "that of its words",
    "outbox.asked_for": "whether it is sent to an address that refuses e-mails",
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
                RuleChange(account_id=rhea.id, name="words", before=["a"], after=["b"]),
                RefusedAddress(address=rhea.email, error="550 No such user"),
                Ban(account_id=rhea.id, reason="Insults."),
                PersonNote(account_id=rhea.id, text="Knows gulls."),
            ]
        )
        session, _ = sessions.begin(rhea, make.visitor())
        tokens.make(tokens.ResetPassword(), rhea)
        outbox.write(
            rhea.email or "", "en", "verify", config.current(), name="Rhea", link="http://l/"
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
        mine.corrected = True
        db.session.execute(sa.update(Comment).values(network="n"))
        example = SpamExample(comment_id=mine.id, spam=False, features=b"f", decided_at=now())
        db.session.add(example)
        db.session.add_all(
            [
                ThreadDecision(
                    thread_id="pelicans", act=ThreadAct.RULE, moderator_id=rhea.id, parent_id=7
                ),
                Report(
                    comment_id=others.id,
                    version=1,
                    account_id=rhea.id,
                    kind=ReportKind.SPAM,
                    network="n",
                ),
            ]
        )
        db.session.add(Vote(comment_id=others.id, account_id=rhea.id, value=1))
    comments.note(others.id, rhea, NewNote(text="Look twice."))
    with writing():
        told = Recipient(account_id=rhea.id)
        db.session.add(told)
        db.session.flush()
        email = db.session.scalars(sa.select(Email.id)).first()
        db.session.add_all(
            [
                Preference(recipient_id=told.id, kind="answer", choice=Choice.DAILY),
                Subscription(recipient_id=told.id, thread_id="pelicans", kind="thread"),
                Notification(
                    recipient_id=told.id,
                    comment_id=others.id,
                    moment=Untold.WAITING,
                    kind="moderation",
                    email_id=email,
                ),
            ]
        )
    return rhea


def other(column: sa.Column[Any], value: Any) -> Any:
    """Another value that the column could hold as well."""
    kind = column.type
    if column is Vote.__table__.c.value:
        return -value
    if isinstance(kind, sa.Enum):
        words = kind.enum_class
        assert words is not None
        return next(each for each in words if each != value)
    if isinstance(kind, UTCTime):
        return (value or datetime(2020, 1, 1, tzinfo=UTC)) + timedelta(days=400)
    if isinstance(kind, PassageColumn):
        return Passage("a colony")
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
