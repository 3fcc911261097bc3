"""Comments: every change to a comment, and who may make it.

All changes happen inside `changing(...)`, which raises the thread's revision in the same
transaction and wakes the publisher after the commit. A change anywhere else is refused by two
listeners at the end of this file, bulk statements included.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, UOWTransaction
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm.attributes import set_committed_value

from comments_service import (
    by_writer,
    config,
    markup,
    moderation_queue,
    rate_limits,
    sessions,
    spam,
    threads,
)
from comments_service.accounts import names
from comments_service.db import db, writing
from comments_service.errors import (
    EditWindowOver,
    InvalidInput,
    KeyReused,
    Message,
    MissingParent,
    NotAllowed,
    NothingToUndo,
    SignInRequired,
    ThreadClosed,
    UnknownComment,
)
from comments_service.inputs import EditedComment, NewComment, NewDecision
from comments_service.models import (
    STAFF,
    Account,
    Act,
    Comment,
    CommentRevision,
    Decision,
    Policy,
    Role,
    Session,
    Status,
    Thread,
    now,
)
from comments_service.publishing import publisher
from comments_service.sessions import Visitor


@dataclass(frozen=True)
class Posted:
    """A comment that was taken, and the session that may edit it.

    `token` is given for a guest's new session only: the browser has to keep it.
    """

    comment: Comment
    session: Session | None
    token: str | None = None


class ChangedOutside(RuntimeError):
    """A comment was about to change outside `changing`, so its thread would not be published."""


@dataclass
class Change:
    """What goes on inside `changing`; `shown` is set to False when readers will see no difference.

    `threads` can be set inside, by whoever learns only there which ones he changes.
    """

    threads: Collection[str]
    shown: bool = True


@contextmanager
def changing(*thread_ids: str) -> Iterator[Change]:
    """The one way to change comments of threads: one transaction, then the publisher wakes."""
    change = Change(thread_ids)
    raised = False
    with writing():
        db.session().info["changing"] = thread_ids
        try:
            yield change
            db.session.flush()
            if change.shown and change.threads:
                # In one order everywhere: two that change the same threads wait, and none for ever.
                for thread_id in sorted(set(change.threads)):
                    db.session.execute(_raise_revision, {"changed": thread_id})
                raised = True
        finally:
            db.session().info.pop("changing", None)
    if raised:
        publisher.wake()


# Put together once and without the ORM's bookkeeping: this is what every post runs.
_threads, _comments = cast(sa.Table, Thread.__table__), cast(sa.Table, Comment.__table__)
_raise_revision = (
    sa.update(_threads)
    .where(_threads.c.id == sa.bindparam("changed"))
    .values(revision=_threads.c.revision + 1)
)
_insert = sa.insert(_comments).returning(_comments.c.id)

# ---- posting


def post(thread_id: str, visitor: Visitor, new: NewComment) -> Posted:
    """Take a new comment: published, or held for a moderator.

    The same submission sent again is answered as the first was. Raises UnknownThread,
    ThreadClosed, MissingParent, InvalidInput, KeyReused, NotAllowed, TooMany.
    """
    html = rendered(new.body)
    name = _name(visitor, new)
    key = _key(visitor, new)
    thread = threads.get(thread_id)
    if (before := threads.sent_before(thread_id, key)) is not None:
        return Posted(_same(before, new, name), visitor.session)
    if not threads.open_now(thread):
        raise ThreadClosed(Message("Comments are closed here."))
    parent = _parent(thread_id, new.parent)
    settings = config.current()
    verdict = spam.judge(
        markup.links(html),
        bool(new.homepage_url),
        by_writer.history(visitor.session, html, thread_id, settings.trust_after),
        spam.Rules(settings.trust_after, settings.max_links, thread.policy is Policy.HELD),
    )
    if visitor.account is not None and visitor.account.role in STAFF:
        verdict = spam.Verdict(())
    token = None
    try:
        with changing(thread_id) as change:
            change.shown = not verdict.hold
            rate_limits.count(
                f"post:{visitor.network}",
                settings.limit_posts,
                Message(
                    "You have posted a lot in a short time. Your text is kept; please wait a moment and try again."
                ),
            )
            session = visitor.session
            if session is None:
                session, token = sessions.begin(None, visitor)
            values = {
                "thread_id": thread_id,
                "parent_id": parent.id if parent else None,
                "depth": parent.depth + 1 if parent else 0,
                "account_id": session.account_id,
                "session_id": session.id,
                "name": None if session.account_id else name,
                "email": None if session.account_id else new.email,
                "website": new.website,
                "source": new.body,
                "html": html,
                "renderer_version": markup.RENDERER_VERSION,
                "status": Status.PENDING if verdict.hold else Status.PUBLISHED,
                "reasons": list(verdict.reasons),
                "key": key,
                "network": visitor.network,
                "created_at": now(),
                "edited_at": None,
            }
            comment_id = db.session.execute(_insert, values).scalar_one()
    except IntegrityError:
        # The same submission was on its way twice; the other one came first.
        if (before := threads.sent_before(thread_id, key)) is not None:
            return Posted(_same(before, new, name), visitor.session)
        # Whom it answers is gone, or its writer is: an account that was deleted just now.
        raise (MissingParent if parent else SignInRequired) from None
    return Posted(_as_stored(comment_id, values, thread, visitor.account), session, token)


def _as_stored(
    comment_id: int, values: dict[str, Any], thread: Thread, account: Account | None
) -> Comment:
    """The row that was just written, without asking the database for it again."""
    comment = Comment(id=comment_id, **values)
    set_committed_value(comment, "thread", thread)
    set_committed_value(comment, "account", account)
    return comment


def rendered(source: str) -> str:
    """Safe HTML for a source that a person typed. Raises InvalidInput."""
    try:
        html = markup.render(source)
    except markup.MarkupError as error:
        raise InvalidInput(fields={"body": error.message}) from None
    if not markup.words(html):
        raise InvalidInput(fields={"body": Message("Nothing of this text would be visible.")})
    return html


def _name(visitor: Visitor, new: NewComment) -> str:
    """The name that will be shown: an account's own, or what a guest typed."""
    if visitor.account is not None:
        return visitor.account.name
    if not config.current().guests:
        raise NotAllowed(Message("Please sign in to comment here."))
    if new.name is None:
        raise InvalidInput(fields={"name": Message("Please enter a name.")})
    if names.reserved(new.name):
        raise InvalidInput(
            fields={
                "name": Message("This name belongs to an account. Sign in, or choose another name.")
            }
        )
    return new.name


