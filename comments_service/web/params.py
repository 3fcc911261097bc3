"""What stands in addresses and forms: numbers, as a `type` for `args.get`, and where to go next."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import url_for

from comments_service.inputs import MAX_ID
from comments_service.models import Status
from comments_service.moderation_queue import ALL, Filter

# More pages than any list has.
MAX_PAGE = 10**9


def row_id(text: str) -> int:
    """The number of a row. Raises ValueError for what no database could hold."""
    number = whole(text[:20])
    if not 1 <= number <= MAX_ID:
        raise ValueError(number)
    return number


def page_number(text: str) -> int:
    """The number of a page, from 1 on; beyond any list for what is too large. Raises ValueError."""
    number = min(whole(text[:20]), MAX_PAGE + 1)
    if number < 1:
        raise ValueError(number)
    return number


def whole(text: str) -> int:
    """Digits of ASCII, and nothing that `int` takes beside them."""
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(text)
    return int(text)


def queue_filter(values: Mapping[str, str]) -> Filter:
    """What a list of comments holds, as its address or a form says. Raises ValueError for no state."""
    status = values.get("status") or Status.PENDING
    narrowed = {
        each: values.get(each, "").replace("\0", "") for each in ("thread", "person", "why", "q")
    }
    return Filter(None if status == ALL else Status(status), **narrowed)


def next_path(text: str | None) -> str:
    """Where to go after signing in: a path of this site, or the account page."""
    home = url_for("account.overview")
    text = text or ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return home
    # A second slash or a backslash would make browsers take the path for another host.
    if parts.scheme or parts.netloc or not text.startswith("/") or text[1:2] in ("/", "\\"):
        return home
    return home if any(ord(char) < 32 or char == "\\" for char in text) else text
