"""Deciding from an e-mail: a page with one comment and three buttons, for whoever has a moderator's link.

Opening it changes nothing: programs that look through e-mails follow every link. It signs nobody in.
"""

from flask import Blueprint, Response, request

from comments_service import by_writer, comments, threads
from comments_service.accounts import tokens
from comments_service.accounts.tokens import DecideByMail
from comments_service.db import db
from comments_service.errors import (
    CommentChanged,
    InvalidInput,
    Message,
    NotAllowed,
    ServiceError,
    UnknownToken,
)
from comments_service.inputs import NewDecision, from_form, seen
from comments_service.models import Account, Act, Comment, Token
from comments_service.web import answers
from comments_service.web.routes import Guard, route

bp = Blueprint("decide_by_mail", __name__)

OVER = Message(
    "This link has been used, or is more than a week old. Whatever still waits is in the moderation."
)
NO_MORE = Message("You do not decide on comments here any more.")


@route(
    bp,
    "GET POST /decide/<token>",
    "One comment, as an e-mail to a moderator shows it, and a decision on it",
    guard=Guard.OPEN,
    who="whoever has the e-mail's link; whose it is must still decide there",
)
def decide(token: str) -> Response:
    found = _found(token)
    comment = threads.comment(DecideByMail.of(found).comment)
    _refuse_others(found, comment)
    error: ServiceError | None = None
    if request.method == "POST":
        try:
            decision = _decision()
            comments.decide(comment.id, None, decision, link=token)
            return answers.page(
                "notifications/decided.html",
                comment=threads.comment(comment.id),
                act=decision.decision,
            )
        except UnknownToken:
            raise UnknownToken(OVER) from None
        except (CommentChanged, InvalidInput) as raised:
            error = raised
            comment = threads.comment(comment.id)
    return answers.page(
        "notifications/decide-by-mail.html",
        error.status if error else 200,
        comment=comment,
        shown=threads.shown([comment])[0],
        # What the e-mail said, where it says something else by now.
        before=by_writer.said_before(comment, DecideByMail.of(found).version),
        act=_act(),
        error=error,
    )


def _found(token: str) -> Token:
    try:
        return tokens.find(DecideByMail, token)
    except UnknownToken:
        raise UnknownToken(OVER) from None


def _refuse_others(found: Token, comment: Comment) -> None:
    """Whoever was a moderator when the e-mail left need not be one any more."""
    account = db.session.get(Account, found.account_id)
    if account is None:
        raise UnknownToken(OVER)
    if not comments.may_moderate(account, comment.thread):
        raise NotAllowed(NO_MORE)


def _decision() -> NewDecision:
    new = from_form(NewDecision, request.form)
    if Act(new.decision) is Act.UNDO:
        raise InvalidInput(fields={"decision": Message("Decisions are undone in the moderation.")})
    try:
        _, version = seen(request.form.get("comment", ""))
    except ValueError:
        raise InvalidInput(Message("Please open the link of the e-mail again.")) from None
    return new.model_copy(update={"version": version})


def _act() -> str:
    """Which of the e-mail's links was opened: its button comes first."""
    act = request.args.get("act", "")
    return act if act in (Act.PUBLISH, Act.SPAM, Act.DELETE) else ""
