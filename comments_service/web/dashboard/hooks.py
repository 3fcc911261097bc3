"""The owner's page of web hooks: who is told of comments, and what became of it."""

from flask import Blueprint, Response, request, url_for

from comments_service import hooks
from comments_service.errors import Message
from comments_service.inputs import HookInput, parse
from comments_service.models import HookEvent, HookFormat
from comments_service.web import answers
from comments_service.web.form_page import form_page
from comments_service.web.routes import Guard, route

bp = Blueprint("hooks", __name__)

EVENTS = [str(each) for each in HookEvent if each is not HookEvent.TEST]
FORMATS = [str(each) for each in HookFormat]


def given(*, enabled: bool = True) -> HookInput:
    """The form. Raises InvalidInput."""
    said = {"url": request.form.get("url", ""), "format": request.form.get("format", "")}
    return parse(HookInput, {**said, "events": request.form.getlist("event"), "enabled": enabled})


@route(
    bp,
    "GET POST /moderation/hooks",
    "The web hooks, and one more",
    guard=Guard.OWNER,
)
def configured() -> Response:
    def act() -> Response:
        made = hooks.add(given())
        answers.say(Message("Added. Send a test to see whether it arrives."))
        return answers.see_other(url_for("hooks.one", hook_id=made.id))

    return form_page(
        "dashboard/hooks.html",
        act,
        hooks=hooks.configured(),
        failing=hooks.failing(),
        chosen=request.form.getlist("event"),
        events=EVENTS,
        formats=FORMATS,
    )


@route(
    bp,
    "GET POST /moderation/hooks/<id:hook_id>",
    "One web hook: its settings, what it was told",
    guard=Guard.OWNER,
)
def one(hook_id: int) -> Response:
    hook = hooks.get(hook_id)

    def act() -> Response:
        match request.form.get("act"):
            case "remove":
                hooks.remove(hook_id)
                answers.say(Message("Removed."))
                return answers.see_other(url_for("hooks.configured"))
            case "test":
                hooks.probe(hook_id)
                answers.say(Message("A test is on its way: look again in a few seconds."))
            case "secret":
                hooks.renew_secret(hook_id)
                answers.say(Message("From now on deliveries are signed with the new secret."))
            case _:
                hooks.change(hook_id, given(enabled="enabled" in request.form))
                answers.say(Message("Saved."))
        return answers.see_other(url_for("hooks.one", hook_id=hook_id))

    return form_page(
        "dashboard/hook.html",
        act,
        hook=hook,
        deliveries=hooks.deliveries(hook),
        chosen=request.form.getlist("event"),
        events=EVENTS,
        formats=FORMATS,
    )


@route(
    bp,
    "POST /moderation/hooks/deliveries/<id:delivery_id>",
    "Sends a delivery again",
    guard=Guard.OWNER,
)
def again(delivery_id: int) -> Response:
    sent = hooks.again(delivery_id)
    answers.say(Message("It is sent again: look again in a few seconds."))
    return answers.see_other(url_for("hooks.one", hook_id=sent.hook_id))
