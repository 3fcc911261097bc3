"""Web hooks are the owner's: added, changed, tried and removed by form and by JSON."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import hooks
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import HookInput
from comments_service.models import Hook, HookDelivery, HookEvent
from formats.passages import Passage
from tests import make
from tests.api.people import by_json_and_form
from tests.conftest import Answer, Visitor, one_database
from tests.receiver import Receiver, status

PAGE = "/comments/moderation/hooks"
GIVEN = {"url": "https://chat.test/hook", "format": "slack", "events": ["waiting", "decided"]}


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"hook_networks": "127.0.0.0/8"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


def add(visitor: Visitor, by: str, **changed: Any) -> Answer:
    given = {**GIVEN, **changed}
    if by == "json":
        return visitor.call("POST", "hooks", given)
    return visitor.post(PAGE, form(given))


def form(given: dict[str, Any]) -> dict[str, Any]:
    return {"url": given["url"], "format": given["format"], "event": given["events"]}


def a_hook(url: str = "https://chat.test/hook") -> Hook:
    return hooks.add(HookInput(url=url, events=["waiting"]))


def found() -> list[Hook]:
    db.session.rollback()
    return list(hooks.configured())


@by_json_and_form
def test_an_owner_adds_a_hook(owner: Visitor, by: str) -> None:
    answer = add(owner, by)
    assert answer.status_code == (201 if by == "json" else 303)
    (hook,) = found()
    assert (hook.url, str(hook.format), hook.events) == (
        "https://chat.test/hook",
        "slack",
        ["waiting", "decided"],
    )
    assert hook.enabled
    assert "chat.test" in owner.get(PAGE).text
    (listed,) = owner.call("GET", "hooks").json["hooks"]
    assert listed["secret"].startswith("whsec_")


@one_database
@by_json_and_form
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"url": "ftp://chat.test/"}, "url"),
        ({"url": ""}, "url"),
        ({"url": "https://a:b@chat.test/"}, "url"),
        ({"format": "fax"}, "format"),
        ({"events": []}, "events"),
        ({"events": ["test"]}, "events"),
    ],
)
def test_what_makes_no_hook_is_refused_with_the_field(
    owner: Visitor, by: str, changed: dict[str, Any], field: str
) -> None:
    answer = add(owner, by, **changed)
    assert answer.status_code == 422
    if by == "json":
        assert field in answer.json["fields"]
    else:
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}"' in answer.text
    assert found() == []


@by_json_and_form
def test_there_is_an_end_to_how_many_there_may_be(owner: Visitor, by: str) -> None:
    for _ in range(hooks.MAX_HOOKS):
        a_hook()
    assert add(owner, by).status_code == 422
    assert len(found()) == hooks.MAX_HOOKS


@by_json_and_form
def test_an_owner_changes_and_switches_off_and_removes_a_hook(owner: Visitor, by: str) -> None:
    hook = a_hook()
    given = {**GIVEN, "url": "https://other.test/x", "enabled": False}
    if by == "json":
        assert owner.call("PATCH", f"hooks/{hook.id}", given).status_code == 200
    else:
        assert owner.post(f"{PAGE}/{hook.id}", form(given)).status_code == 303
    (now,) = found()
    assert (now.url, str(now.format), now.enabled) == ("https://other.test/x", "slack", False)
    if by == "json":
        assert owner.call("DELETE", f"hooks/{hook.id}").status_code == 204
    else:
        assert owner.post(f"{PAGE}/{hook.id}", {"act": "remove"}).status_code == 303
    assert found() == []


@by_json_and_form
def test_a_new_secret_replaces_the_old_one(owner: Visitor, by: str) -> None:
    hook = a_hook()
    before = hook.secret
    if by == "json":
        answer = owner.call("POST", f"hooks/{hook.id}/secret", {})
        assert answer.json["secret"] != before
    else:
        owner.post(f"{PAGE}/{hook.id}", {"act": "secret"})
    assert hooks.get(hook.id).secret != before


@by_json_and_form
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_test_that_failed_is_shown_and_sent_again(
    owner: Visitor, settings: Settings, receiver: Receiver, by: str
) -> None:
    hook = a_hook(receiver.url)
    receiver.answer = status(500, "out of order")
    if by == "json":
        assert owner.call("POST", f"hooks/{hook.id}/test", {}).status_code == 202
    else:
        assert owner.post(f"{PAGE}/{hook.id}", {"act": "test"}).status_code == 303
    hooks.send_waiting(settings)
    (delivery,) = owner.call("GET", f"hooks/{hook.id}/deliveries").json["deliveries"]
    assert (delivery["event"], delivery["status"], delivery["attempts"]) == ("test", 500, 1)
    assert "out of order" in owner.get(f"{PAGE}/{hook.id}").text
    assert "something did not arrive" in owner.get(PAGE).text
    receiver.answer = status(200)
    if by == "json":
        path = f"hooks/deliveries/{delivery['id']}/again"
        assert owner.call("POST", path, {}).status_code == 202
    else:
        assert owner.post(f"{PAGE}/deliveries/{delivery['id']}").status_code == 303
    assert hooks.send_waiting(settings) == 1
    assert [each.json["type"] for each in receiver.got] == ["test", "test"]
    assert delivery["webhook_id"] == receiver.got[0].id == receiver.got[1].id
    assert "out of order" not in owner.get(f"{PAGE}/{hook.id}").text


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_doctor_names_a_hook_that_does_not_take_what_it_is_told(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    hook = a_hook(receiver.url)
    hooks.probe(hook.id)
    receiver.answer = status(500, "out of order")
    hooks.send_waiting(settings)
    said = app.test_cli_runner().invoke(args=["comments", "doctor"]).output
    assert f"Web hook {hook.id} (127.0.0.1:{receiver.port})" in said
    assert "500 out of order" in said
    hooks.change(hook.id, HookInput(url=hook.url, events=["waiting"], enabled=False))
    assert "Web hook" not in app.test_cli_runner().invoke(args=["comments", "doctor"]).output


@by_json_and_form
@pytest.mark.parametrize("who", ["moderator", "author", "reader", "stranger"])
def test_nobody_but_an_owner_gets_near_a_hook(
    app: Flask, request: pytest.FixtureRequest, by: str, who: str
) -> None:
    hook = a_hook()
    visitor: Visitor = request.getfixturevalue(who)
    assert add(visitor, by).status_code in (401, 403)
    page = visitor.get(f"{PAGE}/{hook.id}")
    assert page.status_code in (303, 403)
    assert "chat.test" not in page.text
    answer = visitor.call("GET", "hooks")
    assert answer.status_code in (401, 403)
    assert "whsec_" not in answer.text
    assert len(found()) == 1


@by_json_and_form
def test_a_hook_that_is_gone_is_a_404(owner: Visitor, by: str) -> None:
    if by == "json":
        assert owner.call("PATCH", "hooks/7", GIVEN).json["code"] == "unknown_hook"
        assert owner.call("POST", "hooks/deliveries/7/again", {}).status_code == 404
    else:
        assert owner.post(f"{PAGE}/7", form(GIVEN)).status_code == 404
        assert owner.post(f"{PAGE}/deliveries/7").status_code == 404


def test_with_a_hook_goes_what_it_was_told(owner: Visitor) -> None:
    hook = a_hook()
    hooks.probe(hook.id)
    hooks.remove(hook.id)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(HookDelivery)) == 0


def test_an_event_of_the_form_is_one_that_is_told() -> None:
    told = {str(each) for each in HookEvent} - {"test"}
    choices = HookInput.model_json_schema()["properties"]["events"]["items"]["enum"]
    assert set(choices) == told


@pytest.mark.enable_socket
def test_a_hook_is_told_which_words_a_note_is_about(
    app: Flask, settings: Settings, receiver: Receiver
) -> None:
    make.thread()
    a_hook(receiver.url)
    passage = Passage("a colony", "that", "needs", "en")
    comment = make.comment(held=True, passage=passage)
    with writing():
        hooks.tell([(HookEvent.WAITING, comment.id)])
    assert hooks.send_waiting(settings) == 1
    assert receiver.got[0].json["data"]["comment"]["passage"] == passage._asdict()
