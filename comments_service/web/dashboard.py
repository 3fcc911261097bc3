"""The dashboard: what waits, what was decided, and the decisions themselves.

Where staff needs two factors, only sessions that have shown them come in. Everything works without
scripts; one adds keys.
"""

from urllib.parse import urlencode

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.datastructures import MultiDict

from comments_service import comments, config, i18n, moderation_queue, threads
from comments_service.accounts.login import has_passkey, has_second_factor
from comments_service.config import Settings
from comments_service.errors import (
    CommentChanged,
    Message,
    NotAllowed,
    SecondFactorMissing,
    ServiceError,
)
from comments_service.inputs import NewDecision, as_seen, from_form, seen
from comments_service.models import Act, Comment, Status
from comments_service.web import answers, visitor
from comments_service.web.params import page_number, row_id
from comments_service.web.routes import Guard, route

bp = Blueprint("dashboard", __name__)

# As many as one page of the queue can select, and some.
MAX_AT_ONCE = 100


@bp.errorhandler(SecondFactorMissing)
def second_factor_missing(error: SecondFactorMissing) -> Response:
    """Lead a moderator to set one up, and back."""
    here = visitor.here() if request.method == "GET" else request.path
    has = strong_methods(config.current())
    return answers.refusal("dashboard/second-factor-missing.html", error, here=here, has=has)


def strong_methods(settings: Settings) -> dict[str, bool]:
    """What the moderator who asks could show beside a password."""
    session = visitor.session()
    account = session.account if session else None
    return {
        "app": account is not None and has_second_factor(account),
        "passkey": account is not None and settings.passkeys and has_passkey(account),
    }


@route(bp, "GET /", "A list: the queue, or another state, thread, words", guard=Guard.MODERATOR)
def queue(settings: Settings) -> Response:
    try:
        status = Status(request.args.get("status", "pending"))
    except ValueError:
        status = Status.PENDING
    thread_id, words = request.args.get("thread", ""), request.args.get("q", "")
    found = moderation_queue.queue(
        visitor.moderator(),
        status,
        thread_id=thread_id,
        words=words.replace("\0", ""),
        page=request.args.get("page", 1, type=page_number),
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
        unprotected=not any(strong_methods(settings).values()),
    )


def _undoable() -> list[str]:
    """The comments whose decision was made just now, for the undo button beside the message.

    As they were seen then: what is edited meanwhile is read before its decision is taken back.
    """
    decided = MultiDict([("id", each) for each in request.args.get("decided", "").split(",")])
    return [as_seen(*each) for each in decided.getlist("id", type=seen)[:MAX_AT_ONCE]]


@route(
    bp,
    "GET /comments/<id:comment_id>",
    "One comment, with all that was decided on it",
    guard=Guard.MODERATOR,
)
def one(comment_id: int) -> Response:
    comment = threads.comment(comment_id)
    if not comments.may_moderate(visitor.moderator(), comment.thread):
        raise NotAllowed(Message("You can moderate the comments on your own articles."))
    return _page_of(comment)


@bp.errorhandler(CommentChanged)
def changed(error: CommentChanged) -> Response:
    """The comment as it stands now, where the decision can be made anew."""
    return _page_of(threads.comment(error.comment_id), error)


def _page_of(comment: Comment, error: CommentChanged | None = None) -> Response:
    return answers.page(
        "dashboard/comment.html",
        error.status if error else 200,
        comment=comment,
        shown=threads.shown([comment])[0],
        decisions=moderation_queue.decisions(comment.id),
        error=error,
    )


@route(bp, "POST /decisions", "Decides on one or several comments", guard=Guard.MODERATOR)
def decide() -> Response:
    """Decide on every selected comment; then back to where the moderator was."""
    account = visitor.moderator()
    new = from_form(NewDecision, request.form)
    # What was selected twice is not decided on twice.
    selected = [*dict(request.form.getlist("comment", type=seen)).items()][:MAX_AT_ONCE]
    lang = visitor.language()
    decided, failed = [], []
    for number, version in selected:
        try:
            comments.decide(number, account, new.model_copy(update={"version": version}))
            decided.append(as_seen(number, version))
        except ServiceError as error:
            if len(selected) == 1:
                raise
            failed.append(f"{number}: {i18n.say(lang, error.detail)}")
    _ = i18n.gettext(lang)
    if decided:
        text = {
            Act.PUBLISH: _("Published."),
            Act.SPAM: _("Marked as spam."),
            Act.DELETE: _("Deleted."),
            Act.UNDO: _("Undone."),
        }[Act(new.decision)]
        flash(text if len(decided) == 1 else f"{text} ({len(decided)})")
    elif not failed:
        flash(_("Select at least one comment first."))
    for each in failed:
        flash(each)
    if new.decision == "undo" and decided:
        return answers.see_other(_back([], seen(decided[0])[0]))
    return answers.see_other(_back(decided, request.form.get("next", type=row_id)))


def _back(undoable: list[str], following: int | None) -> str:
    """Where the moderator was: a comment's own page, or the list, at the comment that follows."""
    if one := request.form.get("in_comment", type=row_id):
        return url_for("dashboard.one", comment_id=one)
    names = ("status", "thread", "q", "page")
    back = {name: request.form[f"in_{name}"] for name in names if request.form.get(f"in_{name}")}
    if undoable:
        back["decided"] = ",".join(undoable)
    anchor = f"#comment-{following}" if following else ""
    return f"{url_for('dashboard.queue')}?{urlencode(back, safe=',')}{anchor}"
