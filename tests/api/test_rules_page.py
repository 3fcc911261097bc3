"""The page of rules and its API: tried, saved, undone, by whoever owns the blog; `.env` wins."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import config, rules
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import InvalidInput
from comments_service.inputs import RuleChanges
from comments_service.models import Comment, Role, RuleChange, RuleSet, Status
from comments_service.publishing import publisher
from tests import make
from tests.api import surfaces
from tests.api.people import by_json_and_form, of_role, text
from tests.conftest import Answer, Visitor

PAGE = "/comments/moderation/rules"
# As the page sends it: every field that it shows.
FORM = {
    "trust_after": "1",
    "guests": "allowed",
    "max_links": "3",
    "new_account_days": "0",
    "old_thread_days": "0",
    "words": "",
    "networks": "",
    "scripts": "",
    "script": [],
}


@pytest.fixture
def olga(app: Flask) -> Visitor:
    return of_role(app, "Olga", Role.OWNER)


def send(visitor: Visitor, by: str, act: str, **changed: Any) -> Answer:
    """Save or try rules, by the API or by the page's form."""
    if by == "json":
        method, path = ("PATCH", "rules") if act == "save" else ("POST", "rules/try")
        return visitor.call(method, path, changed)
    form: dict[str, Any] = {**FORM, "act": act}
    for name, value in changed.items():
        lines = name in ("words", "networks")
        form["script" if name == "scripts" else name] = (
            "\r\n".join(value) if lines else value if isinstance(value, list) else str(value)
        )
    return visitor.post(PAGE, form)


def ruled() -> dict[str, Any]:
    db.session.rollback()
    row = db.session.get(RuleSet, 1, populate_existing=True)
    return row.ruled if row else {}


EVERY = {
    "trust_after": 2,
    "guests": "wait",
    "max_links": 1,
    "new_account_days": 7,
    "old_thread_days": 30,
    "words": ["casino", "win bet", "赌场"],
    "networks": ["203.0.113.0/24", "2001:db8::/32"],
    "scripts": ["latin", "han"],
}


@by_json_and_form
def test_an_owner_changes_every_rule(olga: Visitor, by: str) -> None:
    answer = send(olga, by, "save", **EVERY)
    assert answer.status_code == (200 if by == "json" else 303)
    assert ruled() == EVERY
    read = olga.call("GET", "rules").json["rules"]
    assert {name: each["value"] for name, each in read.items()} == EVERY
    assert {each["source"] for each in read.values()} == {"dashboard"}
    page = olga.get(PAGE).text
    assert "casino\nwin bet\n赌场</textarea>" in page
    assert 'value="wait" selected' in page
    assert 'value="han" checked' in page
    # What is as it would be anyhow is not kept.
    send(olga, by, "save", trust_after=1, guests="allowed", max_links=3, words=[], networks=[])
    left = ruled().keys()
    assert left == ({"new_account_days", "old_thread_days", "scripts"} if by == "json" else set())


@by_json_and_form
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_saved(olga: Visitor, by: str) -> None:
    wrong = {
        "trust_after": -1,
        "max_links": 101,
        "old_thread_days": 9_999,
        "words": ["casino", "!!!"],
        "networks": ["203.0.113.0/24", "nowhere"],
    }
    answer = send(olga, by, "save", **wrong)
    assert answer.status_code == 422
    said = answer.json["fields"] if by == "json" else None
    assert said is None or said.keys() == wrong.keys()
    if by == "form":
        for words in ("A line needs a letter or a digit: !!!", "nowhere is no network."):
            assert words in text(answer.text)
        # What was typed is there still.
        assert "203.0.113.0/24\r\nnowhere</textarea>" in answer.text.replace("&#13;", "\r")
        assert 'value="9999"' in answer.text
    assert ruled() == {}


@by_json_and_form
@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("words", ["  Win   bet ", "", "Win bet", "casino"], ["Win bet", "casino"]),
        ("networks", ["203.0.113.9/24", " 2001:DB8::1 "], ["203.0.113.0/24", "2001:db8::1/128"]),
    ],
)
def test_lists_are_kept_tidily(
    olga: Visitor, by: str, name: str, given: list[str], kept: list[str]
) -> None:
    send(olga, by, "save", **{name: given})
    assert ruled() == {name: kept}


