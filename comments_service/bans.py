"""Bans: of an account, a guest's browser or a network, whose texts are not taken until a stated day.

Whoever is banned is told so, with the reason, and reads on as everybody. Making and ending one is in
`account_changes`. A network is known here by a hash under a key of its own, which no table holds
(docs/decisions/0018-networks-are-banned-by-a-hash.md).
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service import db as database
from comments_service.db import db, writing
from comments_service.errors import Banned, Message
from comments_service.models import Ban, Session, now

SHOWN = 50


def network_hash(network: bytes, key: str) -> str:
    """A network as bans know it: the same each day, so it stands nowhere but in a ban that holds."""
    return hmac.new(f"network ban {key}".encode(), network, hashlib.sha256).hexdigest()[:32]


def today() -> str:
    return now().date().isoformat()


def active(moment: datetime | None = None) -> tuple[sa.ColumnElement[bool], ...]:
    """What holds of bans that have not ended yet, by themselves or by somebody."""
    moment = moment or now()
    return Ban.ended_at.is_(None), sa.or_(Ban.ends_at.is_(None), Ban.ends_at > moment)


# ---- asked whenever somebody writes

_table = Ban.__table__.c
# Part of the query that every post makes: by the names of its parameters, put together once.
holding = sa.and_(
    sa.or_(
        _table.account_id == sa.bindparam("ban_account"),
        _table.session_id == sa.bindparam("ban_session"),
        _table.session_id == sa.bindparam("ban_guest"),
        _table.network == sa.bindparam("ban_network"),
        _table.network == sa.bindparam("ban_day_network"),
    ),
    _table.ended_at.is_(None),
    sa.or_(_table.ends_at.is_(None), _table.ends_at > sa.bindparam("ban_moment")),
)


def asked(session: Session | None, day_network: str, network: str) -> dict[str, Any]:
    """The parameters of `holding`: who writes, and his network under the day's key and under that of bans.

    A day's hash is never another's: it is as good as random on every other day.
    """
    return {
        "ban_account": session.account_id if session else None,
        "ban_session": session.id if session else None,
        # Signing up in the same browser leads out of nothing.
        "ban_guest": session.guest_id if session else None,
        "ban_network": network or None,
        "ban_day_network": day_network or None,
        "ban_moment": now(),
    }


def of_writer(session: Session | None, day_network: str = "", network: str = "") -> Ban | None:
    """The ban that keeps somebody from writing; of several, the one that lasts longest."""
    given = asked(session, day_network, network)
    chosen = sa.select(Ban).where(holding).order_by(Ban.ends_at.desc(), Ban.id)
    found = db.session.scalars(chosen, given).all()
    return next((each for each in found if each.ends_at is None), found[0] if found else None)


def of_account(account_id: int) -> Ban | None:
    """The ban of an account that holds; of several, the one that lasts longest."""
    return of_writer(Session(account_id=account_id))


def refusal(ban: Ban) -> Banned:
    """What whoever is banned is told: until when, and why."""
    if ban.ends_at is None:
        said = Message("You cannot write here any more: {reason}", reason=ban.reason)
    else:
        said = Message(
            "You cannot write here until {date}: {reason}", date=ban.ends_at, reason=ban.reason
        )
    return Banned(said)


def refuse(session: Session | None, day_network: str, network: str) -> None:
    """Before anything that others see is taken, outside a transaction. Raises Banned."""
    ban = of_writer(session, day_network, network)
    if ban is not None:
        with writing():
            recognise(day_network, network)
        raise refusal(ban)


def recognise(day_network: str, network: str) -> None:
    """Know a banned network from tomorrow on, inside a transaction: by then the day's key is gone."""
    if day_network and network:
        db.session.execute(
            sa.update(Ban)
            .where(Ban.network == day_network, Ban.day.is_not(None))
            .values(network=network, day=None)
        )


# ---- asked by moderators

_whole = (joinedload(Ban.account), joinedload(Ban.moderator), joinedload(Ban.ended_by))


def of_person(account_id: int | None, session_id: int | None) -> Sequence[Ban]:
    """The bans of an account or a guest that are known, the latest first."""
    mine = Ban.account_id == account_id if account_id else Ban.session_id == session_id
    chosen = sa.select(Ban).where(mine).options(*_whole).order_by(Ban.id.desc())
    return db.session.scalars(chosen.limit(SHOWN)).all()


def ever(account_id: int) -> Sequence[Ban]:
    """Every ban of an account, oldest first."""
    mine = sa.select(Ban).where(Ban.account_id == account_id)
    return db.session.scalars(mine.order_by(Ban.id)).all()


def of_networks() -> Sequence[Ban]:
    """The latest bans of networks: which of them it is, nobody can read here."""
    chosen = sa.select(Ban).where(Ban.account_id.is_(None), Ban.session_id.is_(None))
    return db.session.scalars(chosen.options(*_whole).order_by(Ban.id.desc()).limit(SHOWN)).all()


def holds(ban: Ban) -> bool:
    return ban.ended_at is None and (ban.ends_at is None or ban.ends_at > now())


def clean() -> None:
    """Forget the networks of bans that are over, and of those whose day went by unseen."""
    over = sa.or_(
        Ban.ended_at.is_not(None),
        Ban.ends_at <= now(),
        sa.and_(Ban.day.is_not(None), Ban.day < today()),
    )
    database.clean_rows(Ban.id, Ban.network.is_not(None), over, values={"network": None})
