"""Deciding from an e-mail: a link opens one comment, changes nothing when opened, and decides once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, markup
from comments_service.accounts import tokens
from comments_service.accounts.tokens import DecideByMail
from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Act,
    Comment,
    CommentRevision,
    Decision,
    Role,
    Session,
    Status,
    Token,
    now,
)
from tests import make
from tests.api.moderating import decide, done, status
from tests.conftest import Answer, Visitor

OTHERS = {"publish": "Marked as spam", "spam": "Deleted", "delete": "Published"}


def link(account: Account, comment: Comment) -> str:
    """The path of the link that an e-mail of this moment would hold."""
    with writing():
        token = tokens.make(DecideByMail(comment.id, comment.version), account)
    return f"/comments/decide/{token}"


@pytest.fixture
def waiting(app: Flask) -> Comment:
    make.thread()
    return make.comment(held=True, body="They *scoop*.", email="gus@example.org")


@pytest.fixture
def path(waiting: Comment) -> str:
    return link(make.account("Mona", role=Role.MODERATOR), waiting)


def press(visitor: Visitor, path: str, decision: str, seen: str = "1", **form: str) -> Answer:
    return visitor.post(path, {"decision": decision, "comment": seen, **form})


def decisions() -> list[Decision]:
    return [*db.session.scalars(sa.select(Decision).order_by(Decision.id))]


def edited(comment: Comment, body: str) -> None:
    """As its writer edits it."""
    with comments.changing():
        db.session.refresh(comment)
        before = CommentRevision(
            comment_id=comment.id, source=comment.source, written_at=comment.created_at
        )
        db.session.add(before)
        comment.source, comment.html = body, markup.render(body)
        comment.edited_at = now()
        comment.version += 1


def test_opening_every_link_of_an_email_changes_nothing(stranger: Visitor, path: str) -> None:
    for _ in range(3):
        for act in ("", "?act=publish", "?act=spam", "?act=delete"):
            page = stranger.get(path + act)
            assert page.status_code == 200
            assert "<em>scoop</em>" in page.text
        assert stranger._open("HEAD", path).status_code == 200
    assert status() is Status.PENDING
    assert decisions() == []
    assert db.session.scalars(sa.select(Token.used_at)).all() == [None]


@pytest.mark.parametrize("act", ["publish", "spam", "delete"])
def test_the_button_of_the_link_that_was_opened_comes_first(
    stranger: Visitor, path: str, act: str
) -> None:
    buttons = stranger.get(f"{path}?act={act}").text.partition('class="postil-buttons"')[2]
    assert buttons.index(f'value="{act}"') == min(
        buttons.index(f'value="{each}"') for each in OTHERS
    )


@pytest.mark.parametrize(
    ("act", "after"),
    [("publish", Status.PUBLISHED), ("spam", Status.REJECTED), ("delete", Status.DELETED)],
)
def test_a_button_decides_once_and_without_signing_in(
    stranger: Visitor, path: str, act: str, after: Status
) -> None:
    page = press(stranger, path, act, reason="As ever.", tell="yes")
    assert page.status_code == 200
    assert status() is after
    [made] = decisions()
    assert (made.act, made.reason, made.tell) == (act, "As ever.", True)
    assert db.session.get_one(Account, made.moderator_id).name == "Mona"
    # Nobody is signed in by it, and the link is used up.
    assert db.session.scalars(sa.select(Session)).all() == []
    assert stranger.get("/comments/moderation/").status_code == 303
    again = press(stranger, path, "publish")
    assert again.status_code == 404
    assert "has been used" in again.text
    assert stranger.get(path).status_code == 404
    assert status() is after


def test_two_who_press_at_the_same_moment_decide_once(app: Flask, path: str) -> None:
    db.session.rollback()
    visitors = [Visitor(app) for _ in range(4)]

    def one(visitor: Visitor) -> int:
        with app.app_context():
            return press(visitor, path, "publish").status_code

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(one, visitors))
    assert answers == [200, 404, 404, 404]
    db.session.rollback()
    assert [each.act for each in decisions()] == [Act.PUBLISH]


def test_a_text_that_was_edited_is_shown_beside_that_of_the_email(
    stranger: Visitor, path: str, waiting: Comment
) -> None:
    edited(waiting, "Buy **pills** <script>.")
    page = stranger.get(path).text
    assert "They *scoop*." in page
    assert "<strong>pills</strong>" in page
    assert "<script>." not in page
    assert 'value="1.2"' in page


def test_what_is_edited_between_page_and_button_is_shown_anew_and_not_decided_on(
    stranger: Visitor, path: str, waiting: Comment
) -> None:
    stranger.get(path)
    edited(waiting, "Buy *pills*.")
    page = press(stranger, path, "publish")
    assert page.status_code == 409
    assert "They *scoop*." in page.text
    assert "<em>pills</em>" in page.text
    assert status() is Status.PENDING
    # The link was not used up by it.
    assert press(stranger, path, "spam", "1.2").status_code == 200
    assert status() is Status.REJECTED


def test_whoever_decides_no_more_is_refused(stranger: Visitor, path: str) -> None:
    with writing():
        db.session.execute(sa.update(Account).values(role=Role.READER))
    for answer in (stranger.get(path), press(stranger, path, "publish")):
        assert answer.status_code == 403
        assert "scoop" not in answer.text
    assert status() is Status.PENDING


def test_an_author_decides_on_comments_of_his_own_articles_only(
    stranger: Visitor, waiting: Comment
) -> None:
    ada = make.account("Ada", role=Role.AUTHOR)
    make.thread("others", authors=["Gil"])
    elsewhere = make.comment("others", held=True)
    assert press(stranger, link(ada, elsewhere), "publish", str(elsewhere.id)).status_code == 403
    assert press(stranger, link(ada, waiting), "publish").status_code == 200
    assert (status(waiting.id), status(elsewhere.id)) == (Status.PUBLISHED, Status.PENDING)


def test_a_link_is_over_after_a_week(stranger: Visitor, path: str) -> None:
    with writing():
        late = now() + timedelta(days=7, minutes=1)
        [expires_at] = db.session.scalars(sa.select(Token.expires_at)).all()
        assert now() + timedelta(days=6, hours=23) < expires_at < late
        db.session.execute(sa.update(Token).values(expires_at=now() - timedelta(seconds=1)))
    assert stranger.get(path).status_code == 404
    assert press(stranger, path, "publish").status_code == 404
    assert status() is Status.PENDING


def test_the_page_says_what_was_decided_meanwhile_and_names_nobodys_address(
    stranger: Visitor, path: str, waiting: Comment
) -> None:
    with comments.changing():
        waiting.status = Status.PUBLISHED
    page = stranger.get(path).text
    assert "gus@example.org" not in page
    assert "mona@example.org" not in page
    assert 'value="publish"' not in page
    assert 'value="spam"' in page


@pytest.mark.parametrize(
    "form",
    [
        {"decision": "undo", "comment": "1"},
        {"decision": "publish"},
        {"decision": "publish", "comment": "x"},
        {"decision": "eat", "comment": "1"},
        {},
    ],
)
def test_what_is_no_decision_is_refused_and_uses_nothing_up(
    stranger: Visitor, path: str, form: dict[str, str]
) -> None:
    answer = stranger.post(path, form)
    assert answer.status_code == 422
    assert "scoop" in answer.text
    assert status() is Status.PENDING
    assert press(stranger, path, "publish").status_code == 200


def test_a_comment_that_its_writer_deleted_leaves_nothing_to_decide(
    stranger: Visitor, path: str, waiting: Comment
) -> None:
    with comments.changing():
        comments.empty(waiting)
    page = stranger.get(path)
    assert "nothing left to decide" in page.text
    assert 'name="decision"' not in page.text
    assert press(stranger, path, "publish").status_code == 403


@pytest.mark.parametrize("by", ["json", "form"])
@pytest.mark.parametrize("tell", [True, False])
def test_a_decision_says_whether_the_writer_is_told(
    moderator: Visitor, waiting: Comment, by: str, tell: bool
) -> None:
    if by == "json":
        values = {"decision": "spam", "reason": "An advertisement.", "tell": tell}
        answer = moderator.call("POST", "comments/1/decisions", values)
    else:
        answer = decide(moderator, by, 1, "spam", **({"tell": "yes"} if tell else {}))
    assert done(answer)
    assert [each.tell for each in decisions()] == [tell]


def test_the_dashboard_offers_to_tell_only_whom_an_email_can_reach(
    moderator: Visitor, waiting: Comment
) -> None:
    assert 'name="tell"' in moderator.get("/comments/moderation/comments/1").text
    other = make.comment(held=True)
    assert 'name="tell"' not in moderator.get(f"/comments/moderation/comments/{other.id}").text
