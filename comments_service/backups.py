"""Backups: copies of the database in a folder, one a day of the worker's or whenever somebody asks for one.

What lies there tells by its name what it is and when it was made: nothing else is ever removed.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from comments_service.models import now
from formats import database_copies
from formats.database_copies import Beat, CopyError

EVERY = timedelta(days=1)
# Of those that the worker makes: a week, in which somebody notices what went wrong.
KEPT = 7
# The last one may be due, or be in the making: only an older one says that something is wrong.
LATE = timedelta(days=2)
_name = re.compile(r"comments-(\d{8}-\d{6})\.(?:sqlite3|dump|jsonl)(?P<part>\.\d+\.part)?")
_moment = "%Y%m%d-%H%M%S"

__all__ = ["EVERY", "KEPT", "LATE", "CopyError", "due", "made", "make", "newest", "prune"]


def make(
    folder: Path,
    database_url: str,
    export: Callable[[Path], None],
    beat: Beat = lambda: None,
) -> Path:
    """Copy all of the database while it is in use. Raises CopyError.

    Where PostgreSQL's own program is missing, `export` writes what it can instead.
    """
    url = sa.make_url(database_url)
    name = f"comments-{now().strftime(_moment)}"
    if url.get_backend_name() == "sqlite":
        target = folder / f"{name}.sqlite3"
        database_copies.sqlite(Path(url.database or ""), target, beat)
        return target
    target = folder / f"{name}.dump"
    try:
        database_copies.postgres(database_url, target, beat)
    except database_copies.NoProgram:
        target = folder / f"{name}.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            export(target)
        except OSError as error:
            raise CopyError(f"Nothing could be written to {target}: {error}.") from error
    return target


def made(folder: Path) -> list[Path]:
    """Those that lie there, the newest first; last, what was made under a clock that was ahead.

    Otherwise no later one would be made, or kept, until that time has come.
    """
    moment = now()
    found = {each: at for each in folder.glob("comments-*") if (at := _made_at(each))}
    return sorted(found, key=lambda each: (found[each] <= moment, each.name), reverse=True)


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest, and what a stopped run has left for a day; returns what went."""
    old = made(folder)[keep:]
    for each in folder.glob("comments-*.part"):
        begun_at = _made_at(each, part=True)
        if begun_at and now() - begun_at > EVERY:
            old.append(each)
    for each in old:
        each.unlink(missing_ok=True)
    return old


def newest(folder: Path) -> datetime | None:
    """When the newest was made, if any is known to be."""
    at = next((_made_at(each) for each in made(folder)), None)
    return None if at is not None and at > now() else at


def due(folder: Path) -> bool:
    last = newest(folder)
    return last is None or now() - last >= EVERY


def _made_at(path: Path, *, part: bool = False) -> datetime | None:
    """When it was made, by its name; None for what is none of ours."""
    found = _name.fullmatch(path.name)
    if not found or bool(found["part"]) is not part:
        return None
    try:
        return datetime.strptime(found[1], _moment).replace(tzinfo=UTC)
    except ValueError:
        return None