def _key(visitor: Visitor, new: NewComment) -> str:
    """The submission's key; without one, the same words of one writer on the same day.

    An account is one writer; so is a name that guests of one network give.
    """
    if new.key is not None:
        return new.key
    who = visitor.account.public_id if visitor.account else new.name or ""
    parts = (visitor.network, str(new.parent or 0), who, new.body)
    return "auto-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _same(before: Comment, new: NewComment, name: str) -> Comment:
    """The earlier comment, if it is this very submission. Raises KeyReused."""
    written = before.account.name if before.account else before.name
    same_text = before.source == new.body or before.edited_at is not None
    if same_text and before.parent_id == new.parent and written == name:
        return before
    raise KeyReused(Message("This key was used for another comment: make a new one for each."))


def _parent(thread_id: str, parent_id: int | None) -> Comment | None:
    if parent_id is None:
        return None
    parent = db.session.get(Comment, parent_id)
    if parent is None or parent.thread_id != thread_id or parent.status is not Status.PUBLISHED:
        raise MissingParent(
            Message("The comment you are replying to no longer exists. Your text is kept.")
        )
    return parent


# ---- one's own comments


def editable_until(comment: Comment) -> datetime:
    return comment.created_at + timedelta(minutes=config.current().edit_minutes)


def is_mine(comment: Comment, visitor: Visitor) -> bool:
    session = visitor.session
    if session is None:
        return False
    if comment.account_id is not None:
        return comment.account_id == session.account_id
    # Signing in ends a guest's session, not a guest's right to what was written in it.
    written_in = comment.session_id
    return written_in is not None and written_in in (session.id, session.guest_id)


def may_edit(comment: Comment, visitor: Visitor) -> bool:
    return (
        is_mine(comment, visitor)
        and comment.status in (Status.PENDING, Status.PUBLISHED)
        and now() < editable_until(comment)
    )


def _mine(comment_id: int, visitor: Visitor) -> Comment:
    """One's own comment within its time. Raises UnknownComment, NotAllowed, EditWindowOver."""
    comment = threads.comment(comment_id)
    if not is_mine(comment, visitor):
        # What others cannot see does not exist for them.
        if comment.status is not Status.PUBLISHED:
            raise UnknownComment
        raise NotAllowed(Message("Only the person who wrote this comment can change it."))
    if comment.status not in (Status.PENDING, Status.PUBLISHED):
        raise UnknownComment
    if now() >= editable_until(comment):
        minutes = config.current().edit_minutes
        raise EditWindowOver(
            Message(
                "A comment can be edited for {minutes} minutes. To add something, reply to it.",
                minutes=minutes,
            )
        )
    return comment


