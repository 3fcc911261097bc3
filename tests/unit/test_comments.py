"""Comments: who may post, edit and decide, and what each leaves behind."""

from typing import Any

import pytest
from flask import Flask

from comments_service import comments, config, sessions
from comments_service.db import db, writing
from comments_service.errors import (
    EditWindowOver,
    InvalidInput,
    KeyReused,
    MissingParent,
    NotAllowed,
    NothingToUndo,
    ThreadClosed,
    UnknownComment,
    UnknownThread,
)
from comments_service.inputs import EditedComment, NewComment, NewDecision
from comments_service.models import (
    Account,
    Comment,
    Policy,
    RateCount,
    Role,
    Session,
    Status,
    Thread,
)
from comments_service.sessions import Visitor
from tests import make
from tests.unit.published import revision

# ---- posting


def visitor(account: Account | None = None, *, session: bool = True) -> Visitor:
    made: Session | None = None
    if session:
        with writing():
            made = sessions.begin(account, make.visitor())[0]
    return Visitor(made, "network")


def new(body: str = "Words.", **values: Any) -> NewComment:
    return NewComment(**{"body": body, "name": "Gus", **values})


def test_a_guest_without_a_session_is_given_one_with_the_comment(app: Flask) -> None:
    make.thread()
    posted = comments.post("pelicans", Visitor(None, "network", "Firefox"), new(), config.current())
    assert posted.token
    assert posted.session is not None
    # Nobody lists a guest's sessions, so what browser it was is nobody's business.
    assert posted.session.device == ""
    assert sessions.of_token(posted.token) is not None
    assert posted.comment.session_id == posted.session.id


def test_held_comments_do_not_raise_the_revision(app: Flask) -> None:
    make.thread()
    before = revision()
    posted = comments.post("pelicans", visitor(), new(), config.current())
    assert posted.comment.status is Status.PENDING
    assert revision() == before
    comments.edit(
        posted.comment.id,
        Visitor(posted.session, "network"),
        EditedComment(body="Other."),
        config.current(),
    )
    comments.delete(posted.comment.id, Visitor(posted.session, "network"), config.current())
    assert revision() == before


def test_what_was_refused_costs_nothing(app: Flask) -> None:
    make.thread()
    make.thread("closed", policy=Policy.CLOSED)
    with pytest.raises(ThreadClosed):
        comments.post("closed", visitor(), new(), config.current())
    with pytest.raises(UnknownThread):
        comments.post("nowhere", visitor(), new(), config.current())
    with pytest.raises(MissingParent):
        comments.post("pelicans", visitor(), new(parent=4711), config.current())
    with pytest.raises(InvalidInput):
        comments.post("pelicans", visitor(), new(name=None), config.current())
    db.session.rollback()
    assert db.session.query(RateCount).count() == 0
    assert db.session.query(Comment).count() == 0


def test_text_that_shows_nothing_is_refused(app: Flask) -> None:
    make.thread()
    with pytest.raises(InvalidInput) as refused:
        comments.post("pelicans", visitor(), new("[](javascript:x)"), config.current())
    assert "visible" in refused.value.fields["body"]


def test_a_submission_is_known_again_even_after_it_was_edited(app: Flask) -> None:
    make.thread()
    who = visitor()
    first = comments.post("pelicans", who, new(key="k-12345678"), config.current())
    comments.edit(first.comment.id, who, EditedComment(body="Better."), config.current())
    again = comments.post("pelicans", who, new(key="k-12345678"), config.current())
    assert again.comment.id == first.comment.id
    assert again.token is None


@pytest.mark.parametrize("values", [{"body": "Other."}, {"name": "Pia"}, {"parent": 1}])
def test_a_key_belongs_to_one_submission(app: Flask, values: dict[str, Any]) -> None:
    make.thread()
    make.comment()
    who = visitor()
    comments.post("pelicans", who, new(key="k-12345678"), config.current())
    with pytest.raises(KeyReused):
        comments.post("pelicans", who, new(**{"key": "k-12345678", **values}), config.current())


def test_the_same_key_in_another_thread_is_another_comment(app: Flask) -> None:
    make.thread()
    make.thread("gulls")
    who = visitor()
    for thread in ("pelicans", "gulls"):
        comments.post(thread, who, new(key="k-12345678"), config.current())
    assert db.session.query(Comment).count() == 2


def test_edits_that_change_nothing_leave_no_trace(app: Flask) -> None:
    make.thread()
    who = visitor()
    posted = comments.post("pelicans", who, new(), config.current())
    assert (
        comments.edit(
            posted.comment.id, who, EditedComment(body="Words."), config.current()
        ).edited_at
        is None
    )


