"""Conversations in the hands of moderators: ruled, locked, pinned, and listed; by JSON and by form."""

import json
from typing import Any

import pytest
from flask import Flask
from markupsafe import Markup

from comments_service import i18n, threads
from comments_service.config import Settings
from comments_service.models import (
    Policy,
    Status,
)
from comments_service.publishing import manifest, publisher
from tests import make
from tests.api.people import by_json_and_form, text
from tests.api.ruling import (
    decisions,
    done,
    listing,
    order,
    pin,
    rule,
    thread,
    true,
)
from tests.conftest import Visitor

# ---- whether it takes comments


@by_json_and_form
@pytest.mark.parametrize("state", ["open", "held", "closed"])
def test_what_a_moderator_rules_holds_and_is_shown(
    app: Flask, moderator: Visitor, guest: Visitor, fragment: Any, by: str, state: str
) -> None:
    make.thread(policy=Policy.CLOSED if state == "open" else Policy.OPEN)
    assert done(rule(moderator, by, comments=state, reason="A quarrel"))
    assert thread().policy is Policy(state)
    assert f'data-comments="{state}"' in fragment()
    answer = guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Hm."})
    assert answer.status_code == {"open": 202, "held": 202, "closed": 409}[state]
    page = moderator.get("/comments/moderation/threads/pelicans").text
    assert "A quarrel" in text(page)
    assert "Mona" in text(page)


@by_json_and_form
def test_the_articles_own_word_wins_and_the_page_says_so(
    app: Flask, moderator: Visitor, by: str
) -> None:
    make.thread(policy=Policy.CLOSED, policy_written=True)
    assert rule(moderator, by, comments="open").status_code == 403
    assert thread().policy is Policy.CLOSED
    page = moderator.get("/comments/moderation/threads/pelicans").text
    assert "The article says <code>Comments: closed</code>; change it there." in page
    told = moderator.call("GET", "moderation/threads/pelicans").json
    assert told["ruled_by"] == "article"


def test_a_ruling_outlives_builds_until_the_article_says_something_itself(
    app: Flask, moderator: Visitor
) -> None:
    manifest.push(listing())
    assert done(rule(moderator, "json", comments="closed"))
    manifest.push(listing(title="Pelicans, again"))
    assert thread().policy is Policy.CLOSED
    manifest.push(listing(comments="held", written=["comments"]))
    assert thread().policy is Policy.HELD
    # What was ruled is still there, should the line go.
    manifest.push(listing())
    assert thread().policy is Policy.CLOSED
    assert done(rule(moderator, "json", comments="article"))
    assert thread().policy is Policy.OPEN


def test_a_conversation_that_the_blogs_settings_closed_can_be_opened_again(
    app: Flask, moderator: Visitor, fragment: Any
) -> None:
    manifest.push(listing(close_after="2026-11-21T00:00:00+00:00"))
    assert 'data-comments="closed"' not in fragment()
    publisher.close_overdue()
    assert 'data-comments="closed"' in fragment()
    assert done(rule(moderator, "json", comments="open"))
    assert threads.open_now(thread())
    publisher.close_overdue()
    assert 'data-comments="open"' in fragment()
    # Where the article sets the date itself, that stays.
    manifest.push(listing(close_after="2026-11-21T00:00:00+00:00", written=["close_after"]))
    assert not threads.open_now(thread())


@by_json_and_form
def test_a_locked_conversation_takes_nothing_and_says_why(
    app: Flask, moderator: Visitor, guest: Visitor, fragment: Any, by: str
) -> None:
    """Also where the article says that it is open."""
    make.thread(policy_written=True)
    make.comment()
    assert done(rule(moderator, by, locked=True))
    assert "A moderator has locked this conversation." in fragment()
    assert "postil-reply" not in fragment()
    values = {"name": "Gus", "body": "But still."}
    answer = guest.call("POST", "threads/pelicans/comments", values)
    assert (answer.status_code, answer.json["detail"]) == (
        409,
        "A moderator has locked this conversation.",
    )
    page = guest.post("/comments/threads/pelicans", values)
    assert page.status_code == 409
    assert "But still." in page.text
    assert done(rule(moderator, by, locked=False))
    assert "A moderator has locked" not in fragment()
    assert decisions() == ["lock", "unlock"]


# ---- pinned


