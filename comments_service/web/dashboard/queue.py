"""The queue: what waits, what was decided, and the decisions themselves."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.datastructures import MultiDict

from comments_service import (
    comments,
    i18n,
    moderation_queue,
    reports,
    saved_replies,
)
from comments_service.config import Settings
from comments_service.errors import (
    CommentChanged,
    Message,
    NothingToUndo,
    ServiceError,
)
from comments_service.inputs import Matching, NewDecision, as_seen, from_form, parse, seen
from comments_service.models import Account, Act, Decision, Status, now
from comments_service.moderation_queue import Filter
from comments_service.web import answers, visitor
from comments_service.web.dashboard import comment_page, second_factor
from comments_service.web.params import page_number, queue_filter, row_id
from comments_service.web.routes import Guard, route

bp = Blueprint("dashboard", __name__)
bp.register_error_handler(CommentChanged, comment_page.changed)

# As many as one page of the queue can select, and some.
MAX_AT_ONCE = 100


@route(
    bp,
    "GET /moderation/",
    "A list: the queue, or what a filter of it lets through",
    guard=Guard.MODERATOR,
)
def queue(settings: Settings) -> Response:
    account, wanted = visitor.moderator(), asked(request.args)
    found = moderation_queue.queue(
        account,
        wanted,
        page=request.args.get("page", 1, type=page_number),
        at=request.args.get("at", type=row_id),
    )
    edited = _edited()
    above = {each.card.comment.id for each in edited}
    return answers.page(
        "dashboard/queue.html",
        queue=found,
        cards=[
            each for each in moderation_queue.cards(found.comments) if each.comment.id not in above
        ],
        edited=edited,
        wanted=wanted,
        states=[*map(str, Status), moderation_queue.ALL],
        reasons=moderation_queue.reasons(account),
        reason=moderation_queue.reason_text(wanted.why),
        person=moderation_queue.person_name(wanted.person) if wanted.person else "",
        saved=saved_replies.every(),
        reported=reports.number(account),
        undoable=_undoable(),
        undoes=moderation_queue.last_numbers(_named("decided")),
        batch=request.args.get("batch", ""),
        unprotected=not any(second_factor.methods(settings).values()),
    )


def asked(values: Mapping[str, str]) -> Filter:
    """The list that an address or a form names; what waits, where it names no state that there is."""
    try:
        return queue_filter(values)
    except ValueError:
        return queue_filter({**values, "status": ""})


def _named(name: str) -> dict[int, int]:
    """Comments that an address names, or a form, in the versions that were seen."""
    named = MultiDict([("id", each) for each in request.values.get(name, "").split(",")])
    return dict(named.getlist("id", type=seen)[:MAX_AT_ONCE])


def _undoable() -> list[str]:
    """The comments whose decision was made just now, for the undo button beside the message.

    As they were seen then: what is edited meanwhile is read before its decision is taken back.
    """
    return [as_seen(*each) for each in _named("decided").items()]


def _edited() -> list[moderation_queue.Changed]:
    """What was just left undecided, since it was edited after it was seen."""
    named = _named("edited")
    if not named:
        return []
    account = visitor.moderator()
    found = moderation_queue.loaded(list(named), Filter(None))
    mine = [each for each in found if comments.may_moderate(account, each.thread)]
    return moderation_queue.changed(mine, named)


@route(
    bp, "POST /moderation/decisions", "Decides on one or several comments", guard=Guard.MODERATOR
)
def decide() -> Response:
    """Decide on every selected comment; then back to where the moderator was."""
    account = visitor.moderator()
    new = from_form(NewDecision, request.form)
    try:
        return _decided(account, new)
    except NothingToUndo:
        if not new.undoes:
            raise
        # A second press of the same button: it is undone.
        selected = request.form.getlist("comment", type=seen)
        return answers.see_other(back(at=selected[0][0] if selected else None))


def _decided(account: Account, new: NewDecision) -> Response:
    if batch := request.form.get("batch"):
        done = comments.decide_together(moderation_queue.of_batch(batch), account, new)
        _tell(new, len(done.decided), done.refused)
        return answers.see_other(back(at=next(iter(done.decided), None)))
    # What was selected twice is not decided on twice.
    selected = dict(request.form.getlist("comment", type=seen)[:MAX_AT_ONCE])
    if len(selected) == 1:
        [(number, version)] = selected.items()
        comments.decide(number, account, new.model_copy(update={"version": version}))
        done = comments.Together("", decided=selected)
    else:
        done = comments.decide_together(selected, account, new)
        if new.undoes and any(isinstance(each, NothingToUndo) for each in done.refused.values()):
            raise NothingToUndo
    _tell(new, len(done.decided), done.refused)
    made = {} if new.decision == "undo" else moderation_queue.last_decisions(done.decided)
    if overruled := _overruled(made.values()):
        answers.say(
            Message(
                "Decided otherwise meanwhile, by somebody else or in another window: {number}."
                " Your decision holds now; Undo brings the other back.",
                number=overruled,
            )
        )
    if done.changed:
        flash(i18n.say(visitor.language(), LEFT))
    elif not (done.decided or done.refused):
        flash(i18n.gettext(visitor.language())("Select at least one comment first."))
    edited = [as_seen(*each) for each in done.changed.items()]
    first = next(iter(done.changed), None)
    if new.decision == "undo":
        return answers.see_other(back(at=next(iter(done.decided), None), edited=edited))
    # Where two decide alike in the queue, the second has changed nothing that an undo could bring back.
    decided = [
        as_seen(number, version)
        for number, version in done.decided.items()
        if "in_status" not in request.form
        or made[number].status_before is not made[number].status_after
    ]
    following = first or request.form.get("next", type=row_id)
    return answers.see_other(back(following=following, decided=decided, edited=edited))


LEFT = Message(
    "What was edited after you saw it is left undecided, and stands first. Please read it as it"
    " stands now, then decide."
)


def _overruled(made: Iterable[Decision]) -> int:
    """How many were not in the state any more in which the moderator's list showed them."""
    state = asked({"status": request.form.get("in_status", "")}).state
    if "in_status" not in request.form or state == moderation_queue.ALL:
        return 0
    return sum(each.status_before not in (state, each.status_after) for each in made)


