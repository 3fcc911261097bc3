"""A new comment: who may post it, whether it is held, and the same submission sent twice."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from comments_service import markup, rate_limits, rules, sessions, spam, threads
from comments_service.accounts import names
from comments_service.comments import gate, noting
from comments_service.comments.noting import Noting
from comments_service.comments.rerendering import rendered
from comments_service.comments.transaction import insert
from comments_service.config import Rate, Settings
from comments_service.db import apart, db
from comments_service.errors import (
    Banned,
    InvalidInput,
    KeyReused,
    Message,
    MissingParent,
    NotAllowed,
    SignInRequired,
    ThreadClosed,
    TooMany,
)
from comments_service.inputs import NewComment
from comments_service.models import (
    Comment,
    Session,
    Status,
    Thread,
    Untold,
    html_hash,
    near_columns,
    now,
)
from comments_service.sessions import Visitor

# Of one network: somebody who types, and stops again and again to look, asks for half as many.
PREVIEWS = (Rate(120, 60),)


@dataclass(frozen=True)
class Posted:
    """A comment that was taken, and the session that may edit it.

    `token` is given for a guest's new session only: the browser has to keep it.
    """

    comment: Comment
    session: Session | None
    token: str | None = None


def post(
    thread_id: str,
    visitor: Visitor,
    new: NewComment,
    settings: Settings,
    *,
    first: Callable[[], object] = lambda: None,
) -> Posted:
    """Take a new comment: published, or held for a moderator; `first` happens with it, or neither does.

    The same submission sent again is answered as the first was. Raises UnknownThread,
    ThreadClosed, MissingParent, InvalidInput, KeyReused, NotAllowed, Banned, TooMany.
    """
    thread = threads.get(thread_id)
    name = _name(visitor, new, thread, settings)
    key = _key(visitor, new)
    # Before the transaction: the built page may have to be read for it.
    noted = noting.noting(thread, new, settings)
    try:
        return _taken(thread, visitor, new, noted, name, key, settings, first)
    except (IntegrityError, ThreadClosed, MissingParent, TooMany, Banned) as refused:
        # Its sender has not heard yet that it was taken, or it was on its way twice.
        if (before := threads.sent_before(thread_id, key)) is not None:
            return Posted(_same(before, new, name), visitor.session)
        if isinstance(refused, IntegrityError):
            # Whom it answers is gone, or its writer is: an account that was deleted just now.
            raise (MissingParent if new.parent else SignInRequired) from None
        raise


def preview(source: str, visitor: Visitor) -> str:
    """Safe HTML for a text that is not posted yet, counted before it is made. Raises TooMany, InvalidInput."""
    detail = Message(
        "These are many previews in a short time. Your text is kept; please wait a moment and try again."
    )
    rates = () if gate.is_staff(visitor) else PREVIEWS
    with rate_limits.counted({f"preview:{visitor.network}": rates}, detail):
        return rendered(source)


def _taken(
    thread: Thread,
    visitor: Visitor,
    new: NewComment,
    noted: Noting,
    name: str,
    key: str,
    settings: Settings,
    first: Callable[[], object],
) -> Posted:
    if not threads.open_now(thread):
        raise ThreadClosed(threads.why_closed(thread))
    session, account, token = visitor.session, visitor.account, None
    with gate.counted(visitor, settings) as crowded:
        html = rendered(noted.body)
        first()
        parent = _parent(thread.id, new.parent)
        text = spam.Text(noted.body, "" if visitor.account else name, new.website or "")
        verdict = gate.on_post(
            thread, visitor, html, new, noted, settings, text=text, name=name, crowded=crowded
        )
        if session is None:
            session, token = sessions.begin(None, visitor)
        values = {
            "thread_id": thread.id,
            "parent_id": parent.id if parent else None,
            "depth": parent.depth + 1 if parent else 0,
            "account_id": session.account_id,
            "session_id": session.id,
            "name": None if session.account_id else name,
            "email": None if session.account_id else new.email,
            "website": new.website,
            "source": noted.body,
            "html": html,
            "passage": noted.passage,
            "html_hash": html_hash(html),
            **near_columns(text.near),
            "renderer_version": markup.RENDERER_VERSION,
            "status": Status.PENDING if verdict.hold else Status.PUBLISHED,
            "reasons": list(verdict.reasons),
            "key": key,
            "network": visitor.network,
            "created_at": now(),
            "edited_at": None,
            "version": 1,
            "up": 0,
            "down": 0,
            "untold": Untold.WAITING if verdict.hold else Untold.PUBLISHED,
        }
        values["id"] = insert(values)
    comment = apart(Comment, values | {"thread": thread, "account": account})
    return Posted(comment, session, token)


def _name(visitor: Visitor, new: NewComment, thread: Thread, settings: Settings) -> str:
    """The name that will be shown: an account's own, or what a guest typed."""
    if visitor.account is not None:
        return visitor.account.name
    if not rules.takes_guests(settings):
        raise NotAllowed(gate.SIGN_IN)
    if new.name is None:
        raise InvalidInput(fields={"name": Message("Please enter a name.")})
    if names.reserved(new.name):
        raise InvalidInput(
            fields={
                "name": Message("This name belongs to an account. Sign in, or choose another name.")
            }
        )
    if names.key(new.name) in map(names.key, thread.authors):
        raise InvalidInput(
            fields={
                "name": Message(
                    "The author of this article has this name. If it is you, please sign in;"
                    " otherwise choose another name."
                )
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
    parts = [visitor.network, str(new.parent or 0), who, new.body]
    if new.passage is not None:
        parts.append(new.passage.exact)
    return "auto-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _same(before: Comment, new: NewComment, name: str) -> Comment:
    """The earlier comment, if it is this very submission. Raises KeyReused."""
    written = before.account.name if before.account else before.name
    if noting.is_same(before, new) and before.parent_id == new.parent and written == name:
        return before
    raise KeyReused(Message("This key was used for another comment: make a new one for each."))


def _parent(thread_id: str, parent_id: int | None) -> Comment | None:
    if parent_id is None:
        return None
    # As the answer's row will hold it: it cannot go to another thread before that is there.
    held: Any = {"read": True, "key_share": True}
    parent = db.session.get(Comment, parent_id, with_for_update=held)
    if (
        parent is not None
        and parent.thread_id != thread_id
        and threads.elsewhere(thread_id, parent_id)
    ):
        raise MissingParent(
            Message(
                "The comment you are replying to stands at another article now. Your text is kept;"
                " you can reply to it there."
            )
        )
    if parent is None or parent.thread_id != thread_id or parent.status is not Status.PUBLISHED:
        raise MissingParent(
            Message("The comment you are replying to no longer exists. Your text is kept.")
        )
    return parent
