"""Asking for new articles by e-mail: by form and by JSON, and nothing before the address said yes."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.db import db, writing
from comments_service.models import Account, Recipient, Subscription
from tests import make
from tests.api.people import by_json_and_form
from tests.conftest import Answer, Visitor, link_in

FEED = "http://blog.test/feeds/all.json"


def ask(visitor: Visitor, by: str, email: str = "rea@example.org", weekly: bool = False) -> Answer:
    if by == "json":
        return visitor.call("POST", "newsletter", {"email": email, "weekly": weekly})
    given = {"email": email, **({"weekly": "on"} if weekly else {})}
    return visitor.post("/comments/newsletter?lang=en", given)


def subscribed() -> list[tuple[str, bool]]:
    """Kinds, and whether they are confirmed."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(Subscription).order_by(Subscription.id))
    return [(each.kind, each.confirmed_at is not None) for each in rows]


@by_json_and_form
@pytest.mark.parametrize(("weekly", "kind"), [(False, "articles"), (True, "articles-weekly")])
def test_a_guest_is_asked_by_e_mail_and_then_has_it(
    guest: Visitor, emails: Any, by: str, weekly: bool, kind: str
) -> None:
    make.site(newsletter=FEED)
    answer = ask(guest, by, weekly=weekly)
    assert answer.status_code == (202 if by == "json" else 303)
    if by == "form":
        assert "is on its way" in guest.get(answer.location).text
    assert subscribed() == [(kind, False)]
    ((recipient, _, text),) = emails()
    assert recipient == "rea@example.org"
    path = link_in(text)
    assert guest.get(path).status_code == 200
    assert subscribed() == [(kind, False)]
    wanted = db.session.scalar(sa.select(Subscription.id))
    assert guest.post(path, {"wanted": str(wanted)}).status_code in (200, 303)
    assert subscribed() == [(kind, True)]


@by_json_and_form
def test_the_answer_is_the_same_whether_an_address_is_known(
    guest: Visitor, stranger: Visitor, by: str
) -> None:
    make.site(newsletter=FEED)
    make.account("Rhea")
    known = ask(guest, by, "rhea@example.org")
    unknown = ask(stranger, by, "nobody@example.org")
    assert (known.status_code, known.headers.get("Location")) == (
        unknown.status_code,
        unknown.headers.get("Location"),
    )
    if by == "json":
        assert known.json == unknown.json


@by_json_and_form
def test_a_reader_has_it_at_once_by_the_own_confirmed_address(
    reader: Visitor, emails: Any, by: str
) -> None:
    make.site(newsletter=FEED)
    assert ask(reader, by, "RHEA@example.org").status_code == (200 if by == "json" else 303)
    assert subscribed() == [("articles", True)]
    assert emails() == []
    ask(reader, by, "rhea@example.org", weekly=True)
    assert subscribed() == [("articles-weekly", True)]
    recipient = db.session.scalars(sa.select(Recipient)).one()
    assert recipient.account_id == db.session.scalar(sa.select(Account.id))


@by_json_and_form
def test_an_address_of_ones_own_that_is_not_confirmed_is_asked_first(
    reader: Visitor, by: str
) -> None:
    make.site(newsletter=FEED)
    with writing():
        db.session.execute(sa.update(Account).values(email_verified_at=None))
    assert ask(reader, by, "rhea@example.org").status_code == (202 if by == "json" else 303)
    assert subscribed() == [("articles", False)]


@by_json_and_form
def test_an_address_is_not_asked_again_and_again(guest: Visitor, emails: Any, by: str) -> None:
    make.site(newsletter=FEED)
    ask(guest, by)
    assert ask(guest, by).status_code == 429
    assert len(emails()) == 1


@by_json_and_form
def test_what_is_no_address_is_refused(guest: Visitor, by: str) -> None:
    make.site(newsletter=FEED)
    answer = ask(guest, by, "no address")
    assert answer.status_code == 422
    if by == "json":
        assert "email" in answer.json["fields"]
    else:
        assert 'value="no address"' in answer.text
    assert subscribed() == []


@by_json_and_form
def test_a_blog_without_a_newsletter_has_no_form(app: Flask, guest: Visitor, by: str) -> None:
    make.site()
    assert ask(guest, by).status_code == 404
    assert guest.get("/comments/newsletter").status_code == 404
