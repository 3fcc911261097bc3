"""Setting places: which folders and files the settings name, where each may lie, and what leaves the site.

A build takes away what it no longer writes: a site that holds the blog's sources, or a file that is written
beside the site, would cost an author his own files.
"""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

# Which hold an author's own, with what that is.
SOURCES = {"PATH": "the texts", "THEME": "the theme"}
# In which a build writes and takes away, with what it has there.
OWN = {"OUTPUT_PATH": "the site", "CACHE_PATH": "what builds remember", "IMAGES_CACHE": "pictures"}
# Folders of the site in which nothing but what plugins make is left.
MADE = ("DRAFTS_FOLDER", "IMAGES_FOLDER", "SHARE_FOLDER")
EXAMPLES = {"OUTPUT_PATH": "output", "CACHE_PATH": "var/cache", "IMAGES_CACHE": "var/cache/images"}
FILE = re.compile(r"\w+_SAVE_AS|(?:\w+_)?FEED_(?:ALL_)?(?:ATOM|RSS|JSON)|THEME_STATIC_DIR")


def leaves(name: str) -> bool:
    """Whether a file of this name in the site would lie outside of it."""
    name = posixpath.normpath(name.replace("\\", "/"))
    return name == ".." or name.startswith("../") or posixpath.isabs(name) or name[1:2] == ":"


def reading(folder: Path, settings: Mapping[str, Any]) -> Iterator[str]:
    """The settings by which a build would read what lies in a folder."""
    content = Path(settings["PATH"]).resolve()
    if folder.is_relative_to(Path(settings["THEME"]).resolve()):
        yield "THEME"
    if not folder.is_relative_to(content):
        return
    below = folder.relative_to(content).parts
    if any(fnmatch(part, each) for part in below for each in settings["IGNORE_FILES"]):
        return
    # As blogs have it whose texts stand in the project's own folder: then pages are no texts.
    kinds = (
        ("STATIC",)
        if settings["READERS"].get("html", True) is None
        else ("ARTICLE", "PAGE", "STATIC")
    )
    for kind in kinds:
        left_out = settings[f"{kind}_EXCLUDES"]
        read = any(folder.is_relative_to(content / each) for each in settings[f"{kind}_PATHS"])
        if read and not any(folder.is_relative_to(content / each) for each in left_out):
            yield f"{kind}_PATHS"


def setting_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    for name, what in OWN.items():
        if value := settings.get(name):
            yield from folder_problems(name, str(value), what, settings)
    for name in MADE:
        value = settings.get(name)
        if value is not None and (leaves(str(value)) or posixpath.normpath(str(value)) == "."):
            yield f'{name} is {value!r}, which is no folder of its own in the site. Write one such as "made".'
    for name, value in settings.items():
        if FILE.fullmatch(name) and isinstance(value, str) and leaves(value):
            yield f"{name} is {value!r}, outside of the site. Write a place in it."
    yield from static_problems(settings)
    if root := settings.get("ROOT_FILES"):
        held = [
            name for name in (*SOURCES, *OWN) if settings.get(name) and within(settings[name], root)
        ]
        if held:
            yield (
                f"ROOT_FILES is {str(root)!r}, which holds {held[0]}: all that lies there would be published. Name a"
                ' folder of its own, such as "root".'
            )


def within(folder: str, other: str) -> bool:
    """Whether a folder is another one, or lies in it."""
    return Path(folder).resolve().is_relative_to(Path(other).resolve())


def folder_problems(name: str, value: str, what: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Of a folder in which a build writes."""
    folder = Path(value).resolve()
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        yield f"{name} is {value!r}, and {there} is no folder that can be written to. Name another one."
    for source, its in SOURCES.items():
        if within(settings[source], value):
            yield (
                f"{name} is {value!r}, which holds {its} ({source}) as well as {what}: a build would take away what"
                f" it takes for its own. Name a folder beside it, such as {EXAMPLES[name]!r}."
            )
            return
    if source := next(reading(folder, settings), ""):
        yield (
            f"{name} is {value!r}, in a folder that is read ({source}): the next build would take {what} for"
            f" texts. Name a folder beside it, such as {EXAMPLES[name]!r}."
        )


def static_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Of files that are copied into the site by their paths."""
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
