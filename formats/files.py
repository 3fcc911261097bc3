"""Files that are never seen half-written, with their compressed siblings.

A name always holds a whole file: the old one until the new one, synced to disk, replaces it. Whoever
rewrites the pages of a built site holds `lock_of` it meanwhile.
"""

import contextlib
import errno
import gzip
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

SECOND_NS = 1_000_000_000
# A name that begins with a dot is never served; nor does it survive `sweep`.
TEMPORARY = ".new-"
# Above this many, one order to write everything to the disk costs less than one for each file.
SYNC_EACH = 32
# Whether anybody waits for the disk. Not in a preview, where whoever has saved would wait, sometimes for seconds,
# for what everybody else on the machine writes: what a power cut takes from it is made again by the next build.
durable = True


class Effort(NamedTuple):
    """What a smaller file may cost: the levels of both packers."""

    gzip: int
    brotli: int


# While somebody waits: where both stop paying, brotli's 11 costing sixty times the time.
QUICK = Effort(6, 5)
# In a build. Gzip's best is cheap on pages; brotli's 9 clears 16 MB for each file, which
# is nearly all of what it costs: twelve times level 8, most of it the kernel's time, for 0.1 % of size.
THOROUGH = Effort(9, 8)
# How far back brotli looks, as powers of two: 64 KB hold a page, 4 MB are its own choice.
SMALL_WINDOW, WINDOW = 16, 22


def lock_of(site: Path) -> Path:
    """The file on which whoever rewrites a site's pages holds an exclusive lock, beside its folder.

    Both halves ask `filelock` for it, each with its own patience.
    """
    return Path(f"{site}.lock")


def write(path: Path, data: bytes, stamp_ns: int | None = None) -> None:
    """Replace `path` by `data` at once; the folder is made if it is missing."""
    write_many([(path, data, stamp_ns or _stamp_ns(path))])


def write_many(whole: Iterable[tuple[Path, bytes, int]]) -> None:
    """Replace many files, each at once and with the time that is given, when all of them are on the disk.

    For each file by itself the disk would be waited for: half of what writing it costs.
    """
    waiting: list[tuple[str, Path]] = []
    try:
        for path, data, stamp_ns in whole:
            try:
                handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
            waiting.append((temporary, path))
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.utime(temporary, ns=(stamp_ns, stamp_ns))
            os.chmod(temporary, 0o644)  # noqa: PTH101 - a web server of another user reads it
        sync([temporary for temporary, _ in waiting])
        while waiting:
            temporary, path = waiting[-1]
            os.replace(temporary, path)  # noqa: PTH105 - the temporary name is a plain string
            waiting.pop()
    except BaseException:
        for temporary, _ in waiting:
            Path(temporary).unlink(missing_ok=True)
        raise


def move_many(whole: Sequence[tuple[Path, Path]]) -> None:
    """Put files that are whole, each at its second name, when all of them are on the disk.

    Nothing is written anew but where the names are on two disks.
    """
    sync([made for made, _ in whole])
    now = time.time_ns()
    for made, path in whole:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.utime(made, ns=(now, now))
        made.chmod(0o644)  # A web server of another user reads it.
        try:
            made.replace(path)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            write(path, made.read_bytes(), now)


def put(path: Path, data: bytes) -> None:
    """Replace `path` by `data` at once, without waiting for the disk: whoever names the file to others
    sees to it before that it is there (`sync`).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        temporary.write_bytes(data)
        temporary.chmod(0o644)  # A web server of another user reads it.
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync(paths: Sequence[str | Path]) -> None:
    """See that files are on the disk before they take the place of others."""
    if not durable:
        return
    if len(paths) > SYNC_EACH and hasattr(os, "sync"):
        os.sync()
        return
    for path in paths:
        with open(path, "rb+") as file:  # noqa: PTH123 - a path may be a plain string
            os.fsync(file.fileno())


def _stamp_ns(path: Path) -> int:
    """The time that a new `path` carries: now, but in a later second than the old one's.

    Web servers make the ETag of whole seconds and the size: two versions that share both would
    be one to every reader who asks whether anything is new.
    """
    moment = time.time_ns()
    try:
        last = path.stat().st_mtime_ns // SECOND_NS
    except FileNotFoundError:
        return moment
    return moment if moment // SECOND_NS > last else (last + 1) * SECOND_NS


def says(path: Path, data: bytes) -> bool:
    """Whether the file is there and holds these bytes."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes() == data
    return False


def update(path: Path, data: bytes) -> bool:
    """Replace the file unless it already says this; an unchanged file keeps its time."""
    if says(path, data):
        return False
    write(path, data)
    return True


# Of a file, its size and its time in nanoseconds, in the form that JSON gives back.
Stamp = list[int]


def stamps(folder: str | Path) -> dict[str, Stamp]:
    """Every file below a folder, by its name in it; what a link leads to, where that is a file."""
    found: dict[str, Stamp] = {}
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            entries = list(os.scandir(f"{folder}/{below}"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            # Somebody else may be replacing or removing it at this very moment.
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{below}{entry.name}/")
                elif entry.is_file():
                    stat = entry.stat()
                    found[f"{below}{entry.name}"] = [stat.st_size, stat.st_mtime_ns]
            except FileNotFoundError:
                continue
    return found


def sweep(folder: Path) -> None:
    """Remove what a killed process was writing below `folder`.

    Asked for under the lock that every writer of the folder holds: nobody is still writing.
    """
    for path in folder.rglob(f"{TEMPORARY}*"):
        path.unlink(missing_ok=True)


# --- Compressed siblings --------------------------------------------------------------------------


def siblings(path: Path) -> tuple[Path, Path]:
    """The names of the gzip and brotli forms of `path`."""
    return path.with_name(f"{path.name}.gz"), path.with_name(f"{path.name}.br")


def packed(data: bytes, suffix: str, effort: Effort = QUICK) -> bytes:
    """The bytes of the sibling of this suffix; the same for the same input, whatever the clock says."""
    if suffix == ".gz":
        return gzip.compress(data, effort.gzip, mtime=0)
    # The one thing here that Python does not bring along: whoever packs nothing needs it not.
    import brotli

    # In a window no larger than it has to be, brotli looks back in a quicker way, and finds a little more.
    window = SMALL_WINDOW if len(data) < 1 << SMALL_WINDOW else WINDOW
    smaller: bytes = brotli.compress(data, quality=effort.brotli, lgwin=window)
    return smaller


def write_with_siblings(path: Path, data: bytes) -> None:
    """Replace `path` and its compressed forms, all with one time; the plain file comes last."""
    _write_with(siblings(path), path, data, QUICK)


def rewrite(path: Path, data: bytes, effort: Effort = QUICK) -> None:
    """Replace `path`, and of its compressed forms those that are there."""
    _write_with((each for each in siblings(path) if each.exists()), path, data, effort)


def _write_with(forms: Iterable[Path], path: Path, data: bytes, effort: Effort) -> None:
    # Servers that compare the times, as ours does, take a form of another age for another version's.
    stamp_ns = _stamp_ns(path)
    for form in forms:
        write(form, packed(data, form.suffix, effort), stamp_ns)
    write(path, data, stamp_ns)


def remove_with_siblings(path: Path) -> None:
    for each in (path, *siblings(path)):
        each.unlink(missing_ok=True)
