"""Records: what every format is read into, one after the other, whichever system wrote it."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from comments_service.errors import Message
from comments_service.models import Status
from formats.passages import Passage


class Damaged(Exception):
    """A file that cannot be read further; the text says where, and what to do next."""


class Markup(StrEnum):
    """What a comment was written in."""

    # Our own, which means here what it meant there.
    SOURCE = "source"
    MARKDOWN = "markdown"
    HTML = "html"
    # HTML whose line breaks are line breaks.
    LINES = "lines"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page that had comments: by what the comments name it, and by all that may find it here.

    What was written on a page that is not `public` waits for a moderator.
    """

    id: str
    url: str = ""
    title: str = ""
    names: tuple[str, ...] = ()
    public: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """A comment as another system had it. `where` leads to it in the file: its number, or a line."""

    id: str
    page: str
    where: str
    written_at: datetime | None
    parent: str = ""
    # The comment that began the conversation, below which it stands where `parent` is gone.
    above: str = ""
    name: str = ""
    email: str = ""
    website: str = ""
    body: str = ""
    markup: Markup = Markup.HTML
    status: Status = Status.PUBLISHED
    edited_at: datetime | None = None
    up: int = 0
    down: int = 0
    # The words of the article that it is about, where the other system has notes as well.
    passage: Passage | None = None
    # What says that somebody has linked, in no words of his own: a pingback or a trackback.
    ping: str = ""


class Skipped:
    """What a file holds and is not taken over, with the reasons, in words that can be said in each language."""

    __slots__ = ("reasons", "where")

    def __init__(self, where: str, *reasons: Message) -> None:
        self.where, self.reasons = where, reasons

    @property
    def why(self) -> str:
        return " ".join(self.reasons)


# What several systems' files come without.
UNNUMBERED = Message("it has no number by which it could be known again")
UNPLACED = Message("it names no page")
UNKNOWN = Message("it names no page, or has no number")
USED_BEFORE = Message("its number was used before in this file")


Record = Page | Past | Skipped


@dataclass
class Known:
    """Writers or pages that a format keeps apart from what refers to them, by their ids."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, key: object) -> dict[str, Any]:
        return self.rows.get(text(key), {})


# What no database of ours keeps: half of a sign that was cut in two, and zero.
_unkept = re.compile("[\x00\ud800-\udfff]")
# MongoDB's and LeanCloud's ways to say what kind of value one is.
_typed = ("$oid", "$uuid", "$numberLong", "$numberInt", "$numberDouble", "objectId")
_none = ("", "0", "null", "none", "undefined", "nil", "root")


def text(value: object) -> str:
    """A field as text, without the white space around it; nothing where there is nothing."""
    if isinstance(value, dict):
        value = next((value[name] for name in _typed if name in value), None)
    if value is None or isinstance(value, bool | dict | list):
        return ""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    elif isinstance(value, float) and value.is_integer():
        # A number that a spreadsheet, or a column that may be empty, gave a point.
        value = int(value)
    return _unkept.sub("", str(value)).strip()


def answered(value: object) -> str:
    """The number of what a comment answers; nothing where it answers none, in any of the ways to say so."""
    found = text(value)
    return "" if found.lower() in _none else found


def flag(value: object) -> bool:
    """Whether a field says yes, in any of the ways in which exports say it."""
    return (
        text(value).lower() in ("1", "true", "yes", "y", "t")
        if not isinstance(value, bool)
        else value
    )


# As many as a column holds.
MOST = 2**31 - 1


def number(value: object) -> int:
    """A count; none where it is none, and never more than can be kept."""
    try:
        return max(-MOST, min(int(float(text(value) or 0)), MOST))
    except (ValueError, OverflowError):
        return 0


# In which exports name a time, beside ISO 8601 and that of e-mails and feeds.
_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%b %d, %Y %H:%M:%S",
    "%b %d, %Y %I:%M %p",
    "%b %d %Y %H:%M:%S %z",
)
_letter = re.compile(r"[A-Z][a-z]{2}, ?\d")
# As a browser writes one: Fri Apr 15 2022 10:00:00 GMT+0800 (China Standard Time).
_browsers = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} \d\d \d{4} [\d:]{8}) GMT([+-]\d{4})\b.*")
_before_zone = re.compile(r"(?<=\d) (?=[+-]\d\d:?\d\d\Z)")
_midnight = re.compile(r"(\d{4}-\d\d-\d\d[T ])24:00(?::00(?:\.0+)?)?(?!\d)")
_utc = re.compile(r"(?<=\d) ?(?:UTC|GMT)\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Of a system's time that was never set: year 1 in Go, zeros in MySQL, 1970 elsewhere.
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)


_dates = ("$date", "iso", "$numberLong", "seconds", "_seconds")


def moment(value: object) -> datetime | None:
    """A time in UTC: ISO 8601, seconds or milliseconds since 1970, or what exports write instead.

    One without a zone is UTC. None where there is none that can be meant.
    """
    for _ in range(2):
        if isinstance(value, dict):
            # MongoDB's, LeanCloud's and Firestore's ways to write a date.
            value = next((value[name] for name in _dates if name in value), None)
    if isinstance(value, datetime):
        return _meant(value)
    given = text(value)
    if re.fullmatch(r"-?\d+(\.\d+)?(e\+?\d+)?", given, re.IGNORECASE):
        seconds = float(given)
        # Ten digits are seconds until the year 2286, thirteen are milliseconds, sixteen microseconds.
        size = 1_000_000 if seconds > 1e14 else 1000 if seconds > 1e11 else 1
        return _meant(_since(seconds / size))
    given = _browsers.sub(r"\1 \2", _utc.sub("", given))
    if ends := _midnight.match(given):
        # The end of a day is the beginning of the next.
        day = moment(f"{ends[1]}00:00:00{given[ends.end() :]}")
        return day and _since((day - _EPOCH).total_seconds() + 86_400)
    found = _iso(given) or _of_a_letter(given)
    for each in _FORMATS:
        if found is not None:
            break
        try:
            found = datetime.strptime(given, each)  # noqa: DTZ007 - the zone is set below
        except ValueError:
            continue
    return _meant(found)


def _since(seconds: float) -> datetime | None:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None


def _iso(given: str) -> datetime | None:
    # Nanoseconds are Go's; Python takes six digits.
    given = _before_zone.sub("", re.sub(r"(\.\d{6})\d+", r"\1", given))
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        return None


def _of_a_letter(given: str) -> datetime | None:
    try:
        return parsedate_to_datetime(given) if _letter.match(given) else None
    except ValueError:
        return None


def _meant(found: datetime | None) -> datetime | None:
    if found is None:
        return None
    try:
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
    return found if found >= _EARLIEST else None
