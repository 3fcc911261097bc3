"""Unbaked: which built pages are behind what is published, noted where every process sees it."""

import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from comments_service.config import Settings
from formats import bake

# Files named for what built pages are behind of: a thread's id, or the list of all conversations.
UNBAKED = ".unbaked"
DISCUSSIONS = ".discussions"


def sites(settings: Settings) -> list[Path]:
    """Every folder with built pages that hold what is published."""
    own = [settings.output_folder] if settings.output_folder else []
    known = {each.resolve() for each in own}
    return [*own, *(each for each in bake.places(settings.published) if each not in known)]


def mark(name: str, settings: Settings) -> None:
    """Tell whoever bakes, in whichever process, that built pages are behind this file.

    Asked for under the folder's lock, as `baked` is.
    """
    if sites(settings):
        path = settings.published / UNBAKED / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(time.time_ns()))


def waiting(settings: Settings) -> dict[str, str]:
    """What built pages are behind of, each with the mark that says since when."""
    found = {}
    with suppress(FileNotFoundError):
        for path in (settings.published / UNBAKED).iterdir():
            with suppress(FileNotFoundError):
                found[path.name] = path.read_text(errors="replace")
    return found


def baked(name: str, mark: str, settings: Settings) -> None:
    """Take the mark away, unless somebody has published again since it was read."""
    path = settings.published / UNBAKED / name
    with FileLock(settings.published / ".lock"), suppress(FileNotFoundError):
        if path.read_text(errors="replace") == mark:
            path.unlink()
