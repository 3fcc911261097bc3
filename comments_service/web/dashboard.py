"""The dashboard: what waits, what was decided, and the decisions themselves.

    route                    guard                does
    GET  /                   moderator            a list: the queue, or another state, thread, words
    GET  comments/<id>       moderator            one comment, with all that was decided on it
    POST decisions           moderator, origin    decides on one or several comments

The guard is one line, in `before_request`, so that no route here can be without it. Where staff
needs two factors, it lets in sessions that have shown them. Everything works without scripts; one
adds keys.
"""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, flash, request

from comments_service import comments, config, i18n, moderation_queue, threads
from comments_service.accounts.login import has_passkey, has_second_factor
from comments_service.errors import (
    Message,
    NotAllowed,
    SecondFactorMissing,
    ServiceError,
    SignInRequired,
    UnknownComment,
)
from comments_service.inputs import NewDecision, from_form
from comments_service.models import Act, Status
from comments_service.web import answers, visitor

doors = Blueprint("dashboard", __name__)

# As many as one page of the queue can select, and some.
MAX_AT_ONCE = 100


@doors.before_request
def guard() -> Response | None:
    try:
        visitor.moderator()
    except SignInRequired:
        if request.method != "GET":
            raise
        here = quote(request.full_path.rstrip("?"))
        return answers.see_other(f"{config.current().prefix}sign-in?next={here}")
    except SecondFactorMissing as error:
        here = request.full_path.rstrip("?") if request.method == "GET" else request.path
        return answers.page(
            "dashboard/second-missing.html", error.status, error=error, here=here, has=strong_ways()
        )
    return None


def strong_ways() -> dict[str, bool]:
    """What the moderator who asks could show beside a password."""
    session = visitor.session()
    account = session.account if session else None
    return {
        "app": account is not None and has_second_factor(account),
        "passkey": account is not None and config.current().passkeys and has_passkey(account),
    }


@doors.get("/")
def queue() -> Response:
    try:
        status = Status(request.args.get("status", "pending"))
    except ValueError:
        status = Status.PENDING
    asked = request.args.get("page", "1")
    thread_id, words = request.args.get("thread", ""), request.args.get("q", "")
    found = moderation_queue.queue(
        visitor.moderator(),
        status,
        thread_id=thread_id,
        words=words.replace("\0", ""),
        page=int(asked[:9]) if asked.isdecimal() and asked.isascii() else 1,
    )
    return answers.page(
        "dashboard/queue.html",
        queue=found,
        shown=threads.shown(found.comments),
        status=str(status),
        statuses=[str(each) for each in Status],
        thread_id=thread_id,
        words=words,
        query=urlencode({"status": str(status), "thread": thread_id, "q": words}),
        undoable=_undoable(),
        unprotected=not any(strong_ways().values()),
    )


def _undoable() -> list[int]:
    """The comments whose decision was made just now, for the undo button beside the message."""
    return _numbers(request.args.get("decided", "").split(","))


def _numbers(given: Iterable[str]) -> list[int]:
    """Each number of a comment once: what was selected twice is not decided on twice."""
    numbers = (each for each in given if each.isdecimal() and each.isascii() and len(each) < 19)
    return list(dict.fromkeys(map(int, numbers)))[:MAX_AT_ONCE]


@doors.get("/comments/<id:comment_id>")
def one(comment_id: int) -> Response:
    comment = threads.comment(comment_id)
    if not comments.may_moderate(visitor.moderator(), comment.thread):
        raise NotAllowed(Message("You can decide on comments of your own articles."))
    return answers.page(
        "dashboard/comment.html",
        comment=comment,
        shown=threads.shown([comment])[0],
        decisions=moderation_queue.decisions(comment_id),
    )


@doors.post("/decisions")
def decide() -> Response:
    """Decide on every selected comment; then back to where the moderator was."""
    account = visitor.moderator()
    new = from_form(NewDecision, request.form)
    numbers = _numbers(request.form.getlist("comment"))
    lang = visitor.language()
    decided, failed = [], []
    for number in numbers:
        try:
            comments.decide(number, account, new)
            decided.append(number)
        except (ServiceError, UnknownComment) as error:
            if len(numbers) == 1:
                raise
            failed.append(f"{number}: {i18n.say(lang, error.detail)}")
    _ = i18n.gettext(lang)
    if decided:
        text = {
            Act.PUBLISH: _("Published."),
            Act.SPAM: _("Marked as spam."),
            Act.DELETE: _("Deleted."),
            Act.UNDO: _("Taken back."),
        }[Act(new.decision)]
        flash(text if len(decided) == 1 else f"{text} ({len(decided)})")
    elif not failed:
        flash(_("Select at least one comment first."))
    for each in failed:
        flash(each)
    undoable = decided if new.decision != "undo" else []
    return answers.see_other(f"{config.current().prefix}moderation/{_back(undoable)}")


def _back(undoable: list[int]) -> str:
    """Where the moderator was: a comment's own page, or the list, at the comment that follows."""
    one, following = request.form.get("in_comment", ""), request.form.get("next", "")
    if one.isdecimal() and one.isascii():
        return f"comments/{one}"
    names = ("status", "thread", "q", "page")
    back = {name: request.form[f"in_{name}"] for name in names if request.form.get(f"in_{name}")}
    if undoable:
        back["decided"] = ",".join(map(str, undoable))
    mark = f"#comment-{following}" if following.isdecimal() and following.isascii() else ""
    return f"?{urlencode(back, safe=',')}{mark}"
