"""Skip build: a build to which nothing has been given since the one before ends before it begins.

Timers build a blog each hour, and most hours bring nothing. What a build is made of is the site's
settings, its folders (articles, theme, published comments), and the programs; each file is known by its
size and time. If all of that, and every file of the site itself, is as the last build left it, and no
article's date has come meanwhile, there is nothing to be done. Otherwise everything takes its usual
course, in which `reader` and `render_pages` do only what has to be done.

    PELICAN_CLASS = skip_build.Pelican

A site whose plugins read anything else says so: BUILD_WATCHES (files and folders). Where that cannot be
said, as for the news of another site, it does without this class. A plugin whose files change with time alone
says when: `due`.
"""

import hashlib
import json
import logging
import os
import platform
import sysconfig
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from pelican import Pelican as PelicansOwn
from pelican import signals

from formats import bake
from plugins import built, files
from plugins.site import Generator

from . import build_cache, fingerprints, skip_pages

logger = logging.getLogger(__name__)

VERSION = 2  # of the record: another one is not understood
# What a build leaves in the folders that it reads.
WRITTEN = ("__pycache__", bake.PLACES)
# When something has to be done though nothing was changed, by output folder.
_due: dict[str, set[str]] = {}


def due(settings: dict[str, Any], moment: datetime) -> None:
    """Say, before anything is written, that there is something to do from this moment on."""
    _due.setdefault(settings["OUTPUT_PATH"], set()).add(moment.astimezone(UTC).isoformat())


def tree(path: str, *, hidden: bool = True) -> Iterator[str]:
    """Every file at or below a path, with its size and time; or all but hidden ones."""
    try:
        found = sorted(os.scandir(path), key=lambda entry: entry.name)
    except NotADirectoryError:
        stat = os.stat(path)  # noqa: PTH116 - as below
        yield f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}"
        return
    except FileNotFoundError:
        yield f"{path}\0none"
        return
    for entry in found:
        if entry.name in WRITTEN or (entry.name.startswith(".") and not hidden):
            continue
        if entry.is_dir():
            yield from tree(entry.path)
        else:
            # A link to nothing, such as Emacs' locks are, is known by itself.
            broken = entry.is_symlink() and not Path(entry.path).exists()
            stat = entry.stat(follow_symlinks=not broken)
            yield f"{entry.path}\0{stat.st_size}\0{stat.st_mtime_ns}"


def digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def inputs(settings: dict[str, Any]) -> str:
    """All that a build is made of; raises Unhashable, and OSError for what cannot be looked at."""
    folders = [settings["PATH"], settings["THEME"], *settings["THEME_TEMPLATES_OVERRIDES"]]
    folders += [settings[name] for name in ("COMMENTS_EMBED", "ROOT_FILES") if settings.get(name)]
    # Whatever is installed or removed changes the time of the folder it is in.
    places = sorted({sysconfig.get_path(name) for name in ("purelib", "platlib")})
    return digest(
        [
            platform.python_version(),
            fingerprints.Fingerprints().of(dict(settings)),
            json.dumps([build_cache.program(package) for package in skip_pages.packages(settings)]),
            *(f"{place}\0{os.stat(place).st_mtime_ns}" for place in places),  # noqa: PTH116
            # What is hidden there is what build and service tell each other of their work.
            *tree(str(settings.get("COMMENTS_PUBLISHED") or "published"), hidden=False),
            *chain(*(tree(str(each)) for each in [*folders, *settings.get("BUILD_WATCHES", ())])),
        ]
    )


class Pelican(PelicansOwn):  # type: ignore[misc]  # Pelican is untyped
    """Pelican, which first asks whether there is anything to do."""

    due: str = ""

    def run(self) -> None:
        record = files.record(self.settings, "unchanged")
        try:
            now = inputs(self.settings)
        except (build_cache.Unhashable, OSError) as error:
            logger.info("Whether anything has changed cannot be told: %s.", error)
            super().run()
            return
        if self.unchanged(files.read_record(record), now):
            print("Done: Nothing has changed since the build before.")
            return
        record.unlink(missing_ok=True)
        _due.pop(self.settings["OUTPUT_PATH"], None)
        with signals.all_generators_finalized.connected_to(self.look_ahead):
            super().run()
        moments = {self.due, *_due.pop(self.settings["OUTPUT_PATH"], ())} - {""}
        due = min(moments, default="")
        kept = {"version": VERSION, "given": now, "due": due, "made": self.made()}
        files.write_record(record, kept)

    def unchanged(self, kept: dict[str, Any], now: str) -> bool:
        return (
            kept.get("version") == VERSION
            and kept["given"] == now
            and not (kept["due"] and kept["due"] <= datetime.now(UTC).isoformat())
            and kept["made"] == self.made()
        )

    def made(self) -> str:
        """The files of the site as they are, or as this build, when it comes to its end, knows them to be."""
        return digest(f"{name}\0{stamp}" for name, stamp in sorted(built.of(self).files.items()))

    def look_ahead(self, generators: Iterable[Generator]) -> None:
        """When the next article is due, which is a draft to Pelican until its date; or a shared draft is over."""
        now = datetime.now(UTC)
        moments = [
            moment.astimezone(UTC)
            for generator in generators
            for name in ("drafts", "drafts_translations")
            for content in getattr(generator, name, ())
            for moment in (content.date, getattr(content, "shared_until", content.date))
        ]
        self.due = min((each.isoformat() for each in moments if each > now), default="")
