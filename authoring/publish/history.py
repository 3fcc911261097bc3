"""History: the last publications, kept so that the one before can be sent again.

Files that did not change are kept once, as hard links. What readers wrote is not kept: a page that is
sent again says what is published then, and no word that was deleted meanwhile. Nor is the search index,
which has their words too: what is sent again is searched by the index of the last build.
"""

import filecmp
import json
import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from authoring import Refused
from formats import bake, files, http_headers
from formats.files import Stamp

from .targets import COMPRESSED, files_of, without_password

# Three weeks of a blog that is published each week, or one bad afternoon.
KEEP = 5
# What is sent again is put together in a folder of this name, which nobody keeps.
SENT = ".sent-"


class Seen(NamedTuple):
    """The files of a site when it was kept, and under which name."""

    build: str
    stamps: dict[str, Stamp]

    def says(self, build: Path | None, name: str, there: dict[str, Stamp]) -> bool:
        """Whether what is kept there is this file: it has its size and time yet, and so has its page."""
        page = name.rpartition(".")[0] if name.endswith(COMPRESSED) else name
        return bool(build and build.name == self.build) and all(
            self.stamps.get(each) == there.get(each) for each in (name, page)
        )


class Publications:
    """The builds that were published, oldest first, and which of them readers have."""

    def __init__(self, folder: Path) -> None:
        self.builds = folder / "builds"
        self.current = folder / "current"
        self.comments = folder / "comments.json"
        self.seen = folder / "kept.json"

    def names(self) -> list[str]:
        if not self.builds.is_dir():
            return []
        return sorted(each.name for each in self.builds.iterdir() if not each.name.startswith("."))

    def keep(self, site: Path) -> None:
        """Remember a build, unless it is the current one; what was taken back does not stay after it.

        Asked each time: the last publication may have been killed when readers had it already.
        """
        now_there, known = files.stamps(site), self._seen()
        if self.current.exists() and self._same(now_there, site, known):
            self._see(self.current.read_text(), now_there)
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
        for name in _kept_of(site):
            kept = unfinished / name
            kept.parent.mkdir(parents=True, exist_ok=True)
            before = last / name if last else None
            if before and before.is_file() and known.says(last, name, now_there):
                os.link(before, kept)
                continue
            words = _without_words(site, name)
            if before and before.is_file() and _says(before, site / name, words):
                os.link(before, kept)
            elif words is None:
                shutil.copy2(site / name, kept)
            else:
                kept.write_bytes(words)
        unfinished.rename(self.builds / now)
        self.point_to(now)
        self._see(now, now_there)
        for old in self.names()[:-KEEP]:
            self._remove(old)

    def _seen(self) -> Seen:
        with suppress(OSError, ValueError, KeyError, TypeError):
            found = json.loads(self.seen.read_bytes())
            return Seen(str(found["build"]), dict(found["files"]))
        return Seen("", {})

    def _see(self, build: str, there: dict[str, Stamp]) -> None:
        files.write(self.seen, json.dumps({"build": build, "files": there}).encode())

    def _same(self, there: dict[str, Stamp], site: Path, known: Seen) -> bool:
        """Whether a site is what readers have, whatever they have written since."""
        build = self.builds / self.current.read_text()
        names = _kept_of(site)
        return _kept_of(build) == names and all(
            known.says(build, name, there)
            or _says(build / name, site / name, _without_words(site, name))
            for name in names
        )

    def point_to(self, name: str) -> None:
        """Remember which of them readers have."""
        files.write(self.current, name.encode())

    def _remove(self, name: str) -> None:
        """Never half of one under its name: whoever is killed here must not send that later."""
        gone = self.builds / f".{name}"
        (self.builds / name).rename(gone)
        shutil.rmtree(gone)

    def remember_comments(self, site: Path, *, whole: bool = True) -> None:
        """Which comments readers see on each page: sums, and no word of them."""
        sent = {} if whole else self.sums_of_comments()
        for page in site.rglob("*.html"):
            data = page.read_bytes()
            if bake.wanted(data):
                sent[page.relative_to(site).as_posix()] = bake.sum_of(data)
        files.write(self.comments, json.dumps(sent).encode())

    def sums_of_comments(self) -> dict[str, str]:
        with suppress(OSError, ValueError):
            found: dict[str, str] = json.loads(self.comments.read_bytes())
            return found
        return {}

    def of_readers(self) -> Path | None:
        """What readers have, as it is kept."""
        names = self.names()
        name = self.current.read_text() if self.current.exists() else ""
        return self.builds / name if name in names else None

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


def _kept_of(site: Path) -> list[str]:
    return [name for name in files_of(site) if not name.startswith(http_headers.SEARCH_FILES)]


def _without_words(site: Path, name: str) -> bytes | None:
    """A page, or a compressed form of one, as it is kept; None for what is kept as it is."""
    page = site / (Path(name).with_suffix("") if name.endswith(COMPRESSED) else name)
    if page.suffix != ".html" or not page.is_file():
        return None
    data = page.read_bytes()
    kept = bake.without_words(data)
    if kept == data:
        return None
    return kept if name.endswith(".html") else files.packed(kept, Path(name).suffix)


def _says(before: Path, now: Path, words: bytes | None) -> bool:
    if words is None:
        return filecmp.cmp(before, now, shallow=False)
    return before.read_bytes() == words


def with_search(into: Path, site: Path) -> None:
    """Let what is sent again be searched as the last build is."""
    index = site / http_headers.SEARCH_FILES
    if index.is_dir():
        shutil.copytree(index, into / http_headers.SEARCH_FILES, dirs_exist_ok=True)


def as_published(kept: Path, into: Path, published: Path) -> None:
    """Make a kept publication whole again, with what readers have written and not deleted."""
    shutil.copytree(kept, into, copy_function=os.link, dirs_exist_ok=True)
    for page in into.rglob("*.html"):
        data = page.read_bytes()
        # What is there keeps what search engines are told of the comments, as long as they are these.
        baked = bake.as_published(bake.without_words(data), published)
        if bake.sum_of(baked) != bake.sum_of(data):
            files.rewrite(page, baked, files.THOROUGH)


def folder_of(place: str, var: Path) -> Path:
    """Where publications to one place are kept; its name can be read."""
    name = "".join(each if each.isalnum() else "-" for each in without_password(place)).strip("-")
    return var / "publish" / name[-80:]
