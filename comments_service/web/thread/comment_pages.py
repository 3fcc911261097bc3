"""Pages of threads and their forms: all that a reader does with comments, complete without JavaScript.

Whatever goes wrong, the text that was typed comes back in the form.
"""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.datastructures import MultiDict

from comments_service import by_writer, comments, config, i18n, threads
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import (
    KeyReused,
    Message,
    NotAllowed,
    ServiceError,
    UnknownComment,
    WrongOrigin,
)
from comments_service.inputs import (
    EditedComment,
    Limits,
    NewComment,
    Preview,
    from_form,
    with_passage,
)
from comments_service.models import Comment, Session, Site, Status, Thread
from comments_service.notifications import opt_in, subscriptions
from comments_service.publishing import publisher, site_snapshots
from comments_service.sessions import Visitor
from comments_service.web import answers, visitor
from comments_service.web.params import page_number, row_id
from comments_service.web.routes import Guard, route
from comments_service.web.thread import passage_fields

bp = Blueprint("comment_pages", __name__)

WRITER = "its writer, for a while"

# Who posts without scripts is sent to the article, which is baked a moment later.
SETTLE_SECONDS = 3.0


def thread_address(thread: Thread, comment: Comment | None = None, lang: str | None = None) -> str:
    """The thread's own page; of a long thread, that which holds the comment."""
    return url_for(
        "comment_pages.read",
        thread_id=thread.id,
        comment=comment.id if comment else None,
        lang=lang if lang != thread.lang else None,
        _anchor=f"comment-{comment.id}" if comment else None,
    )


def article_address(comment: Comment) -> str:
    """Where a published comment is read, in the language of the page that its writer came from."""
    thread = comment.thread
    return f"{threads.address(thread, _lang(thread))}#comment-{comment.id}"


def _lang(thread: Thread) -> str:
    asked = request.values.get("lang", "")
    return asked if asked in threads.languages(thread) else thread.lang


@route(bp, "GET /discussions", "All conversations, the latest active first", guard=Guard.OPEN)
def discussions(settings: Settings) -> Response:
    """All conversations, page by page: the blog's own page of them has the first."""
    page = request.args.get("page", 1, type=page_number)
    found = threads.discussions(page, site_snapshots.DISCUSSIONS_PAGE)
    site = db.session.get(Site, 1)
    spoken = site.languages if site else []
    asked = request.args.get("lang", "")
    lang = asked if asked in spoken else visitor.language()
    html = site_snapshots.discussions(found, lang, settings)
    return answers.page("thread/discussions-page.html", lang=lang, discussions=html)


@route(
    bp,
    "GET /threads/<thread_id>",
    "The thread, its form, one's own held comments",
    guard=Guard.OPEN,
)
def read(thread_id: str, settings: Settings) -> Response:
    thread = threads.standing(thread_id)
    linked = request.args.get("comment", type=row_id)
    standing = (threads.elsewhere(thread.id, linked) if linked else None) or thread.id
    if standing != thread_id:
        # It was moved there, or the whole thread was.
        asked: dict[str, Any] = {
            name: request.args.get(name) for name in ("comment", "lang", "page")
        }
        anchor = f"comment-{linked}" if linked else None
        here = url_for("comment_pages.read", thread_id=standing, _anchor=anchor, **asked)
        return answers.see_other(here)
    values, wrong = passage_fields.asked(thread)
    return thread_page(thread, settings, values=values, error=wrong)


@route(
    bp,
    "POST /threads/<thread_id>",
    "To the comment, or the form with its text",
    guard=Guard.OPEN,
    who="everybody, within limits",
)
def post(thread_id: str, settings: Settings) -> Response:
    thread = threads.get(thread_id)
    if request.form.get("act") == "preview":
        return preview(thread, settings)
    if request.form.get("act") == "plain":
        return thread_page(thread, settings, values=passage_fields.taken_off())
    try:
        new = from_form(NewComment, with_passage(request.form), Limits(settings.max_chars))
        posted = comments.post(thread_id, visitor.current_apart(), new, settings)
        asking, lang = visitor.current(), visitor.language()
        asked = opt_in.ask_for_answers(posted, new, asking, lang, settings)
    except ServiceError as error:
        return thread_page(thread, settings, values=request.form, error=error)
    _ = i18n.gettext(_lang(thread))
    if asked:
        answers.say(opt_in.WILL_ANSWER)
    if posted.comment.status is Status.PUBLISHED:
        return answers.see_other(where(posted.comment, settings), posted.token)
    flash(_("Thank you. Your comment is waiting for a moderator; until then, only you can see it."))
    return answers.see_other(thread_address(thread, posted.comment), posted.token)


