"""A folder of this machine, or one that is mounted here."""

import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from authoring import Refused

from .target import LIST, Change, files_of, listing, pages_last

# What a file is called while it is copied; what a killed publication left of it is removed by the next.
PARTIAL = ".postil-new-"


class Folder(NamedTuple):
    """A folder of this machine, or one that is mounted here."""

    path: Path

    def send(self, site: Path, *, really: bool, note: str = "", whole: bool = True) -> list[Change]:
        try:
            return self.copy(site, really=really, whole=whole)
        except OSError as error:
            raise Refused(
                f"{self.path} cannot be written: {error.strerror or error}. Give this user the right"
                " to, or choose another folder in PUBLISH_TO."
            ) from error

    def copy(self, site: Path, *, really: bool, whole: bool) -> list[Change]:
        if site.resolve().is_relative_to(self.path.resolve()):
            raise Refused(
                f"{self.path} holds the build itself. Choose another folder in PUBLISH_TO."
            )
        mine = files_of(site)
        listed = self.path / LIST
        earlier = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
        changes = []
        if really:
            for left in self.path.rglob(f"{PARTIAL}*"):
                left.unlink()
            # Known as ours before it is there: what this publication leaves half done, the next one finds.
            write_list(listed, {*earlier, *mine})
        for name in sorted(mine, key=pages_last):
            source, there = site / name, self.path / name
            # One of the same size and time is what was copied there; else it is read.
            if there.is_file() and filecmp.cmp(source, there):
                continue
            changes.append(Change("~" if there.exists() else "+", name))
            if really:
                put(source, there)
        for name in sorted(set(earlier) - set(mine)) if whole else ():
            there = self.path / name
            if there.is_file() and there.resolve().is_relative_to(self.path.resolve()):
                changes.append(Change("-", name))
                if really:
                    there.unlink()
                    without_empty(there.parent, self.path)
        if really and whole:
            write_list(listed, mine)
        return changes


def write_list(listed: Path, names: Iterable[str]) -> None:
    listed.parent.mkdir(parents=True, exist_ok=True)
    fresh = listed.with_name(f"{PARTIAL}list")
    fresh.write_bytes(listing(names))
    fresh.replace(listed)


def put(source: Path, there: Path) -> None:
    """Copy beside the old file and rename over it: no reader meets half a page."""
    there.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=there.parent, prefix=PARTIAL)
    os.close(handle)
    try:
        shutil.copyfile(source, name)
        shutil.copystat(source, name)
        Path(name).replace(there)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def without_empty(folder: Path, top: Path) -> None:
    """Remove a folder that has become empty, and those above it, but not the site's own."""
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
