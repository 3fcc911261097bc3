"""Posts and edits pass one gate: the limit, what the author rules, the verdict on the text."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments
from comments_service.comments import editing
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.models import Comment, CommentRevision, Policy, Role, Status, Thread
from tests import make
from tests.api.people import by_json_and_form, of_role
from tests.conftest import Answer, Visitor

GUEST = {"name": "Gus", "body": "They scoop."}


def post(visitor: Visitor, by: str, values: dict[str, Any]) -> Answer:
    if by == "json":
        return visitor.call("POST", "threads/pelicans/comments", values)
    return visitor.post("/comments/threads/pelicans", values)


def edit(visitor: Visitor, by: str, body: str) -> Answer:
    if by == "json":
        return visitor.call("PATCH", "comments/1", {"body": body})
    return visitor.post("/comments/comment/1/edit", {"body": body})


def row(number: int = 1) -> Comment:
    db.session.expire_all()
    return db.session.get_one(Comment, number)


def publish() -> None:
    comments.decide(1, None, NewDecision(decision="publish", version=row().version))


@pytest.fixture
def approved(guest: Visitor) -> Visitor:
    """A newcomer whose comment a moderator has just published."""
    make.thread()
    post(guest, "json", GUEST)
    publish()
    return guest


# ---- edits


@by_json_and_form
def test_an_edit_waits_where_all_comments_wait(approved: Visitor, fragment: Any, by: str) -> None:
    with writing():
        db.session.execute(sa.update(Thread).values(policy=Policy.HELD))
    answer = edit(approved, by, "They dive.")
    assert answer.status_code == (200 if by == "json" else 303)
    assert row().status is Status.PENDING
    assert "They dive." not in fragment()
    assert row().reasons == ["All comments on this article wait for a moderator."]
    if by == "form":
        page = approved.get(answer.location).text
        assert "Saved. It is waiting for a moderator" in page
        assert "They dive." in page


@by_json_and_form
@pytest.mark.parametrize(
    ("before", "after", "waits"),
    [
        ("They scoop.", "They scoop fish.", False),
        ("They scoop.", "They scoop: https://fish.example", True),
        ("They [scoop](https://a.example).", "They [dive](https://a.example).", False),
        ("They [scoop](https://a.example).", "They [scoop](https://b.example).", True),
        ("They [scoop](https://a.example).", "They scoop.", False),
    ],
    ids=["words", "a link", "words of a link", "another target", "a link less"],
)
def test_links_that_no_moderator_has_approved_wait_again(
    guest: Visitor, by: str, before: str, after: str, waits: bool
) -> None:
    make.thread()
    post(guest, "json", {**GUEST, "body": before})
    publish()
    edit(guest, by, after)
    assert row().status is (Status.PENDING if waits else Status.PUBLISHED)
    if waits:
        assert row().reasons == ["Links were added after a moderator's decision: 1."]


@by_json_and_form
def test_who_is_trusted_may_add_the_links_that_a_post_may_have(approved: Visitor, by: str) -> None:
    assert post(approved, "json", {**GUEST, "body": "And dive."}).status_code == 201
    path = "/comments/comment/2/edit"
    few = "https://a.example https://b.example https://c.example"
    for body, waits in ((few, False), (f"{few} https://d.example", True)):
        if by == "json":
            approved.call("PATCH", "comments/2", {"body": body})
        else:
            approved.post(path, {"body": body})
        assert row(2).status is (Status.PENDING if waits else Status.PUBLISHED)


@by_json_and_form
def test_an_edit_into_what_is_posted_everywhere_waits(approved: Visitor, by: str) -> None:
    make.thread("gulls")
    make.comment("gulls", body="Buy pills.", status=Status.REJECTED)
    edit(approved, by, "Buy pills.")
    assert row().status is Status.PENDING
    assert row().reasons == ["The same text was posted elsewhere on this site today."]


@by_json_and_form
def test_an_edit_of_what_waits_says_every_reason(guest: Visitor, by: str) -> None:
    make.thread()
    form = {**GUEST, "homepage_url": "https://robot.example"}
    post(guest, "json", form)
    edit(guest, by, " ".join(f"https://{each}.example" for each in "abcd"))
    assert row().status is Status.PENDING
    assert row().reasons == [
        "First comment of this writer.",
        "Many links: 4.",
        "A hidden field was filled in, as robots do.",
    ]


@by_json_and_form
def test_whoever_moderates_edits_without_waiting(app: Flask, by: str) -> None:
    moderator = of_role(app, "Mona", Role.MODERATOR)
    make.thread(policy=Policy.HELD)
    post(moderator, "json", {"body": "House rules."})
    edit(moderator, by, " ".join(f"https://{each}.example" for each in "abcdef"))
    assert row().status is Status.PUBLISHED


@by_json_and_form
def test_a_comment_is_edited_so_many_times_and_no_more(approved: Visitor, by: str) -> None:
    for number in range(editing.MAX_EDITS):
        edit(approved, by, f"Number {number}.")
    answer = edit(approved, by, "One too many.")
    assert answer.status_code == 409
    if by == "json":
        assert answer.json["code"] == "too_many_edits"
    else:
        assert "One too many." in answer.text
        assert "can be edited 20 times" in answer.text
    assert row().source == f"Number {editing.MAX_EDITS - 1}."
    assert db.session.query(CommentRevision).count() == editing.MAX_EDITS
    # It can still be taken back.
    assert approved.call("DELETE", "comments/1").status_code == 200


class TestLimit:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"limit_posts": (Rate(3, 60),)}

    @by_json_and_form
    def test_edits_count_as_posts_do(self, approved: Visitor, by: str) -> None:
        assert [edit(approved, by, f"Number {each}.").status_code for each in range(3)][2] == 429
        assert row().source == "Number 1."
        assert post(approved, by, {**GUEST, "body": "Another."}).status_code == 429


# ---- posts


@by_json_and_form
def test_a_website_is_a_link(approved: Visitor, by: str) -> None:
    three = "https://a.example https://b.example https://c.example"
    post(approved, by, {**GUEST, "body": three, "key": "k-000000001"})
    values = {**GUEST, "body": f"{three}!", "website": "https://d.example", "key": "k-000000002"}
    post(approved, by, values)
    assert (row(2).status, row(3).status) == (Status.PUBLISHED, Status.PENDING)
    assert row(3).reasons == ["Many links: 4."]


@by_json_and_form
def test_a_website_may_be_written_without_its_scheme(guest: Visitor, by: str) -> None:
    make.thread()
    post(guest, by, {**GUEST, "website": "gus.example"})
    assert row().website == "https://gus.example"


@pytest.mark.parametrize("page", ["/comments/threads/pelicans", "/comments/account/profile"])
def test_a_browser_is_no_stricter_with_a_website_than_the_service(app: Flask, page: str) -> None:
    make.thread()
    reader = of_role(app, "Rhea", Role.READER)
    for text in (reader.get(page).text, Visitor(app).get(page).text):
        assert 'type="url"' not in text


@by_json_and_form
@pytest.mark.parametrize("name", ["Ada Quill", "ada  quill", "ADA QUILL", "Adа Quill"])
def test_a_guest_does_not_bear_the_name_under_the_article(
    guest: Visitor, by: str, name: str
) -> None:
    make.thread(authors=["Ben", "Ada Quill"])
    answer = post(guest, by, {**GUEST, "name": name})
    assert answer.status_code == 422
    if by == "json":
        assert set(answer.json["fields"]) == {"name"}
    else:
        assert "The author of this article has this name." in answer.text
    assert db.session.query(Comment).count() == 0
    assert post(guest, by, {**GUEST, "name": "Ada"}).status_code in (202, 303)


def test_a_key_that_is_empty_is_none(guest: Visitor) -> None:
    """A program that makes no key has a fault; a form without scripts has an empty field."""
    make.thread()
    answer = post(guest, "json", {**GUEST, "key": ""})
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {"key"}
    assert post(guest, "form", {**GUEST, "key": ""}).status_code == 303
