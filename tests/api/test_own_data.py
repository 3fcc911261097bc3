"""What is one's own: a file with all of it, and leaving with nothing left behind."""

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import account_deletion, comments, config
from comments_service.accounts import names
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import NotAllowed, ServiceError
from comments_service.inputs import NewComment, NewDecision, parse
from comments_service.mail import outbox
from comments_service.models import (
    Account,
    Authenticator,
    Comment,
    CommentRevision,
    Decision,
    Email,
    Identity,
    Notification,
    Passkey,
    Preference,
    Recipient,
    RecoveryCode,
    Role,
    Session,
    Status,
    Subscription,
    Thread,
    Token,
    now,
)
from tests import make
from tests.api.own_data import EMAIL, NAME, PRIVATE, as_rhea, bake, everything, followed, written
from tests.api.people import text, visiting
from tests.conftest import Visitor

DATA = "/comments/account/data"
DELETE = "/comments/account/delete"


@pytest.fixture
def rhea(app: Flask) -> Account:
    """Somebody of whom as much is known as can be."""
    for name in ("pelicans", "gulls"):
        make.thread(name)
    rhea = make.account("Rhea")
    with writing():
        rhea.name, rhea.name_key = NAME, names.key(NAME)
        rhea.email = rhea.email_key = EMAIL
        rhea.bio, rhea.link = "She watches pelicans.", "https://rheas-own-page.example"
        for row in (
            Identity(account_id=rhea.id, kind="github", subject="4711", label="rhea-at-github"),
            Passkey(account_id=rhea.id, credential_id=b"i", public_key=b"k", name="Rheas-own-page"),
            Authenticator(account_id=rhea.id, secret="SEED", confirmed_at=now()),
            RecoveryCode(account_id=rhea.id, code_hash=b"h" * 32),
        ):
            db.session.add(row)
    return rhea


@pytest.fixture
def browser(app: Flask, rhea: Account) -> Visitor:
    """Rhea's, who has just shown who she is, with all that she is asked for."""
    visitor = visiting(app, rhea)
    with writing():
        session = db.session.query(Session).filter_by(account_id=rhea.id).one()
        session.sign_in_method, session.strong_at, session.device = (
            "passkey",
            now(),
            "Rheas-own-page",
        )
    return visitor


# ---- taking it along


def test_everything_that_is_known_comes_in_one_file(browser: Visitor, rhea: Account) -> None:
    written(rhea, as_rhea(rhea))
    with writing():
        outbox.write(EMAIL, "en", "email-changed", config.current(), name=NAME)
    answer = browser.post(DATA)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="comments-')
    assert answer.headers["Cache-Control"] == "no-store"
    given = answer.json
    assert given["version"] == 1
    assert given["account"] | {"created_at": "", "email_verified_at": ""} == {
        "id": rhea.public_id,
        "name": NAME,
        "email": EMAIL,
        "email_verified_at": "",
        "email_refused": None,
        "role": "reader",
        "bio": "She watches pelicans.",
        "link": "https://rheas-own-page.example",
        "shown": True,
        "created_at": "",
    }
    assert [(each["kind"], each["label"], each["subject"]) for each in given["ways"]] == [
        ("password", "", None),
        ("github", "rhea-at-github", "4711"),
    ]
    assert [each["name"] for each in given["passkeys"]] == ["Rheas-own-page"]
    assert given["second_factor"]["since"].endswith("Z")
    assert {each["way"] for each in given["sessions"]} == {"passkey", ""}
    assert [(each["source"], each["status"]) for each in given["comments"]] == [
        ("Pelicans scoop.", "published"),
        ("Gulls snatch.", "published"),
        ("It waits.", "pending"),
        ("Rejected.", "rejected"),
    ]
    first = given["comments"][0]
    assert [each["source"] for each in first["revisions"]] == ["The earlier words."]
    assert [(each["decision"], each["reason"]) for each in first["decisions"]] == [
        ("publish", "Fine.")
    ]
    assert first["article"] == "Pelicans"
    assert first["url"].startswith("http://blog.test/pelicans/#comment-")
    assert [each["subject"] for each in given["letters"]] == [
        "Your account at blog.test has another address"
    ]
    assert given["decisions"] == []


def test_nothing_in_it_lets_anybody_in_or_names_a_moderator(
    app: Flask, browser: Visitor, rhea: Account
) -> None:
    mona = make.account("Mona", role=Role.MODERATOR)
    mine = make.comment(by=rhea)
    comments.decide(mine.id, mona, NewDecision(decision="spam", reason="Rude."))
    given = browser.post(DATA).text
    for secret in ("argon2", "SEED", "Mona", "mona", "hash", "token", "her-network"):
        assert secret not in given
    visitor = visiting(app, mona)
    with writing():
        db.session.execute(sa.update(Session).values(strong_at=now()))
    decided = visitor.post(DATA).json["decisions"]
    assert [(each["comment"], each["decision"], each["reason"]) for each in decided] == [
        (mine.id, "spam", "Rude.")
    ]


