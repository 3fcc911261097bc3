"""What one wrote oneself: editing, deleting, a preview, and the list of it."""

from typing import Any

import pytest

from comments_service.db import db
from comments_service.models import Comment, CommentRevision, Status
from tests import make
from tests.api.asking import GUEST
from tests.api.commenting import delete, edit, make_published, only_comment, post
from tests.api.people import by_json_and_form
from tests.conftest import Visitor


@by_json_and_form
def test_a_guest_edits_within_fifteen_minutes_and_the_old_text_is_kept(
    guest: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    post(guest, by, GUEST)
    make_published(1)
    assert edit(guest, by, 1, "They plunge.").status_code in (200, 303)
    assert "They plunge." in fragment()
    assert "edited" in fragment()
    assert db.session.query(CommentRevision).one().source == "They *scoop*."


@by_json_and_form
def test_after_fifteen_minutes_a_comment_stands(guest: Visitor, by: str) -> None:
    make.thread()
    post(guest, by, GUEST)
    make.backdate(1, minutes=15.1)
    for answer in (edit(guest, by, 1, "Too late."), delete(guest, by, 1)):
        assert answer.status_code == 409
    assert only_comment().source == "They *scoop*."


def test_an_edit_that_comes_too_late_gives_the_text_back(guest: Visitor) -> None:
    make.thread()
    post(guest, "form", GUEST)
    make.backdate(1, minutes=16)
    assert "Too late, alas." in edit(guest, "form", 1, "Too late, alas.").text


@by_json_and_form
def test_nobody_changes_anothers_comment(
    guest: Visitor, stranger: Visitor, reader: Visitor, by: str
) -> None:
    make.thread()
    post(guest, by, GUEST)
    make_published(1)
    for other in (stranger, reader):
        assert edit(other, by, 1, "Mine now.").status_code == 403
        assert delete(other, by, 1).status_code == 403
    assert only_comment().source == "They *scoop*."


@by_json_and_form
def test_a_held_comment_does_not_exist_for_others(
    guest: Visitor, stranger: Visitor, by: str
) -> None:
    make.thread()
    post(guest, by, GUEST)
    assert edit(stranger, by, 1, "Hm.").status_code == 404
    assert stranger.get("/comments/comment/1/edit").status_code == 404
    assert stranger.get("/comments/comment/1/delete").status_code == 404


@by_json_and_form
def test_a_deleted_comment_leaves_nothing_of_what_was_typed(
    guest: Visitor, fragment: Any, by: str
) -> None:
    make.thread()
    post(guest, by, {**GUEST, "email": "gus@example.org", "website": "https://gus.example"})
    make_published(1)
    edit(guest, by, 1, "Second thoughts.")
    delete(guest, by, 1)
    row = only_comment()
    assert (row.source, row.html, row.name, row.email, row.website) == ("", "", None, None, None)
    assert db.session.query(CommentRevision).count() == 0
    assert "Second thoughts" not in fragment()
    assert "No comments yet" in fragment()


@by_json_and_form
def test_a_placeholder_stays_where_replies_hang(guest: Visitor, fragment: Any, by: str) -> None:
    make.thread()
    post(guest, by, GUEST)
    make_published(1)
    make.comment(body="An answer.", parent=db.session.get(Comment, 1), name="Pia")
    delete(guest, by, 1)
    html = fragment()
    assert "This comment was deleted." in html
    assert "An answer." in html
    assert "Gus" not in html
    assert 'data-count="1"' in html


def test_an_edit_with_many_links_goes_back_into_the_queue(guest: Visitor, fragment: Any) -> None:
    make.thread()
    post(guest, "json", GUEST)
    make_published(1)
    edit(guest, "json", 1, " ".join(f"https://spam{n}.example" for n in range(9)))
    assert only_comment().status is Status.PENDING
    assert "spam1" not in fragment()


# ---- preview


def test_a_preview_shows_the_same_html_by_json_and_by_form(guest: Visitor) -> None:
    make.thread()
    answer = guest.call("POST", "preview", {"body": "**bold** <b>"})
    assert answer.json == {"html": "<p><strong>bold</strong> &lt;b&gt;</p>"}
    page = guest.post("/comments/threads/pelicans", {"body": "**bold** <b>", "act": "preview"})
    assert page.status_code == 200
    assert answer.json["html"] in page.text
    assert "**bold** &lt;b&gt;</textarea>" in page.text
    assert db.session.query(Comment).count() == 0


# ---- me


def test_me_lists_ones_own_comments_of_the_thread_newest_first(guest: Visitor) -> None:
    make.thread()
    for body in ("One.", "Two."):
        post(guest, "json", {**GUEST, "body": body})
    mine = guest.call("GET", "me?thread=pelicans").json
    assert mine["account"] is None
    assert [each["source"] for each in mine["comments"]] == ["Two.", "One."]
    assert guest.call("GET", "me?thread=gulls").json["comments"] == []
    assert guest.call("GET", "me").json["comments"] == []


class TestAShorterLimit:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"max_chars": 100}

    @by_json_and_form
    def test_no_comment_is_longer_than_the_owner_allows_however_it_comes(
        self, guest: Visitor, by: str
    ) -> None:
        make.thread()
        long, fits = {**GUEST, "body": "x" * 101}, {**GUEST, "body": "x" * 100}
        refused = [post(guest, by, long)]
        assert post(guest, by, fits).status_code in (202, 303)
        if by == "json":
            refused.append(guest.call("PATCH", "comments/1", {"body": long["body"]}))
            refused.append(guest.call("POST", "preview", {"body": long["body"]}))
        else:
            refused.append(guest.post("/comments/comment/1/edit", {"body": long["body"]}))
            refused.append(guest.post("/comments/threads/pelicans", {**long, "act": "preview"}))
        for answer in refused:
            assert answer.status_code == 422
            assert "At most 100 characters, please; this has 101." in answer.text
        assert only_comment().source == fits["body"]
