"""Origins: what an author names to be imported: a folder, an export, or an archive of either.

Archives come from elsewhere: they are unpacked into a folder of their own, within limits, and nothing in
them can name a place outside of it.
"""

import gzip
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from authoring import Refused
from authoring.blog import Blog
from authoring.import_site.ghost import Ghost
from authoring.import_site.hugo import Hugo
from authoring.import_site.jekyll import Jekyll
from authoring.import_site.pelican_site import PelicanSite
from authoring.import_site.post import Reader
from authoring.import_site.wordpress import WordPress

MAX_UNPACKED_BYTES = 4_000_000_000
MAX_FILES = 200_000
WHAT = (
    "Name an export of WordPress (.xml) or Ghost (.json), the folder that Hugo, Jekyll or Pelican was"
    " started in, or an archive of one of them (.zip, .tar.gz, .xml.gz, .json.gz)."
)


class Opened(NamedTuple):
    """A folder, and the one file in it that is meant, where it is not the whole."""

    folder: Path
    file: Path | None


@contextmanager
def folder(origin: Path) -> Iterator[Opened]:
    """What an origin holds, for as long as it is read; raises Refused."""
    name = origin.name.lower()
    if origin.is_dir():
        yield opened(origin, origin)
    elif not origin.is_file():
        raise Refused(f"{origin} is not there. {WHAT}")
    elif name.endswith((".xml", ".json")):
        yield Opened(origin.resolve().parent, origin.resolve())
    elif name.endswith((".zip", ".tar", ".tar.gz", ".tgz", ".gz", ".tar.bz2", ".tar.xz")):
        with tempfile.TemporaryDirectory(prefix="import-site-") as temporary:
            target = Path(temporary).resolve()
            try:
                unpack(origin, target)
            except (
                zipfile.BadZipFile,
                tarfile.TarError,
                gzip.BadGzipFile,
                EOFError,
                zlib.error,
                RuntimeError,
                NotImplementedError,
                OSError,
            ) as error:
                raise Refused(
                    f"{origin} cannot be unpacked ({error}). Unpack it yourself, and name the folder."
                ) from None
            yield opened(target, origin)
    else:
        raise Refused(f"{origin} is nothing that can be read here. {WHAT}")


def unpack(origin: Path, target: Path) -> None:
    name = origin.name.lower()
    budget = Budget(origin)
    if name.endswith(".zip"):
        with zipfile.ZipFile(origin) as packed:
            for each in packed.infolist():
                if not each.is_dir() and (path := inside(target, each.filename)):
                    with packed.open(each) as file:
                        budget.copy(file, path)
    elif name.endswith(".gz") and not name.endswith(".tar.gz"):
        with gzip.open(origin) as unpacked:
            budget.copy(unpacked, target / origin.name[:-3])
    else:
        with tarfile.open(origin) as packed_tar:
            for member in packed_tar:
                if member.isfile() and (path := inside(target, member.name)):
                    tar_file = packed_tar.extractfile(member)
                    if tar_file:
                        budget.copy(tar_file, path)


def inside(target: Path, name: str) -> Path | None:
    """Where a file of an archive goes; None for what machines put into archives, and for what leads out."""
    parts = name.replace("\\", "/").split("/")
    if "__MACOSX" in parts or parts[-1].startswith("._") or "\0" in name:
        return None
    path = (target / "/".join(part for part in parts if part)).resolve()
    return path if path.is_relative_to(target) and path != target else None


class Budget:
    """How much an archive may still become."""

    def __init__(self, origin: Path) -> None:
        self.origin = origin
        self.bytes, self.files = MAX_UNPACKED_BYTES, MAX_FILES

    def copy(self, file: IO[bytes] | gzip.GzipFile, path: Path) -> None:
        self.files -= 1
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            while piece := file.read(1 << 20):
                self.bytes -= len(piece)
                if self.bytes < 0 or self.files < 0:
                    raise Refused(
                        f"{self.origin} holds more than {MAX_UNPACKED_BYTES / 1e9:g} GB or"
                        f" {MAX_FILES:,} files. Unpack it yourself, and name the folder."
                    )
                out.write(piece)


def opened(top: Path, origin: Path) -> Opened:
    """The folder of a site, or the export in a folder that is no site."""
    for _ in range(3):
        inner = [each for each in sorted(top.iterdir()) if not each.name.startswith(".")]
        if is_site(top):
            return Opened(top, None)
        exports = [each for each in (*inner, *sorted(top.glob("*/*"))) if is_export(each)]
        if len(exports) == 1:
            return Opened(top, exports[0])
        if len(exports) > 1:
            listed = ", ".join(each.name for each in exports)
            raise Refused(f"{origin} holds several exports ({listed}). Name one of them at a time.")
        folders = [each for each in inner if each.is_dir()]
        if len(folders) != 1:
            break
        top = folders[0]
    raise Refused(f"{origin} looks like no blog that can be read here. {WHAT}")


def is_export(path: Path) -> bool:
    if not path.is_file() or path.suffix.lower() not in (".xml", ".json"):
        return False
    with path.open("rb") as file:
        head = file.read(4096)
    return b"wordpress.org/export" in head or (
        (b'"db"' in head or b'"posts"' in head) and path.suffix == ".json"
    )


def is_site(top: Path) -> bool:
    return any((Jekyll.is_here(top), PelicanSite.is_here(top), Hugo.is_here(top)))


def reader(blog: Blog, found: Opened, origin: Path) -> Reader:
    """Who can read it."""
    if found.file:
        if found.file.suffix.lower() == ".xml":
            return WordPress(found.file, found.folder)
        return Ghost(found.file, found.folder)
    # A Pelican site has a folder content/ as one of Hugo has; its settings tell.
    for kind in (PelicanSite, Jekyll, Hugo):
        if kind.is_here(found.folder):
            return kind(found.folder, blog)
    raise Refused(f"{origin} looks like no blog that can be read here. {WHAT}")
