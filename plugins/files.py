"""Files: which of them belong to a blog; which a build claims as its own and its pages ask for; and records
kept between builds.

How a file is written, so that a reader never meets half of it, is `formats/files`; what is written here is
noted in the list of the site's files (`built`).
"""

import contextlib
import fnmatch
import functools
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

import formats.files
from formats.files import Effort, says, siblings

from . import built, quick_json

# Handed on, since whoever writes a file may have to name these too.
__all__ = [
    "ask",
    "asked_for",
    "belongs",
    "claim",
    "is_settled",
    "move_many",
    "of_folder",
    "put",
    "read_record",
    "record",
    "remove",
    "remove_folder",
    "rewrite",
    "says",
    "siblings",
    "update",
    "write",
    "write_many",
    "write_record",
]

# What editors and systems leave beside a file, among it the locks of Emacs (`.#a.md`) and what macOS keeps
# (`._a.md`): nobody means any of it.
LEFT_BEHIND = (
    *(
        ".#*",
        "._*",
        ".DS_Store",
        ".*.sw?",
        "*~",
        "#*#",
        "*.bak",
        "*.orig",
        "*.rej",
        "*.swp",
        "*.swo",
    ),
    *("*.tmp", "*.temp", "*.part", "*.crdownload", "Thumbs.db", "desktop.ini", "__MACOSX"),
)
# Of other hidden files none is part of the blog, but those that the site has at its root (`.nojekyll`).
HIDDEN = ".*"

ASIDE = {
    hidden: re.compile("|".join(map(fnmatch.translate, map(os.path.normcase, aside))))
    for hidden, aside in ((True, LEFT_BEHIND), (False, (*LEFT_BEHIND, HIDDEN)))
}

# Longer than a disk's clock takes from one time of a file to the next: one that tells less than milliseconds
# (FAT: two seconds), and one that tells more, which is Linux's, of ten milliseconds at most.
COARSE_NS, FINE_NS = 3_000_000_000, 100_000_000

# What a plugin writes by itself and wants to be taken away when it is not written again (by
# `incremental/output`): names by output folder.
claimed: dict[str, set[str]] = {}
# What templates have asked for while they were rendered, such as a style sheet: names by output folder.
asked: dict[str, set[str]] = {}
# Output folders in which this build has left pages as they were: what these ask for it has not seen.
partial: set[str] = set()


def belongs(path: str | PurePath, *, hidden: bool = False) -> bool:
    """Whether a file, by its name and those of its folders, is one of the blog's own.

    Pelican, whoever watches the folders, and all that look through them go by this.
    """
    parts = str(path).replace(os.sep, "/").split("/")
    return not any(set_aside(part, hidden) for part in parts if part not in ("", "."))


@functools.lru_cache(4_096)
def set_aside(part: str, hidden: bool) -> bool:
    return bool(ASIDE[hidden].match(os.path.normcase(part)))


def of_folder(folder: Path, wanted: Callable[[str], bool] = lambda name: True) -> Iterator[Path]:
    """Every file below a folder that belongs to the blog, in order; or those of names that are wanted."""
    for at, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(filter(belongs, folders))
        for name in sorted(filter(belongs, filter(wanted, names))):
            if (path := Path(at, name)).is_file():
                yield path


def is_settled(written_ns: int, read_ns: int) -> bool:
    """Whether a file of this time, read at that moment, cannot have been written once more at the same time."""
    return written_ns < read_ns - (FINE_NS if written_ns % 1_000_000 else COARSE_NS)


def claim(output: str | Path, name: str) -> None:
    """Say, before anything is written, that this build writes a file of this name."""
    claimed.setdefault(str(Path(output)), set()).add(name)


def ask(output: str | Path, name: str) -> None:
    """Say that a page of this build shows a file of this name."""
    asked.setdefault(str(Path(output)), set()).add(name)


def asked_for(output: str | Path, folder: str) -> set[str]:
    """The names, below a folder of the site, that the pages of this build show."""
    before = f"{folder}/"
    return {
        name.removeprefix(before)
        for name in asked.get(str(Path(output)), ())
        if name.startswith(before)
    }


def write(path: Path, data: bytes, stamp_ns: int | None = None) -> None:
    formats.files.write(path, data, stamp_ns)
    built.note(path)


def put(path: Path, data: bytes) -> None:
    formats.files.put(path, data)
    built.note(path)


def write_many(whole: Iterable[tuple[Path, bytes, int]]) -> None:
    paths = []

    def noted() -> Iterator[tuple[Path, bytes, int]]:
        for each in whole:
            paths.append(each[0])
            yield each

    formats.files.write_many(noted())
    for path in paths:
        built.note(path)


def move_many(whole: Sequence[tuple[Path, Path]]) -> None:
    formats.files.move_many(whole)
    for _, path in whole:
        built.note(path)


def update(path: Path, data: bytes) -> bool:
    if changed := formats.files.update(path, data):
        built.note(path)
    return changed


def rewrite(path: Path, data: bytes, effort: Effort) -> None:
    formats.files.rewrite(path, data, effort)
    for each in (path, *siblings(path)):
        built.note(each)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()
    built.note(path)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it, if it is there."""
    inside = [path for path in folder.rglob("*") if path.is_file()]
    shutil.rmtree(folder, ignore_errors=True)
    for path in inside:
        built.note(path)


def record(settings: dict[str, Any], kind: str) -> Path:
    """Where a plugin keeps what it knows of an output folder between two builds."""
    output = str(Path(settings["OUTPUT_PATH"]).resolve())
    name = f"{hashlib.sha256(output.encode()).hexdigest()[:16]}.json"
    return Path(settings.get("CACHE_PATH", "cache"), kind, name)


def write_record(path: Path, found: dict[str, Any]) -> None:
    """Keep it there for the next build."""
    update(path, quick_json.dumps(found))


def read_record(path: Path) -> dict[str, Any]:
    """What was kept there; nothing where it is damaged or missing."""
    with contextlib.suppress(OSError, ValueError):
        found = quick_json.loads(path.read_bytes())
        if isinstance(found, dict):
            return found
    return {}
