"""Wording: what an e-mail tells when it leaves: comments as they are then, and only what is still news.

What was deleted, is held again, was decided already or is no longer wanted has left by then; where nothing
remains, nothing is sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service import threads
from comments_service.accounts import tokens
from comments_service.comments import may_moderate
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import Message
from comments_service.mail import letters, outbox
from comments_service.mail.letters import Letter
from comments_service.models import (
    Choice,
    Comment,
    Decision,
    Email,
    Notification,
    Policy,
    Preference,
    Recipient,
    Status,
    Subscription,
    Thread,
    Untold,
)
from comments_service.notifications import signed_links
from comments_service.notifications.kinds import BY_NAME, KINDS

# Of one e-mail; what is beyond is counted in it.
MOST = 20
# Of a comment's own text, and of what it answers. Some mail programs cut off what is longer than 100 KB.
TEXT_CHARS = 3_000
EXCERPT_CHARS = 200
# What can be stopped for one article.
OF_A_THREAD = ("answer", "mention", "thread")


def composers(settings: Settings) -> Mapping[str, Callable[[Email], Letter | None]]:
    """What words each kind of e-mail, for `outbox.send_waiting`."""
    return {each.name: partial(letter, settings) for each in KINDS}


def letter(settings: Settings, email: Email) -> Letter | None:
    """What an e-mail says now; None where nothing is left to tell."""
    with writing():
        reader = _reader(email)
        told = [] if reader is None else _still_news(email, reader)
        if reader is None or not told:
            return None
        return _worded(email, reader, told, settings)


def _reader(email: Email) -> Recipient | None:
    """Whom an e-mail is for, at the address of today; None where he wants none of it."""
    reader = db.session.scalar(
        sa.select(Recipient)
        .join(Notification, Notification.recipient_id == Recipient.id)
        .where(Notification.email_id == email.id)
        .options(joinedload(Recipient.account))
        .limit(1)
        .execution_options(populate_existing=True)
    )
    if reader is None or reader.all_off:
        return None
    choice = db.session.scalar(
        sa.select(Preference.choice).where(
            Preference.recipient_id == reader.id, Preference.kind == email.kind
        )
    )
    if choice is Choice.NEVER:
        return None
    account = reader.account
    if account is not None:
        address = account.email if account.email_verified_at is not None else None
    else:
        address = reader.email if reader.confirmed_at is not None else None
    if address is None:
        return None
    email.recipient = address
    return reader


@dataclass(frozen=True)
class _Told:
    """A comment that is still news, with the decision that stands."""

    comment: Comment
    decision: Any


def _still_news(email: Email, reader: Recipient) -> list[_Told]:
    """What is left to tell, oldest first; what is not is forgotten, so that it may be told another time."""
    rows = db.session.scalars(
        sa.select(Notification)
        .where(Notification.email_id == email.id)
        .options(
            joinedload(Notification.comment).joinedload(Comment.thread),
            joinedload(Notification.comment).joinedload(Comment.account),
        )
        .order_by(Notification.comment_id)
        .execution_options(populate_existing=True)
    ).all()
    decisions = _last_decisions([each.comment_id for each in rows])
    said = db.session.scalars(
        sa.select(Subscription).where(Subscription.recipient_id == reader.id)
    ).all()
    muted = {each.thread_id for each in said if each.muted}
    followed = {
        (each.thread_id, each.kind) for each in said if each.confirmed_at and not each.muted
    }
    told = []
    for each in rows:
        comment, decision = each.comment, decisions.get(each.comment_id)
        wanted = comment.thread_id not in muted and _wanted(each, reader, followed)
        if wanted and _stands(each, decision):
            told.append(_Told(comment, decision))
        else:
            db.session.delete(each)
    return told


def _last_decisions(comment_ids: Sequence[int]) -> dict[int, Any]:
    rows = db.session.execute(
        sa.select(Decision.comment_id, Decision.act, Decision.tell, Decision.reason)
        .where(Decision.comment_id.in_(comment_ids))
        .order_by(Decision.id)
    )
    return {row.comment_id: row for row in rows}


def _wanted(each: Notification, reader: Recipient, followed: set[tuple[str | None, str]]) -> bool:
    """Whether this is still for this reader: not his own by now, and asked for where it has to be."""
    comment, thread = each.comment, each.comment.thread
    if each.kind == "moderation":
        return may_moderate(reader.account, thread) and comment.account_id != reader.account_id
    if each.kind == "thread":
        asked = (thread.id, "thread") in followed
    else:
        asked = reader.account_id is not None or (thread.id, "answer") in followed
    # What was written as a guest may be the reader's own by now.
    own = reader.account_id is not None and comment.account_id == reader.account_id
    return asked and own == (each.kind == "decided" and reader.account_id is not None)


def _stands(each: Notification, decision: Any) -> bool:
    """Whether the comment is still what it was when somebody was to be told."""
    comment = each.comment
    if each.moment is Untold.WAITING:
        return comment.waits
    if each.moment is Untold.PUBLISHED:
        thread = comment.thread
        shown = thread.listed and thread.policy is not Policy.OFF
        return comment.status is Status.PUBLISHED and shown
    refused = comment.status in (Status.REJECTED, Status.DELETED) and comment.source != ""
    return refused and decision is not None and decision.tell


# ---- the letter


@dataclass(frozen=True)
class Item:
    """A comment as a letter shows it."""

    name: str
    title: str
    address: str
    text: str
    # The words of the article that it is about; empty for what is no note.
    noted: str
    cut: bool
    waits: bool
    reasons: Sequence[Message]
    # What it answers, where that can be read.
    parent_name: str
    parent_text: str
    # Where a moderator decides on it; empty in all other letters.
    decide: str
    # Why it was not published, where somebody said so.
    refused: bool
    reason: str


def _worded(email: Email, reader: Recipient, told: Sequence[_Told], settings: Settings) -> Letter:
    lang = reader.lang or email.lang
    kind = BY_NAME[str(email.kind)]
    shown = told[:MOST]
    items = _items(shown, lang, settings, reader if kind.staff else None)
    of = {each.comment.thread_id for each in told}
    one = of.pop() if len(of) == 1 else None
    # Of one article, the link stops what comes of that; a moderator's own tasks, and what was decided, as a whole.
    stopped = one if kind.name in OF_A_THREAD else None
    template = "moderation" if kind.staff else "decided" if kind.name == "decided" else "news"
    return letters.render(
        lang,
        template,
        settings,
        outbox.blog_title(settings),
        {
            "kind": kind.name,
            "items": items,
            "more": len(told) - len(shown),
            "queue": f"{settings.comments_url}moderation/",
            "name": reader.account.name if reader.account else "",
            "preferences": _page(settings, "notifications", signed_links.preferences(reader)),
        },
        unsubscribe_url=_page(
            settings, "unsubscribe", signed_links.unsubscribe(reader, kind.name, stopped)
        ),
        # All letters about an article are one conversation.
        thread=(f"thread-{one}",) if one is not None else (),
    )


def _page(settings: Settings, page: str, token: str) -> str:
    return signed_links.address(settings.comments_url, page, token)


def _items(
    told: Sequence[_Told], lang: str, settings: Settings, decider: Recipient | None
) -> list[Item]:
    comments = [each.comment for each in told]
    parents = _parents(comments)
    items = []
    for each, shown in zip(told, threads.shown(comments), strict=True):
        comment, thread = each.comment, each.comment.thread
        published = comment.status is Status.PUBLISHED
        text, cut = _cut(comment.source, TEXT_CHARS)
        answered = shown.parent_name is not None and comment.parent_id in parents
        decide = ""
        if decider is not None and decider.account is not None:
            seen = tokens.DecideByMail(comment=comment.id, version=comment.version)
            made = tokens.make(seen, decider.account)
            decide = tokens.link(settings.comments_url, "decide", made)
        items.append(
            Item(
                name=shown.name,
                title=threads.title(thread, lang),
                address=_address(thread, comment if published else None, lang, settings),
                text=text,
                noted=comment.passage.exact if comment.passage else "",
                cut=cut,
                waits=comment.waits,
                reasons=comment.reasons if comment.waits else [],
                parent_name=(shown.parent_name or "") if answered else "",
                parent_text=parents[comment.parent_id or 0] if answered else "",
                decide=decide,
                refused=comment.status in (Status.REJECTED, Status.DELETED),
                reason=each.decision.reason if each.decision is not None else "",
            )
        )
    return items


def _address(thread: Thread, comment: Comment | None, lang: str, settings: Settings) -> str:
    if comment is None:
        return threads.address(thread, lang)
    return threads.comment_address(thread, comment.id, settings, lang)


def _parents(comments: Sequence[Comment]) -> dict[int, str]:
    answered = {each.parent_id for each in comments if each.parent_id is not None}
    if not answered:
        return {}
    chosen = sa.select(Comment.id, Comment.source).where(
        Comment.id.in_(answered), Comment.status == Status.PUBLISHED
    )
    return {row.id: _cut(row.source, EXCERPT_CHARS)[0] for row in db.session.execute(chosen)}


def _cut(text: str, most: int) -> tuple[str, bool]:
    """At most so much of a text, in whole words where there are any."""
    if len(text) <= most:
        return text, False
    head, space, _ = text[:most].rpartition(" ")
    return f"{(head if space else text[:most]).rstrip()} …", True
