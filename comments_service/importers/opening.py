"""Opening: the one file that is meant, unpacked where it was packed, within limits, and in UTF-8.

Exports come from elsewhere: what grows beyond a limit when it is unpacked is refused before the disk is full.
"""

import codecs
import gzip
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from comments_service.importers.records import Damaged

MAX_BYTES = 4_000_000_000
# XML and JSON shrink to a twentieth; what shrinks to a thousandth was made to fill a disk.
MAX_RATIO = 1_000
MAX_FILES_IN_ARCHIVE = 1_000
CHUNK = 1 << 20
SUFFIXES = (
    ".xml",
    ".json",
    ".jsonl",
    ".ndjson",
    ".backup",
    ".db",
    ".sqlite",
    ".sqlite3",
    ".artrans",
    ".atom",
)
# With the mark of the byte order, or without, by what XML and JSON begin with. The longer one is tried first.
_WIDE = {
    "utf-32": (b"\xff\xfe\0\0", b"\0\0\xfe\xff"),
    "utf-16": (b"\xff\xfe", b"\xfe\xff"),
    "utf-16-le": (b"<\0", b"{\0", b"[\0"),
    "utf-16-be": (b"\0<", b"\0{", b"\0["),
}
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding=[\"']([\w.:-]+)")
# Of what a declaration stands in, what it may say of a file that a byte for each letter can begin.
_UTF_8 = re.compile(r"utf-?(8|16|32)|us-ascii", re.IGNORECASE)


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """A folder, or a file that is no archive, for as long as it is read. Raises Damaged."""
    if path.is_dir():
        yield path
        return
    try:
        with path.open("rb") as file:
            magic = file.read(200)
    except OSError as error:
        raise Damaged(f"{path} cannot be read: {error.strerror}.") from error
    wide = _wide(magic) or _declared(magic, path)
    if not wide and not magic.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="postil-import-") as folder:
        target = Path(folder) / "export"
        try:
            if wide:
                _narrow(path, target, wide)
            elif magic.startswith(b"PK"):
                _unzip(path, target)
            else:
                with gzip.open(path) as packed:
                    _copy(packed, target, path)
        except UnicodeDecodeError as error:
            raise Damaged(
                f"{path} is damaged: it begins as {wide}, and is none further on ({error.reason}). Save it as UTF-8, or export it again."
            ) from None
        except (
            zipfile.BadZipFile,
            gzip.BadGzipFile,
            EOFError,
            zlib.error,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise Damaged(
                f"{path} is a damaged or protected archive ({error}). Download it again, or unpack it yourself."
            ) from None
        # A backup may be a packed file in an archive.
        with opened(target) as inner:
            yield inner


def _wide(begins: bytes) -> str:
    """In which encoding of two or four bytes a letter a file is written, as some editors and shells save text."""
    for encoding, marks in _WIDE.items():
        if begins.startswith(marks):
            return encoding
    return ""


def _declared(begins: bytes, path: Path) -> str:
    """In which other encoding an XML file says that it is; one that was converted says what it was in before."""
    found = _DECLARED.match(begins)
    name = found[1].decode() if found else ""
    if not name or _UTF_8.match(name):
        return "utf-8" if name.lower().startswith(("utf-16", "utf-32")) else ""
    try:
        # What the web calls by this name has letters where the standard has none.
        return "cp1252" if codecs.lookup(name).name == "iso8859-1" else codecs.lookup(name).name
    except LookupError:
        raise Damaged(
            f"{path} says that it is in {name}, which is not known here. Save it as UTF-8."
        ) from None


def _narrow(path: Path, target: Path, encoding: str) -> None:
    """Write it as UTF-8, which is what XML without a declaration of its own is in as well."""
    decoder = codecs.getincrementaldecoder(encoding)(
        "replace" if encoding == "cp1252" else "strict"
    )
    with path.open("rb") as file, target.open("wb") as narrow:
        begun = False
        while chunk := file.read(CHUNK):
            text = decoder.decode(chunk)
            if not begun and text:
                text, begun = _DECLARATION.sub("", text.removeprefix("\ufeff"), count=1), True
            narrow.write(text.encode())
        narrow.write(decoder.decode(b"", final=True).encode())


def _unzip(path: Path, target: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        files = [each for each in archive.infolist() if not each.is_dir()]
        if len(files) > MAX_FILES_IN_ARCHIVE:
            raise Damaged(
                f"{path} holds {len(files):,} files. Unpack it, and name the file or the folder that is meant."
            )
        meant = [
            each
            for each in files
            if each.filename.lower().removesuffix(".gz").endswith(SUFFIXES)
            and not each.filename.startswith("__MACOSX/")
        ]
        # What Google's Takeout sends has the theme beside the comments.
        feeds = [each for each in meant if each.filename.lower().endswith(".atom")]
        meant = feeds if len(feeds) == 1 else meant
        if len(meant) != 1:
            names = ", ".join(each.filename for each in (meant or files)[:5])
            raise Damaged(
                f"{path} holds {names or 'nothing'}. Unpack it, and name the file or the folder that is meant."
            )
        with archive.open(meant[0]) as packed:
            _copy(packed, target, path)


class Packed(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _copy(packed: Packed, target: Path, path: Path) -> None:
    most = min(MAX_BYTES, max(100_000_000, path.stat().st_size * MAX_RATIO))
    room = shutil.disk_usage(target.parent).free
    size = 0
    with target.open("wb") as file:
        while chunk := packed.read(CHUNK):
            size += len(chunk)
            if size > most:
                raise Damaged(f"{path} unpacks to more than {most:,} bytes. It was not read.")
            if size > room - CHUNK:
                raise Damaged(
                    f"{path} unpacks to more than the disk has room for. It was not read."
                )
            file.write(chunk)
