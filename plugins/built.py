"""Built: which files the site has when a build has written its pages, each with its size and time.

`output` looks through the site once, when all pages are there. Whoever works on the whole site after that
asks `of` for what was found, and `since` for what has changed since he looked last. What plugins write
afterwards (`files.update`, `files.write`, `files.remove`) is noted in it, so that nobody has to look again.

    site = built.of(pelican)
    changed, gone = site.since(kept)    # kept = site.files of the last build, or a part of it, from JSON

That asks what a build has changed of no build, but of the files: one that was killed half way, or a comment
that was published meanwhile, is seen as well.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from weakref import ref

from blinker import ANY
from pelican import signals

import plugins
from formats.files import TEMPORARY, Stamp, stamps

from .site import Pelican


class Built:
    """The files of an output folder by their names in it."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.files: dict[str, Stamp] = stamps(output)

    def since(
        self, kept: Mapping[str, Stamp], among: Mapping[str, Stamp] | None = None
    ) -> tuple[list[str], list[str]]:
        """The files that are new or other than they were, and those that are gone; `among` these, if given."""
        now = self.files if among is None else among
        changed = [name for name, stamp in now.items() if kept.get(name) != stamp]
        return changed, [name for name in kept if name not in now]

    def look_again(self, folder: str) -> None:
        """Look again at a folder into which somebody may have written unsaid."""
        before = f"{self.output}{os.sep}"
        if folder.startswith(before):
            below = folder.removeprefix(before).replace(os.sep, "/") + "/"
            for name in [each for each in self.files if each.startswith(below)]:
                del self.files[name]
            found = stamps(folder)
            self.files |= {f"{below}{name}": stamp for name, stamp in found.items()}

    def note(self, path: str) -> None:
        """Look again at one file, which somebody has written or removed."""
        before = f"{self.output}{os.sep}"
        if path.startswith(before):
            name = path.removeprefix(before).replace(os.sep, "/")
            try:
                stat = os.stat(path)  # noqa: PTH116 - asked of every file that is packed
            except (FileNotFoundError, NotADirectoryError):
                self.files.pop(name, None)
            else:
                self.files[name] = [stat.st_size, stat.st_mtime_ns]


# The site that was looked through last, by its output folder, and by which build. A plain dictionary, which needs no
# care when it is walked: a preview gives a build up at any line, and a weak one would forget nothing more after that.
_sites: dict[str, tuple[ref[Pelican], Built]] = {}


def strangers() -> bool:
    """Whether somebody whom nobody knows here may write into the site at the end of a build."""
    ours = tuple(f"{plugins.__name__}.{name}" for name in plugins.ORDER)
    return not all(
        str(getattr(each, "__module__", "")).startswith(ours)
        for each in signals.finalized.receivers_for(ANY)
    )


def looked_through(output: str) -> Built:
    """The site, out of which goes what somebody was writing when he was killed: it may hold what is gone by now.

    Before anybody sees its names, who would tell hosts and crawlers of it.
    """
    found = Built(Path(output))
    for name in [each for each in found.files if each.rpartition("/")[2].startswith(TEMPORARY)]:
        (found.output / name).unlink(missing_ok=True)
        del found.files[name]
    return found


def of(pelican: Pelican) -> Built:
    """The site of this build, from `finalized` on; where nobody has looked through it, that is done now."""
    output = pelican.settings["OUTPUT_PATH"]
    by, site = _sites.get(output, (None, None))
    if by and site and by() is pelican and not strangers():
        return site
    return looked_through(output)


def look(pelican: Pelican) -> Built:
    """Look through a site whose pages have just been brought into it."""
    output = pelican.settings["OUTPUT_PATH"]
    found = looked_through(output)
    _sites.clear()
    _sites[output] = ref(pelican), found
    return found


def forget(pelican: Pelican) -> None:
    """A new build begins: what is there now is about to change."""
    _sites.pop(pelican.settings["OUTPUT_PATH"], None)


def note(path: Path) -> None:
    """Said of each file that is written or removed."""
    for _, site in _sites.values():
        site.note(str(path))


def look_again(folder: Path) -> None:
    """Said of a folder of the site that is written by what knows nothing of a build."""
    for _, site in _sites.values():
        site.look_again(str(folder))
