"""Settings that would lose a site, or publish what is not meant for readers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from authoring import blog_settings
from authoring.blog import shown
from plugins.site import Problem


def problems(settings: dict[str, Any], path: Path) -> Iterator[Problem]:
    def problem(name: str, text: str) -> Problem:
        # What the settings of readers do not say themselves, those beside them do.
        for file in (path, path.with_name("pelicanconf.py")):
            rows = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
            for number, row in enumerate(rows, 1):
                if row.startswith(name):
                    return Problem(shown(file), number, text)
        return Problem(shown(path), 1, text)

    for text in blog_settings.wrong(settings):
        yield problem(text.partition(" ")[0], text)
    if settings.get("PLUGINS") is None:
        yield problem(
            "PLUGINS",
            "PLUGINS is not set, so that Pelican would load every plugin that is installed."
            " Name those that you want, or write PLUGINS = [].",
        )
    if settings["DELETE_OUTPUT_DIRECTORY"]:
        yield problem(
            "DELETE_OUTPUT_DIRECTORY",
            "DELETE_OUTPUT_DIRECTORY empties the live site before the build: one that fails leaves"
            " none. Set it to False.",
        )
    if settings["WITH_FUTURE_DATES"]:
        yield problem(
            "WITH_FUTURE_DATES",
            "WITH_FUTURE_DATES publishes articles before their date. Set it to False.",
        )
    if settings["DRAFT_SAVE_AS"] or settings["DRAFT_PAGE_SAVE_AS"]:
        yield problem(
            "DRAFT",
            "Drafts would be published below drafts/. Set DRAFT_SAVE_AS and DRAFT_PAGE_SAVE_AS,"
            ' and those with LANG in them, to "".',
        )
