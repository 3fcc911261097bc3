"""Web hooks, for the owner's programs."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response

from comments_service import hooks, i18n
from comments_service.inputs import HookInput, Nothing
from comments_service.models import Hook, HookDelivery
from comments_service.web import answers
from comments_service.web.routes import Guard, route

bp = Blueprint("hooks", __name__)

REFUSED = (401, 403)


def content(hook: Hook) -> dict[str, Any]:
    return {
        "id": hook.id,
        "url": hook.url,
        "format": str(hook.format),
        "events": hook.events,
        "secret": hook.secret,
        "enabled": hook.enabled,
        "created_at": i18n.stamp(hook.created_at),
    }


def delivery(each: HookDelivery) -> dict[str, Any]:
    return {
        "id": each.id,
        "webhook_id": f"msg_{each.key}",
        "event": str(each.event),
        "comment": each.comment_id,
        "created_at": i18n.stamp(each.created_at),
        "attempts": each.attempts,
        "next_attempt_at": i18n.stamp(each.next_attempt_at) if each.next_attempt_at else None,
        "delivered_at": i18n.stamp(each.delivered_at) if each.delivered_at else None,
        "status": each.status,
        "error": each.error,
    }


def listed(found: Sequence[Hook]) -> Response:
    return answers.json({"hooks": [content(each) for each in found]})


@route(
    bp,
    "GET /hooks",
    "The web hooks",
    guard=Guard.OWNER,
    answers={200: "Hooks"},
    problems=REFUSED,
)
def read() -> Response:
    return listed(hooks.configured())


@route(
    bp,
    "POST /hooks",
    "Add a web hook",
    guard=Guard.OWNER,
    body=HookInput,
    answers={201: "Hook"},
    problems=REFUSED,
)
def add(given: HookInput) -> Response:
    return answers.json(content(hooks.add(given)), 201)


@route(
    bp,
    "PATCH /hooks/<id:hook_id>",
    "Change a web hook",
    guard=Guard.OWNER,
    body=HookInput,
    answers={200: "Hook"},
    problems=(*REFUSED, 404),
)
def change(hook_id: int, given: HookInput) -> Response:
    return answers.json(content(hooks.change(hook_id, given)))


@route(
    bp,
    "DELETE /hooks/<id:hook_id>",
    "Remove a web hook, with what it was told",
    guard=Guard.OWNER,
    answers={204: None},
    problems=(*REFUSED, 404),
)
def remove(hook_id: int) -> Response:
    hooks.remove(hook_id)
    return Response(status=204)


@route(
    bp,
    "POST /hooks/<id:hook_id>/secret",
    "Sign with a new secret from now on",
    guard=Guard.OWNER,
    body=Nothing,
    answers={200: "Hook"},
    problems=(*REFUSED, 404),
)
def renew_secret(hook_id: int, given: Nothing) -> Response:
    return answers.json(content(hooks.renew_secret(hook_id)))


@route(
    bp,
    "POST /hooks/<id:hook_id>/test",
    "Send a test",
    guard=Guard.OWNER,
    body=Nothing,
    answers={202: "HookDelivery"},
    problems=(*REFUSED, 404),
)
def probe(hook_id: int, given: Nothing) -> Response:
    return answers.json(delivery(hooks.probe(hook_id)), 202)


@route(
    bp,
    "GET /hooks/<id:hook_id>/deliveries",
    "What a web hook was told, the latest first",
    guard=Guard.OWNER,
    answers={200: "HookDeliveries"},
    problems=(*REFUSED, 404),
)
def deliveries(hook_id: int) -> Response:
    found = hooks.deliveries(hooks.get(hook_id))
    return answers.json({"deliveries": [delivery(each) for each in found]})


@route(
    bp,
    "POST /hooks/deliveries/<id:delivery_id>/again",
    "Send a delivery again",
    guard=Guard.OWNER,
    body=Nothing,
    answers={202: "HookDelivery"},
    problems=(*REFUSED, 404),
)
def again(delivery_id: int, given: Nothing) -> Response:
    return answers.json(delivery(hooks.again(delivery_id)), 202)
