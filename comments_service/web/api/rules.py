"""What makes a comment wait, for the owner's programs."""

from typing import Any

from flask import Blueprint, Response

from comments_service import i18n, rules
from comments_service.config import Settings
from comments_service.inputs import Nothing, RuleChanges
from comments_service.web import answers, visitor
from comments_service.web.routes import Guard, route

bp = Blueprint("rules", __name__)

REFUSED = (401, 403)


def content(settings: Settings) -> Response:
    known = rules.known(settings)
    return answers.json(
        {
            "rules": {
                name: {
                    "value": known.value(name),
                    "source": str(known.source(name)),
                    "setting": rules.SETTINGS.get(name),
                }
                for name in rules.DEFAULTS
            },
            "changes": [
                {
                    "id": each.change.id,
                    "name": each.change.name,
                    "before": each.before,
                    "after": each.after,
                    "by": each.change.account.name if each.change.account else None,
                    "made_at": i18n.stamp(each.change.made_at),
                    "undoable": each.undoable,
                }
                for each in rules.changes(known)
            ],
        }
    )


@route(
    bp,
    "GET /rules",
    "What makes a comment wait, and who has said so",
    guard=Guard.OWNER,
    answers={200: "Rules"},
    problems=REFUSED,
)
def read(settings: Settings) -> Response:
    rules.look()
    return content(settings)


@route(
    bp,
    "PATCH /rules",
    "Change rules",
    guard=Guard.OWNER,
    body=RuleChanges,
    answers={200: "Rules"},
    problems=REFUSED,
)
def change(given: RuleChanges, settings: Settings) -> Response:
    rules.change(given, visitor.owner(), settings)
    return content(settings)


@route(
    bp,
    "POST /rules/try",
    "What rules would have held of the latest 500 comments; nothing is changed",
    guard=Guard.OWNER,
    body=RuleChanges,
    answers={200: "RuleTrials"},
    problems=REFUSED,
)
def try_out(given: RuleChanges, settings: Settings) -> Response:
    trials = rules.tried(rules.drafted(given, settings))
    return answers.json(
        {
            "looked_at": trials.looked_at,
            "rules": {name: trial(each) for name, each in trials.by_rule.items()},
        }
    )


def trial(each: rules.Trial) -> dict[str, Any]:
    return {
        "count": each.count,
        "by_status": {str(status): count for status, count in each.by_status.items()},
        "comments": [
            {
                "id": held.id,
                "status": str(held.status),
                "name": held.name,
                "excerpt": "".join(text for text, _ in held.parts),
                "words": held.words,
            }
            for held in each.shown
        ],
    }


@route(
    bp,
    "POST /rules/changes/<id:change_id>/undo",
    "Put a rule back to what it was before a change",
    guard=Guard.OWNER,
    body=Nothing,
    answers={200: "Rules"},
    problems=(*REFUSED, 409),
)
def undo(change_id: int, given: Nothing, settings: Settings) -> Response:
    rules.undo(change_id, visitor.owner(), settings)
    return content(settings)
