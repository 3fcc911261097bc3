"""Every e-mail about comments can be stopped where it is read, and leads to what else can be chosen."""

import contextvars
import re

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from comments_service.accounts import roles
from comments_service.db import db, writing
from comments_service.mail.letters import Letter
from comments_service.models import Account, Email, Role
from tests import make
from tests.unit.telling import decide, follows, letters, posted


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
