"""An address is found as it is compared, by an index, wherever it stands: beside comments, in links, in the outbox."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from comments_service import account_changes, account_deletion, comments, config, retention
from comments_service.accounts import email_change, export, tokens
from comments_service.db import db, writing
from comments_service.inputs import address_key
from comments_service.mail import outbox
from comments_service.models import (
    NO_EMAIL,
    Comment,
    Email,
    Recipient,
    Session,
    Status,
    Token,
)
from comments_service.notifications import preferences
from tests import make
from tests.plans import read_whole, sent
from tests.unit.telling import guest, posted
from tests.unit.test_migrations import empty

__all__ = ["empty"]

# Of a script whose small letters SQLite does not know.
TYPED, ADDRESS = "JÜRGEN@example.org", "jürgen@example.org"


def keys() -> list[tuple[str, str | None, str | None]]:
    """Each address that is kept in one of the three tables, with what it is compared by."""
    db.session.rollback()
    columns = (
        (Comment.email, Comment.email_key),
        (Token.email, Token.email_key),
        (Email.recipient, Email.recipient_key),
    )
    return [
        (str(address.class_.__tablename__), *row)
        for address, key in columns
        for row in db.session.execute(sa.select(address, key))
    ]


def compared() -> None:
    for table, address, key in keys():
        assert key == (address_key(address) if address else None), (table, address)


@pytest.fixture
def written(app: Flask) -> Recipient:
    """A guest who asked for e-mails, after some others."""
    make.thread()
    make.many([{"id": number, "email": f"g{number}@example.org"} for number in range(1001, 1040)])
    made = guest(ADDRESS)
    posted(email=TYPED, name="Jürgen")
    posted(name="Nobody")
    with writing():
        outbox.put(TYPED, "digest", "en")
        tokens.make(tokens.ConfirmSubscription(1), email=TYPED)
    return made


def test_all_that_has_an_address_has_what_it_is_compared_by(written: Recipient) -> None:
    compared()
    assert len(keys()) == 39 + 2 + 1 + 1


def test_whoever_forgets_an_address_looks_at_nothing_else(written: Recipient) -> None:
    with sent() as found:
        preferences.forget(written)
    assert len(found) >= 5
    assert [step for each in found for step in read_whole(*each)] == []
    assert not [row for row in keys() if row[2] == ADDRESS]
    assert len([row for row in keys() if row[1]]) == 39
    compared()


def test_no_page_is_made_anew_for_an_address_that_is_forgotten(written: Recipient) -> None:
    """It stands in none."""
    revision = sa.text("SELECT revision FROM threads")
    before = db.session.scalar(revision)
    preferences.forget(written)
    assert db.session.scalar(revision) == before


def test_with_an_account_goes_its_address_beside_what_was_written_before(app: Flask) -> None:
    """Also where nobody asked for e-mails: it is shown to be the account's own."""
    make.thread()
    rhea = make.account("Rhea")
    make.many([{"id": number, "email": f"g{number}@example.org"} for number in range(1001, 1040)])
    posted(email="RHEA@example.org", name="Rhea")
    with writing():
        outbox.put("Rhea@example.org", "digest", "en")
        tokens.make(tokens.ChangeEmail(session=0), rhea, email="Other@example.org")
        outbox.write(
            *("other@example.org", "en", "email-changed", config.current()),
            ephemeral=True,
            name="Rhea",
        )
    with sent() as found:
        export.gathered(rhea)
        account_deletion.delete(rhea, keep=True, lang="en", settings=config.current())
    # Counts of a day are few, and looked through by a word in them.
    asked = [each for each in found if "rate_counts" not in each[0]]
    assert [step for each in asked for step in read_whole(*each)] == []
    left = [row for row in keys() if row[1]]
    assert [row[1] for row in left if row[0] != "comments"] == ["rhea@example.org"]
    assert len(left) == 40


def test_an_address_that_was_changed_is_found_by_what_it_is_compared_by(app: Flask) -> None:
    rhea = make.account("Rhea")
    with writing():
        outbox.put("RHEA@example.org", "digest", "en")
        text = tokens.make(tokens.ChangeEmail(session=0), rhea, email="new@example.org")
    with sent() as found:
        email_change.confirm(text, "en", config.current())
    assert [step for each in found for step in read_whole(*each)] == []
    assert [row[1] for row in keys() if row[0] == "outbox"] == ["rhea@example.org"]


def test_what_takes_an_address_off_takes_both(app: Flask) -> None:
    make.thread()
    old = datetime(2020, 1, 1, tzinfo=UTC)
    for number, status in enumerate((Status.REJECTED, Status.DELETED, Status.REJECTED), 1_001):
        make.many([{"id": number, "email": TYPED, "status": status, "created_at": old}])
    posted(parent=db.session.get_one(Comment, 1_003))
    gone, claimed = (posted(email=TYPED) for _ in range(2))
    rhea = make.account()
    before = Session(token_hash=b"1" * 32)
    with writing():
        db.session.add(before)
    session = Session(token_hash=b"2" * 32, account_id=rhea.id, guest_id=before.id)
    with comments.changing():
        db.session.add(session)
        claimed.session_id = before.id
        comments.empty(db.session.get_one(Comment, gone.id))
    account_changes.claim(session)
    retention.clean(config.current())
    compared()
    assert [row for row in keys() if row[1]] == []


def test_no_statement_of_ours_takes_one_off_alone() -> None:
    assert {Comment.email.key, Comment.email_key.key} == NO_EMAIL.keys()


def test_an_upgrade_fills_what_is_there(empty: Flask) -> None:
    upgrade(revision="0028")
    moment = "2026-11-23 00:00:00+00:00"
    given: dict[str, Any] = {"moment": moment}
    with db.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO threads (id, url, title, lang, category, authors, translations, policy,"
                " listed, created_at, revision, published_revision, notes)"
                " VALUES ('p', 'u', 't', 'en', '', '[]', '[]', 'open', true, :moment, 1, 0, true)"
            ),
            given,
        )
        rows = [
            {**given, "id": number, "key": f"k{number}", "email": email}
            for number, email in enumerate((TYPED, None, "", *["G@example.org"] * 1_100), 1)
        ]
        connection.execute(
            sa.text(
                "INSERT INTO comments (id, thread_id, depth, name, email, source, html,"
                " renderer_version, status, reasons, key, created_at)"
                " VALUES (:id, 'p', 0, 'Gus', :email, 's', 'h', 1, 'pending', '[]', :key, :moment)"
            ),
            rows,
        )
        connection.execute(
            sa.text(
                "INSERT INTO outbox (id, recipient, lang, subject, text, html, ephemeral, asked_for,"
                " created_at, attempts, error) VALUES (1, :email, '', '', '', '', false, false,"
                " :moment, 0, '')"
            ),
            {**given, "email": TYPED},
        )
        connection.execute(
            sa.text(
                "INSERT INTO tokens (id, token_hash, purpose, email, tries, payload, created_at,"
                " expires_at) VALUES (1, :hash, 'subscribe', :email, 0, '{}', :moment, :moment)"
            ),
            {**given, "hash": b"1" * 32, "email": TYPED},
        )
    upgrade()
    compared()
    assert len(keys()) == 1_103 + 2
    assert ("comments", TYPED, ADDRESS) in keys()
    db.session.rollback()
    downgrade(revision="0028")
    assert "email_key" not in {
        each["name"] for each in sa.inspect(db.engine).get_columns("comments")
    }
