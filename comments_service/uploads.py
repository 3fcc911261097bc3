"""Uploads: the files of imports, from when they are sent until they have been taken over, or are a week old."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from comments_service.errors import InvalidInput, Message, TooLarge

# Beside the service's other files of its own, and below nothing that is served.
FOLDER = Path("var/imports")
KEPT_DAYS = 7
MB = 1_000_000
PIECE_BYTES = 1 << 20
# Of a disk that is nearly full the database needs what is left.
ROOM_BYTES = 50_000_000
NO_ROOM = Message("The server's disk has no room for this file.")


def folder() -> Path:
    """Where uploads are, for the service's eyes alone."""
    FOLDER.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FOLDER


def spool() -> BinaryIO:
    """A file without a name, for what is being sent."""
    return tempfile.TemporaryFile(dir=folder())


def received(read: Callable[[int], bytes], most: int) -> tuple[Path, int]:
    """Write down what is sent; gives the file, which has no import yet, and its size.

    Raises TooLarge for more than `most` bytes, and InvalidInput for nothing, or where there is no room.
    """
    if shutil.disk_usage(folder()).free < ROOM_BYTES:
        raise InvalidInput(fields={"file": NO_ROOM})
    handle, name = tempfile.mkstemp(prefix="new-", dir=folder())
    path, size = Path(name), 0
    try:
        with os.fdopen(handle, "wb") as file:
            while piece := read(PIECE_BYTES):
                size += len(piece)
                if size > most:
                    raise TooLarge
                file.write(piece)
        if not size:
            raise InvalidInput(fields={"file": Message("Choose the file with the comments.")})
    except OSError as error:
        path.unlink(missing_ok=True)
        raise InvalidInput(fields={"file": NO_ROOM}) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, size


def of(import_id: int) -> Path:
    return FOLDER / f"{import_id}.upload"


def remove(import_id: int) -> None:
    of(import_id).unlink(missing_ok=True)


def touch(import_id: int) -> None:
    """It is in use: its days begin anew."""
    with suppress(FileNotFoundError):
        os.utime(of(import_id))


def clean() -> None:
    """Delete what nobody has looked at for some days."""
    if not FOLDER.is_dir():
        return
    for path in FOLDER.iterdir():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - KEPT_DAYS * 86_400:
                path.unlink()
