"""Numbers in addresses and forms, as a `type` for `args.get`: what it refuses counts as missing."""

from comments_service.inputs import MAX_ID

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