def test_nobody_without_a_session_owns_anything(app: Flask) -> None:
    make.thread()
    comment = make.comment()
    assert not comments.is_mine(comment, Visitor(None, "network"))
    with pytest.raises(NotAllowed):
        comments.edit(
            comment.id, Visitor(None, "network"), EditedComment(body="x"), config.current()
        )


def test_an_accounts_comment_is_its_own_in_every_browser(app: Flask) -> None:
    make.thread()
    rhea = make.account()
    posted = comments.post("pelicans", visitor(rhea), new(), config.current())
    assert comments.may_edit(posted.comment, visitor(rhea), config.current())
    assert not comments.may_edit(posted.comment, visitor(make.account("Max")), config.current())


def test_a_rejected_comment_is_nobodys_to_change(app: Flask) -> None:
    make.thread()
    who = visitor()
    posted = comments.post("pelicans", who, new(), config.current())
    comments.decide(posted.comment.id, None, NewDecision(decision="spam"))
    with pytest.raises(UnknownComment):
        comments.edit(posted.comment.id, who, EditedComment(body="x"), config.current())
    make.backdate(posted.comment.id, minutes=20)
    comments.decide(posted.comment.id, None, NewDecision(decision="publish"))
    with pytest.raises(EditWindowOver):
        comments.delete(posted.comment.id, who, config.current())


# ---- moderating


def decide(comment: Comment, act: str, moderator: Account | None = None, reason: str = "") -> Any:
    return comments.decide(comment.id, moderator, NewDecision(decision=act, reason=reason))  # type: ignore[arg-type]


def status(comment: Comment) -> Status:
    db.session.rollback()
    return db.session.get_one(Comment, comment.id, populate_existing=True).status


def test_every_decision_can_be_taken_back_one_after_the_other(app: Flask) -> None:
    make.thread()
    comment = make.comment(held=True)
    for act, after in (
        ("publish", Status.PUBLISHED),
        ("spam", Status.REJECTED),
        ("delete", Status.DELETED),
        ("undo", Status.REJECTED),
        ("undo", Status.PUBLISHED),
        ("undo", Status.PENDING),
    ):
        decide(comment, act)
        assert status(comment) is after
    with pytest.raises(NothingToUndo):
        decide(comment, "undo")


def test_a_decision_keeps_who_and_why(app: Flask) -> None:
    make.thread()
    mona = make.account("Mona", role=Role.MODERATOR)
    made = decide(make.comment(held=True), "publish", mona, " On\ttopic. ")
    assert (made.moderator_id, made.reason) == (mona.id, "On topic.")
    assert (made.status_before, made.status_after) == (Status.PENDING, Status.PUBLISHED)


@pytest.mark.parametrize("act", ["publish", "spam", "delete"])
def test_what_its_writer_deleted_is_beyond_any_decision(app: Flask, act: str) -> None:
    make.thread()
    who = visitor()
    comment = comments.post("pelicans", who, new(), config.current()).comment
    decide(comment, "publish")
    comments.delete(comment.id, who, config.current())
    with pytest.raises(NotAllowed):
        decide(comment, act)
    with pytest.raises(NothingToUndo):
        decide(comment, "undo")
    assert status(comment) is Status.DELETED


@pytest.mark.parametrize(
    ("name", "role", "allowed"),
    [
        ("Olga", Role.OWNER, True),
        ("Mona", Role.MODERATOR, True),
        ("Ada", Role.AUTHOR, True),
        ("Bob", Role.AUTHOR, False),
        ("Ada", Role.READER, False),
    ],
)
def test_who_may_decide(app: Flask, name: str, role: Role, allowed: bool) -> None:
    make.thread(authors=["Ada"])
    comment = make.comment(held=True)
    account = make.account(name, role=role)
    if allowed:
        decide(comment, "publish", account)
    else:
        with pytest.raises(NotAllowed):
            decide(comment, "publish", account)
    assert status(comment) is (Status.PUBLISHED if allowed else Status.PENDING)
    assert not comments.may_moderate(None, db.session.get_one(Thread, "pelicans"))


def test_only_what_readers_see_raises_the_revision(app: Flask) -> None:
    make.thread()
    comment = make.comment(held=True)
    before = revision()
    decide(comment, "spam")
    decide(comment, "delete")
    assert revision() == before
    decide(comment, "publish")
    assert revision() == before + 1
