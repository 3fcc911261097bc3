"""Web hooks: told once, signed, tried again, and given up in the end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, hooks
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.hooks import connection, delivering
from comments_service.inputs import HookInput, NewComment, NewDecision, parse
from comments_service.models import Comment, Hook, HookDelivery, HookEvent, Role, Status, now
from comments_service.notifications.fan_out import fan_out
from tests import make
from tests.conftest import one_database
from tests.receiver import Receiver, status

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"hook_networks": "127.0.0.0/8"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def other() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


def a_hook(url: str, *events: str, format: str = "json") -> Hook:
    given = {"url": url, "format": format, "events": list(events or ("waiting", "published"))}
    return hooks.add(HookInput.model_validate(given))


def told(comment: Comment, event: HookEvent = HookEvent.WAITING) -> None:
    with writing():
        hooks.tell([(event, comment.id)])


def the_delivery() -> HookDelivery:
    db.session.rollback()
    return db.session.scalars(
        sa.select(HookDelivery).execution_options(populate_existing=True)
    ).one()


def due() -> None:
    """Let the wait for the next attempt be over."""
    db.session.execute(
        sa.update(HookDelivery)
        .where(HookDelivery.next_attempt_at.is_not(None))
        .values(next_attempt_at=now())
    )
    db.session.commit()


def a_comment(**values: Any) -> Comment:
    if db.session.scalar(sa.text("SELECT count(*) FROM threads")) == 0:
        make.thread()
    return make.comment(**values)


def test_a_hook_is_told_once_with_a_signature_that_others_can_check(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    hook = a_hook(receiver.url)
    comment = a_comment(body="They *scoop*.", held=True, email="gus@example.org", network="n")
    told(comment)
    assert hooks.send_waiting(settings) == 1
    assert hooks.send_waiting(settings) == 0
    (got,) = receiver.got
    assert got.signed_with(hook.secret)
    assert not got.signed_with("whsec_" + "A" * 44)
    said = got.json
    assert said["type"] == "comment.waiting"
    assert said["data"]["comment"] | {"created_at": ""} == {
        "id": comment.id,
        "parent": None,
        "status": "pending",
        "thread": "pelicans",
        "article": "Pelicans",
        "url": f"http://blog.test/pelicans/#comment-{comment.id}",
        "moderate": f"http://blog.test/comments/moderation/comments/{comment.id}",
        "created_at": "",
        "edited_at": None,
        "name": "Gus",
        "text": "They *scoop*.",
        "waits_because": [],
    }
    # No address, no network, no hash of either.
    assert b"example.org" not in got.body
    assert the_delivery().status == 204


def test_only_the_hooks_that_want_an_event_hear_of_it(
    app: Flask, settings: Settings, receiver: Receiver, other: Receiver
) -> None:
    a_hook(receiver.url, "deleted")
    a_hook(other.url, "waiting")
    off = a_hook(other.url, "waiting")
    hooks.change(off.id, HookInput(url=other.url, events=["waiting"], enabled=False))
    told(a_comment(held=True))
    assert hooks.send_waiting(settings) == 1
    assert (len(receiver.got), len(other.got)) == (0, 1)


def test_telling_costs_two_statements_however_much_happened(
    app: Flask, receiver: Receiver, statements: list[str]
) -> None:
    for _ in range(3):
        a_hook(receiver.url)
    made = [a_comment(held=True) for _ in range(10)]
    statements.clear()
    with writing():
        hooks.tell([(HookEvent.WAITING, each.id) for each in made])
    assert len(statements) <= 2
    assert db.session.scalar(sa.select(sa.func.count()).select_from(HookDelivery)) == 30


def test_what_is_not_committed_is_not_told(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    a_hook(receiver.url)
    comment = a_comment(held=True)

    def begun() -> None:
        with writing():
            hooks.tell([(HookEvent.WAITING, comment.id)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        begun()
    assert hooks.send_waiting(settings) == 0


def test_what_was_overtaken_is_not_told_any_more(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    a_hook(receiver.url)
    comment = a_comment(held=True)
    told(comment)
    with comments.changing():
        comment.status = Status.REJECTED
    assert hooks.send_waiting(settings) == 0
    assert receiver.got == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(HookDelivery)) == 0


def test_of_a_deleted_comment_nobody_hears_what_it_said(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    a_hook(receiver.url, "deleted", "decided")
    comment = a_comment(body="Secret words.")
    comments.decide(comment.id, None, NewDecision(decision="delete", version=1))
    told(comment, HookEvent.DELETED)
    assert hooks.send_waiting(settings) == 2
    decided, deleted = receiver.got
    assert decided.json["data"]["decision"] == {"act": "delete", "reason": ""}
    assert deleted.json["type"] == "comment.deleted"
    assert b"Secret" not in decided.body + deleted.body
    assert b"Gus" not in decided.body + deleted.body


def test_every_decision_is_told_with_its_reason(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    a_hook(receiver.url, "decided")
    mona = make.account("Mona", role=Role.MODERATOR)
    comment = a_comment(held=True)
    for act in ("publish", "spam", "undo"):
        comments.decide(comment.id, mona, NewDecision(decision=act, reason="So.", version=1))
    assert hooks.send_waiting(settings) == 3
    assert [each.json["data"]["decision"]["act"] for each in receiver.got] == [
        *("publish", "spam", "undo")
    ]
    assert b"Mona" not in b"".join(each.body for each in receiver.got)


@pytest.mark.parametrize("code", [301, 400, 404, 429, 500, 503])
@one_database
def test_what_is_not_taken_is_tried_again_by_the_same_id(
    app: Flask, settings: Settings, receiver: Receiver, code: int
) -> None:
    hook = a_hook(receiver.url)
    told(a_comment(held=True))
    receiver.answer = status(code, "not\nnow")
    assert hooks.send_waiting(settings) == 0
    found = the_delivery()
    assert (found.status, found.error) == (code, f"{code} not now")
    assert found.next_attempt_at is not None
    assert found.next_attempt_at > now()
    assert hooks.send_waiting(settings) == 0
    assert len(receiver.got) == 1
    due()
    receiver.answer = status(200)
    assert hooks.send_waiting(settings) == 1
    first, second = receiver.got
    assert first.id == second.id
    assert second.signed_with(hook.secret)
    assert (the_delivery().status, the_delivery().error) == (200, "")


@one_database
@pytest.mark.parametrize(("asked", "given"), [("900", 900), ("9" * 14, 3_600)])
def test_a_receiver_that_asks_for_patience_gets_it_within_reason(
    app: Flask, settings: Settings, receiver: Receiver, asked: str, given: int
) -> None:
    a_hook(receiver.url)
    told(a_comment(held=True))
    receiver.answer = status(429, Retry_After=asked)
    hooks.send_waiting(settings)
    wait = the_delivery().next_attempt_at
    assert wait is not None
    assert timedelta(seconds=given - 50) < wait - now() <= timedelta(seconds=given)


def test_after_ten_attempts_in_two_days_it_is_given_up_until_it_is_sent_again(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    a_hook(receiver.url)
    told(a_comment(held=True))
    receiver.answer = status(500)
    waited = timedelta()
    for _ in range(delivering.MAX_ATTEMPTS):
        hooks.send_waiting(settings)
        waited += (the_delivery().next_attempt_at or now()) - now()
        due()
    assert the_delivery().next_attempt_at is None
    assert timedelta(hours=46) < waited < timedelta(hours=50)
    hooks.send_waiting(settings)
    assert len(receiver.got) == delivering.MAX_ATTEMPTS
    receiver.answer = status(204)
    hooks.again(the_delivery().id)
    assert hooks.send_waiting(settings) == 1
    assert len({each.id for each in receiver.got}) == 1


def test_a_receiver_that_is_away_holds_up_no_other(
    app: Flask, settings: Settings, receiver: Receiver, other: Receiver
) -> None:
    receiver.answer = status(500)
    a_hook(receiver.url)
    a_hook(other.url)
    for _ in range(5):
        told(a_comment(held=True))
    assert hooks.send_waiting(settings) == 5
    assert (len(receiver.got), len(other.got)) == (1, 5)


@one_database
def test_nobody_listens(app: Flask, settings: Settings, receiver: Receiver) -> None:
    a_hook(receiver.url)
    receiver.stop()
    told(a_comment(held=True))
    assert hooks.send_waiting(settings) == 0
    assert "ConnectionRefusedError" in the_delivery().error


@one_database
def test_a_receiver_that_is_gone_for_good_is_switched_off(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    hook = a_hook(receiver.url)
    told(a_comment(held=True))
    receiver.answer = status(410)
    hooks.send_waiting(settings)
    assert not hooks.get(hook.id).enabled
    due()
    assert hooks.send_waiting(settings) == 0
    assert len(receiver.got) == 1


@one_database
def test_a_private_address_is_refused_and_the_owner_reads_why(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    a_hook(receiver.url.replace("127.0.0.1", "192.168.0.1"))
    told(a_comment(held=True))
    assert hooks.send_waiting(settings) == 0
    assert "COMMENTS_HOOK_NETWORKS" in the_delivery().error


@one_database
@pytest.mark.parametrize("away", [True, False])
def test_no_failure_brings_the_address_into_the_log(
    app: Flask, settings: Settings, receiver: Receiver, caplog: pytest.LogCaptureFixture, away: bool
) -> None:
    # For a chat, who knows the address may write there.
    a_hook(f"http://127.0.0.1:{receiver.port}/services/T0/secret")
    receiver.answer = status(404, "Cannot POST /services/T0/secret")
    if away:
        receiver.stop()
    told(a_comment(held=True))
    hooks.send_waiting(settings)
    assert "waits" in caplog.text
    assert "secret" not in caplog.text
    # What a receiver answers is for its owner, who knows the address.
    assert ("secret" in the_delivery().error) is not away


@one_database
def test_who_takes_a_delivery_over_sends_it_by_the_same_id(
    app: Flask, settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_hook(receiver.url)
    told(a_comment(held=True))
    really = connection.post

    def die(*given: Any) -> connection.Reply:
        really(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr("comments_service.hooks.delivering.post", die)
    with pytest.raises(KeyboardInterrupt):
        hooks.send_waiting(settings)
    monkeypatch.undo()
    assert hooks.send_waiting(settings) == 0
    due()
    assert hooks.send_waiting(settings) == 1
    first, second = receiver.got
    assert first.id == second.id


def test_who_comes_late_writes_nothing_over_the_one_who_took_over(
    app: Flask, settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_hook(receiver.url)
    told(a_comment(held=True))

    def slow(*_: Any) -> connection.Reply:
        assert not db.session().in_transaction()
        # Its lease runs out and another process delivers; then this one fails.
        monkeypatch.undo()
        due()
        assert hooks.send_waiting(settings) == 1
        raise OSError("too late")

    monkeypatch.setattr("comments_service.hooks.delivering.post", slow)
    assert hooks.send_waiting(settings) == 0
    found = the_delivery()
    assert found.delivered_at is not None
    assert (found.status, found.error, found.attempts) == (204, "", 2)
    assert len(receiver.got) == 1


def test_deliveries_are_forgotten_after_a_month(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    a_hook(receiver.url)
    told(a_comment(held=True))
    hooks.send_waiting(settings)
    hooks.clean()
    assert the_delivery().delivered_at
    db.session.execute(sa.update(HookDelivery).values(created_at=now() - timedelta(days=31)))
    db.session.commit()
    hooks.clean()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(HookDelivery)) == 0


def test_a_comment_is_told_from_its_post_to_its_deletion(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    a_hook(receiver.url, "waiting", "published", "deleted", "decided")
    make.thread()
    mona = make.account("Mona", role=Role.MODERATOR)

    def told_now() -> list[str]:
        before = len(receiver.got)
        fan_out()
        hooks.send_waiting(settings)
        return sorted(each.json["type"] for each in receiver.got[before:])

    posted = comments.post(
        "pelicans",
        make.visitor(),
        parse(NewComment, {"body": "They scoop.", "name": "Gus"}),
        settings,
    ).comment
    assert told_now() == ["comment.waiting"]
    assert told_now() == []
    comments.decide(posted.id, mona, NewDecision(decision="publish", version=1))
    assert told_now() == ["comment.decided", "comment.published"]
    comments.decide(posted.id, mona, NewDecision(decision="spam", version=1))
    assert told_now() == ["comment.decided"]
    comments.decide(posted.id, mona, NewDecision(decision="delete", version=1))
    assert told_now() == ["comment.decided", "comment.deleted"]
