"""Files: how a plugin writes into the built site, so that a reader never meets half a file."""

import contextlib
import gzip
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import brotli

# Gzip's best is cheap on pages. Brotli's levels 10 and 11 cost ten times level 9 for 3 % of size.
GZIP_LEVEL = 9
BROTLI_LEVEL = 9

# What a plugin writes by itself and wants to be taken away when it is not written again (by
# `writing`): names by output folder.
claimed: dict[str, set[str]] = {}
# What templates have asked for while they were rendered, such as a style sheet: names by output folder.
asked: dict[str, set[str]] = {}
# Output folders in which this build has left pages as they were: what these ask for it has not seen.
partial: set[str] = set()


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


def replace(path: Path, data: bytes) -> None:
    """Write beside the file, sync, and rename over it: the old file stands until then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; what a web server hands out has to be readable by it.
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def update(path: Path, data: bytes) -> bool:
    """Replace the file unless it already says this; an unchanged file keeps its time."""
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == data:
            return False
    replace(path, data)
    return True


def siblings(path: Path) -> tuple[Path, Path]:
    """The names of a file's compressed copies: gzip, then brotli."""
    return path.with_name(f"{path.name}.gz"), path.with_name(f"{path.name}.br")


def same_time(path: Path) -> None:
    """Give the compressed copies the file's time: servers that compare them, as ours does, take a
    copy of another age for that of another version.
    """
    times = path.stat()
    for sibling in siblings(path):
        if sibling.exists():
            os.utime(sibling, ns=(times.st_atime_ns, times.st_mtime_ns))


def record(settings: dict[str, Any], kind: str) -> Path:
    """Where a plugin keeps what it knows of an output folder between two builds."""
    output = str(Path(settings["OUTPUT_PATH"]).resolve())
    name = f"{hashlib.sha256(output.encode()).hexdigest()[:16]}.json"
    return Path(settings.get("CACHE_PATH", "cache"), kind, name)


def read_record(path: Path) -> dict[str, Any]:
    """What was kept there; nothing where it is damaged or missing."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_bytes())
        if isinstance(found, dict):
            return found
    return {}


def as_old(sibling: Path, path: Path) -> bool:
    """Whether a compressed copy is of the same moment as its file: then it need not be opened."""
    with contextlib.suppress(FileNotFoundError):
        return sibling.stat().st_mtime_ns == path.stat().st_mtime_ns
    return False


def compressed(data: bytes) -> tuple[bytes, bytes]:
    """The bytes of both copies; the same for the same input, whatever the clock says."""
    return gzip.compress(data, GZIP_LEVEL, mtime=0), brotli.compress(data, quality=BROTLI_LEVEL)
