"""Conversations as moderators see them: pinned, locked, closed, moved, merged; and what was reported.

Whether somebody may is decided in `comments`: authors on their own articles, moderators on all.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for

from comments_service import comments, moderation_queue, reports, threads
from comments_service.errors import (
    Message,
    NotAllowed,
    ProofRequired,
    ServiceError,
    SignInRequired,
    UnknownComment,
)
from comments_service.inputs import Merge, Move, Pin, ThreadRuling, as_seen, from_form, parse, seen
from comments_service.models import Account, Comment, Role
from comments_service.web import answers, visitor
from comments_service.web.params import page_number, row_id
from comments_service.web.routes import Guard, route

bp = Blueprint("threads", __name__)


@route(
    bp,
    "GET /moderation/threads",
    "All conversations, by title or id",
    guard=Guard.MODERATOR,
)
def listed() -> Response:
    words = request.args.get("q", "")
    page = request.args.get("page", 1, type=page_number)
    found = threads.overviews(words.replace("\0", ""), page, decided_by(visitor.moderator()))
    return answers.page("dashboard/threads.html", found=found, words=words)


def decided_by(account: Account) -> list[str] | None:
    """The threads that an author moderates; None for who moderates all."""
    return moderation_queue.written_by(account) if account.role is Role.AUTHOR else None


@route(
    bp,
    "GET POST /moderation/threads/<thread_id>",
    "One conversation: what is ruled, pinned, merged, and by whom",
    guard=Guard.MODERATOR,
)
def one(thread_id: str) -> Response:
    acts: dict[str, Callable[[Account], Message]] = {
        "rule": lambda account: _rule(thread_id, account),
        "lock": lambda account: _lock(thread_id, account),
        "merge": lambda account: _merge(thread_id, account),
        "pin": _pin,
        "move": _move,
        "undo": _undo,
    }

    def act() -> None:
        chosen = acts.get(request.form.get("act", ""), acts["rule"])
        answers.say(chosen(visitor.moderator()))

    return _page(thread_id, act)


def _page(thread_id: str, act: Callable[[], None]) -> Response:
    error: ServiceError | None = None
    if request.method == "POST":
        try:
            act()
            return answers.see_other(url_for("threads.one", thread_id=thread_id))
        except (ProofRequired, SignInRequired):
            raise
        except ServiceError as raised:
            error = raised
    overview = threads.overview_of(thread_id)
    if not comments.may_moderate(visitor.moderator(), overview.thread):
        raise NotAllowed(Message("You can moderate the comments on your own articles."))
    pinned = threads.pinned(thread_id)
    chosen = _chosen(thread_id)
    return answers.page(
        "dashboard/thread.html",
        error.status if error else 200,
        overview=overview,
        thread=overview.thread,
        by_article=threads.by_article(overview.thread),
        open_now=threads.open_now(overview.thread),
        pinned=threads.shown(pinned),
        comment=chosen,
        shown=threads.shown([chosen])[0] if chosen else None,
        reports=reports.of([chosen.id])[chosen.id] if chosen else [],
        aliases=threads.merged_into(thread_id),
        merged_title=_title(overview.thread.merged_into),
        history=threads.history(thread_id),
        undoable=threads.undoable,
        values=request.form,
        error=error,
        errors=error.fields if error else {},
    )


def _title(thread_id: str | None) -> str:
    return threads.titles({thread_id}).get(thread_id, thread_id) if thread_id else ""


def _chosen(thread_id: str) -> Comment | None:
    """The comment of this thread that is to be pinned or moved."""
    number = request.values.get("comment", type=row_id)
    try:
        found = threads.comment(number) if number else None
    except UnknownComment:
        return None
    return found if found is not None and found.thread_id == thread_id else None


def _given(**values: Any) -> dict[str, Any]:
    return {**values, "reason": request.form.get("reason", "")}


def _rule(thread_id: str, account: Account) -> Message:
    comments.rule(thread_id, account, from_form(ThreadRuling, request.form))
    return Message("Saved.")


def _lock(thread_id: str, account: Account) -> Message:
    locked = request.form.get("locked") == "yes"
    comments.rule(thread_id, account, parse(ThreadRuling, _given(locked=locked)))
    return Message("Locked.") if locked else Message("Unlocked.")


def _merge(thread_id: str, account: Account) -> Message:
    comments.merge(thread_id, account, from_form(Merge, request.form))
    return Message("Merged: whoever looks for it is led on.")


def _pin(account: Account) -> Message:
    pinned = request.form.get("pinned") == "yes"
    number = request.form.get("comment", 0, type=row_id)
    comments.pin(number, account, parse(Pin, _given(pinned=pinned)))
    return Message("Pinned.") if pinned else Message("Unpinned.")


def _move(account: Account) -> Message:
    number = request.form.get("comment", 0, type=row_id)
    comments.move(number, account, from_form(Move, request.form))
    return Message("Moved, with its answers.")


def _undo(account: Account) -> Message:
    comments.undo(request.form.get("decision", 0, type=row_id), account)
    return Message("Moved back.")


@route(
    bp,
    "GET /moderation/reported",
    "What readers have reported",
    guard=Guard.MODERATOR,
)
def reported() -> Response:
    page = request.args.get("page", 1, type=page_number)
    found = reports.waiting(visitor.moderator(), page)
    undoable = seen_in("decided")
    return answers.page(
        "dashboard/reported.html",
        found=found,
        shown=threads.shown(found.comments),
        reports=reports.of([each.id for each in found.comments]),
        undoable=as_seen(*undoable) if undoable else "",
        undoes=moderation_queue.last_numbers(undoable[:1] if undoable else ()),
    )


def seen_in(name: str) -> tuple[int, int] | None:
    """The one comment that an address names, in the version that was seen."""
    return request.args.get(name, type=seen)
