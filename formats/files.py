"""Files that are never seen half-written, with their compressed siblings.

A name always holds a whole file: the old one until the new one, synced to disk, replaces it.
"""

import gzip
import os
import tempfile
import time
from pathlib import Path

import brotli

# Level 6 and quality 5 are where both stop paying: brotli's 11 costs sixty times the time.
GZIP_LEVEL = 6
BROTLI_QUALITY = 5
SECOND_NS = 1_000_000_000
# A name that begins with a dot is never served; nor does it survive `sweep`.
TEMPORARY = ".new-"


def write(path: Path, data: bytes, stamp_ns: int | None = None) -> None:
    """Replace `path` by `data` at once; the folder is made if it is missing."""
    stamp_ns = stamp_ns or _stamp_ns(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.utime(temporary, ns=(stamp_ns, stamp_ns))
        os.chmod(temporary, 0o644)  # noqa: PTH101 - a web server of another user reads it
        os.replace(temporary, path)  # noqa: PTH105 - the temporary name is a plain string
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


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


def sweep(folder: Path) -> None:
    """Remove what a killed process was writing below `folder`.

    Asked for under the lock that every writer of the folder holds: nobody is still writing.
    """
    for path in folder.rglob(f"{TEMPORARY}*"):
        path.unlink(missing_ok=True)


def siblings(path: Path) -> tuple[Path, Path]:
    """The names of the gzip and brotli forms of `path`."""
    return path.with_name(f"{path.name}.gz"), path.with_name(f"{path.name}.br")


def write_with_siblings(path: Path, data: bytes) -> None:
    """Replace `path` and its compressed forms, all with one time; the plain file comes last."""
    gz, br = siblings(path)
    stamp_ns = _stamp_ns(path)
    write(gz, gzip.compress(data, GZIP_LEVEL, mtime=0), stamp_ns)
    write(br, brotli.compress(data, quality=BROTLI_QUALITY), stamp_ns)
    write(path, data, stamp_ns)


def remove_with_siblings(path: Path) -> None:
    for each in (path, *siblings(path)):
        each.unlink(missing_ok=True)
