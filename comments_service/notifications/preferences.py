"""Preferences: how soon to be told of each kind, everything off, and what an e-mail's link stops.

Of one thread: `subscriptions`. Only what differs from a kind's default is stored.
"""

import sqlalchemy as sa

from comments_service import comments, threads
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message
from comments_service.inputs import ChangedNotifications
from comments_service.mail import outbox
from comments_service.models import (
    NO_EMAIL,
    STAFF,
    Account,
    Choice,
    Comment,
    Email,
    Preference,
    Recipient,
    Thread,
    Token,
)
from comments_service.notifications import subscriptions
from comments_service.notifications.kinds import BY_NAME, KINDS, Kind
from comments_service.notifications.subscriptions import Level


def kinds(account: Account | None) -> list[Kind]:
    """What somebody can be told of: an account, or a guest, who has none."""
    staff = account is not None and account.role in STAFF
    return [each for each in KINDS if staff or not each.staff]


def chosen(recipient: Recipient | None) -> dict[str, Choice]:
    """How soon a recipient is told of each kind; one query."""
    defaults = {each.name: each.default for each in KINDS}
    if recipient is None:
        return defaults
    rows = db.session.scalars(sa.select(Preference).where(Preference.recipient_id == recipient.id))
    return defaults | {row.kind: row.choice for row in rows}


def known(account: Account) -> Recipient | None:
    """An account as somebody who gets e-mails; nothing where it never chose, nor was told of anything."""
    return db.session.scalar(sa.select(Recipient).where(Recipient.account_id == account.id))


def made(account: Account) -> Recipient:
    """The same, made where it is new."""
    with writing():
        return subscriptions.of_account(account.id)


def save(recipient: Recipient, account: Account | None, given: ChangedNotifications) -> None:
    """Change what is given, and leave the rest. Raises InvalidInput, UnknownThread."""
    offered = {each.name: each.choices for each in kinds(account)}
    with writing():
        recipient = subscriptions.locked(recipient)
        for kind, choice in given.choices.items():
            if choice not in offered.get(kind, ()):
                raise InvalidInput(fields={"choices": Message("This cannot be chosen here.")})
            _prefer(recipient, kind, Choice(choice))
        for thread_id, level in given.threads.items():
            subscriptions.choose(recipient, threads.get(thread_id).id, Level(level))
        if given.all_off is not None:
            recipient.all_off = given.all_off


def _prefer(recipient: Recipient, kind: str, choice: Choice) -> None:
    row = db.session.scalar(
        sa.select(Preference).where(
            Preference.recipient_id == recipient.id, Preference.kind == kind
        )
    )
    default = BY_NAME[kind].default if kind in BY_NAME else None
    if row is not None and choice is default:
        db.session.delete(row)
    elif row is not None:
        row.choice = choice
    elif choice is not default:
        db.session.add(Preference(recipient_id=recipient.id, kind=kind, choice=choice))
    db.session.flush()


def stop(recipient: Recipient, kind: str, thread_id: str | None) -> None:
    """Stop what the link of an e-mail names; again changes nothing more.

    New comments of a thread are not told any more, but answers still are. Whoever does not want an
    answer or a mention wants nothing of that thread. Without a thread all of the kind is stopped.
    """
    with writing():
        recipient = subscriptions.locked(recipient)
        if thread_id is None:
            everywhere = subscriptions.find(recipient, kind, None)
            if everywhere is not None:
                db.session.delete(everywhere)
            else:
                _prefer(recipient, kind, Choice.NEVER)
        elif kind == "thread":
            row = subscriptions.find(recipient, kind, thread_id)
            if row is not None:
                db.session.delete(row)
        elif db.session.get(Thread, thread_id) is not None:
            subscriptions.choose(recipient, thread_id, Level.NOTHING)


def forget(recipient: Recipient) -> None:
    """Forget a guest's address, at once: e-mails to it, what was asked for, and beside each comment."""
    with comments.changing():
        recipient = subscriptions.locked(recipient)
        forget_address(recipient.email or "", recipient.email_key or "")


def forget_address(email: str, key: str) -> None:
    """The same of whoever has an address, inside `changing`; `key` is the address as it is compared."""
    db.session.execute(sa.delete(Email).where(Email.recipient_key == key))
    db.session.execute(sa.delete(Token).where(Token.email_key == key))
    outbox.forget_refusal(email)
    # Preferences, subscriptions and what was told go with the row.
    db.session.execute(sa.delete(Recipient).where(Recipient.email_key == key))
    db.session.execute(sa.update(Comment).where(Comment.email_key == key).values(NO_EMAIL))
