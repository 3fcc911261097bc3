"""Posting and answering: what is published, held or refused. By JSON and by form."""

from typing import Any

import pytest

from comments_service import inputs
from comments_service.config import Rate, Settings
from comments_service.db import db
from comments_service.models import Comment, Policy, Status, now
from tests import make
from tests.api.asking import GUEST
from tests.api.commenting import make_published, only_comment, post
from tests.api.people import by_json_and_form
from tests.conftest import Visitor, one_database
from tests.unit.published import set_page_size, several


@by_json_and_form
def test_a_guests_first_comment_waits_for_a_moderator(
    guest: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    answer = post(guest, by, GUEST)
    assert answer.status_code == (202 if by == "json" else 303)
    assert only_comment().status is Status.PENDING
    assert only_comment().reasons == ["First comment of this writer."]
    assert "scoop" not in fragment()


def test_a_guest_sees_the_held_comment_and_nobody_else_does(
    guest: Visitor, stranger: Visitor
) -> None:
    make.thread()
    answer = post(guest, "form", GUEST)
    page = guest.get(answer.location).text
    assert "is waiting for a moderator" in page
    assert "<em>scoop</em>" in page
    assert "scoop" not in stranger.get("/comments/threads/pelicans").text
    assert stranger.call("GET", "threads/pelicans/comments").json["comments"] == []


def test_a_held_comment_is_answered_with_its_html(guest: Visitor) -> None:
    make.thread()
    answer = post(guest, "json", GUEST)
    assert answer.json["status"] == "pending"
    assert answer.json["html"] == "<p>They <em>scoop</em>.</p>"
    assert answer.json["source"] == "They *scoop*."
    assert 'id="comment-1"' in answer.json["fragment"]
    assert "<em>scoop</em>" in answer.json["fragment"]
    assert answer.json["editable_until"]


@by_json_and_form
def test_a_guest_whose_comment_was_published_is_trusted_from_then_on(
    guest: Visitor, moderator: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    post(guest, by, GUEST)
    moderator.call("POST", "comments/1/decisions", {"decision": "publish"})
    answer = post(guest, by, {**GUEST, "body": "They dive, too."})
    assert answer.status_code == (201 if by == "json" else 303)
    assert "They dive, too." in fragment()
    if by == "form":
        assert answer.location == "http://blog.test/pelicans/#comment-2"


def test_whoever_writes_without_scripts_lands_on_the_page_with_his_words(
    moderator: Visitor, settings: Settings
) -> None:
    set_page_size(settings, 3)
    make.thread()
    several(4)
    for path, words in (("threads/pelicans", "They plunge."), ("comment/5/edit", "They glide.")):
        answer = moderator.post(f"/comments/{path}", {"body": words})
        where, _, anchor = answer.location.partition("#")
        page = moderator.get(where).text
        assert words in page
        assert f'id="{anchor}"' in page


@by_json_and_form
def test_an_account_comments_under_its_own_name(reader: Visitor, fragment: Any, by: str) -> None:
    make.thread()
    post(reader, by, {"body": "Mine.", "name": "Somebody Else"})
    make_published(1)
    assert "Rhea" in fragment()
    assert "Somebody Else" not in fragment()


def test_whoever_moderates_never_waits(moderator: Visitor) -> None:
    make.thread(policy=Policy.HELD)
    assert post(moderator, "json", {"body": "House rules."}).status_code == 201


@by_json_and_form
def test_a_reply_stands_below_its_parent_and_says_whom_it_answers(
    moderator: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    parent = make.comment(name="Pia")
    make.comment(body="Another root.")
    post(moderator, by, {"body": "Indeed.", "parent": parent.id})
    html = fragment()
    assert html.index("They scoop.") < html.index("Indeed.") < html.index("Another root.")
    assert "In reply to" in html
    assert "postil-depth-1" in html


def test_replies_go_as_deep_as_they_like_and_are_shown_to_depth_six(
    app: Any, fragment: Any
) -> None:
    make.thread()
    comment = None
    for _ in range(10):
        comment = make.comment(parent=comment)
    html = fragment()
    assert comment is not None
    assert comment.depth == 9
    assert html.count("postil-depth-6") == 4
    assert "postil-depth-7" not in html


@by_json_and_form
@pytest.mark.parametrize("door2", ["json", "form"])
def test_the_same_submission_sent_twice_is_one_comment(guest: Visitor, by: str, door2: str) -> None:
    make.thread()
    values = {**GUEST, "key": "k-123456789"}
    post(guest, by, values)
    answer = post(guest, door2, values)
    assert answer.status_code == (202 if door2 == "json" else 303)
    assert db.session.query(Comment).count() == 1


@by_json_and_form
def test_without_a_key_the_same_words_from_the_same_place_are_one_comment(
    guest: Visitor, stranger: Visitor, by: str
) -> None:
    make.thread()
    post(guest, by, GUEST)
    post(stranger, by, GUEST)
    assert db.session.query(Comment).count() == 1


def test_a_key_cannot_be_used_for_other_words(guest: Visitor) -> None:
    make.thread()
    post(guest, "json", {**GUEST, "key": "k-123456789"})
    answer = post(guest, "json", {**GUEST, "body": "Other words.", "key": "k-123456789"})
    assert (answer.status_code, answer.json["code"]) == (409, "key_reused")


@by_json_and_form
def test_an_unknown_thread_is_404(guest: Visitor, by: str) -> None:
    assert post(guest, by, GUEST, thread="nowhere").status_code == 404


@by_json_and_form
@pytest.mark.parametrize("policy", [Policy.CLOSED])
def test_a_closed_thread_is_409_and_keeps_the_text(guest: Visitor, by: str, policy: Policy) -> None:
    make.thread(policy=policy)
    answer = post(guest, by, GUEST)
    assert answer.status_code == 409
    assert (
        answer.json["code"] == "thread_closed" if by == "json" else "They *scoop*." in answer.text
    )


def test_a_thread_whose_article_wants_no_comments_does_not_exist(guest: Visitor) -> None:
    make.thread(policy=Policy.OFF)
    assert post(guest, "json", GUEST).status_code == 404


@by_json_and_form
def test_a_thread_closes_when_its_time_is_over(guest: Visitor, by: str) -> None:
    make.thread(closes_at=now())
    assert post(guest, by, GUEST).status_code == 409


@by_json_and_form
def test_a_parent_that_is_gone_is_409_and_keeps_the_text(guest: Visitor, by: str) -> None:
    make.thread()
    held = make.comment(held=True)
    for parent in (held.id, 4711):
        answer = post(guest, by, {**GUEST, "parent": parent})
        assert answer.status_code == 409
        assert "missing_parent" in answer.text if by == "json" else "They *scoop*." in answer.text


@by_json_and_form
def test_a_parent_of_another_thread_is_409(guest: Visitor, by: str) -> None:
    make.thread()
    make.thread("gulls")
    elsewhere = make.comment("gulls")
    assert post(guest, by, {**GUEST, "parent": elsewhere.id}).status_code == 409


@one_database
@by_json_and_form
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": " \n "}, "body"),
        ({"body": "x" * (inputs.MAX_BODY_CHARS + 1)}, "body"),
        ({"body": "hid\u202eden"}, "body"),
        ({"body": "nul\0"}, "body"),
        ({"body": "> " * 40}, "body"),
        ({"body": "[](javascript:x)"}, "body"),
        ({"name": ""}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"name": "a\u200bb"}, "name"),
        ({"name": "Z\u0300\u0301\u0302\u0303algo"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": 'https://example.org/"onmouseover="x'}, "website"),
        ({"key": "short"}, "key"),
    ],
)
def test_bad_input_is_422_names_the_field_and_keeps_the_text(
    guest: Visitor, by: str, values: dict[str, str], field: str
) -> None:
    make.thread()
    answer = post(guest, by, {**GUEST, "email": "gus@example.org", **values})
    assert answer.status_code == 422
    if by == "json":
        assert set(answer.json["fields"]) == {field}
    else:
        assert 'aria-invalid="true"' in answer.text or field == "key"
        if field != "body":
            assert "They *scoop*." in answer.text
        if field != "email":
            assert "gus@example.org" in answer.text
    assert db.session.query(Comment).count() == 0


def test_all_wrong_fields_are_named_at_once(guest: Visitor) -> None:
    make.thread()
    answer = post(guest, "json", {"body": "", "name": "", "email": "x", "colour": "red"})
    assert set(answer.json["fields"]) == {"body", "name", "email", "colour"} - {"name"}


def test_a_name_that_belongs_to_an_account_is_not_a_guests_to_wear(
    reader: Visitor, guest: Visitor
) -> None:
    make.thread()
    for name in ("Rhea", "rhea", "R h e a", "Rhеа", "Ｒhea", "Rhéa"):  # two are Cyrillic
        answer = post(guest, "json", {**GUEST, "name": name})
        assert answer.status_code == 422, name
        assert "belongs to an account" in answer.json["fields"]["name"]


def test_a_filled_trap_is_answered_like_any_held_comment(guest: Visitor) -> None:
    make.thread()
    answer = post(guest, "form", {**GUEST, "homepage_url": "http://spam.example"})
    assert answer.status_code == 303
    assert any("hidden field" in reason for reason in only_comment().reasons)


class TestLimits:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"limit_posts": (Rate(2, 60),)}

    @by_json_and_form
    def test_too_many_posts_are_429_and_keep_the_text(self, guest: Visitor, by: str) -> None:
        make.thread()
        for number in range(2):
            assert post(guest, by, {**GUEST, "body": f"Number {number}."}).status_code < 400
        answer = post(guest, by, {**GUEST, "body": "One more."})
        assert answer.status_code == 429
        # The limit slides: once half of the two is a minute ago.
        assert 0 < int(answer.headers["Retry-After"]) <= 90
        assert by == "json" or "One more." in answer.text
        assert db.session.query(Comment).count() == 2


class TestWithoutGuests:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"guests": False}

    @by_json_and_form
    def test_a_guest_is_told_to_sign_in(self, guest: Visitor, by: str) -> None:
        make.thread()
        assert post(guest, by, GUEST).status_code == 403


@by_json_and_form
def test_two_people_of_one_network_may_say_the_same(
    reader: Visitor, moderator: Visitor, guest: Visitor, by: str
) -> None:
    make.thread()
    for visitor in (reader, moderator, guest):
        assert post(visitor, by, {"name": "Gus", "body": "Thanks!"}).status_code < 400
    assert db.session.query(Comment).count() == 3
