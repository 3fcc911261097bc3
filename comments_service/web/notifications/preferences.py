"""What one is told of by e-mail: of a thread, of each kind, and how to stop it; complete without scripts."""

from collections.abc import Callable

from flask import Blueprint, Response, request, url_for

from comments_service import rules, threads
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import InvalidInput, Message, NotAllowed
from comments_service.inputs import ChangedNotifications, FollowByEmail, from_form, parse
from comments_service.models import Account, Recipient, Thread
from comments_service.notifications import opt_in, preferences, signed_links, subscriptions
from comments_service.notifications.subscriptions import Level
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.params import row_id
from comments_service.web.routes import Guard, route

bp = Blueprint("notifications", __name__)


@route(
    bp,
    "GET POST /account/notifications",
    "What one is told of by e-mail",
    guard=Guard.SIGNED_IN,
)
def of_account() -> Response:
    _, account = visitor.signed_in()
    here = url_for("notifications.of_account")
    return preferences_page(
        preferences.known(account), account, lambda: preferences.made(account), here
    )


@route(
    bp,
    "GET POST /notifications/<signed>",
    "The same by the link of an e-mail; forgets a guest's address",
    guard=Guard.LINK,
)
def by_link(signed: str) -> Response:
    recipient, _ = signed_links.opened("preferences", signed)
    here = url_for("notifications.by_link", signed=signed)
    return preferences_page(recipient, account_of(recipient), lambda: recipient, here)


def account_of(recipient: Recipient) -> Account | None:
    return db.session.get(Account, recipient.account_id) if recipient.account_id else None


def preferences_page(
    recipient: Recipient | None,
    account: Account | None,
    made: Callable[[], Recipient],
    here: str,
) -> Response:
    """The choices of an account or a guest. An account that never chose is `made` a recipient by choosing."""

    def act() -> Response:
        chosen = made()
        match request.form.get("act"):
            case "forget" if account is None:
                preferences.forget(chosen)
                return answers.page("notifications/forgotten.html")
            case "off" | "on" as switch:
                preferences.save(chosen, account, ChangedNotifications(all_off=switch == "off"))
            case _:
                given = parse(ChangedNotifications, from_fields())
                preferences.save(chosen, account, given)
        answers.say(Message("Saved."))
        return answers.see_other(here)

    return form_page(
        "notifications/preferences.html",
        act,
        guest=recipient if account is None else None,
        holder=account,
        kinds=preferences.kinds(account),
        chosen=preferences.chosen(recipient),
        all_off=recipient is not None and recipient.all_off,
        followed=subscriptions.followed(recipient) if recipient else [],
        of_blog=[(kind, stop_address(recipient, kind)) for kind in subscriptions.of_blog(recipient)]
        if recipient
        else [],
        here=here,
    )


def stop_address(recipient: Recipient, kind: str) -> str:
    return url_for("notifications.unsubscribe", signed=signed_links.unsubscribe(recipient, kind))


def from_fields() -> dict[str, dict[str, str]]:
    """The fields of a plain form, such as `choices.answer`, as JSON has them."""
    found: dict[str, dict[str, str]] = {"choices": {}, "threads": {}}
    for name, value in request.form.items():
        group, _, key = name.partition(".")
        if group in found and key:
            found[group][key] = value
    return found


@route(
    bp,
    "GET POST /unsubscribe/<signed>",
    "Stops e-mails like the one that it came with; a GET only says which",
    guard=Guard.LINK,
)
def unsubscribe(signed: str) -> Response:
    """RFC 8058: a mail program posts `List-Unsubscribe=One-Click` for its reader."""
    recipient, (kind, *of) = signed_links.opened("unsubscribe", signed)
    thread = db.session.get(Thread, of[0]) if of else None
    stopped = ""
    if request.method == "POST":
        stopped = request.form.get("act", "stop")
        if stopped == "off":
            preferences.save(recipient, account_of(recipient), ChangedNotifications(all_off=True))
        elif stopped == "mute" and thread is not None:
            wanted = ChangedNotifications(threads={thread.id: "nothing"})
            preferences.save(recipient, account_of(recipient), wanted)
        else:
            stopped = "stop"
            preferences.stop(recipient, kind, thread.id if thread else None)
    link = signed_links.preferences(recipient)
    return answers.page(
        "notifications/unsubscribe.html",
        kind=kind,
        thread=thread,
        stopped=stopped,
        choices=url_for("notifications.by_link", signed=link),
    )


@route(
    bp,
    "GET POST /subscribe/<token>",
    "Says yes to what was asked for in the name of an address",
    guard=Guard.LINK,
)
def confirm(token: str) -> Response:
    recipient, asked = opt_in.waiting(token)

    def act() -> Response:
        if request.form.get("act") == "forget":
            preferences.forget(recipient)
            return answers.page("notifications/forgotten.html")
        ticked = request.form.getlist("wanted", type=row_id)
        if not ticked:
            raise InvalidInput(Message("Please tick what you want to be e-mailed."))
        confirmed = opt_in.confirm(token, ticked)
        answers.say(Message("Thank you. From now on these e-mails come to you."))
        link = signed_links.preferences(confirmed)
        return answers.see_other(url_for("notifications.by_link", signed=link))

    return form_page("notifications/confirm.html", act, email=recipient.email, asked=asked)


@route(
    bp,
    "GET POST /threads/<thread_id>/notifications",
    "What to be told of a thread; a guest gives an address, which is asked first",
    guard=Guard.OPEN,
    who="everybody, within limits",
)
def of_thread(thread_id: str, settings: Settings) -> Response:
    thread = threads.get(thread_id)
    session = visitor.session()
    account = session.account if session else None
    lang = visitor.language()

    def choose(account: Account) -> Response:
        level = parse(ChangedNotifications, {"threads": {thread_id: request.form.get("level", "")}})
        preferences.save(preferences.made(account), account, level)
        answers.say(Message("Saved."))
        return answers.see_other(url_for("comment_pages.read", thread_id=thread_id))

    def ask() -> Response:
        if not rules.takes_guests(settings):
            raise NotAllowed(Message("Please sign in first."))
        email = from_form(FollowByEmail, request.form).email
        opt_in.ask(email, "thread", thread_id, visitor.current(), lang, settings)
        return answers.page("notifications/asked.html", email=email, thread=thread)

    return form_page(
        "notifications/thread.html",
        lambda: choose(account) if account else ask(),
        thread=thread,
        title=threads.title(thread, lang),
        article=threads.address(thread, lang),
        level=subscriptions.level_of(account.id, thread_id) if account else Level.ANSWERS,
    )
