"""Rate limits: how often one may act, counted exactly in the database, over all processes.

Networks are known here only as a keyed hash under a key that lives one day.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from comments_service.config import Rate
from comments_service.db import CLEANED_AT_ONCE, UTCTime, db, writing
from comments_service.errors import Busy, TooMany
from comments_service.models import DayKey, RateCount, now


def count(subject: str, rates: Sequence[Rate], detail: str) -> None:
    """Count one act of `subject` against each rate, inside the caller's transaction.

    Raises TooMany when one is used up: the caller's transaction rolls back, so what was refused
    is not counted. Without rates there is no limit.
    """
    if not rates:
        return
    moment = now()
    values: dict[str, Any] = {}
    for number, rate in enumerate(rates):
        values[f"subject{number}"] = f"{subject}:{rate.seconds}"
        values[f"window{number}"] = int(moment.timestamp()) // rate.seconds
        values[f"expires{number}"] = moment + timedelta(seconds=rate.seconds)
    rows = db.session.connection().execute(_raise(len(rates)), values)
    raised = {row[0]: row[1] for row in rows}
    for rate in rates:
        if raised[f"{subject}:{rate.seconds}"] > rate.count:
            used = int(moment.timestamp()) % rate.seconds
            raise TooMany(detail, retry_after_seconds=rate.seconds - used)


@contextmanager
def counted(acts: Mapping[str, Sequence[Rate]], detail: str) -> Iterator[None]:
    """Count acts, each against its rates, before the caller does what costs: the limit comes first.

    In a transaction of its own, since what costs must not hold one. What the service was too busy
    to try is given back. Raises TooMany.
    """
    with writing():
        for subject, rates in acts.items():
            count(subject, rates, detail)
    try:
        yield
    except Busy:
        with writing():
            for subject in acts:
                take_back(subject)
        raise


@cache
def _raise(rates: int) -> sa.TextClause:
    """One statement that raises so many counters and gives their new values; both databases know it.

    Written out, because several rows with RETURNING would be compiled anew for every request.
    """
    rows = ", ".join(f"(:subject{n}, :window{n}, 1, :expires{n})" for n in range(rates))
    return sa.text(
        f'INSERT INTO rate_counts (subject, "window", count, expires_at) VALUES {rows}'  # noqa: S608 - names of our own
        ' ON CONFLICT (subject, "window") DO UPDATE SET count = rate_counts.count + 1'
        " RETURNING subject, count"
    ).bindparams(*(sa.bindparam(f"expires{n}", type_=UTCTime()) for n in range(rates)))


def forget(subject: str) -> None:
    """Start anew: somebody who got in has not been guessing."""
    db.session.execute(sa.delete(RateCount).where(RateCount.subject.startswith(f"{subject}:")))


def forget_all(word: str) -> None:
    """Drop every count in whose subject a word stands: of somebody who has left."""
    db.session.execute(
        sa.delete(RateCount).where(RateCount.subject.contains(word, autoescape=True))
    )


def take_back(subject: str) -> None:
    """Uncount the latest act, which turned out to be none that is limited."""
    db.session.execute(
        sa.update(RateCount)
        .where(
            RateCount.subject.startswith(f"{subject}:"),
            RateCount.expires_at > now(),
            RateCount.count > 0,
        )
        .values(count=RateCount.count - 1)
    )


def clean() -> None:
    """Drop windows that are over, a batch at a time, and the keys of earlier days."""
    moment = now()
    key = sa.tuple_(RateCount.subject, RateCount.window)
    over = sa.select(RateCount.subject, RateCount.window).where(RateCount.expires_at < moment)
    dropped = sa.delete(RateCount).where(key.in_(over.limit(CLEANED_AT_ONCE)))
    while _dropped(dropped):
        pass
    _dropped(sa.delete(DayKey).where(DayKey.day < moment.date().isoformat()))


def _dropped(rows: sa.Delete) -> int:
    with writing():
        return db.session.connection().execute(rows).rowcount


def network(address: str) -> str:
    """A keyed hash of an address's network: IPv4 whole, IPv6 by its /64 (one household).

    May write (the first of the day makes the key), so it is asked before a transaction begins.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False).network_address
    return hmac.new(_day_key(), ip.packed, hashlib.sha256).hexdigest()[:32]


# The latest day whose key is known, and the key: of each database.
_known_keys: WeakKeyDictionary[sa.Engine, tuple[str, bytes]] = WeakKeyDictionary()


def _day_key() -> bytes:
    """Today's key, made by whichever process needs it first."""
    day = now().date().isoformat()
    known, key = _known_keys.get(db.engine, ("", b""))
    if known != day:
        with writing():
            db.session.execute(
                sa.text(
                    "INSERT INTO day_keys (day, key) VALUES (:day, :key) ON CONFLICT DO NOTHING"
                ),
                {"day": day, "key": secrets.token_bytes(32)},
            )
            # Inside, where no cleaning takes it away.
            key = db.session.scalars(sa.select(DayKey.key).where(DayKey.day == day)).one()
        _known_keys[db.engine] = (day, key)
    return key
