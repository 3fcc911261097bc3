"""What one is told of by e-mail: the account's choices, and what to hear of one thread."""

from typing import Any

from flask import Blueprint, Response

from comments_service import i18n, rules, threads
from comments_service.config import Settings
from comments_service.errors import Message, NotAllowed
from comments_service.inputs import ChangedNotifications, FollowByEmail, ThreadLevel
from comments_service.models import Account
from comments_service.notifications import opt_in, preferences, subscriptions
from comments_service.web import answers, visitor
from comments_service.web.routes import Guard, route

bp = Blueprint("notifications", __name__)


@route(
    bp,
    "GET /notifications",
    "What one is told of by e-mail",
    guard=Guard.SIGNED_IN,
    answers={200: "Notifications"},
    problems=(401,),
)
def read() -> Response:
    _, account = visitor.signed_in()
    return answers.json(_of(account))


@route(
    bp,
    "PATCH /notifications",
    "Changes what is given",
    guard=Guard.SIGNED_IN,
    body=ChangedNotifications,
    answers={200: "Notifications"},
    problems=(401, 404),
)
def change(given: ChangedNotifications) -> Response:
    _, account = visitor.signed_in()
    preferences.save(preferences.made(account), account, given)
    return answers.json(_of(account))


@route(
    bp,
    "PATCH /threads/<thread_id>/notifications",
    "What to hear of a thread",
    guard=Guard.SIGNED_IN,
    body=ThreadLevel,
    answers={200: "ThreadNotifications"},
    problems=(401, 404),
)
def choose(thread_id: str, given: ThreadLevel) -> Response:
    """Every new comment (`all`), `answers` and mentions, or `nothing`."""
    _, account = visitor.signed_in()
    wanted = ChangedNotifications(threads={threads.get(thread_id).id: given.level})
    preferences.save(preferences.made(account), account, wanted)
    return answers.json({"level": given.level})


@route(
    bp,
    "POST /threads/<thread_id>/notifications",
    "Asks an address whether it wants every new comment",
    guard=Guard.OPEN,
    who="everybody, within limits",
    body=FollowByEmail,
    answers={202: "Detail"},
    problems=(403, 404),
    query=("lang",),
)
def ask(thread_id: str, given: FollowByEmail, settings: Settings) -> Response:
    """The answer is the same whatever is known of the address."""
    if not rules.takes_guests(settings):
        raise NotAllowed(Message("Please sign in first."))
    thread, lang = threads.get(thread_id), visitor.language()
    opt_in.ask(given.email, "thread", thread.id, visitor.current(), lang, settings)
    return answers.json({"detail": i18n.say(lang, opt_in.ASKED)}, 202)


def _of(account: Account) -> dict[str, Any]:
    known = preferences.known(account)
    return {
        "choices": {
            kind.name: str(preferences.chosen(known)[kind.name])
            for kind in preferences.kinds(account)
        },
        "threads": {
            each.thread.id: str(each.level)
            for each in (subscriptions.followed(known) if known else [])
        },
        "all_off": known is not None and known.all_off,
    }
