"""Export: everything that is known of an account and its owner, for that owner, in one piece.

Its shape is written down in docs/formats.md. What would let somebody in, such as hashes and keys, is
left out: it is of no use to its owner. So are the names of moderators, who are persons themselves.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from comments_service import by_writer, i18n, sessions
from comments_service.db import db
from comments_service.models import Account, Authenticator, Email, Identity, Passkey, now

VERSION = 1


def gathered(account: Account) -> dict[str, Any]:
    """All of it, ready for JSON; the same number of queries however much there is."""
    totp = db.session.get(Authenticator, account.id)
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
        "comments": _comments(account),
        "letters": _emails(account),
        "decisions": [
            {
                "comment": each.comment_id,
                "decision": str(each.act),
                "reason": each.reason,
                "made_at": _stamp(each.made_at),
            }
            for each in by_writer.decisions_by(account.id)
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
            }
        )
    for decision in by_writer.decisions_about(account.id):
        decisions[decision.comment_id].append(
            {
                "decision": str(decision.act),
                "reason": decision.reason,
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
            "website": each.website,
            "created_at": _stamp(each.created_at),
            "edited_at": _stamp(each.edited_at),
            "revisions": revisions[each.id],
            "decisions": decisions[each.id],
        }
        for each in by_writer.of_account(account.id)
    ]


def _emails(account: Account) -> list[dict[str, Any]]:
    """What was written to the account's address. The texts hold links that sign in, and stay out."""
    if account.email is None:
        return []
    found = db.session.scalars(
        sa.select(Email).where(Email.recipient == account.email).order_by(Email.id)
    )
    return [
        {
            "subject": each.subject,
            "created_at": _stamp(each.created_at),
            "sent_at": _stamp(each.sent_at),
        }
        for each in found
    ]


def _stamp(moment: datetime | None) -> str | None:
    return i18n.stamp(moment) if moment is not None else None