@bp.errorhandler(WrongOrigin)
def from_elsewhere(error: WrongOrigin) -> Response:
    """What was typed on a page that may not send it comes back in a form that may."""
    named = request.view_args or {}
    try:
        if request.endpoint == "comment_pages.edit":
            return edit_page(mine(named["comment_id"]), request.form.get("body", ""), error)
        if "thread_id" in named:
            thread = threads.get(named["thread_id"])
            return thread_page(thread, config.current(), values=request.form, error=error)
    except ServiceError as refused:
        # Raised here, it would meet no other handler.
        return answers.answer_error(refused)
    except answers.OUTAGES as outage:
        return answers.answer_unavailable(outage)
    return answers.answer_error(error)


def preview(thread: Thread, settings: Settings) -> Response:
    limits = Limits(settings.max_chars)
    try:
        given = from_form(Preview, {"body": request.form.get("body", "")}, limits)
        html = comments.preview(given.body, visitor.current())
    except ServiceError as error:
        return thread_page(thread, settings, values=request.form, error=error)
    return thread_page(thread, settings, values=request.form, preview=html)


def thread_page(
    thread: Thread,
    settings: Settings,
    *,
    values: MultiDict[str, str],
    error: ServiceError | None = None,
    preview: str | None = None,
) -> Response:
    """The thread on a page of its own; `values` fill the form again."""
    lang = _lang(thread)
    last = threads.pages(threads.length(thread.id), settings.page_size)
    linked = values.get("comment", type=row_id)
    number = threads.page_with(thread.id, linked, settings.page_size) if linked else None
    # What is said of a draft is neither voted on nor reported: its numbers lead nobody there.
    votes = "off" if thread.shared_until else settings.votes
    sorts = [each for each in threads.SORTS if each != "best" or votes != "off"]
    sort = values.get("sort", "") if values.get("sort") in sorts else sorts[0]
    # The newest of a long thread stand at its end.
    first = last if sort == "newest" else 1
    number = number or min(values.get("page", first, type=page_number), last)
    if sort == "best" and last > 1:
        shown, several = threads.best(thread.id), True
    else:
        found = threads.page(thread.id, number, settings.page_size)
        shown, several = threads.in_order(found, sort), last > 1 or threads.can_be_sorted(found)
    parent = _answered(values)
    session = visitor.session()
    mine = by_writer.in_thread(session, thread.id) if session else []
    held = [each for each in mine if each.status is Status.PENDING]
    asking = Visitor(session, "")
    return answers.page(
        "thread/page.html",
        error.status if error else 200,
        lang=lang,
        thread=thread,
        title=threads.title(thread, lang),
        article=threads.address(thread, lang),
        articles={each: threads.address(thread, each) for each in threads.languages(thread)},
        action=thread_address(thread, lang=lang),
        comments=shown,
        sort=sort,
        sorts=sorts if several else (),
        ballots=_ballots(session, thread, mine, settings) if votes != "off" else None,
        count=threads.count(thread),
        page_number=number,
        pages=last,
        policy="closed" if not threads.open_now(thread) else str(thread.policy),
        held=threads.shown(held),
        corrections=by_writer.corrections(mine),
        mine={each.id for each in mine},
        editable={each.id for each in mine if comments.may_edit(each, asking, settings)},
        values={
            **{
                name: values.get(name, "")
                for name in (
                    *("body", "name", "email", "website", "notify", "key"),
                    *passage_fields.NAMES,
                )
            },
            # Of a key that was used for another comment there is nothing to keep.
            **({"key": ""} if isinstance(error, KeyReused) else {}),
            "parent": str(parent.id) if parent else "",
        },
        parent_name=(parent.account.name if parent.account else parent.name) if parent else None,
        level=subscriptions.level_of(session.account_id, thread.id)
        if session and session.account_id
        else None,
        error=error,
        errors=error.fields if error else {},
        preview=preview,
    )


