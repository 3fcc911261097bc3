"""Dates: a day or a moment as people write it, or what is wrong with that.

Pelican would fill in what a date leaves out from today's, take the month for the day, pass over a time zone
whose name it does not know, and know those of the machine that it runs on.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import parser
from pelican.utils import SafeDatetime

# Two days that agree in nothing: what a date leaves out would be filled in from them.
DAYS = SafeDatetime(2000, 1, 1), SafeDatetime(2001, 2, 2)
# What is written in four digits, whatever the time zone.
YEARS = range(1000, 9999)
# The names that have one meaning, as RFC 2822 gives it, in hours from UTC.
NAMES = {
    **dict.fromkeys(("UTC", "GMT", "UT", "Z"), 0),
    **{"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8},
}
# The name beside a number says nothing more: `+0100 CET` of Go, `GMT+0100 (Central European Time)` of browsers.
NAMED = re.compile(
    r"(?:(?<=:\d\d)|(?<= )|\b(?:GMT|UTC?) ?)([+-]\d\d?(?::?\d\d)?)(?: [A-Z]{1,5}| \([^()]*\))?\Z"
)

# With points the day comes first, in whatever language.
POINTED = re.compile(r"\d\d?\. ?\d\d?\. ?\d{4}\b")

A_DATE = "Write one such as 2026-11-20, or 2026-11-20 18:30."
NO_DATE = f"is no date. {A_DATE}"
NO_ZONE = (
    "has a time zone that has no such name here. Write it as a number: 2026-11-20 18:30+01:00."
)


class NoZone(ValueError):
    """A time zone by a name that several have, or none."""


def read(said: str, zone: str = "UTC") -> datetime:
    """A date; aware where it names a time zone, which may be by a name that the blog's own has. What is wrong
    with any other is the ValueError, as the end of a sentence.
    """
    said = NAMED.sub(r"\1", " ".join(said.replace("_", " ").split()))
    known, pointed = names(zone), bool(POINTED.match(said))
    first: datetime
    try:
        first, second = (
            parser.parse(said, default=day, tzinfos=known, dayfirst=pointed) for day in DAYS
        )
        first.utcoffset()
        other = first
        if not pointed and not said[:4].isdecimal():
            other = parser.parse(said, dayfirst=True, tzinfos=known)
    except NoZone:
        raise ValueError(NO_ZONE) from None
    except (ValueError, OverflowError, TypeError):
        raise ValueError(NO_DATE) from None
    if first != second or first.year not in YEARS:
        raise ValueError(NO_DATE)
    if other.date() != first.date():
        raise ValueError(f"may be two days. Write {first.date()} or {other.date()}.")
    return first


def wrong(said: str, zone: str = "UTC") -> str:
    """What is wrong with a date, or nothing."""
    try:
        read(said, zone)
    except ValueError as error:
        return str(error)
    return ""


def of_key(key: str, said: str, settings: dict[str, Any]) -> datetime:
    """What front matter says under this key, as Pelican asks it of a reader."""
    try:
        return read(said, settings.get("TIMEZONE", "UTC"))
    except ValueError as error:
        raise ValueError(f'{key.capitalize()}: "{said}" {error}') from None


def names(zone: str) -> Callable[[str | None, int | None], tzinfo | None]:
    """The time zone that is meant by a name, a number, or both."""
    seasons = (datetime(2026, month, 1, tzinfo=ZoneInfo(zone)) for month in (1, 7))
    own = {each.tzname(): each.utcoffset() for each in seasons}

    def meant(name: str | None, seconds: int | None) -> tzinfo | None:
        if seconds is None and name is None:
            return None
        if seconds is None and name not in NAMES and name not in own:
            raise NoZone(name)
        offset = own.get(name) if seconds is None else timedelta(seconds=seconds)
        if offset is None:
            offset = timedelta(hours=NAMES[str(name)])
        return timezone(offset) if offset else UTC

    return meant
