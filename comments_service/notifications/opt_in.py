"""Double opt-in: what a guest asked to be told of is sent once the owner of the address has said yes.

One e-mail asks. It holds no word of whoever asked, and an address gets few of them, so that nobody can
be annoyed by it; whether an address is known here, or is an account's, is told to nobody.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta

import sqlalchemy as sa

from comments_service import rate_limits, sessions
from comments_service.accounts import asked_emails, names, tokens
from comments_service.accounts.tokens import ConfirmSubscription
from comments_service.comments.posting import Posted
from comments_service.config import Rate, Settings
from comments_service.db import db, writing
from comments_service.errors import Message, TooMany, UnknownToken
from comments_service.inputs import NewComment
from comments_service.mail import outbox
from comments_service.models import Comment, Recipient, Session, Subscription, Thread, now
from comments_service.notifications import subscriptions
from comments_service.sessions import Visitor

# To one address, whoever asks.
LIMITS = (Rate(1, 600), Rate(5, 86_400))
ASKED = Message(
    "An e-mail is on its way to this address. Open its link to say yes; until then nothing else is sent."
)
WILL_ANSWER = Message(
    "Answers are e-mailed to you once your address is confirmed: if it is new here, open the link in"
    " the e-mail that is on its way."
)
JUST_SENT = Message(
    "An e-mail to this address was asked for a moment ago. Please look there, or try again later."
)
# A comment's box is ticked when it is sent, and both are written at once.
_AT_ONCE = timedelta(seconds=30)


def ask_for_answers(
    posted: Posted, new: NewComment, visitor: Visitor, lang: str, settings: Settings
) -> bool:
    """Let a guest be told of answers to a comment, where the box beside it was ticked; whether it was.

    The comment is there by now, and its writer is told the same however often the address was asked.
    """
    comment = posted.comment
    if not new.notify or not new.email or comment.account_id is not None or new.homepage_url:
        return False
    with suppress(TooMany):
        ask(new.email, "answer", comment.thread_id, visitor, lang, settings)
    return True


def ask(
    email: str, kind: str, thread_id: str | None, visitor: Visitor, lang: str, settings: Settings
) -> None:
    """Let an address be told of something, once its owner says yes. Raises TooMany.

    What was asked for too often stays asked for: the e-mail that is there already lists it too.
    """
    key = names.email_key(email)
    with writing():
        recipient = subscriptions.of_guest(email, lang)
        row = subscriptions.find(recipient, kind, thread_id)
        if row is not None and row.confirmed_at is not None and not row.muted:
            return
        if _vouches(visitor.session, recipient):
            subscriptions.put(recipient, kind, thread_id)
            recipient.all_off = False
            return
        asked_emails.count(email, visitor.network, settings)
        if row is None:
            row = Subscription(recipient_id=recipient.id, kind=kind, thread_id=thread_id)
            db.session.add(row)
        row.confirmed_at = None
        db.session.flush()
        number = row.id
    with writing():
        rate_limits.count(f"opt-in:{sessions.hashed(key).hex()[:32]}", LIMITS, JUST_SENT)
        token = tokens.make(ConfirmSubscription(number), email=email)
        link = tokens.link(settings.comments_url, "subscribe", token)
        outbox.write(email, lang, "subscribe", settings, ephemeral=True, asked_for=True, link=link)


def _vouches(session: Session | None, recipient: Recipient) -> bool:
    """Whether this browser asked for something before that the owner of the address said yes to.

    It is known by the comment with which it asked: others may give the same address with theirs.
    """
    if session is None:
        return False
    rows = db.session.execute(
        sa.select(Comment.email, Comment.created_at, Subscription.created_at)
        .join(Subscription, Subscription.thread_id == Comment.thread_id)
        .where(
            Comment.session_id == session.id,
            Comment.email.is_not(None),
            Subscription.recipient_id == recipient.id,
            Subscription.kind == "answer",
            Subscription.confirmed_at.is_not(None),
        )
    )
    return any(
        email is not None
        and names.email_key(email) == recipient.email_key
        and written_at <= asked_at <= written_at + _AT_ONCE
        for email, written_at, asked_at in rows
    )


def waiting(token: str) -> tuple[Recipient, list[tuple[Subscription, Thread | None]]]:
    """Whose address an e-mail's link confirms, and all that was asked for in its name.

    Raises UnknownToken.
    """
    found = tokens.find(ConfirmSubscription, token)
    asked = db.session.get(Subscription, ConfirmSubscription.of(found).subscription)
    recipient = db.session.get(Recipient, asked.recipient_id) if asked else None
    if recipient is None:
        raise UnknownToken(tokens.SPENT)
    rows = db.session.execute(
        sa.select(Subscription, Thread)
        .join(Thread, Thread.id == Subscription.thread_id, isouter=True)
        .where(Subscription.recipient_id == recipient.id, Subscription.confirmed_at.is_(None))
        .order_by(Subscription.id)
    )
    return recipient, [(row[0], row[1]) for row in rows]


def confirm(token: str, wanted: Collection[int]) -> Recipient:
    """Say yes to those that are wanted, and no to the others; the link works once. Raises UnknownToken."""
    with writing():
        recipient, asked = waiting(token)
        tokens.use(ConfirmSubscription, token)
        recipient = subscriptions.locked(recipient)
        for row, _ in asked:
            if row.id in wanted:
                subscriptions.put(recipient, row.kind, row.thread_id)
            elif row.muted:
                row.confirmed_at = now()
            else:
                db.session.delete(row)
        if wanted:
            recipient.confirmed_at = recipient.confirmed_at or now()
            recipient.all_off = False
        return recipient