def _tell(new: NewDecision, number: int, refused: Mapping[int, ServiceError]) -> None:
    lang = visitor.language()
    _ = i18n.gettext(lang)
    if number:
        text = {
            Act.PUBLISH: _("Published."),
            Act.SPAM: _("Marked as spam."),
            Act.DELETE: _("Deleted."),
            Act.UNDO: _("Undone."),
        }[Act(new.decision)]
        flash(text if number == 1 else f"{text} ({number})")
    for each in (
        f"{comment_id}: {i18n.say(lang, error.detail)}" for comment_id, error in refused.items()
    ):
        flash(each)


def back(
    *,
    following: int | None = None,
    at: int | None = None,
    decided: list[str] | None = None,
    edited: list[str] | None = None,
    answered: int | None = None,
) -> str:
    """Where the moderator was: a comment's own page, or the list, at a comment.

    At the one that follows what was decided on; or where one stands that has come back.
    """
    if one := request.form.get("in_comment", type=row_id):
        return url_for("comment_page.one", comment_id=one, answered=answered)
    if page := request.form.get("in_reported", type=page_number):
        query = {"page": str(page)} if page > 1 else {}
        if decided:
            query["decided"] = decided[0]
        anchor = f"#comment-{at or following}" if at or following else ""
        address = url_for("threads.reported")
        return f"{address}?{urlencode(query)}{anchor}" if query else f"{address}{anchor}"
    names = ("status", "thread", "person", "why", "q", "page")
    query = {name: request.form[f"in_{name}"] for name in names if request.form.get(f"in_{name}")}
    # What was left undecided stands first until it is decided on.
    done = {seen(each)[0] for each in decided or ()}
    still = [each for each in _named("in_edited").items() if each[0] not in done]
    if edited := [*(edited or ()), *(as_seen(*each) for each in still)]:
        query["edited"] = ",".join(edited)
    if decided:
        query["decided"] = ",".join(decided)
    if answered:
        query["answered"] = str(answered)
    if at:
        query["at"] = str(at)
    anchor = f"#comment-{at or following}" if at or following else ""
    return f"{url_for('dashboard.queue')}?{urlencode(query, safe=',')}{anchor}"


@route(
    bp,
    "GET POST /moderation/all",
    "How many comments a list holds, and a decision on all of them",
    guard=Guard.MODERATOR,
)
def everything() -> Response:
    """Ask once more, with their number; then decide on what was there when it was asked."""
    account = visitor.moderator()
    if request.method == "POST":
        wanted = asked(request.form)
        given = parse(Matching, {"until": request.form.get("until", "")})
        new = from_form(NewDecision, request.form)
        until = datetime.fromisoformat(given.until)
        found = moderation_queue.matching(account, wanted, until)
        done = comments.decide_together(found.seen, account, new)
        _tell(new, len(done.decided), done.refused)
        query = {**wanted.values(), **({"batch": done.batch} if done.decided else {})}
        if left := found.left + len(done.changed):
            text = Message(
                "Left: {number}. To go on, decide on all that match once more.", number=left
            )
            answers.say(text)
        return answers.see_other(f"{url_for('dashboard.queue')}?{urlencode(query)}")
    wanted, as_of = asked(request.args), now()
    listed = moderation_queue.queue(account, wanted)
    return answers.page(
        "dashboard/all.html",
        queue=listed,
        cards=moderation_queue.cards(listed.comments[:3]),
        wanted=wanted,
        reason=moderation_queue.reason_text(wanted.why),
        person=moderation_queue.person_name(wanted.person) if wanted.person else "",
        until=as_of.isoformat(),
    )