def test_an_account_of_which_little_is_known_has_a_file_too(app: Flask) -> None:
    account = make.account("Max")
    with writing():
        account.email = account.email_key = account.email_verified_at = None
    given = visiting(app, account).post(DATA).json
    assert given["account"]["email"] is None
    assert (given["second_factor"], given["letters"], given["comments"]) == (None, [], [])


def test_the_file_is_what_its_document_says(browser: Visitor, rhea: Account) -> None:
    document = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")
    part = document.split("## One's own data", 1)[1].split("\n## ", 1)[0]
    example = json.loads(part.split("```json", 1)[1].split("```", 1)[0])
    first, *_ = written(rhea, as_rhea(rhea))
    followed(rhea, first)
    given = browser.post(DATA).json

    def keys(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: keys(each) for name, each in value.items()}
        return [keys(value[0])] if isinstance(value, list) and value else None

    said, found = keys(example), keys(given)
    # Of these she has none.
    for each in (
        "decisions",
        "letters",
        "notes",
        "corrections",
        "rule_changes",
        "bans",
        "notes_on_people",
        "reports",
        "thread_decisions",
    ):
        del said[each], found[each]
    said["comments"][0]["waits_because"] = found["comments"][0]["waits_because"]
    assert found == said


# ---- leaving


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", [DATA, DELETE])
def test_each_asks_for_a_fresh_proof(browser: Visitor, method: str, path: str) -> None:
    with writing():
        old = now() - timedelta(minutes=16)
        db.session.execute(sa.update(Session).values(proved_at=old, strong_at=old))
    answer = browser._open(method, path, data={"comments": "keep"})
    assert answer.status_code == 303
    assert answer.location.startswith("/comments/confirm?next=")
    assert db.session.query(Account).count() == 1


def test_the_form_says_what_will_happen_and_asks_for_a_choice(
    browser: Visitor, rhea: Account
) -> None:
    written(rhea, as_rhea(rhea))
    page = browser.get(DELETE).text
    assert "And your 4 comments?" in text(page)
    assert "checked" not in page
    answer = browser.post(DELETE, {"comments": "what"})
    assert answer.status_code == 422
    assert "Please choose what happens to your comments." in answer.text
    assert db.session.query(Account).count() == 1


