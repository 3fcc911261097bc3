"""Quick JSON: what stays among ourselves, in records and in the build cache, written and read at the speed of C.

Says what Python's own `json` says, in no more than its compact form; strangers' files, and what others read,
are better left to that one.
"""

import json
from collections.abc import Callable
from typing import Any

import orjson

# Dates and the like are for `default` to name, as with `json`.
AS_JSON = (
    orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
)


def dumps(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """Raises what `json` raises for what neither it nor `default` knows."""
    try:
        return orjson.dumps(value, default, AS_JSON)
    except TypeError as error:
        if error.__cause__ and not isinstance(error.__cause__, Exception):
            raise error.__cause__ from None  # Somebody ends the program, or the build, while `default` is at work.
        # Integers of more than 64 bits, halves of signs, what is nested very deep. A blank tells `loads` of them.
        encode = json.JSONEncoder(
            check_circular=False, default=default, separators=(",", ":")
        ).encode
        return b" " + encode(value).encode()


def loads(data: bytes | str) -> Any:
    """Raises ValueError for what is no JSON."""
    slow = data[:1] in (b" ", " ")
    return json.loads(data) if slow else orjson.loads(data)
