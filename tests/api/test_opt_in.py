"""Double opt-in: an address is asked before anything else is sent to it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, config, retention
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import Comment, RateCount, Recipient, Subscription, Token, now
from tests import make
from tests.api.commenting import post
from tests.conftest import Answer, Visitor, link_in

TICKED = {"body": "They scoop.", "name": "Gus", "email": "gus@example.org", "notify": "yes"}
Emails = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_sign_up": (Rate(100, 3600),), "trust_after": 0}


@pytest.fixture(autouse=True)
def _threads(app: Flask) -> None:
    make.thread()
    make.thread("gulls")


def rows() -> list[tuple[str, str | None, bool]]:
    db.session.rollback()
    found = db.session.scalars(sa.select(Subscription).order_by(Subscription.id))
    return [(each.kind, each.thread_id, each.confirmed_at is not None) for each in found]


def follow(visitor: Visitor, by: str, email: str, thread: str = "pelicans") -> Answer:
    if by == "json":
        return visitor.call("POST", f"threads/{thread}/notifications", {"email": email})
    return visitor.post(f"/comments/threads/{thread}/notifications", {"email": email})


def confirm(visitor: Visitor, text: str) -> Answer:
    """Open the link of an e-mail, and say yes to all that is ticked there."""
    path = link_in(text)
    page = visitor.get(path)
    assert page.status_code == 200
    numbers = [each.split('"')[0] for each in page.text.split('name="wanted" value="')[1:]]
    return visitor.post(path, {"wanted": numbers})


def minutes_pass(minutes: int) -> None:
    """Let what was counted, written and asked for be so much older."""
    with writing():
        db.session.execute(sa.delete(RateCount).where(RateCount.subject.endswith(":600")))
        for row in db.session.scalars(sa.select(Subscription)):
            row.created_at -= timedelta(minutes=minutes)
    with comments.changing():
        for comment in db.session.scalars(sa.select(Comment)):
            comment.created_at -= timedelta(minutes=minutes)


@pytest.mark.parametrize("by", ["json", "form"])
def test_a_guest_who_ticks_the_box_is_asked_and_then_hears_of_answers(
    guest: Visitor, emails: Emails, by: str
) -> None:
    answer = post(guest, by, TICKED)
    assert answer.status_code in (201, 303)
    assert rows() == [("answer", "pelicans", False)]
    [(to, subject, text)] = emails()
    assert to == "gus@example.org"
    # No word of whoever asked.
    for word in ("Gus", "scoop", "Pelicans"):
        assert word not in subject + text
    # Looking changes nothing, however often a mail scanner does.
    for _ in range(2):
        page = guest.get(link_in(text))
        assert "Pelicans" in page.text
    assert rows() == [("answer", "pelicans", False)]
    said = confirm(guest, text)
    assert said.status_code == 303
    assert rows() == [("answer", "pelicans", True)]
    recipient = db.session.scalars(sa.select(Recipient)).one()
    assert recipient.confirmed_at is not None
    assert recipient.account_id is None
    # On to what else can be chosen, without signing in.
    choices = guest.get(said.location)
    assert "gus@example.org" in choices.text
    # The link has done its work.
    assert guest.get(link_in(text)).status_code == 404


@pytest.mark.parametrize("by", ["json", "form"])
def test_without_the_box_nobody_is_asked(guest: Visitor, emails: Emails, by: str) -> None:
    post(guest, by, {**TICKED, "notify": None})
    assert emails() == []
    assert rows() == []


@pytest.mark.parametrize("by", ["json", "form"])
def test_a_ticked_box_wants_an_address(guest: Visitor, emails: Emails, by: str) -> None:
    answer = post(guest, by, {**TICKED, "email": None})
    assert answer.status_code == 422
    assert "To be e-mailed answers, please enter your address as well." in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 0


def test_the_box_comes_back_ticked_with_the_text(guest: Visitor) -> None:
    answer = post(guest, "form", {**TICKED, "name": ""})
    assert answer.status_code == 422
    assert 'value="yes" checked' in answer.text
    assert 'value="yes" checked' not in guest.get("/comments/threads/pelicans").text


def test_a_robot_that_fell_into_the_trap_makes_us_write_to_nobody(
    guest: Visitor, emails: Emails
) -> None:
    post(guest, "form", {**TICKED, "homepage_url": "http://spam.example"})
    assert emails() == []


def test_an_accounts_box_asks_nobody(reader: Visitor, emails: Emails) -> None:
    post(reader, "json", {"body": "Mine.", "email": "gus@example.org", "notify": True})
    assert emails() == []


@pytest.mark.parametrize("by", ["json", "form"])
def test_a_known_address_and_an_unknown_one_are_answered_alike(
    guest: Visitor, emails: Emails, by: str
) -> None:
    rhea = make.account("Rhea")
    answers = [follow(guest, by, email) for email in ("rhea@example.org", "new@example.org")]
    said = [
        each.text.replace("rhea@example.org", "A").replace("new@example.org", "A")
        for each in answers
    ]
    assert said[0] == said[1]
    assert [each.status_code for each in answers] == [202 if by == "json" else 200] * 2
    assert [to for to, _, _ in emails()] == ["rhea@example.org", "new@example.org"]
    # It is joined to no account, not even when it is confirmed.
    confirm(guest, emails()[0][2])
    db.session.rollback()
    accounts = db.session.scalars(sa.select(Recipient.account_id)).all()
    assert rhea.id not in accounts


@pytest.mark.parametrize("by", ["json", "form"])
def test_an_address_gets_one_such_e_mail_in_ten_minutes_and_five_a_day(
    guest: Visitor, stranger: Visitor, emails: Emails, by: str
) -> None:
    assert follow(guest, by, "gus@example.org").status_code in (200, 202)
    for asking in (guest, stranger):
        late = follow(asking, by, "GUS@example.org", "gulls")
        assert late.status_code == 429
        assert "Retry-After" in late.headers
    assert len(emails()) == 1
    # The first e-mail lists what was asked for since.
    assert "Gulls" in guest.get(link_in(emails()[0][2])).text
    for sent in (2, 3, 4, 5, 5, 5):
        minutes_pass(10)
        follow(guest, by, "gus@example.org")
        assert len(emails()) == sent


def test_a_comment_is_taken_though_its_address_was_asked_too_often(
    guest: Visitor, stranger: Visitor, emails: Emails
) -> None:
    first = post(guest, "json", TICKED)
    again = post(stranger, "json", {**TICKED, "body": "Another."})
    assert [first.status_code, again.status_code] == [201, 201]
    assert len(emails()) == 1


@pytest.mark.parametrize("changed_settings", [{"limit_sign_up": (Rate(2, 3600),)}])
def test_a_network_asks_for_so_many(guest: Visitor, emails: Emails) -> None:
    found = [follow(guest, "json", f"g{n}@example.org").status_code for n in range(4)]
    assert found == [202, 202, 429, 429]
    assert len(emails()) == 2
    # What was refused left nothing.
    assert len(rows()) == 2


def test_only_what_stays_ticked_is_wanted(guest: Visitor, emails: Emails) -> None:
    post(guest, "json", TICKED)
    with writing():
        db.session.execute(sa.delete(RateCount))
    follow(guest, "json", "gus@example.org", "gulls")
    wanted = db.session.scalar(sa.select(Subscription.id).where(Subscription.kind == "answer"))
    path = link_in(emails()[-1][2])
    # Nothing ticked is a slip, and said so.
    assert guest.post(path, {}).status_code == 422
    assert guest.post(path, {"wanted": [str(wanted), "999", "x"]}).status_code == 303
    assert rows() == [("answer", "pelicans", True)]


def test_a_browser_whose_wish_was_confirmed_is_not_asked_again(
    guest: Visitor, stranger: Visitor, emails: Emails
) -> None:
    post(guest, "json", TICKED)
    confirm(guest, emails()[0][2])
    minutes_pass(20)
    # Another browser with this address in the same thread vouches for nothing.
    post(stranger, "json", {**TICKED, "body": "Mine.", "name": "Wanda"})
    post(stranger, "json", {**TICKED, "body": "Mine too."}, "gulls")
    assert len(emails()) == 2
    assert ("answer", "gulls", False) in rows()
    post(guest, "json", TICKED, "gulls")
    assert len(emails()) == 2
    assert ("answer", "gulls", True) in rows()


def test_who_did_not_ask_lets_the_address_be_forgotten(guest: Visitor, emails: Emails) -> None:
    post(guest, "json", TICKED)
    answer = guest.post(link_in(emails()[0][2]), {"act": "forget"})
    assert "Your address is forgotten" in answer.text
    assert rows() == []
    assert emails() == []
    assert db.session.scalars(sa.select(Comment.email)).all() == [None]
    assert db.session.scalars(sa.select(Recipient)).all() == []
    assert db.session.scalars(sa.select(Token)).all() == []


def test_what_nobody_confirms_is_forgotten(guest: Visitor, emails: Emails) -> None:
    follow(guest, "json", "gus@example.org")
    follow(guest, "json", "wanda@example.org")
    confirm(guest, emails()[0][2])
    with writing():
        for table in (Subscription, Recipient):
            db.session.execute(sa.update(table).values(created_at=now() - timedelta(days=3)))
    retention.clean(config.current())
    assert rows() == [("thread", "pelicans", True)]
    left = db.session.scalars(sa.select(Recipient.email)).all()
    assert left == ["gus@example.org"]


@pytest.mark.parametrize("changed_settings", [{"guests": False}])
@pytest.mark.parametrize("by", ["json", "form"])
def test_where_guests_do_not_write_they_do_not_follow(
    guest: Visitor, emails: Emails, by: str
) -> None:
    assert follow(guest, by, "gus@example.org").status_code == 403
    assert emails() == []


def test_an_address_that_is_none_is_said_so(guest: Visitor) -> None:
    for by in ("json", "form"):
        answer = follow(guest, by, "gus")
        assert answer.status_code == 422
        assert "does not look like an e-mail address" in answer.text


def test_posting_costs_no_statement_more_without_the_box(
    guest: Visitor, statements: list[str]
) -> None:
    statements.clear()
    post(guest, "json", {**TICKED, "notify": False})
    touched = [each for each in statements if "subscriptions" in each or "recipients" in each]
    assert touched == []


@pytest.mark.parametrize("changed_settings", [{"limit_sign_up": (Rate(1, 3600),)}])
@pytest.mark.parametrize("by", ["json", "form"])
def test_it_counts_with_what_other_forms_ask_for(
    guest: Visitor, stranger: Visitor, emails: Emails, by: str
) -> None:
    make.account("Rhea")
    guest.post("/comments/forgot", {"email": "rhea@example.org"})
    stranger.client.environ_base["REMOTE_ADDR"] = "10.0.0.7"
    assert follow(stranger, by, "rhea@example.org").status_code == 429
    assert len(emails()) == 1
