"""What is one's own: comments written as a guest, everything that is known of one, and leaving.

route                    guard                          does
GET  POST account/claim  origin, signed in              takes over a guest's comments, or leaves them
GET  POST account/data   origin, signed in, fresh proof all of it as a file
GET  POST account/delete origin, signed in, fresh proof deletes the account, at once
"""

import orjson
from flask import Response, request

from comments_service import account_comments, by_writer
from comments_service.accounts import deletion, export
from comments_service.errors import InvalidInput, Message
from comments_service.models import now
from comments_service.web import answers, visitor
from comments_service.web.form_page import (
    account_doors,
    form_page,
    freshly_proved,
    next_path,
    own,
    say,
    signed_in,
)

doors = account_doors("data")


@doors.route("/account/claim", methods=["GET", "POST"])
def claim() -> Response:
    session, _ = signed_in()
    target = next_path(request.values.get("next"))

    def act() -> Response:
        if request.form.get("act") == "claim":
            if account_comments.claim(session):
                say(Message("These comments are yours now, under your name."))
        else:
            account_comments.leave(session)
            say(Message("They stay as they are."))
        return answers.see_other(target)

    found = by_writer.claimable(session)
    if not found and request.method == "GET":
        return answers.see_other(target)
    return form_page("accounts/claim.html", act, comments=found, next=target)


@doors.route("/account/data", methods=["GET", "POST"])
def own_data() -> Response:
    _, account = freshly_proved()
    if request.method == "GET":
        return answers.page("accounts/data.html")
    answer = Response(
        orjson.dumps(
            export.gathered(account), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        ),
        mimetype="application/json",
    )
    name = f"comments-{now():%Y-%m-%d}.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@doors.route("/account/delete", methods=["GET", "POST"])
def delete() -> Response:
    session, account = freshly_proved()

    def act() -> Response:
        choice = request.form.get("comments", "")
        if choice not in ("keep", "remove"):
            raise InvalidInput(
                fields={"comments": Message("Please choose what becomes of your comments.")}
            )
        account_comments.forget(account, keep=choice == "keep", lang=visitor.language())
        visitor.become(None)
        return visitor.forget(answers.see_other(own("goodbye")))

    written = [each for each in by_writer.of_account(account.id) if each.source]
    return form_page(
        "accounts/delete.html",
        act,
        written=len(written),
        claimable=by_writer.claimable_count(session),
        last_owner=deletion.is_last_owner(account),
    )
