"""Spam services: asked behind the commit, believed only in that a comment waits, and told of decisions against them."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, spam_services
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import Message
from comments_service.inputs import EditedComment, NewDecision, parse
from comments_service.models import Comment, Role, Session, SpamQuestion, Status, Untold, now
from comments_service.notifications.fan_out import fan_out
from comments_service.sessions import begin
from comments_service.spam_services.asking import MAX_ATTEMPTS
from tests import make
from tests.conftest import one_database
from tests.plans import sent
from tests.receiver import Receiver, status

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AKISMET = "Akismet takes it for spam."
HOOK = "Your own spam check takes it for spam."


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def changed_settings(receiver: Receiver) -> dict[str, Any]:
    where = f"http://127.0.0.1:{receiver.port}/"
    return {
        "hook_networks": "127.0.0.0/8",
        "akismet": f"key {where}",
        "spam_hook": f"{where}check {SECRET}",
    }


@pytest.fixture(autouse=True)
def _thread(app: Flask) -> None:
    make.thread()


def posted(**values: Any) -> Comment:
    """A comment of which nobody was told yet, as a post leaves it."""
    held = values.get("held", False)
    return make.comment(untold=Untold.WAITING if held else Untold.PUBLISHED, **values)


def work(settings: Settings) -> int:
    fan_out(settings.spam_services)
    return spam_services.ask_waiting(settings)


def now_of(comment: Comment) -> tuple[Status, list[str]]:
    db.session.rollback()
    row = db.session.get_one(Comment, comment.id, populate_existing=True)
    return row.status, [str(each) for each in row.reasons]


def answering(akismet: str, hook: str) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        status(200, hook if handler.path == "/check" else akismet)(handler)

    return answer


def waiting() -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(
        sa.select(SpamQuestion.service, SpamQuestion.question).order_by(SpamQuestion.id)
    )
    return [(row[0], str(row[1])) for row in rows]


def test_what_they_call_spam_is_taken_out_of_the_article_with_the_reason(
    settings: Settings, receiver: Receiver
) -> None:
    receiver.answer = answering("true", '{"spam": true}')
    comment = posted()
    assert work(settings) == 2
    assert now_of(comment) == (Status.PENDING, [AKISMET, HOOK])
    assert waiting() == []
    # That it waits now is told, and nobody is asked a second time.
    assert work(settings) == 0


def test_what_they_let_pass_stays_as_it_is(settings: Settings, receiver: Receiver) -> None:
    receiver.answer = answering("false", '{"spam": false}')
    published = posted()
    held = posted(held=True, reasons=[Message("First comment of this writer.")])
    assert work(settings) == 4
    assert now_of(published) == (Status.PUBLISHED, [])
    assert now_of(held) == (Status.PENDING, ["First comment of this writer."])


def test_what_waits_already_has_one_reason_more(settings: Settings, receiver: Receiver) -> None:
    receiver.answer = answering("true", "")
    held = posted(held=True, reasons=[Message("First comment of this writer.")])
    work(settings)
    assert now_of(held) == (Status.PENDING, ["First comment of this writer.", AKISMET])


def test_each_is_sent_what_everybody_would_read_and_no_address(
    settings: Settings, receiver: Receiver
) -> None:
    receiver.answer = answering("false", "")
    comment = posted(email="gus@example.org", website="https://gus.example", network="n")
    work(settings)
    akismet, hook = receiver.got
    assert akismet.path == "/comment-check"
    fields = {name: values[0] for name, values in parse_qs(akismet.body.decode()).items()}
    assert fields["comment_content"] == "They scoop."
    assert (fields["api_key"], fields["user_ip"]) == ("key", "127.0.0.1")
    assert (fields["comment_author"], fields["blog"]) == ("Gus", f"{settings.site_url}/")
    assert hook.signed_with(SECRET)
    assert hook.json["type"] == "spam.check"
    assert hook.json["data"]["text"] == "They scoop."
    assert hook.json["data"]["id"] == comment.id
    assert b"gus@example.org" not in akismet.body + hook.body


def decide(comment: Comment, decision: str) -> None:
    comments.decide(comment.id, None, parse(NewDecision, {"decision": decision}))


def test_a_decision_against_what_they_said_is_told_to_them(
    settings: Settings, receiver: Receiver
) -> None:
    receiver.answer = answering("true", '{"spam": false}')
    one, other = posted(body="One."), posted(body="Other.")
    work(settings)
    receiver.got.clear()
    receiver.answer = answering("Thanks for making the web a better place.", "")
    decide(one, "publish")
    decide(other, "spam")
    assert work(settings) == 2
    assert {each.path for each in receiver.got} == {"/submit-ham", "/check"}
    (correction,) = (each.json for each in receiver.got if each.path == "/check")
    assert (correction["type"], correction["data"]["spam"]) == ("spam.correction", True)
    assert correction["data"]["id"] == other.id
    assert now_of(one)[0] is Status.PUBLISHED


def test_a_decision_that_was_made_meanwhile_stands(settings: Settings, receiver: Receiver) -> None:
    receiver.answer = answering("true", '{"spam": true}')
    comment = posted(held=True)
    fan_out(settings.spam_services)
    decide(comment, "publish")
    spam_services.ask_waiting(settings)
    assert now_of(comment)[0] is Status.PUBLISHED


def test_an_answer_about_an_earlier_text_is_no_answer(app: Flask) -> None:
    comment = posted(version=2)
    reason = Message("Akismet takes it for spam.")
    assert not comments.doubt(comment.id, 1, reason, since=now())
    assert not comments.doubt(10_000, 1, reason, since=now())
    assert now_of(comment)[0] is Status.PUBLISHED


def test_what_staff_write_is_shown_to_nobody(settings: Settings, receiver: Receiver) -> None:
    posted(by=make.account("Olga", role=Role.OWNER))
    assert work(settings) == 0
    assert (receiver.got, waiting()) == ([], [])


def test_an_edit_that_stands_at_once_is_asked_about(settings: Settings, receiver: Receiver) -> None:
    with writing():
        session, _ = begin(None, make.visitor())
    comment = make.comment(session=session)
    assert isinstance(session, Session)
    new = parse(EditedComment, {"body": "They dive."})
    comments.edit(comment.id, make.visitor(session=session), new, settings)
    assert waiting() == [("akismet", "check"), ("hook", "check")]


@pytest.mark.parametrize(
    "answer",
    [status(500), status(200, "invalid"), status(200, '{"spam": "maybe"}'), status(200, "[]")],
    ids=["a failure", "no answer", "no yes or no", "a list"],
)
def test_what_gives_no_answer_changes_nothing_and_is_asked_again(
    settings: Settings, receiver: Receiver, answer: Any
) -> None:
    receiver.answer = answer
    comment = posted()
    assert work(settings) == 0
    assert now_of(comment) == (Status.PUBLISHED, [])
    assert waiting() == [("akismet", "check"), ("hook", "check")]
    for _ in range(MAX_ATTEMPTS):
        with writing():
            db.session.execute(
                sa.update(SpamQuestion)
                .where(SpamQuestion.next_attempt_at.is_not(None))
                .values(next_attempt_at=now())
            )
        spam_services.ask_waiting(settings)
    assert waiting() == []
    assert len(receiver.got) == 2 * MAX_ATTEMPTS


@one_database
def test_a_check_that_repeats_its_address_does_not_bring_it_into_the_log(
    settings: Settings, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answer = status(404, "Cannot POST /check")
    posted()
    assert work(settings) == 0
    of_the_hook = [each.getMessage() for each in caplog.records if each.getMessage()[:5] == "hook "]
    assert len(of_the_hook) == 1
    assert "NoAnswer: 404" in of_the_hook[0]
    assert "/check" not in of_the_hook[0]


def test_nothing_is_written_down_where_nobody_is_asked(app: Flask) -> None:
    posted()
    with sent() as statements:
        fan_out()
    assert not [each for each in statements if "spam_" in each[0]]
    assert waiting() == []
