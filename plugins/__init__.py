"""Pelican plugins of a blog with baked comments; none of them needs the comment service.

    comments/      the seam: which threads there are, and their comments baked into the pages
    markdown/      from an article's file to HTML
    presentation/  what a page shows beside its text
    incremental/   why a build costs what changed
    delivery/      what hosts, servers and crawlers get beside the pages

On a site of your own: copy this folder and `formats/` beside `pelicanconf.py`, and name some of `ORDER` there,
in that order (docs/formats.md). Each folder does its work without the plugins of the others, with any theme,
and so does each plugin, but for `bake`, which needs `manifest`. A folder may import from those that stand
below it here, and from `site` and `files`; none imports from those above it:

    comments
    delivery, presentation
    markdown
    incremental
"""

import importlib
import sys
from collections.abc import Collection
from types import ModuleType

from . import renamed

ORDER = (
    "incremental.output",  # first: what all others write goes where it says
    "markdown.unread",
    "markdown.reader",
    "comments.manifest",  # before whatever asks an article for its thread, aliases or pin
    "comments.shared",
    "delivery.redirects",
    "delivery.addresses",  # before `images`, which takes long
    "presentation.theme_settings",
    "presentation.i18n",
    "delivery.assets",
    "markdown.postprocess",
    "markdown.films",
    "markdown.blocked",
    "presentation.images",
    "presentation.reading",
    "presentation.related",
    "presentation.sharing",
    "delivery.drafts",
    "incremental.live_reload",
    "incremental.saved_page",
    "delivery.sitemap",
    "delivery.feeds",
    "delivery.llms_txt",
    "delivery.security_txt",
    "presentation.search",
    "delivery.headers",  # behind everything that writes files
    "delivery.compress",  # behind everything whose files are handed out compressed
    "comments.discussions",
    "comments.margin",
    "comments.bake",  # last: it gives the output folder back to the comment service
)


def in_order(*, without: Collection[str] = ()) -> list[ModuleType]:
    """All plugins but these, in the order in which they have to stand in PLUGINS."""
    if unknown := set(without) - set(ORDER):
        raise ValueError(f"There is no plugin {', '.join(sorted(unknown))}. ORDER has: {ORDER}.")
    return [importlib.import_module(f"{__name__}.{name}") for name in ORDER if name not in without]


sys.meta_path.append(renamed.Finder())
