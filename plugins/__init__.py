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
import importlib.abc
import importlib.machinery
import logging
import sys
from collections.abc import Collection, Sequence
from types import ModuleType

ORDER = (
    "incremental.output",  # first: what all others write goes where it says
    "markdown.reader",
    "comments.manifest",  # before whatever asks an article for its thread, aliases or pin
    "delivery.redirects",
    "presentation.theme_settings",
    "presentation.i18n",
    "delivery.assets",
    "markdown.postprocess",
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
    "presentation.search",
    "delivery.headers",  # behind everything that writes files
    "delivery.compress",  # behind everything whose files are handed out compressed
    "comments.discussions",
    "comments.bake",  # last: it gives the output folder back to the comment service
)

# What a plugin was called before it moved; each works for this release and says so.
RENAMED = {
    "aliases": "delivery.redirects",
    "assets": "delivery.assets",
    "bake": "comments.bake",
    "compress": "delivery.compress",
    "discussions": "comments.discussions",
    "drafts": "delivery.drafts",
    "hosting": "delivery.headers",
    "images": "presentation.images",
    "manifest": "comments.manifest",
    "markup": "markdown.postprocess",
    "preview": "incremental.live_reload",
    "reader": "markdown.reader",
    "reading": "presentation.reading",
    "related": "presentation.related",
    "saved": "incremental.saved_page",
    "search": "presentation.search",
    "sharing": "presentation.sharing",
    "theme": "presentation.theme_settings",
    "unchanged": "incremental.skip_build",
    "words": "presentation.i18n",
    "writing": "incremental.output",
}
# One that became several; its old name registers all of them.
SPLIT = {"machines": ("delivery.sitemap", "delivery.feeds", "delivery.llms_txt")}

logger = logging.getLogger(__name__)


def in_order(*, without: Collection[str] = ()) -> list[ModuleType]:
    """All plugins but these, in the order in which they have to stand in PLUGINS."""
    if unknown := set(without) - set(ORDER):
        raise ValueError(f"There is no plugin {', '.join(sorted(unknown))}. ORDER has: {ORDER}.")
    return [importlib.import_module(f"{__name__}.{name}") for name in ORDER if name not in without]


def __getattr__(name: str) -> ModuleType:
    """`from plugins import bake`, as it was written before."""
    if name in SPLIT:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


class _Several(ModuleType):
    """A plugin of before, which registers those that it became."""

    def __init__(self, name: str, parts: Sequence[ModuleType]) -> None:
        super().__init__(name)
        self.parts = parts

    def register(self) -> None:
        for part in self.parts:
            part.register()


class _Renamed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `plugins.bake`, as PLUGINS may still say, under its name of today."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        package, _, name = fullname.rpartition(".")
        known = package == __name__ and (name in RENAMED or name in SPLIT)
        return importlib.machinery.ModuleSpec(fullname, self) if known else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        old = spec.name.rpartition(".")[2]
        names = [f"{__name__}.{name}" for name in SPLIT.get(old) or (RENAMED[old],)]
        logger.warning(
            "%s is called %s now. Write that in pelicanconf.py: the next release knows the old"
            " name no more.",
            spec.name,
            ", ".join(names),
        )
        found = [importlib.import_module(name) for name in names]
        return found[0] if old in RENAMED else _Several(spec.name, found)

    def exec_module(self, module: ModuleType) -> None:
        """It has been executed under its name."""


sys.meta_path.append(_Renamed())
