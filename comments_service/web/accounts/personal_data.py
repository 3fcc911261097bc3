"""What is one's own: comments written as a guest, all that is known of one, and leaving."""

import orjson
from flask import Blueprint, Response, request, url_for

from comments_service import account_changes, account_deletion, by_writer, retention, sessions
from comments_service.accounts import export, roles
from comments_service.config import Settings
from comments_service.errors import InvalidInput, Message
from comments_service.mail import outbox
from comments_service.models import now
from comments_service.web import answers, cookies, visitor
from comments_service.web.form_page import form_page
from comments_service.web.params import next_path
from comments_service.web.routes import Guard, route

bp = Blueprint("personal_data", __name__)


@route(
    bp,
    "GET POST /account/claim",
    "Takes over a guest's comments, or leaves them",
    guard=Guard.SIGNED_IN,
)
def claim() -> Response:
    session, _ = visitor.signed_in()
    target = next_path(request.values.get("next"))

    def act() -> Response:
        if request.form.get("act") == "claim":
            if account_changes.claim(session):
                answers.say(Message("These comments are yours now, under your name."))
        else:
            account_changes.leave(session)
            answers.say(Message("They stay as they are."))
        return answers.see_other(target)

    found = by_writer.claimable(session)
    if not found and request.method == "GET":
        return answers.see_other(target)
    return form_page("accounts/claim.html", act, comments=found, next=target)


@route(
    bp,
    "GET POST /account/data",
    "Everything that is known of one, as a file",
    guard=Guard.FRESH_PROOF,
)
def data() -> Response:
    _, account = visitor.freshly_proved()
    if request.method == "GET":
        kept = {
            "sessions": sessions.KEPT.days,
            "emails": outbox.KEPT.days,
            "networks": retention.NETWORK_KEPT.days,
        }
        return answers.page("accounts/data.html", kept=kept)
    answer = Response(
        orjson.dumps(
            export.gathered(account), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        ),
        mimetype="application/json",
    )
    name = f"comments-{now():%Y-%m-%d}.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@route(bp, "GET POST /account/delete", "Deletes the account, at once", guard=Guard.FRESH_PROOF)
def delete(settings: Settings) -> Response:
    session, account = visitor.freshly_proved()

    def act() -> Response:
        choice = request.form.get("comments", "")
        if choice not in ("keep", "remove"):
            raise InvalidInput(
                fields={"comments": Message("Please choose what happens to your comments.")}
            )
        lang, keep = visitor.language(), choice == "keep"
        account_deletion.delete(account, keep=keep, lang=lang, settings=settings)
        visitor.become(None)
        answer = answers.see_other(url_for("personal_data.deleted"))
        return cookies.forget_known(cookies.forget(answer))

    written = [each for each in by_writer.of_account(account.id) if each.source]
    return form_page(
        "accounts/delete.html",
        act,
        written=len(written),
        claimable=by_writer.claimable_count(session),
        last_owner=roles.is_last_owner(account),
    )


@route(bp, "GET /goodbye", "Confirms to somebody that his account is gone", guard=Guard.OPEN)
def deleted() -> Response:
    return answers.page("accounts/deleted.html")
