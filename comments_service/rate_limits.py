"""Rate limits: how often one may act, counted exactly in the database, over all processes.

Networks are known here only as a keyed hash under a key that lives one day.
"""

import hashlib
import hmac
import ipaddress
import math
import secrets
from bisect import bisect
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from comments_service.config import Rate
from comments_service.db import CLEANED_AT_ONCE, UTCTime, db, writing
from comments_service.errors import Busy, TooMany
from comments_service.models import DayKey, RateCount, now


def count(subject: str, rates: Sequence[Rate], detail: str) -> None:
    """Count one act of `subject` against each rate, inside the caller's transaction.

    Raises TooMany when one is used up: the caller's transaction rolls back, so what was refused
    is not counted. Without rates there is no limit.
    """
    refuse(over({subject: rates}), detail)


def over(acts: Mapping[str, Sequence[Rate]]) -> dict[str, int]:
    """Count one act of each subject, all in one statement, inside the caller's transaction.

    Gives the subjects that are over one of their rates, with the seconds after which one more fits.
    """
    moment = now()
    # Of two rates over one window the stricter rules, and the act is counted once.
    asked = dict.fromkeys((name, rate.seconds) for name, rates in acts.items() for rate in rates)
    if not asked:
        return {}
    values: dict[str, Any] = {}
    for number, (name, seconds) in enumerate(asked):
        values[f"subject{number}"] = f"{name}:{seconds}"
        values[f"window{number}"] = int(moment.timestamp()) // seconds
        # The next window asks for this one.
        values[f"expires{number}"] = moment + timedelta(seconds=2 * seconds)
    rows = db.session.connection().execute(_raise(len(asked)), values)
    raised = {row[0]: (row[1], row[2] or 0) for row in rows}
    waits = {
        name: max(
            _until_one_fits(
                *raised[f"{name}:{rate.seconds}"], rate, moment.timestamp() % rate.seconds
            )
            for rate in rates
        )
        for name, rates in acts.items()
        if rates
    }
    return {name: seconds for name, seconds in waits.items() if seconds}


def _until_one_fits(count: int, before: int, rate: Rate, used: float) -> int:
    """Nothing if the latest act is within the rate, else the seconds until it would be.

    The window slides: of the window before, so much counts as is not yet longer ago than a window.
    Exact but for how its acts lay in it, of which the database knows nothing.
    """
    room = rate.count - count
    if before * (rate.seconds - used) <= room * rate.seconds:
        return 0
    if room >= 0:
        return math.ceil(rate.seconds * (before - room) / before - used) or 1
    # What this window has counted must slide away as well.
    done = count - 1
    return math.ceil(rate.seconds * (2 * done - rate.count + 1) / done - used)


def refuse(found: Mapping[str, int], detail: str) -> None:
    """Raises TooMany if any subject is over its rates."""
    if found:
        raise TooMany(detail, retry_after_seconds=max(found.values()))


@contextmanager
def counted(acts: Mapping[str, Sequence[Rate]], detail: str) -> Iterator[None]:
    """Count acts, each against its rates, before the caller does what costs: the limit comes first.

    In a transaction of its own, since what costs must not hold one. What the service was too busy
    to try is given back. Raises TooMany.
    """
    with writing():
        refuse(over(acts), detail)
    try:
        yield
    except Busy:
        with writing():
            for subject, rates in acts.items():
                take_back(subject, rates)
        raise


@cache
def _raise(rates: int) -> sa.TextClause:
    """One statement that raises so many counters and gives their new values; both databases know it.

    With each comes what the window before it counted. Written out, because several rows with
    RETURNING would be compiled anew for every request.
    """
    rows = ", ".join(f"(:subject{n}, :window{n}, 1, :expires{n})" for n in range(rates))
    return sa.text(
        f'INSERT INTO rate_counts (subject, "window", count, expires_at) VALUES {rows}'  # noqa: S608 - names of our own
        ' ON CONFLICT (subject, "window") DO UPDATE SET count = rate_counts.count + 1'
        " RETURNING subject, count, (SELECT before.count FROM rate_counts AS before"
        ' WHERE before.subject = rate_counts.subject AND before."window" = rate_counts."window" - 1)'
    ).bindparams(*(sa.bindparam(f"expires{n}", type_=UTCTime()) for n in range(rates)))


def forget(subject: str, rates: Sequence[Rate]) -> None:
    """Start anew: somebody who got in has not been guessing."""
    db.session.execute(sa.delete(RateCount).where(_counts(subject, rates)))


def _counts(subject: str, rates: Sequence[Rate]) -> sa.ColumnElement[bool]:
    """What counts a subject against its rates, by whole names: a beginning would be looked for everywhere."""
    return RateCount.subject.in_({f"{subject}:{rate.seconds}" for rate in rates})


def forget_all(word: str) -> None:
    """Drop every count in whose subject a word stands: of somebody who has left.

    Looks at all counts, which are those of a day: which subjects a word stands in is their makers' to know.
    """
    db.session.execute(
        sa.delete(RateCount).where(RateCount.subject.contains(word, autoescape=True))
    )


def take_back(subject: str, rates: Sequence[Rate]) -> None:
    """Uncount the latest act, which turned out to be none that is limited."""
    other = aliased(RateCount)
    latest = sa.select(sa.func.max(other.window)).where(other.subject == RateCount.subject)
    db.session.execute(
        sa.update(RateCount)
        .where(
            _counts(subject, rates),
            RateCount.window == latest.scalar_subquery(),
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
    return _hash(network_bytes(address))


def neighbourhood(address: str) -> str:
    """The same of what lies around it and one owner may have whole: IPv4 by its /24, IPv6 by its /48."""
    return _hash(network_bytes(address, 24, 48))


def _hash(packed: bytes | None) -> str:
    if packed is None:
        return "unknown"
    return hmac.new(_day_key(), packed, hashlib.sha256).hexdigest()[:32]


def network_bytes(address: str, of_ipv4: int = 32, of_ipv6: int = 64) -> bytes | None:
    """What of an address is hashed, by the lengths of its network; nothing of what is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    length = of_ipv4 if ip.version == 4 else of_ipv6
    return ipaddress.ip_network((ip, length), strict=False).network_address.packed


class Pace:
    """How often something happened lately, as this process saw it: costs no statement.

    Of several processes each knows its own share. No limit, which would have to be exact.
    """

    def __init__(self) -> None:
        # A rate of more than these is never found to be passed. Of the clock that nobody sets: where the
        # other one is put back, an hour of moments would be counted again.
        self._moments: deque[float] = deque(maxlen=10_000)

    def note(self, moment: float) -> None:
        self._moments.append(moment)

    def load(self, rates: Sequence[Rate], moment: float) -> float:
        """How much of the rate that is used up most is used up: more than 1 when it is passed."""
        shares = [
            (len(self._moments) - bisect(self._moments, moment - rate.seconds)) / rate.count
            for rate in rates
        ]
        return max(shares, default=0.0)


_paces: WeakKeyDictionary[sa.Engine, Pace] = WeakKeyDictionary()


def guests() -> Pace:
    """The pace of guests' comments, over the whole site."""
    return _paces.setdefault(db.engine, Pace())


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
