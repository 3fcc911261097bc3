"""The owner's rules: each holds posts and edits, by JSON and by form, and says why."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import config, rules
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import RuleChanges
from comments_service.models import Account, Comment, Policy, Role, RuleSet, Status, now
from comments_service.rules import kept
from tests import make
from tests.api.commenting import edit, post
from tests.api.people import by_json_and_form, of_role
from tests.conftest import Visitor

PLAIN = {"name": "Gus", "body": "They scoop."}
WORD = "Contains a word on your list: casino."
LISTED = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    """Nobody waits for being new, so that what waits does for the rule that is looked at."""
    return {"trust_after": 0}


def rule(**changes: Any) -> None:
    rules.change(RuleChanges(**changes), None, config.current())


def last() -> Comment:
    db.session.expire_all()
    return db.session.scalars(sa.select(Comment).order_by(Comment.id.desc()).limit(1)).one()


def waits_for(*reasons: str) -> bool:
    row = last()
    assert row.reasons == [*reasons]
    return row.status is Status.PENDING


# ---- what each rule holds: the rule, words that pass, words that wait, why


TEXTS = [
    pytest.param({"words": ["casino"]}, "A classy cas.", "A СASINO!", WORD, id="a word"),
    pytest.param({"words": ["win bet"]}, "I win, you bet.", "Win\nbet", None, id="a phrase"),
    pytest.param({"words": ["赌场"]}, "赌一场", "在线赌场很好", None, id="Chinese"),
    pytest.param(
        {"words": ["casino"]},
        "[Here](https://example.org/).",
        "[Here](https://casino.example/).",
        WORD,
        id="where a link leads",
    ),
    pytest.param(
        {"scripts": ["latin"]},
        "Cafés, 你好, and more of this.",
        "Заработай сегодня: casino",
        "Mostly written in a script that the blog is not written in.",
        id="another script",
    ),
    pytest.param({"max_links": 0}, "No link.", "https://a.example", "Many links: 1.", id="a link"),
]


@by_json_and_form
@pytest.mark.parametrize(("ruled", "passes", "waits", "why"), TEXTS)
def test_what_a_text_says_holds_a_post_and_an_edit(
    guest: Visitor, by: str, ruled: dict[str, Any], passes: str, waits: str, why: str | None
) -> None:
    make.thread()
    rule(**ruled)
    why = why or f"Contains a word on your list: {ruled['words'][0]}."
    post(guest, by, {**PLAIN, "body": passes})
    assert not waits_for()
    post(guest, by, {**PLAIN, "body": waits})
    assert waits_for(why)
    edit(guest, by, 1, f"{waits} ")
    first = db.session.get_one(Comment, 1)
    assert (first.status, first.reasons) == (Status.PENDING, [why])


@by_json_and_form
@pytest.mark.parametrize("where", ["name", "website"])
def test_a_listed_word_is_found_beside_the_text(guest: Visitor, by: str, where: str) -> None:
    make.thread()
    rule(words=["casino"])
    given = {"name": "Gus Casino", "website": "https://casino.example"}
    post(guest, by, {**PLAIN, where: given[where]})
    assert waits_for(WORD)


@by_json_and_form
def test_guests_wait_and_accounts_do_not(guest: Visitor, app: Flask, by: str) -> None:
    make.thread()
    rule(guests="wait")
    post(guest, by, PLAIN)
    assert waits_for("Guests' comments wait for a moderator.")
    post(of_role(app, "Rhea", Role.READER), by, {"body": "They dive."})
    assert not waits_for()


@by_json_and_form
def test_a_guest_s_edit_waits_as_his_posts_do(guest: Visitor, by: str) -> None:
    make.thread()
    post(guest, by, PLAIN)
    rule(guests="wait")
    edit(guest, by, 1, "They dive.")
    assert waits_for("Guests' comments wait for a moderator.")


@by_json_and_form
def test_guests_are_sent_to_sign_in(guest: Visitor, app: Flask, by: str) -> None:
    make.thread()
    rule(guests="sign-in")
    answer = post(guest, by, PLAIN)
    assert answer.status_code == 403
    assert "Please sign in to comment here." in answer.text
    assert db.session.query(Comment).count() == 0
    assert post(of_role(app, "Rhea", Role.READER), by, {"body": "They dive."}).status_code in (
        201,
        303,
    )
    rule(guests="allowed")
    post(guest, by, PLAIN)
    assert not waits_for()


@by_json_and_form
def test_a_new_account_waits_and_an_older_one_does_not(app: Flask, by: str) -> None:
    make.thread()
    rhea = of_role(app, "Rhea", Role.READER)
    post(rhea, by, {"body": "They scoop."})
    rule(new_account_days=7)
    edit(rhea, by, 1, "They dive.")
    assert waits_for("A new account (your limit in days: 7).")
    post(rhea, by, {"body": "They glide."})
    assert waits_for("A new account (your limit in days: 7).")
    with writing():
        db.session.execute(sa.update(Account).values(created_at=now() - timedelta(days=8)))
    post(rhea, by, {"body": "They nest."})
    assert not waits_for()


@by_json_and_form
def test_comments_on_an_old_article_wait(guest: Visitor, by: str) -> None:
    make.thread("new", published_at=now() - timedelta(days=29))
    make.thread("old", published_at=now() - timedelta(days=31))
    post(guest, by, PLAIN, "old")
    rule(old_thread_days=30)
    post(guest, by, {**PLAIN, "body": "They dive."}, "new")
    assert not waits_for()
    edit(guest, by, 1, "They glide.")
    assert db.session.get_one(Comment, 1).reasons == ["An old article (your limit in days: 30)."]
    post(guest, by, {**PLAIN, "body": "They nest."}, "old")
    assert waits_for("An old article (your limit in days: 30).")


@by_json_and_form
def test_a_listed_network_waits_and_is_kept_nowhere(app: Flask, by: str) -> None:
    make.thread()
    rule(networks=["203.0.113.0/24"])
    near, far = Visitor(app), Visitor(app)
    near.client.environ_base.update(LISTED)
    post(far, by, PLAIN)
    assert not waits_for()
    post(near, by, {**PLAIN, "body": "They dive."})
    assert waits_for("Sent from a network on your list.")
    far.client.environ_base.update(LISTED)
    edit(far, by, 1, "They glide.")
    assert db.session.get_one(Comment, 1).reasons == ["Sent from a network on your list."]
    columns = db.session.execute(sa.select(Comment.__table__)).all()
    assert "203.0.113" not in repr(columns)


@by_json_and_form
def test_whoever_moderates_waits_for_no_rule(app: Flask, by: str) -> None:
    make.thread(published_at=now() - timedelta(days=90))
    rule(words=["casino"], new_account_days=9, old_thread_days=9, max_links=0, scripts=["latin"])
    mona = of_role(app, "Mona", Role.MODERATOR)
    post(mona, by, {"body": "Казино casino https://a.example"})
    assert not waits_for()
    edit(mona, by, 1, "Казино casino https://b.example")
    assert not waits_for()


@by_json_and_form
def test_what_the_article_s_author_wrote_wins(guest: Visitor, by: str) -> None:
    make.thread(policy=Policy.HELD)
    make.thread("closed", policy=Policy.CLOSED)
    rule(words=["casino"])
    post(guest, by, PLAIN)
    assert waits_for("All comments on this article wait for a moderator.")
    assert post(guest, "json", PLAIN, "closed").status_code == 409


@by_json_and_form
def test_every_reason_is_said(guest: Visitor, by: str) -> None:
    make.thread()
    rule(words=["casino", "bet"], guests="wait", max_links=0)
    post(guest, by, {**PLAIN, "body": "Bet: https://casino.example"})
    assert waits_for(
        "Many links: 1.",
        "Guests' comments wait for a moderator.",
        "Contains a word on your list: bet, casino.",
    )


class TestFirstComments:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {}

    @by_json_and_form
    def test_so_many_have_to_be_published_first(self, guest: Visitor, by: str) -> None:
        make.thread()
        post(guest, by, PLAIN)
        assert waits_for("First comment of this writer.")
        rule(trust_after=0)
        post(guest, by, {**PLAIN, "body": "They dive."})
        assert not waits_for()
        post(guest, by, {**PLAIN, "body": "They nest."})
        rule(trust_after=3)
        post(guest, by, {**PLAIN, "body": "They glide."})
        assert waits_for("First comment of this writer.")
        rule(trust_after=2)
        post(guest, by, {**PLAIN, "body": "They fly."})
        assert not waits_for()


# ---- every process judges by what is ruled at that moment


@pytest.fixture
def elsewhere(app: Flask) -> Callable[..., None]:
    """Rule as another process does: this one is told nothing."""

    def rule_there(**ruled: Any) -> None:
        with writing():
            row = db.session.get(RuleSet, 1) or RuleSet(id=1, ruled={}, revision=0)
            row.ruled = {**row.ruled, **ruled}
            row.revision += 1
            db.session.add(row)

    return rule_there


@by_json_and_form
def test_a_post_is_judged_by_what_another_process_has_just_saved(
    guest: Visitor, elsewhere: Callable[..., None], by: str
) -> None:
    make.thread()
    post(guest, by, PLAIN)
    elsewhere(words=["casino"])
    post(guest, by, {**PLAIN, "body": "A casino."})
    assert waits_for(WORD)
    elsewhere(words=[], guests="sign-in")
    assert post(guest, by, {**PLAIN, "body": "Once more."}).status_code == 403
    elsewhere(guests="allowed")
    post(guest, by, {**PLAIN, "body": "And again."})
    assert not waits_for()


def test_a_post_asks_for_the_rules_in_no_statement_of_their_own(
    guest: Visitor, elsewhere: Callable[..., None], statements: list[str]
) -> None:
    make.thread()
    post(guest, "json", PLAIN)
    counts = []
    for number in range(3):
        if number == 1:
            rule(words=["casino"], networks=["203.0.113.0/24"], scripts=["latin"])
        statements.clear()
        post(guest, "json", {**PLAIN, "body": f"Number {number}."})
        counts.append(len(statements))
    assert counts[0] == counts[1] == counts[2]
    elsewhere(words=["bet"])
    statements.clear()
    post(guest, "json", {**PLAIN, "body": "One more."})
    # Beside the rules themselves, which `statements` leaves out.
    assert len(statements) == counts[0]


def test_a_page_follows_what_another_process_has_saved_within_seconds(
    guest: Visitor, elsewhere: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    make.thread()
    assert 'name="name"' in guest.get("/comments/threads/pelicans").text
    elsewhere(guests="sign-in")
    monkeypatch.setattr(kept, "LOOK_SECONDS", 0)
    assert 'name="name"' not in guest.get("/comments/threads/pelicans").text


@by_json_and_form
def test_nobody_is_asked_for_his_address_where_guests_sign_in(
    guest: Visitor, by: str, settings: Settings
) -> None:
    make.thread()
    rule(guests="sign-in")
    if by == "json":
        answer = guest.call("POST", "threads/pelicans/notifications", {"email": "g@example.org"})
    else:
        path = "/comments/threads/pelicans/notifications"
        answer = guest.post(path, {"email": "g@example.org"})
    assert answer.status_code == 403
