"""Every e-mail about comments can be stopped where it is read, and leads to what else can be chosen."""

import contextvars
import re

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from comments_service import account_deletion, config
from comments_service.accounts import roles
from comments_service.db import db, writing
from comments_service.mail.letters import Letter
from comments_service.models import Account, Comment, Email, Recipient, Role
from comments_service.notifications.fan_out import fan_out
from tests import make
from tests.unit.telling import decide, emails, follows, guest, letters, posted


@pytest.fixture
def rhea(app: Flask) -> Account:
    make.thread()
    return make.account("Rhea")


def one_click(letter: Letter) -> None:
    """What a mail program does when its reader presses its own button, with no cookie and no Origin."""
    assert letter.unsubscribe_url is not None
    path = letter.unsubscribe_url.removeprefix("http://blog.test")
    db.session.rollback()
    form = {"List-Unsubscribe": "One-Click"}
    answer = contextvars.Context().run(
        current_app.test_client().post, path, data=form, base_url="http://blog.test"
    )
    assert answer.status_code == 200
    db.session.expire_all()


@pytest.mark.parametrize("kind", ["answer", "mention", "thread", "moderation", "decided"])
def test_one_click_in_a_mail_program_stops_letters_of_its_kind(rhea: Account, kind: str) -> None:
    mine = make.comment(by=rhea)

    def happens() -> None:
        match kind:
            case "answer":
                posted(parent=mine)
            case "mention":
                posted("@Rhea!")
            case "decided":
                decide(posted(by=rhea, held=True), "publish")
            case _:
                posted()

    if kind == "thread":
        follows(rhea)
    if kind == "moderation":
        roles.set_role("rhea@example.org", Role.MODERATOR)
    happens()
    [letter] = letters()
    assert letter.unsubscribe_url is not None
    assert letter.unsubscribe_url in letter.text
    one_click(letter)
    with writing():
        db.session.execute(sa.delete(Email))
    happens()
    assert letters() == []


def test_each_letter_leads_to_the_page_of_preferences(rhea: Account) -> None:
    posted(parent=make.comment(by=rhea))
    [letter] = letters()
    found = re.search(r"http://blog\.test(/comments/notifications/\S+)", letter.text)
    assert found is not None
    page = contextvars.Context().run(
        current_app.test_client().get, found[1], base_url="http://blog.test"
    )
    assert page.status_code == 200
    assert "Somebody answered my comment" in page.text


def test_after_the_last_e_mail_to_a_deleted_account_none_comes_to_its_address(
    app: Flask, rhea: Account
) -> None:
    """Whatever was asked for there before there was an account, nobody can stop it in one any more."""
    before = guest("Rhea@example.org")
    for kind, thread_id in (("thread", "pelicans"), ("answer", "pelicans"), ("articles", None)):
        follows(before, kind, thread_id)
    other = follows(guest("gus@example.org"))
    mine = posted("As a guest.", email="RHEA@example.org", name="Rhea")
    posted("They do.", parent=mine)
    fan_out()
    assert {each.recipient.lower() for each in emails()} >= {"rhea@example.org"}
    account_deletion.delete(rhea, keep=True, lang="en", settings=config.current())
    posted("So they do.", parent=mine)
    fan_out()
    left = db.session.scalars(sa.select(Email).order_by(Email.id))
    [last, *others] = [each for each in left if "rhea" in each.recipient.lower()]
    assert ("is deleted" in last.subject, others) == (True, [])
    assert db.session.scalars(sa.select(Recipient)).all() == [other]
    assert db.session.get_one(Comment, mine.id).email is None


def test_an_address_that_an_account_never_confirmed_is_somebody_elses(app: Flask) -> None:
    make.thread()
    max_ = make.account("Max", verified=False)
    other = follows(guest("max@example.org"))
    account_deletion.delete(max_, keep=True, lang="en", settings=config.current())
    assert db.session.scalars(sa.select(Recipient)).all() == [other]
