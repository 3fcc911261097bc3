"""What the service says, it says in the reader's language: refusals, reasons, e-mails."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import config, i18n
from comments_service.accounts import totp
from comments_service.db import db, writing
from comments_service.models import Account, Email, Recipient, Session, now
from comments_service.notifications import fan_out, subscriptions
from tests import make
from tests.api.people import by_json_and_form
from tests.conftest import Visitor
from tests.unit import telling

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


@pytest.mark.parametrize("path", ["/comments/threads/pelicans", "/comments/sign-up"])
def test_a_refused_field_is_explained_in_the_pages_language(guest: Visitor, path: str) -> None:
    make.thread(lang="zh-CN")
    page = guest.post(path, {"body": "好的", "name": "\u200b"}, headers=CHINESE)
    assert page.status_code == 422
    assert "名字不能包含看不见的字符。" in page.text
    assert "invisible" not in page.text


@pytest.mark.parametrize(
    ("query", "headers"), [("", CHINESE), ("?lang=zh-CN", {}), ("?lang=zh", {})]
)
def test_the_api_answers_in_the_language_that_is_asked_for(
    guest: Visitor, query: str, headers: dict[str, str]
) -> None:
    make.thread()
    data = {"body": "b" * 10_001, "name": "Gus"}
    refused = guest.call("POST", f"threads/pelicans/comments{query}", data, headers=headers).json
    assert refused["title"] == "请检查标出的项"
    assert refused["fields"] == {"body": "最多 10,000 个字符，现在有 10,001 个。"}
    # Programs go by the word, which is the same in every language.
    assert refused["code"] == "invalid_input"


def test_a_comment_waits_for_reasons_that_its_moderator_can_read(
    guest: Visitor, moderator: Visitor
) -> None:
    make.thread()
    links = " ".join(f"https://example.org/{number}" for number in range(5))
    guest.call("POST", "threads/pelicans/comments", {"body": links, "name": "Gus"})
    page = moderator.get("/comments/moderation/", headers=CHINESE).text
    assert "这位评论者的第一条评论。" in page
    assert "链接过多：5 个。" in page
    queue: Any = moderator.call("GET", "moderation/queue").json
    assert queue["comments"][0]["reasons"] == ["First comment of this writer.", "Many links: 5."]


@pytest.mark.parametrize("behind", ["-" + "x" * 90, "@" + "x" * 90, "-1996", ".UTF-8", "\n", " "])
def test_what_stands_behind_a_language_is_no_language(
    guest: Visitor, emails: Any, behind: str
) -> None:
    make.account("Rhea")
    asked = guest.post(
        "/comments/sign-in",
        {"act": "letter", "email": "rhea@example.org"},
        query_string={"lang": f"de{behind}"},
    )
    assert asked.status_code == 202
    assert '<html lang="de" dir="ltr"' in asked.text
    assert "Anmelde" in emails()[0][1]
    assert db.session.scalars(sa.select(Email.lang)).all() == ["de"]
    before = i18n.environment.cache_info().currsize
    for each in range(5):
        guest.get("/comments/sign-in", query_string={"lang": f"de{behind}{each}"})
    assert i18n.environment.cache_info().currsize == before


def test_a_language_that_nobody_translated_is_answered_in_english(guest: Visitor) -> None:
    make.thread()
    for lang in ("xx", "tlh", "..", "zh" * 500):
        answer = guest.call("POST", f"threads/pelicans/comments?lang={lang}", {"name": "Gus"})
        assert answer.json["fields"] == {"body": "Please fill this in."}, lang


def letters_to(email: str) -> list[str]:
    """In which languages somebody is told what there is to tell."""
    db.session.rollback()
    fan_out.fan_out()
    found = [each for each in telling.emails() if each.recipient == email]
    said = [letter for each in found if (letter := telling.says(each)) is not None]
    return [each.lang for each in said]


def answered(account: Account) -> None:
    """Somebody answers what an account has written under an English article."""
    telling.posted("So they do.", parent=make.comment(by=account))


@by_json_and_form
def test_an_account_is_written_to_in_the_language_that_was_used_last(
    app: Flask, guest: Visitor, by: str
) -> None:
    make.thread()
    rhea = make.account("Rhea")
    given = {"email": "rhea@example.org", "password": make.PASSWORD}
    if by == "json":
        assert guest.call("POST", "session", given, headers=CHINESE).status_code == 201
    else:
        assert guest.post("/comments/sign-in", given, headers=CHINESE).status_code == 303
    answered(rhea)
    assert letters_to("rhea@example.org") == ["zh-CN"]
    for sent, expected in (({}, "zh-CN"), ({"query_string": {"lang": "de"}}, "de")):
        with writing():
            db.session.execute(sa.update(Session).values(seen_at=now() - timedelta(hours=1)))
        # A program says no language.
        assert guest.call("POST", "preview", {"body": "x"}, **sent).status_code == 200
        assert letters_to("rhea@example.org") == [expected]
    totp.reset(db.session.get_one(Account, rhea.id), config.current())
    assert db.session.scalars(sa.select(Email.lang).order_by(Email.id.desc())).first() == "de"


def test_new_articles_come_in_the_language_in_which_they_were_asked_for(
    app: Flask, guest: Visitor
) -> None:
    rhea = make.account("Rhea")
    telling.follows(rhea, "articles", None)
    subscriptions.reads(rhea.id, "zh")
    recipient = db.session.scalars(sa.select(Recipient)).one()
    assert recipient.lang is None
