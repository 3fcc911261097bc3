"""The owner's page of rules: what makes a comment wait, tried before it holds, and what was changed."""

import re
from typing import Any

from flask import Blueprint, Response, request, url_for

from comments_service import rules
from comments_service.config import Settings
from comments_service.errors import Message
from comments_service.inputs import GUESTS, SCRIPTS, RuleChanges, parse
from comments_service.models import Status
from comments_service.web import answers, visitor
from comments_service.web.form_page import form_page
from comments_service.web.params import row_id
from comments_service.web.routes import Guard, route

bp = Blueprint("rules", __name__)

NUMBERS = ("trust_after", "max_links", "new_account_days", "old_thread_days")
LISTS = ("words", "networks")
CHANGED = Message("Saved. From now on comments are judged by these rules.")
UNCHANGED = Message("Nothing was changed.")


def given() -> RuleChanges:
    """The form; what `.env` rules is not in it. Raises InvalidInput."""
    form = request.form
    data: dict[str, Any] = {name: number(form[name]) for name in NUMBERS if name in form}
    data |= {name: form[name].splitlines() for name in LISTS if name in form}
    data |= {"guests": form["guests"]} if "guests" in form else {}
    # Of boxes, those that are not ticked are not sent.
    data |= {"scripts": form.getlist("script")} if "scripts" in form else {}
    return parse(RuleChanges, data)


def number(text: str) -> int:
    """What was typed, or what is refused as no number."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text.strip()) else -1


@route(
    bp,
    "GET POST /moderation/rules",
    "What makes a comment wait: tried, saved, undone",
    guard=Guard.OWNER,
)
def ruled(settings: Settings) -> Response:
    rules.look()

    def act() -> Response:
        match request.form.get("act"):
            case "undo":
                change_id = request.form.get("change", type=row_id) or 0
                rules.undo(change_id, visitor.owner(), settings)
                answers.say(Message("Undone."))
            case "save":
                changed = rules.change(given(), visitor.owner(), settings)
                answers.say(CHANGED if changed else UNCHANGED)
            case _:
                draft = rules.drafted(given(), settings)
                return page(draft, rules.tried(draft))
        return answers.see_other(url_for("rules.ruled"))

    def page(shown: rules.Rules, trials: rules.Trials | None = None) -> Response:
        return answers.page(
            "dashboard/rules.html",
            values=request.form,
            errors={},
            error=None,
            **context(shown, settings),
            trials=trials,
        )

    return form_page(
        "dashboard/rules.html", act, **context(rules.known(settings), settings), trials=None
    )


def context(shown: rules.Rules, settings: Settings) -> dict[str, Any]:
    return {
        "rules": shown,
        "changes": rules.changes(rules.known(settings)),
        "settings_of": rules.SETTINGS,
        "guest_choices": GUESTS,
        "all_scripts": SCRIPTS,
        "chosen": request.form.getlist("script") if "scripts" in request.form else shown.scripts,
        "statuses": [Status.PUBLISHED, Status.PENDING, Status.REJECTED, Status.DELETED],
    }
