"""Front matter: which files of a blog have any, for whoever looks at each of them.

What is wrong with the front matter of one file, `plugins/markdown/frontmatter_check.py` knows.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from authoring.blog import ENDINGS
from plugins import files
from plugins.markdown.frontmatter_check import problems

__all__ = ["articles", "problems"]


def articles(folder: Path, settings: dict[str, Any]) -> Iterator[tuple[Path, bool]]:
    """Every Markdown file of the site, and whether it is a page."""
    pages = tuple(folder / name for name in settings["PAGE_PATHS"])
    aside = tuple(folder / name for name in settings["STATIC_PATHS"] if name)
    for path in files.of_folder(folder):
        if path.suffix.lower() in ENDINGS and not any(
            path.is_relative_to(other) for other in aside
        ):
            yield path, any(path.is_relative_to(page) for page in pages)
