"""Export: everything that is known of an account and its owner, for that owner, in one piece.

Its shape is written down in docs/formats.md. What would let somebody in, such as hashes and keys, is
left out: it is of no use to its owner. So are the names of moderators, who are persons themselves.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from comments_service import bans, by_writer, i18n, rules, sessions
from comments_service.db import db
from comments_service.inputs import address_key
from comments_service.mail import outbox
from comments_service.models import (
    Account,
    Authenticator,
    Email,
    Identity,
    Notification,
    Passkey,
    PersonNote,
    Preference,
    Recipient,
    Subscription,
    now,
)

VERSION = 1


def gathered(account: Account) -> dict[str, Any]:
    """All of it, ready for JSON; the same number of queries however much there is."""
    totp = db.session.get(Authenticator, account.id)
    refused = outbox.refused(account.email) if account.email else None
    identities = db.session.scalars(
        sa.select(Identity).where(Identity.account_id == account.id).order_by(Identity.id)
    )
    passkeys = db.session.scalars(
        sa.select(Passkey).where(Passkey.account_id == account.id).order_by(Passkey.id)
    )
    return {
        "version": VERSION,
        "made_at": i18n.stamp(now()),
        "account": {
            "id": account.public_id,
            "name": account.name,
            "email": account.email,
            "email_verified_at": _stamp(account.email_verified_at),
            "email_refused": {"since": _stamp(refused.since), "error": refused.error}
            if refused is not None
            else None,
            "role": str(account.role),
            "bio": account.bio,
            "link": account.link,
            "shown": account.shown,
            "created_at": _stamp(account.created_at),
        },
        "ways": [
            {
                "kind": each.kind,
                "label": each.label,
                # What the provider calls its owner; a password has no name of its own.
                "subject": None if each.kind == "password" else each.subject,
                "created_at": _stamp(each.created_at),
                "used_at": _stamp(each.used_at),
            }
            for each in identities
        ],
        "passkeys": [
            {
                "name": each.name,
                "created_at": _stamp(each.created_at),
                "used_at": _stamp(each.used_at),
            }
            for each in passkeys
        ],
        "second_factor": {"since": _stamp(totp.confirmed_at)}
        if totp is not None and totp.confirmed_at is not None
        else None,
        "sessions": [
            {
                "device": each.device,
                "way": each.sign_in_method,
                "created_at": _stamp(each.created_at),
                "seen_at": _stamp(each.seen_at),
                "ended_at": _stamp(each.ended_at),
            }
            for each in sessions.ever(account)
        ],
        "bans": [
            {
                "reason": each.reason,
                "made_at": _stamp(each.made_at),
                "ends_at": _stamp(each.ends_at),
                "ended_at": _stamp(each.ended_at),
            }
            for each in bans.ever(account.id)
        ],
        "notes_on_people": _notes(account),
        "comments": _comments(account),
        "votes": [
            {"comment": each.comment_id, "value": each.value, "made_at": _stamp(each.made_at)}
            for each in by_writer.votes_of(account.id)
        ],
        "letters": _emails(account),
        "notifications": _notifications(account),
        "decisions": [
            {
                "comment": each.comment_id,
                "decision": str(each.act),
                "reason": each.reason,
                "made_at": _stamp(each.made_at),
            }
            for each in by_writer.decisions_by(account.id)
        ],
        "notes": [
            {"comment": each.comment_id, "text": each.text, "written_at": _stamp(each.written_at)}
            for each in by_writer.noted_by(account.id)
        ],
        "corrections": [
            {
                "comment": each.comment_id,
                "reason": each.reason,
                "made_at": _stamp(each.replaced_at),
            }
            for each in by_writer.corrected_by(account.id)
        ],
        "rule_changes": [
            {
                "rule": each.name,
                "before": each.before,
                "after": each.after,
                "made_at": _stamp(each.made_at),
            }
            for each in rules.changed_by(account.id)
        ],
        "thread_decisions": [
            {
                "thread": each.thread_id,
                "act": str(each.act),
                "comments": str(each.policy) if each.policy else None,
                "numbers": each.comment_ids,
                "to": each.to_thread_id,
                "answered": each.parent_id,
                "reason": each.reason,
                "made_at": _stamp(each.made_at),
            }
            for each in by_writer.thread_decisions_by(account.id)
        ],
        "reports": [
            {
                "comment": each.comment_id,
                "version": each.version,
                "kind": str(each.kind),
                "text": each.text,
                "made_at": _stamp(each.made_at),
                "decided_at": _stamp(each.decided_at),
            }
            for each in by_writer.reports_by(account.id)
        ],
    }


def _comments(account: Account) -> list[dict[str, Any]]:
    revisions, decisions = defaultdict(list), defaultdict(list)
    for each in by_writer.revisions_of(account.id):
        revisions[each.comment_id].append(
            {
                "source": each.source,
                "written_at": _stamp(each.written_at),
                "replaced_at": _stamp(each.replaced_at),
                # Why a moderator replaced it; nothing where the writer did.
                "reason": each.reason,
            }
        )
    for decision in by_writer.decisions_about(account.id):
        decisions[decision.comment_id].append(
            {
                "decision": str(decision.act),
                "reason": decision.reason,
                "told": decision.tell,
                "made_at": _stamp(decision.made_at),
            }
        )
    return [
        {
            "id": each.id,
            "thread": each.thread_id,
            "article": each.thread.title,
            "url": f"{each.thread.url}#comment-{each.id}",
            "parent": each.parent_id,
            "status": str(each.status),
            "waits_because": each.reasons,
            "source": each.source,
            "passage": each.passage._asdict() if each.passage else None,
            "website": each.website,
            "created_at": _stamp(each.created_at),
            "edited_at": _stamp(each.edited_at),
            "edited_by_moderator": each.corrected,
            "imported_from": each.imported_from,
            "imported_id": each.imported_id,
            "revisions": revisions[each.id],
            "decisions": decisions[each.id],
        }
        for each in by_writer.of_account(account.id)
    ]


def _notes(account: Account) -> dict[str, Any]:
    """What moderators noted about the account, and what it noted about others as a moderator."""

    def found(*which: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
        chosen = sa.select(PersonNote).where(*which).order_by(PersonNote.id)
        return [
            {"text": each.text, "made_at": _stamp(each.made_at)}
            for each in db.session.scalars(chosen)
        ]

    return {
        "about": found(PersonNote.account_id == account.id),
        "written": found(PersonNote.moderator_id == account.id),
    }


def _emails(account: Account) -> list[dict[str, Any]]:
    """What was written to the account's address. The texts hold links that sign in, and stay out."""
    if account.email is None:
        return []
    found = db.session.scalars(
        sa.select(Email).where(Email.recipient_key == address_key(account.email)).order_by(Email.id)
    )
    return [
        {
            "subject": each.subject,
            "created_at": _stamp(each.created_at),
            "sent_at": _stamp(each.sent_at),
        }
        for each in found
    ]


