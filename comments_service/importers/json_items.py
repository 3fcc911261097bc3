"""JSON: a large export read piece by piece, as one document or as a line for each object."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ijson  # type: ignore[import-untyped] # it has none

from comments_service.importers.records import Damaged

MAX_LINE_BYTES = 10_000_000


def each(path: Path, prefix: str) -> Iterator[dict[str, Any]]:
    """The objects of the list that stands at `prefix` (`item`: the document is the list). Raises Damaged."""
    try:
        with path.open("rb") as file:
            for found in ijson.items(_without_mark(file), prefix, use_float=True):
                if isinstance(found, dict):
                    yield found
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(
            f"{path} is damaged: {' '.join(str(error).split())[:200]}. What stands before it was read. Export it again."
        ) from None


def _without_mark(file: Any) -> Any:
    """A file behind the mark of the byte order with which some editors begin one, and LeanCloud's first line."""
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
    begins = file.tell()
    if file.read(1) == b"#":
        file.readline(MAX_LINE_BYTES)
    else:
        file.seek(begins)
    return file


def lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The object of each line, with the line's number. Raises Damaged."""
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES), b""), 1):
            # LeanCloud says in a first line what kind of file it is.
            if not line.strip().strip(b"\xef\xbb\xbf") or line.startswith(b"#"):
                continue
            try:
                found = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as error:
                raise Damaged(
                    f"{path}, line {number}: {error}. What stands before it was read. Export it again, or mend that line."
                ) from None
            if isinstance(found, dict):
                yield number, found


def keys(path: Path, most: int = 20_000) -> tuple[str, set[str]]:
    """What a document begins with, and some names that are used in it: enough to know the system.

    The first is `{`, `[` or nothing; names are of the first objects, with what they hang in, such as
    `comments.item.parentHex`.
    """
    begins, names = "", set()
    try:
        with path.open("rb") as file:
            events = ijson.parse(_without_mark(file), use_float=True, multiple_values=True)
            for count, (prefix, event, value) in enumerate(events):
                if not begins:
                    begins = {"start_map": "{", "start_array": "["}.get(event, "-")
                if event == "map_key":
                    names.add(f"{prefix}.{value}".lstrip("."))
                elif prefix in ("version", "type", "meta.version") and value is not None:
                    names.add(f"{prefix}={value}")
                if count > most:
                    break
    except (ijson.JSONError, UnicodeDecodeError, RecursionError, OSError):
        pass
    return begins if begins in "{[" else "", names
