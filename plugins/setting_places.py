"""Setting places: which folders and files the settings name, where each may lie, and what leaves the site.

A build takes away what it no longer writes: a site that holds the blog's sources, or a file that is written
beside the site, would cost an author his own files.
"""

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# Those of which a site can be no part, and which can be no part of a site, with what they hold.
SOURCES = {"PATH": "the texts", "THEME": "the theme"}


def leaves(name: str) -> bool:
    """Whether a file of this name in the site would lie outside of it."""
    name = posixpath.normpath(name.replace("\\", "/"))
    return name == ".." or name.startswith("../") or posixpath.isabs(name) or name[1:2] == ":"


def setting_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    output = Path(settings["OUTPUT_PATH"]).resolve()
    if output.exists() and not output.is_dir():
        yield f"OUTPUT_PATH is {settings['OUTPUT_PATH']!r}, which is a file. Name a folder for the site."
    for name, what in SOURCES.items():
        source = Path(settings[name]).resolve()
        if output.is_relative_to(source):
            yield (
                f"OUTPUT_PATH is {settings['OUTPUT_PATH']!r}, in the folder of {what} ({name}): the next build"
                ' would read its own pages. Name a folder beside it, such as "output".'
            )
        elif source.is_relative_to(output):
            yield (
                f"OUTPUT_PATH is {settings['OUTPUT_PATH']!r}, which holds {what} ({name}): they would be"
                ' published with the site. Name a folder beside them, such as "output".'
            )
    content = Path(settings["PATH"]).resolve()
    for folder in settings["STATIC_PATHS"]:
        if not (content / folder).resolve().is_relative_to(content):
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