@pytest.mark.parametrize("choice", ["keep", "remove"])
def test_nothing_that_names_or_reaches_somebody_is_left(
    app: Flask,
    browser: Visitor,
    rhea: Account,
    settings: Settings,
    choice: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    public_id = rhea.public_id
    first, *_ = written(rhea, as_rhea(rhea))
    followed(rhea, first)
    guesser = Visitor(app)
    guesser.call("POST", "session", {"email": EMAIL, "password": "wrong"})
    guesser.post("/comments/forgot", {"email": EMAIL})
    browser.post("/comments/account/email", {"email": "another." + EMAIL})
    bake(settings)
    before = everything(settings)
    for word in (*PRIVATE, public_id):
        assert word in before, word
    revisions = {each.id: each.revision for each in db.session.query(Thread)}

    answer = browser.post(DELETE, {"comments": choice})
    assert answer.status_code == 303
    assert answer.location == "/comments/goodbye"
    assert "postil=;" in answer.headers["Set-Cookie"]
    assert "Your account is deleted" in browser.get(answer.location).text
    assert browser.call("GET", "me").json["account"] is None

    bake(settings)
    known = (Account, Identity, Passkey, Authenticator, RecoveryCode, CommentRevision)
    for table in (*known, Recipient, Preference, Subscription, Notification):
        assert db.session.query(table).count() == 0, table
    assert db.session.query(Token).filter(Token.account_id.is_not(None)).count() == 0
    # Once for what she wrote, and once more where she had voted.
    assert {each.id: each.revision for each in db.session.query(Thread)} == {
        name: revision + 1 + (name == "pelicans") for name, revision in revisions.items()
    }
    # One e-mail says so, and its row goes when it is sent.
    assert [each.recipient for each in db.session.query(Email)] == [EMAIL]
    assert outbox.send_waiting(settings) == 1
    (sent,) = (tmp_path / "var" / "mail").glob("*.eml")
    assert "is deleted" in sent.read_text()
    after = everything(settings)
    assert {each.network for each in db.session.query(Comment)} == {None}
    for word in (*PRIVATE, public_id):
        assert word not in after, word


def test_what_stays_has_no_name(
    browser: Visitor, rhea: Account, guest: Visitor, fragment: Any, settings: Settings
) -> None:
    written(rhea, as_rhea(rhea))
    browser.post(DELETE, {"comments": "keep"})
    shown = fragment("pelicans")
    assert "Pelicans scoop." in shown
    assert shown.count("Deleted account") == 3
    assert 'href="#comment-1"><bdi>Deleted account</bdi>' in shown
    assert "<svg" not in shown
    assert "Gulls snatch." in fragment("gulls")
    assert "rheas-own-page" not in fragment("gulls")
    page = guest.get("/comments/threads/pelicans?reply=1").text
    assert "Replying to Deleted account" in text(page)
    # What waited still waits, and can be decided on.
    waiting = db.session.query(Comment).filter_by(status=Status.PENDING).one()
    comments.decide(waiting.id, None, NewDecision(decision="publish"))
    assert "It waits." in fragment("gulls")
    assert '"name":""' in (settings.published / "threads" / "gulls.json").read_text()


def test_what_is_removed_leaves_a_place_only_where_others_answered(
    browser: Visitor, rhea: Account, fragment: Any
) -> None:
    written(rhea, as_rhea(rhea))
    browser.post(DELETE, {"comments": "remove"})
    pelicans, gulls = fragment("pelicans"), fragment("gulls")
    assert "Pelicans scoop." not in pelicans
    assert "This comment was deleted." in pelicans
    assert "An answer." in pelicans
    assert "Gulls snatch." not in gulls
    assert "This comment was deleted." not in gulls
    assert "Somebody else" in gulls
    left = db.session.query(Comment).filter(Comment.name.is_(None))
    assert {(each.status, each.source, each.html) for each in left} == {(Status.DELETED, "", "")}


def test_a_moderators_decisions_stay_without_a_name(app: Flask, moderator: Visitor) -> None:
    make.thread()
    mine = make.comment(held=True)
    decided = moderator.call("POST", f"comments/{mine.id}/decisions", {"decision": "publish"})
    assert decided.status_code == 201
    assert moderator.post(DELETE, {"comments": "keep"}).status_code == 303
    decision = db.session.query(Decision).one()
    assert (decision.moderator_id, decision.status_after) == (None, Status.PUBLISHED)


def test_the_last_owner_is_told_what_to_do_first(app: Flask, owner: Visitor) -> None:
    page = owner.get(DELETE).text
    assert "comments role ADDRESS owner" in page
    assert "Delete my account" not in page
    answer = owner.post(DELETE, {"comments": "keep"})
    assert answer.status_code == 403
    assert db.session.query(Account).count() == 1
    make.account("Odo", role=Role.OWNER, verified=False)
    assert owner.post(DELETE, {"comments": "keep"}).status_code == 403
    make.account("Otto", role=Role.OWNER)
    assert owner.post(DELETE, {"comments": "keep"}).status_code == 303
    assert {each.name for each in db.session.query(Account)} == {"Odo", "Otto"}


def test_two_owners_who_leave_at_once_leave_one(app: Flask) -> None:
    numbers = [make.account(name, role=Role.OWNER).id for name in ("Olga", "Otto")]
    outcomes: list[str] = []

    def leave(number: int) -> None:
        with app.app_context():
            try:
                account = db.session.get_one(Account, number)
                account_deletion.delete(account, keep=True, lang="en", settings=config.current())
                outcomes.append("gone")
            except ServiceError as error:
                outcomes.append(error.code)

    db.session.rollback()
    both = [threading.Thread(target=leave, args=(number,)) for number in numbers]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert outcomes.count("gone") <= 1
    assert db.session.query(Account).count() >= 1


def test_an_address_that_was_never_confirmed_gets_no_email(app: Flask, emails: Any) -> None:
    account = make.account("Max", verified=False)
    account_deletion.delete(account, keep=True, lang="en", settings=config.current())
    assert emails() == []


def test_a_deletion_that_fails_leaves_everything(app: Flask, emails: Any) -> None:
    make.thread()
    olga = make.account("Olga", role=Role.OWNER)
    make.comment(by=olga)
    before = db.session.query(Thread).one().revision
    with pytest.raises(NotAllowed):
        account_deletion.delete(olga, keep=False, lang="en", settings=config.current())
    db.session.expire_all()
    assert db.session.query(Comment).one().source == "They scoop."
    assert db.session.query(Thread).one().revision == before
    assert emails() == []


def test_whoever_posts_as_the_account_that_goes_is_told_to_sign_in(app: Flask) -> None:
    make.thread()
    rhea = make.account("Rhea")
    asking = as_rhea(rhea)
    with writing():
        db.session.execute(sa.delete(Account))
    with pytest.raises(ServiceError) as refused:
        comments.post(
            "pelicans", asking, parse(NewComment, {"body": "Still here?"}), config.current()
        )
    assert refused.value.code == "sign_in_required"


def test_what_was_written_as_a_guest_before_is_pointed_out(app: Flask, guest: Visitor) -> None:
    make.thread()
    make.account("Rhea")
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "As a guest."})
    guest.sign_in("rhea@example.org")
    page = text(guest.get(DELETE).text)
    assert "1 comment that was written in this browser before you signed in is not part" in page