def edit(comment_id: int, visitor: Visitor, new: EditedComment) -> Comment:
    """Replace the text of one's own comment within the edit window; the old text is kept.

    More links than are let through at once put a published comment back into the queue.
    """
    html = rendered(new.body)
    comment = _mine(comment_id, visitor)
    if comment.source == new.body:
        return comment
    with changing(comment.thread_id) as change:
        db.session.refresh(comment, ["source", "status", "edited_at"], with_for_update=True)
        change.shown = comment.status is Status.PUBLISHED
        if comment.status not in (Status.PENDING, Status.PUBLISHED):
            raise UnknownComment
        db.session.add(
            CommentRevision(
                comment_id=comment.id,
                source=comment.source,
                written_at=comment.edited_at or comment.created_at,
            )
        )
        comment.source = new.body
        comment.html = html
        comment.renderer_version = markup.RENDERER_VERSION
        comment.edited_at = now()
        links = markup.links(html)
        if comment.status is Status.PUBLISHED and links > config.current().max_links:
            comment.status = Status.PENDING
            comment.reasons = [Message("Many links after an edit: {number}.", number=links)]
    return comment


def delete(comment_id: int, visitor: Visitor) -> Comment:
    """Take back one's own comment: its words go; a placeholder stays where replies hang."""
    comment = _mine(comment_id, visitor)
    with changing(comment.thread_id) as change:
        db.session.refresh(comment, ["status"], with_for_update=True)
        change.shown = comment.status is Status.PUBLISHED
        empty(comment)
        forget_revisions(Comment.id == comment.id)
    return comment


def empty(comment: Comment) -> None:
    """Delete for good: nothing that the writer typed stays in the row."""
    comment.status = Status.DELETED
    comment.source = comment.html = ""
    comment.name = comment.email = comment.website = comment.network = None
    comment.reasons = []


def forget_revisions(of: sa.ColumnElement[bool]) -> None:
    """Drop what comments said before they were edited."""
    chosen = sa.select(Comment.id).where(of)
    db.session.execute(sa.delete(CommentRevision).where(CommentRevision.comment_id.in_(chosen)))


# ---- moderating

_outcomes = {
    Act.PUBLISH: Status.PUBLISHED,
    Act.SPAM: Status.REJECTED,
    Act.DELETE: Status.DELETED,
}


def may_moderate(account: Account | None, thread: Thread) -> bool:
    """Moderators and owners everywhere, authors on their own articles."""
    if account is None:
        return False
    if account.role is Role.AUTHOR:
        return account.name in thread.authors
    return account.role in (Role.MODERATOR, Role.OWNER)


def decide(comment_id: int, moderator: Account | None, new: NewDecision) -> Decision:
    """Publish, reject as spam, delete, or undo the last decision; with who, when and why.

    `moderator` is None for a command on the server. A moderator's deletion keeps the words, so
    that it can be undone. Raises UnknownComment, NotAllowed, NothingToUndo.
    """
    comment = threads.comment(comment_id)
    if moderator is not None and not may_moderate(moderator, comment.thread):
        raise NotAllowed(Message("You can moderate the comments on your own articles."))
    act = Act(new.decision)
    with changing(comment.thread_id) as change:
        # Its writer may be deleting it at this very moment.
        db.session.refresh(comment, ["source", "status"], with_for_update=True)
        if act is not Act.UNDO and comment.status is Status.DELETED and not comment.source:
            raise NotAllowed(
                Message(
                    "The person who wrote this comment deleted it; there is nothing left to decide."
                )
            )
        undoes = None
        if act is Act.UNDO:
            undoes = moderation_queue.last_decision(comment.id)
            if undoes is None or (comment.status is Status.DELETED and not comment.source):
                raise NothingToUndo
        decision = Decision(
            comment_id=comment.id,
            moderator_id=moderator.id if moderator else None,
            act=act,
            reason=new.reason,
            status_before=comment.status,
            status_after=undoes.status_before if undoes else _outcomes[act],
            undoes_id=undoes.id if undoes else None,
        )
        db.session.add(decision)
        comment.status = decision.status_after
        change.shown = Status.PUBLISHED in (decision.status_before, decision.status_after)
    return decision


# ---- nobody changes a comment elsewhere


@event.listens_for(DatabaseSession, "before_flush")
def _refuse_outside(session: DatabaseSession, _context: UOWTransaction, _instances: object) -> None:
    touched = (*session.new, *session.deleted, *(each for each in session.dirty))
    if "changing" not in session.info and any(
        isinstance(each, Comment) and (each not in session.dirty or session.is_modified(each))
        for each in touched
    ):
        raise ChangedOutside("change comments inside comments.changing(thread_id)")


@event.listens_for(DatabaseSession, "do_orm_execute")
def _refuse_bulk_outside(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    # By name: a statement of the ORM holds an annotated copy of the table.
    table = getattr(state.statement, "table", None)
    of_comments = table is not None and table.name == _comments.name
    if writes and of_comments and "changing" not in state.session.info:
        raise ChangedOutside("change comments inside comments.changing(thread_id)")