def _notifications(account: Account) -> dict[str, Any] | None:
    """What the account chose to be told of, and what it was told of; nothing where it never was."""
    found = db.session.scalar(sa.select(Recipient).where(Recipient.account_id == account.id))
    if found is None:
        return None
    choices = db.session.scalars(
        sa.select(Preference).where(Preference.recipient_id == found.id).order_by(Preference.id)
    )
    followed = db.session.scalars(
        sa.select(Subscription)
        .where(Subscription.recipient_id == found.id)
        .order_by(Subscription.id)
    )
    told = db.session.scalars(
        sa.select(Notification)
        .where(Notification.recipient_id == found.id)
        .order_by(Notification.id)
    )
    return {
        "lang": found.lang,
        "all_off": found.all_off,
        "since": _stamp(found.created_at),
        "choices": [{"kind": each.kind, "choice": str(each.choice)} for each in choices],
        "followed": [
            {
                "kind": each.kind,
                "thread": each.thread_id,
                "muted": each.muted,
                "confirmed_at": _stamp(each.confirmed_at),
                "created_at": _stamp(each.created_at),
            }
            for each in followed
        ],
        "told": [
            {
                "kind": each.kind,
                "comment": each.comment_id,
                "of": str(each.moment),
                "made_at": _stamp(each.made_at),
            }
            for each in told
        ],
    }


def _stamp(moment: datetime | None) -> str | None:
    return i18n.stamp(moment) if moment is not None else None