@by_json_and_form
def test_a_pinned_comment_stands_first_with_its_answers(
    app: Flask, settings: Settings, moderator: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    first, second = make.comment(minutes_ago=9), make.comment(minutes_ago=8)
    answer = make.comment(parent=second, minutes_ago=7)
    third = make.comment(minutes_ago=6)
    assert done(pin(moderator, by, third.id))
    assert done(pin(moderator, by, second.id))
    assert order() == [third.id, second.id, answer.id, first.id]
    html = fragment()
    assert html.count(">Pinned</span>") == 2
    assert html.index(f'id="comment-{third.id}"') < html.index(f'id="comment-{first.id}"')
    said = json.loads(fragment(name="{}.json"))["comments"]
    assert [each["pinned"] for each in said] == [True, True, False, False]
    assert true(settings)
    # What comes now finds its place behind them.
    late = make.comment()
    reply = make.comment(parent=third)
    between = make.comment(minutes_ago=8.5)
    assert order() == [third.id, reply.id, second.id, answer.id, first.id, between.id, late.id]
    assert done(pin(moderator, by, third.id, pinned=False))
    assert order() == [second.id, answer.id, first.id, between.id, third.id, reply.id, late.id]
    assert true(settings)
    assert decisions() == ["pin", "pin", "unpin"]


def test_a_pinned_comment_that_was_gone_comes_back_to_the_head(
    app: Flask, settings: Settings, moderator: Visitor
) -> None:
    make.thread()
    first, second = make.comment(minutes_ago=9), make.comment(minutes_ago=8)
    assert done(pin(moderator, "json", second.id))
    moderator.call("POST", f"comments/{second.id}/decisions", {"decision": "delete"})
    assert order() == [first.id]
    moderator.call("POST", f"comments/{second.id}/decisions", {"decision": "undo"})
    assert order() == [second.id, first.id]
    assert true(settings)


@by_json_and_form
def test_three_are_pinned_and_no_answer(app: Flask, moderator: Visitor, by: str) -> None:
    make.thread()
    made = [make.comment() for _ in range(4)]
    answer = make.comment(parent=made[0])
    held = make.comment(held=True)
    assert all(done(pin(moderator, by, each.id)) for each in made[:3])
    for each in (made[3], answer, held):
        assert pin(moderator, by, each.id).status_code == 403
    assert done(pin(moderator, by, made[0].id, pinned=False))
    assert done(pin(moderator, by, made[3].id))


# ---- the list


def test_conversations_are_found_by_title_or_id(app: Flask, moderator: Visitor) -> None:
    make.thread(title="How pelicans fish")
    make.thread("herons", title="100% herons")
    for words, ids in {
        "FISH how": ["pelicans"],
        "0%": ["herons"],
        "hero": ["herons"],
        "x": [],
    }.items():
        answer = moderator.call("GET", f"moderation/threads?q={words.replace('%', '%25')}").json
        assert [each["id"] for each in answer["threads"]] == ids
        page = moderator.get("/comments/moderation/threads", query_string={"q": words}).text
        assert ("/comments/moderation/threads/pelicans" in page) is ("pelicans" in ids)


def test_list_and_page_cost_the_same_however_much_there_is(
    app: Flask, moderator: Visitor, statements: list[str]
) -> None:
    def costs() -> tuple[int, int]:
        found = []
        # The owner's rules are kept for a moment from one request to the next: they are read here.
        moderator.get("/comments/moderation/threads")
        for path in ("", "/pelicans"):
            statements.clear()
            assert moderator.get(f"/comments/moderation/threads{path}").status_code == 200
            found.append(len(statements))
        return found[0], found[1]

    make.thread()
    make.comment()
    few = costs()
    make.many([{"id": 100 + each} for each in range(300)])
    for each in range(20):
        make.thread(f"bird-{each}")
        make.comment(f"bird-{each}", status=Status.REJECTED)
    assert costs() == few


def test_what_is_typed_stands_in_code_and_whatever_else_is_said_is_text() -> None:
    assert (
        i18n.coded("Write `Thread: <b>` & go.") == "Write <code>Thread: &lt;b&gt;</code> &amp; go."
    )
    assert i18n.coded(Markup("<bdi>A</bdi> `x` `")) == "<bdi>A</bdi> <code>x</code> `"