@pytest.mark.parametrize(
    "given",
    [
        {"words": [f"word {number}" for number in range(1_001)]},
        {"words": ["x" * 101]},
        {"words": ["a\u200bb"]},
        {"networks": [f"10.0.{number // 256}.{number % 256}" for number in range(501)]},
        {"scripts": ["klingon"]},
        {"guests": "maybe"},
        {"max_links": True},
        {"other": 1},
    ],
    ids=["lines", "long", "hidden", "networks", "script", "guests", "no number", "no rule"],
)
def test_no_more_is_taken_than_can_be_looked_at(olga: Visitor, given: dict[str, Any]) -> None:
    answer = olga.call("PATCH", "rules", given)
    assert answer.status_code == 422
    assert answer.json["fields"].keys() == given.keys()


@pytest.mark.parametrize("role", [Role.READER, Role.AUTHOR, Role.MODERATOR])
def test_rules_are_the_owners(app: Flask, role: Role) -> None:
    other = of_role(app, "Mona", role)
    assert other.get(PAGE).status_code == 403
    assert other.post(PAGE, {**FORM, "act": "save", "words": "casino"}).status_code == 403
    for method, path in (("GET", "rules"), ("PATCH", "rules"), ("POST", "rules/try")):
        assert other.call(method, path, {}).status_code == 403
    assert other.call("POST", "rules/changes/1/undo", {}).status_code == 403
    assert ruled() == {}


# ---- what .env says wins


class TestEnv:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"guests": False, "max_links": 5}

    @by_json_and_form
    def test_what_stands_in_env_wins_and_is_said(self, olga: Visitor, by: str) -> None:
        page = olga.get(PAGE).text
        assert "Set by COMMENTS_MAX_LINKS in .env, which wins." in page
        assert page.count(" disabled") == 2
        refused = send(olga, by, "save", max_links=4)
        assert refused.status_code == 422
        assert "COMMENTS_MAX_LINKS in .env says this, and wins." in refused.text
        assert ruled() == {}
        read = olga.call("GET", "rules").json["rules"]
        assert read["max_links"] == {
            "value": 5,
            "source": ".env",
            "setting": "COMMENTS_MAX_LINKS",
        }
        assert read["guests"]["value"] == "sign-in"

    def test_the_page_s_own_form_leaves_them_out(self, olga: Visitor) -> None:
        form = {name: each for name, each in FORM.items() if name not in ("guests", "max_links")}
        saved = olga.post(PAGE, {**form, "act": "save", "words": "casino"})
        assert saved.status_code == 303
        assert ruled() == {"words": ["casino"]}

    def test_it_wins_over_what_was_ruled_before_it_was_written(
        self, olga: Visitor, guest: Visitor, settings: Settings
    ) -> None:
        make.thread()
        db.session.add(RuleSet(id=1, ruled={"guests": "allowed", "max_links": 1}, revision=7))
        db.session.commit()
        rules.look()
        known = rules.known(settings)
        assert (known.guests, known.max_links) == ("sign-in", 5)
        answer = guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Hi."})
        assert answer.status_code == 403


class TestNoWayToSignIn:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"passwords": False, "magic_links": False, "passkeys": False}

    @by_json_and_form
    def test_somebody_can_always_write(self, olga: Visitor, by: str) -> None:
        answer = send(olga, by, "save", guests="sign-in")
        assert answer.status_code == 422
        assert "Nobody could write then" in answer.text


# ---- tried before it holds


@by_json_and_form
def test_trying_says_what_would_have_waited_and_changes_nothing(olga: Visitor, by: str) -> None:
    make.thread()
    make.comment(body="A casino in the harbour.")
    make.comment(body="Nothing of the kind.")
    make.comment(body="Best Саsino & winbet!", name="Winnie", status=Status.REJECTED)
    answer = send(olga, by, "try", words=["casino", "winbet"], guests="wait")
    assert answer.status_code == 200
    if by == "json":
        tried = answer.json["rules"]
        assert answer.json["looked_at"] == 3
        assert tried["words"]["count"] == 2
        assert tried["words"]["by_status"] == {"published": 1, "rejected": 1}
        assert [each["id"] for each in tried["words"]["comments"]] == [3, 1]
        assert tried["words"]["comments"][0]["words"] == ["casino", "winbet"]
        assert tried["guests"]["count"] == 3
        assert tried["max_links"] == {"count": 0, "by_status": {}, "comments": []}
    else:
        words = " ".join(text(answer.text).split())
        assert "Would have held 2 of the latest 3 comments: Published 1 · Spam 1" in words
        assert "<mark>Саsino</mark> &amp; <mark>winbet</mark>!" in answer.text
        assert 'href="/comments/moderation/comments/3"' in answer.text
        assert "casino\nwinbet</textarea>" in answer.text.replace("&#13;", "").replace("\r", "")
        surfaces.check(answer.text, "the page of rules")
    assert ruled() == {}
    assert db.session.query(RuleChange).count() == 0
    statuses = db.session.scalars(sa.select(Comment.status).order_by(Comment.id)).all()
    assert statuses == [Status.PUBLISHED, Status.PUBLISHED, Status.REJECTED]


