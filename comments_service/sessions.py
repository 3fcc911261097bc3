"""Sessions: one row a browser. They can be listed, ended, and found out to be ended, at once.

A token is 256 random bits that only the browser keeps; the database has its SHA-256. A guest's
browser has a session without an account, from its first comment on.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager

from comments_service.db import apart, clean_rows, db, writing
from comments_service.models import STAFF, Account, Session, Token, now

# Readers: 30 days without a visit or 90 in all. Whoever moderates: 12 hours, or 7 days in all.
READER_IDLE, READER_ABSOLUTE = timedelta(days=30), timedelta(days=90)
STAFF_IDLE, STAFF_ABSOLUTE = timedelta(hours=12), timedelta(days=7)
# How long one can look up, in one's data, where one was signed in.
KEPT = timedelta(days=30)
# How long a proof of who one is serves for acts that cannot be taken back.
PROOF_LASTS = timedelta(minutes=15)
# `seen_at` is written at most this often, so that reading one's own pages does not write each time.
SEEN_EVERY = timedelta(minutes=10)

# Joined by hand, which half of all requests would pay for otherwise: twice the time.
_by_token = (
    sa.select(Session)
    .outerjoin(Session.account)
    .where(Session.token_hash == sa.bindparam("token_hash"), Session.ended_at.is_(None))
    .options(contains_eager(Session.account))
)
_sessions, _accounts = (cast(sa.Table, each.__table__).c for each in (Session, Account))
_rows_by_token = (
    sa.select(*_sessions, *_accounts)
    .outerjoin_from(_sessions.id.table, _accounts.id.table)
    .where(_sessions.token_hash == sa.bindparam("token_hash"), _sessions.ended_at.is_(None))
)


@dataclass(frozen=True)
class Visitor:
    """Who asks: a session if the browser has one, the network and those around it, the browser's own words.

    `known` is what it kept of an earlier sign-in (`accounts.known_browsers`).
    """

    session: Session | None
    network: str
    device: str = ""
    known: str = ""
    # Of a change, and for the time that it takes: nobody keeps it.
    address: str = field(default="", repr=False)
    # The same network as bans know it (`bans.network_hash`).
    ban_network: str = ""
    neighbourhood: str = ""

    @property
    def account(self) -> Account | None:
        return self.session.account if self.session else None


def hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def of_token(token: str | None) -> Session | None:
    """The living session of a browser's token, with its account; None for anything else."""
    if not token:
        return None
    found = db.session.scalar(_by_token, {"token_hash": hashed(token)})
    return found if found is not None and _lives(found, found.account) else None


def apart_of_token(token: str | None) -> Session | None:
    """The same for reading only: what nearly every change asks first, at half the cost."""
    if not token:
        return None
    row = db.session.connection().execute(_rows_by_token, {"token_hash": hashed(token)}).first()
    if row is None:
        return None
    of_account = dict(zip(_accounts.keys(), row[len(_sessions) :], strict=True))
    account = apart(Account, of_account) if of_account["id"] is not None else None
    of_session = dict(zip(_sessions.keys(), row[: len(_sessions)], strict=True))
    session = apart(Session, {**of_session, "account": account})
    return session if _lives(session, account) else None


def of_account(account: Account) -> Sequence[Session]:
    """Where an account is signed in now, the latest seen first."""
    found = db.session.scalars(
        sa.select(Session)
        .where(Session.account_id == account.id, Session.ended_at.is_(None))
        .order_by(Session.seen_at.desc(), Session.id.desc())
    )
    return [each for each in found if _lives(each, account)]


def ever(account: Account) -> Sequence[Session]:
    """Every session of an account that is still known, those that are over included, oldest first."""
    return db.session.scalars(
        sa.select(Session).where(Session.account_id == account.id).order_by(Session.id)
    ).all()


