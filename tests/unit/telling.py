"""What tests of e-mails about comments share: what was told, and what an e-mail says when it leaves."""

from datetime import timedelta

import sqlalchemy as sa

from comments_service import comments, config
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.mail.letters import Letter
from comments_service.models import (
    Account,
    Comment,
    Email,
    Notification,
    Recipient,
    Subscription,
    Untold,
    now,
)
from comments_service.notifications import wording
from comments_service.notifications.fan_out import fan_out
from tests import make


def posted(body: str = "They scoop.", *, held: bool = False, **values: object) -> Comment:
    """A comment as somebody posts it: nobody was told yet."""
    untold = Untold.WAITING if held else Untold.PUBLISHED
    return make.comment(body=body, held=held, untold=untold, **values)  # type: ignore[arg-type]  # as make.comment takes them


def decide(comment: Comment, act: str, by: Account | None = None, **values: object) -> None:
    db.session.refresh(comment)
    given = NewDecision.model_validate({"decision": act, "version": comment.version, **values})
    comments.decide(comment.id, by, given)


def told() -> list[tuple[str, str, int]]:
    """Who is told of what, after all that happened until now: the address, the kind, the comment."""
    fan_out()
    rows = db.session.execute(
        sa.select(Email.recipient, Notification.kind, Notification.comment_id)
        .join(Email, Email.id == Notification.email_id)
        .order_by(Notification.id)
    )
    return [(row.recipient.partition("@")[0], row.kind, row.comment_id) for row in rows]


def emails() -> list[Email]:
    """What lies in the outbox to be worded, oldest first."""
    db.session.rollback()
    chosen = sa.select(Email).where(Email.kind.is_not(None)).order_by(Email.id)
    return [*db.session.scalars(chosen.execution_options(populate_existing=True))]


def says(email: Email) -> Letter | None:
    """What it says if it leaves now."""
    return wording.letter(config.current(), email)


def letters() -> list[Letter]:
    """What leaves if all of it does now."""
    fan_out()
    return [made for each in emails() if (made := says(each)) is not None]


def later(minutes: float) -> None:
    """Let time pass for what lies in the outbox, all of which has left."""
    past = timedelta(minutes=minutes)
    with writing():
        for each in db.session.scalars(sa.select(Email)):
            each.created_at -= past
            each.attempts = 1
            each.sent_at = now() - past


def guest(email: str = "gus@example.org", *, confirmed: bool = True) -> Recipient:
    made = Recipient(
        email=email, email_key=email.lower(), confirmed_at=now() if confirmed else None
    )
    with writing():
        db.session.add(made)
    return made


def follows(
    who: Recipient | Account,
    kind: str = "thread",
    thread_id: str | None = "pelicans",
    *,
    muted: bool = False,
    confirmed: bool = True,
) -> Recipient:
    """Somebody asks to be told of something in a thread."""
    with writing():
        if isinstance(who, Account):
            found = db.session.scalar(sa.select(Recipient).where(Recipient.account_id == who.id))
            recipient = found or Recipient(account_id=who.id)
            db.session.add(recipient)
            db.session.flush()
        else:
            recipient = who
        db.session.add(
            Subscription(
                recipient_id=recipient.id,
                thread_id=thread_id,
                kind=kind,
                muted=muted,
                confirmed_at=now() if confirmed else None,
            )
        )
    return recipient
