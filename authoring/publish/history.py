"""History: the last publications, kept so that the one before can be sent again.

Files that did not change are kept once, as hard links.
"""

import filecmp
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from authoring import Refused
from formats import files

from .targets import files_of, without_password

# Three weeks of a blog that is published each week, or one bad afternoon.
KEEP = 5


class Publications:
    """The builds that were published, oldest first, and which of them readers have."""

    def __init__(self, folder: Path) -> None:
        self.builds = folder / "builds"
        self.current = folder / "current"

    def names(self) -> list[str]:
        if not self.builds.is_dir():
            return []
        return sorted(each.name for each in self.builds.iterdir() if not each.name.startswith("."))

    def keep(self, site: Path) -> None:
        """Remember a build, unless it is the current one; what was taken back does not stay after it.

        Asked each time: the last publication may have been killed when readers had it already.
        """
        if self.current.exists() and same(self.builds / self.current.read_text(), site):
            return
        for unfinished in self.builds.glob(".*"):
            shutil.rmtree(unfinished)
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        for taken_back in self.names():
            if self.current.exists() and taken_back > self.current.read_text():
                self._remove(taken_back)
        last = self.builds / names[-1] if (names := self.names()) else None
        unfinished = self.builds / f".{now}"
        unfinished.mkdir(parents=True)
        for name in files_of(site):
            kept = unfinished / name
            kept.parent.mkdir(parents=True, exist_ok=True)
            before = last / name if last else None
            if before and before.is_file() and filecmp.cmp(before, site / name, shallow=False):
                os.link(before, kept)
            else:
                shutil.copy2(site / name, kept)
        unfinished.rename(self.builds / now)
        self.point_to(now)
        for old in self.names()[:-KEEP]:
            self._remove(old)

    def point_to(self, name: str) -> None:
        """Remember which of them readers have."""
        files.write(self.current, name.encode())

    def _remove(self, name: str) -> None:
        """Never half of one under its name: whoever is killed here must not send that later."""
        gone = self.builds / f".{name}"
        (self.builds / name).rename(gone)
        shutil.rmtree(gone)

    def before(self) -> str:
        """The publication before the one that readers have."""
        now = self.current.read_text() if self.current.exists() else ""
        earlier = [name for name in self.names() if name < now]
        if not earlier:
            raise Refused(
                "There is no earlier publication on this machine: the last"
                f" {KEEP} are kept in {self.builds}. Correct the articles and publish again."
            )
        return earlier[-1]


def same(build: Path, site: Path) -> bool:
    names = files_of(site)
    return files_of(build) == names and all(
        filecmp.cmp(build / name, site / name, shallow=False) for name in names
    )


def folder_of(place: str, var: Path) -> Path:
    """Where publications to one place are kept; its name can be read."""
    name = "".join(each if each.isalnum() else "-" for each in without_password(place)).strip("-")
    return var / "publish" / name[-80:]