def _lives(session: Session, account: Account | None) -> bool:
    staff = account is not None and account.role in STAFF
    idle, absolute = (STAFF_IDLE, STAFF_ABSOLUTE) if staff else (READER_IDLE, READER_ABSOLUTE)
    moment = now()
    return session.seen_at + idle >= moment and session.created_at + absolute >= moment


def begin(
    account: Account | None, visitor: Visitor, *, method: str = "", strong: bool = False
) -> tuple[Session, str]:
    """A session and its token, inside the caller's transaction. The token is not stored.

    The session that the browser had ends; a guest's is remembered, so that its comments can be
    claimed.
    """
    token = secrets.token_urlsafe(32)
    moment = now()
    before = visitor.session
    made = Session(
        token_hash=hashed(token),
        account_id=account.id if account else None,
        # Only accounts list their browsers.
        device=visitor.device[:200] if account else "",
        sign_in_method=method,
        proved_at=moment if account else None,
        strong_at=moment if strong else None,
        guest_id=_guest(before, account) if account else None,
    )
    made.account = account
    db.session.add(made)
    if before is not None:
        before.ended_at = moment
    db.session.flush()
    return made, token


def _guest(before: Session | None, account: Account) -> int | None:
    """The session in which the same browser wrote as a guest, if nobody else came in between."""
    if before is None:
        return None
    if before.account_id is None:
        return before.id
    return before.guest_id if before.account_id == account.id else None


def prove(session: Session, *, strong: bool = False) -> None:
    """Note that its owner showed again who he is, inside the caller's transaction."""
    session.proved_at = now()
    if strong:
        session.strong_at = session.proved_at


def renew(session: Session) -> str:
    """Another token for a session, inside the caller's transaction: the one before is worth nothing.

    Whoever has stolen the old one does not share in what a fresh proof allows.
    """
    token = secrets.token_urlsafe(32)
    session.token_hash = hashed(token)
    return token


def touch(session: Session) -> bool:
    """Remember that a session is in use: at most one write in ten minutes; whether this was one.

    Raises Unavailable.
    """
    if session.seen_at + SEEN_EVERY >= now():
        return False
    with writing():
        db.session.execute(sa.update(Session).where(Session.id == session.id).values(seen_at=now()))
    return True


def end(session: Session) -> None:
    with writing():
        session.ended_at = now()


def end_one(account: Account, session_id: int) -> None:
    """End one of an account's sessions; one that is nobody's or another's is left alone."""
    with writing():
        end_all(account.id, Session.id == session_id)


def end_others(account: Account, kept: Session) -> None:
    with writing():
        end_all(account.id, Session.id != kept.id)


def end_all(account_id: int, *which: sa.ColumnElement[bool]) -> None:
    """End an account's sessions, all or those that a condition picks, inside a transaction."""
    db.session.execute(
        sa.update(Session)
        .where(Session.account_id == account_id, Session.ended_at.is_(None), *which)
        .values(ended_at=now())
    )


def clean() -> None:
    """Drop what nobody needs of sessions that are over, and tokens that expired a day ago.

    A browser's own words go at once, the rest a month later. A guest's session stays for as long as
    the account that came in after it can claim what was written there. Tokens answer by now like
    ones that never were.
    """
    moment = now()
    nameless = sa.or_(Session.account_id.is_(None), *_over(moment))
    clean_rows(Session.id, Session.device != "", nameless, values={"device": ""})
    after = aliased(Session)
    claimable = sa.exists().where(after.guest_id == Session.id, after.ended_at.is_(None))
    clean_rows(Session.id, sa.or_(*_over(moment - KEPT)), ~claimable)
    clean_rows(Token.id, Token.expires_at < moment - timedelta(days=1))


def _over(moment: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """What holds of sessions that had ended, or run out even for a reader, by a moment."""
    return (
        Session.ended_at < moment,
        Session.seen_at < moment - READER_IDLE,
        Session.created_at < moment - READER_ABSOLUTE,
    )