@by_json_and_form
@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_strangers_words_and_one_s_own_are_words_on_the_page(
    olga: Visitor, by: str, payload: str
) -> None:
    make.thread(title=payload)
    make.comment(body=f"Before {payload} after", name=payload)
    assert send(olga, by, "save", words=[payload]).status_code in (200, 303)
    tried = send(olga, "form", "try", words=[payload])
    assert "<mark>" in tried.text
    assert surfaces.shows(surfaces.check(tried.text, "tried"), payload)
    assert surfaces.shows(surfaces.check(olga.get(PAGE).text, "changes"), payload)


def test_networks_cannot_be_tried_and_the_page_says_why(olga: Visitor) -> None:
    page = send(olga, "form", "try", networks=["203.0.113.0/24"]).text
    assert "Cannot be tried: of past comments no address is kept." in page


# ---- history


@by_json_and_form
def test_a_change_is_recorded_shown_and_undone(olga: Visitor, by: str) -> None:
    send(olga, by, "save", max_links=1)
    send(olga, by, "save", max_links=1, words=["casino"])
    send(olga, by, "save", max_links=1, words=["casino", "bet"])
    changes = olga.call("GET", "rules").json["changes"]
    assert [(each["name"], each["before"], each["after"]) for each in changes] == [
        ("words", ["casino"], ["casino", "bet"]),
        ("words", [], ["casino"]),
        ("max_links", 3, 1),
    ]
    assert {each["by"] for each in changes} == {"Olga"}
    assert [each["undoable"] for each in changes] == [True, False, True]
    page = " ".join(text(olga.get(PAGE).text).split())
    assert "Words: + bet" in page
    assert "Links: 3, then 1" in page
    undo(olga, by, 3)
    assert ruled() == {"max_links": 1, "words": ["casino"]}
    undo(olga, by, 1)
    assert ruled() == {"words": ["casino"]}
    # The undoing is a change as well; what was changed since is left.
    assert db.session.query(RuleChange).count() == 5
    assert undo(olga, by, 1).status_code == 409
    assert ruled() == {"words": ["casino"]}


def test_undoing_leaves_nobody_without_a_way_to_write(
    olga: Visitor, app: Flask, settings: Settings
) -> None:
    send(olga, "json", "save", guests="sign-in")
    send(olga, "json", "save", guests="allowed")
    switched_off = replace(settings, passwords=False, magic_links=False, passkeys=False)
    with pytest.raises(InvalidInput):
        rules.undo(2, None, switched_off)
    rules.undo(2, None, settings)
    assert ruled() == {"guests": "sign-in"}


def undo(visitor: Visitor, by: str, number: int) -> Answer:
    if by == "json":
        return visitor.call("POST", f"rules/changes/{number}/undo", {})
    return visitor.post(PAGE, {"act": "undo", "change": str(number)})


def test_a_change_stays_without_a_name_when_who_made_it_leaves(olga: Visitor, app: Flask) -> None:
    from comments_service import account_deletion
    from comments_service.accounts import names

    send(olga, "json", "save", words=["casino"])
    of_role(app, "Paula", Role.OWNER)
    account = names.of_email("olga@example.org")
    assert account is not None
    account_deletion.delete(account, keep=True, lang="en", settings=config.current())
    db.session.rollback()
    assert db.session.scalars(sa.select(RuleChange.account_id)).all() == [None]
    assert ruled() == {"words": ["casino"]}


# ---- what readers see follows


def test_the_form_of_every_thread_follows_what_is_ruled_of_guests(
    olga: Visitor, app: Flask, settings: Settings
) -> None:
    make.thread()
    follows = publisher.Publisher(app, settings)

    def takes_guests() -> bool:
        db.session.rollback()
        follows.turn()
        return 'name="name"' in (settings.published / "threads" / "pelicans.html").read_text()

    assert takes_guests()
    send(olga, "json", "save", guests="sign-in")
    assert not takes_guests()
    # A start finds all as it should be.
    follows = publisher.Publisher(app, settings)
    before = (settings.published / ".edition").read_text()
    assert not takes_guests()
    assert (settings.published / ".edition").read_text() == before
    send(olga, "json", "save", guests="allowed")
    assert takes_guests()


def test_rules_that_no_reader_sees_publish_nothing(
    olga: Visitor, app: Flask, settings: Settings
) -> None:
    make.thread()
    follows = publisher.Publisher(app, settings)
    follows.turn()
    rules.change(RuleChanges(words=["casino"], max_links=1), None, settings)
    db.session.rollback()
    assert follows.turn() is False