def _ballots(
    session: Session | None, thread: Thread, mine: Sequence[Comment], settings: Settings
) -> dict[str, Any] | None:
    """How whoever looks has voted, and on what nobody votes because it is his own; None where he cannot."""
    signed_in = session is not None and session.account_id is not None
    if not (signed_in or settings.guest_votes):
        return None
    return {"mine": comments.votes_in(session, thread.id), "own": {each.id for each in mine}}


def _answered(values: MultiDict[str, str]) -> Comment | None:
    """The comment that is answered, if there is such a one that everybody can see."""
    number = values.get("reply", type=row_id) or values.get("parent", type=row_id)
    if number is None:
        return None
    try:
        parent = threads.comment(number)
    except UnknownComment:
        return None
    return parent if parent.status is Status.PUBLISHED else None


@route(bp, "GET /comment/<id:comment_id>/edit", "The text in a form", guard=Guard.OPEN, who=WRITER)
def ask_edit(comment_id: int) -> Response:
    comment = mine(comment_id)
    return answers.page("thread/edit.html", comment=comment, body=comment.source, error=None)


@route(
    bp,
    "POST /comment/<id:comment_id>/edit",
    "Saves it; to the comment",
    guard=Guard.OPEN,
    who=WRITER,
)
def edit(comment_id: int, settings: Settings) -> Response:
    body = request.form.get("body", "")
    try:
        new = from_form(EditedComment, {"body": body}, Limits(settings.max_chars))
        if request.form.get("plain") == "yes":
            new = new.model_copy(update={"passage": None})
        comment = comments.edit(comment_id, visitor.current(), new, settings)
    except ServiceError as error:
        return edit_page(mine(comment_id), body, error)
    _ = i18n.gettext(visitor.language())
    if comment.status is Status.PUBLISHED:
        flash(_("Saved."))
    else:
        flash(_("Saved. It is waiting for a moderator; until then, only you can see it."))
    return answers.see_other(where(comment, settings))


def edit_page(comment: Comment, body: str, error: ServiceError) -> Response:
    return answers.page(
        "thread/edit.html",
        error.status,
        comment=comment,
        body=body,
        values=request.form,
        error=error,
    )


@route(bp, "GET /comment/<id:comment_id>/delete", "A question", guard=Guard.OPEN, who=WRITER)
def ask_delete(comment_id: int) -> Response:
    comment = mine(comment_id)
    shown = threads.shown([comment])[0]
    article = threads.noted_in(comment)
    return answers.page("thread/delete.html", comment=comment, shown=shown, article=article)


@route(
    bp,
    "POST /comment/<id:comment_id>/delete",
    "Deletes it; to the thread",
    guard=Guard.OPEN,
    who=WRITER,
)
def delete(comment_id: int, settings: Settings) -> Response:
    comment = comments.delete(comment_id, visitor.current(), settings)
    _ = i18n.gettext(visitor.language())
    flash(_("Your comment is deleted."))
    return answers.see_other(thread_address(comment.thread))


def mine(comment_id: int) -> Comment:
    """One's own comment. Raises UnknownComment, NotAllowed."""
    comment = threads.comment(comment_id)
    if not comments.is_mine(comment, visitor.current()) or comment.status is Status.DELETED:
        if comment.status is not Status.PUBLISHED:
            raise UnknownComment
        raise NotAllowed(Message("Only the person who wrote this comment can change it."))
    return comment


def where(comment: Comment, settings: Settings) -> str:
    """Where its writer sees a comment now: in the article, once it stands there.

    On a blog whose files lie elsewhere it stands there after the next build only. Of a long thread, the
    article has the first page.
    """
    baked = settings.output_folder is not None
    published = comment.status is Status.PUBLISHED
    if (
        baked
        and published
        and threads.on_first_page(comment.thread_id, comment.id, settings.page_size)
        and publisher.settled(comment.thread_id, SETTLE_SECONDS)
    ):
        return article_address(comment)
    return thread_address(comment.thread, comment)
