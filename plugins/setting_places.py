"""Setting places: which folders and files the settings name, where each may lie, and what leaves the site.

A build takes away what it no longer writes: a site that holds the blog's sources, or a file that is written
beside the site, would cost an author his own files.
"""

import os
import posixpath
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

# Which can be no part of a site, with what they hold.
SOURCES = {"PATH": "the texts", "THEME": "the theme"}


def leaves(name: str) -> bool:
    """Whether a file of this name in the site would lie outside of it."""
    name = posixpath.normpath(name.replace("\\", "/"))
    return name == ".." or name.startswith("../") or posixpath.isabs(name) or name[1:2] == ":"


def holding(output: Path, settings: Mapping[str, Any]) -> Iterator[str]:
    """The settings by which a build would read what it has written."""
    content = Path(settings["PATH"]).resolve()
    if output.is_relative_to(Path(settings["THEME"]).resolve()):
        yield "THEME"
    if not output.is_relative_to(content):
        return
    below = output.relative_to(content).parts
    if any(fnmatch(part, each) for part in below for each in settings["IGNORE_FILES"]):
        return
    for kind in ("ARTICLE", "PAGE", "STATIC"):
        left_out = settings[f"{kind}_EXCLUDES"]
        read = any(output.is_relative_to(content / each) for each in settings[f"{kind}_PATHS"])
        if read and not any(output.is_relative_to(content / each) for each in left_out):
            yield f"{kind}_PATHS"


def setting_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    output = Path(settings["OUTPUT_PATH"]).resolve()
    if output.exists() and not output.is_dir():
        yield f"OUTPUT_PATH is {settings['OUTPUT_PATH']!r}, which is a file. Name a folder for the site."
    cache = Path(settings["CACHE_PATH"])
    found = next(each for each in (cache, *cache.absolute().parents) if each.exists())
    if not found.is_dir() or not os.access(found, os.W_OK):
        yield f"CACHE_PATH is {settings['CACHE_PATH']!r}, and {found} is no folder that can be written to. Name another."
    for name, what in SOURCES.items():
        if Path(settings[name]).resolve().is_relative_to(output):
            yield (
                f"OUTPUT_PATH is {settings['OUTPUT_PATH']!r}, which holds {what} ({name}): they would be"
                ' published with the site. Name a folder beside them, such as "output".'
            )
    if name := next(iter(holding(output, settings)), ""):
        yield (
            f"OUTPUT_PATH is {settings['OUTPUT_PATH']!r}, in a folder that is read ({name}): the next build would"
            ' take its own pages for texts. Name a folder beside it, such as "output".'
        )
    content = Path(settings["PATH"]).absolute()
    for folder in settings["STATIC_PATHS"]:
        # By its name: a link in the folder of the texts may lead wherever it likes.
        if not Path(os.path.normpath(content / folder)).is_relative_to(os.path.normpath(content)):
            yield (
                f"STATIC_PATHS has {folder!r}, which is not in the folder of the texts (PATH): its files would lie"
                " outside of the site. Move it there, or name it in ROOT_FILES."
            )
    for source, more in settings["EXTRA_PATH_METADATA"].items():
        for key, place in more.items() if isinstance(more, Mapping) else ():
            if key.lower() in ("path", "save_as") and leaves(str(place)):
                yield (
                    f"EXTRA_PATH_METADATA puts {source!r} at {place!r}, outside of the site. Write a place in it."
                )
