"""JSON: a large export read piece by piece, as one document or as a line for each object."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ijson  # type: ignore[import-untyped] # it has none

from comments_service.importers.records import Damaged

MAX_LINE_BYTES = 10_000_000


def each(path: Path, prefix: str) -> Iterator[dict[str, Any]]:
    """The objects of the list that stands at `prefix` (`item`: the document is the list). Raises Damaged.

    Of several documents one after the other, as `gh api --paginate` writes them, those of each. What is
    no object is an empty one, so that whoever counts sees it.
    """
    try:
        with path.open("rb") as file:
            read = ijson.items(_without_mark(file), prefix, use_float=True, multiple_values=True)
            for found in read:
                yield found if isinstance(found, dict) else {}
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(f"{path} is damaged: {_said(error)}. Export it again.") from None


def _said(error: Exception) -> str:
    """What a reader says is wrong, without the piece of the file that it shows below."""
    said = error.args[0] if error.args else error
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return text.strip().partition("\n")[0][:200].rstrip(". ")


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
    """The object of each line, with the line's number; an empty one for what is none. Raises Damaged."""
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES), b""), 1):
            # LeanCloud says in a first line what kind of file it is.
            if not line.strip().strip(b"\xef\xbb\xbf") or line.startswith(b"#"):
                continue
            try:
                found = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as error:
                raise Damaged(
                    f"{path}, line {number}: {error}. Export it again, or mend that line."
                ) from None
            yield number, found if isinstance(found, dict) else {}


def fault(path: Path, most: int = 20_000) -> str:
    """What is wrong with the beginning of a document; nothing where nothing is."""
    try:
        with path.open("rb") as file:
            for count, _ in enumerate(
                ijson.basic_parse(_without_mark(file), use_float=True, multiple_values=True)
            ):
                if count > most:
                    break
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        return _said(error)
    return ""


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
