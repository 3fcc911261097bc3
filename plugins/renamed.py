"""Renamed: the names that plugins had before they moved. Each works for this release, and says so."""

import importlib
import importlib.abc
import importlib.machinery
import logging
from collections.abc import Sequence
from types import ModuleType

# What each is called now; where one became several, its old name registers all of them.
RENAMED = {
    "aliases": ("delivery.redirects",),
    "assets": ("delivery.assets",),
    "bake": ("comments.bake",),
    "compress": ("delivery.compress",),
    "discussions": ("comments.discussions",),
    "drafts": ("delivery.drafts",),
    "hosting": ("delivery.headers",),
    "images": ("presentation.images",),
    "machines": ("delivery.sitemap", "delivery.feeds", "delivery.llms_txt"),
    "manifest": ("comments.manifest",),
    "markup": ("markdown.postprocess",),
    "preview": ("incremental.live_reload",),
    "reader": ("markdown.reader",),
    "reading": ("presentation.reading",),
    "related": ("presentation.related",),
    "saved": ("incremental.saved_page",),
    "search": ("presentation.search",),
    "sharing": ("presentation.sharing",),
    "theme": ("presentation.theme_settings",),
    "unchanged": ("incremental.skip_build",),
    "words": ("presentation.i18n",),
    "writing": ("incremental.output",),
}

logger = logging.getLogger(__name__)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `plugins.bake`, as settings may still import or name it, under its name of today."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        package, _, name = fullname.rpartition(".")
        known = package == __package__ and name in RENAMED
        return importlib.machinery.ModuleSpec(fullname, self) if known else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        old = spec.name.rpartition(".")[2]
        names = [f"{__package__}.{name}" for name in RENAMED[old]]
        logger.warning(
            "%s is called %s now. Write that in pelicanconf.py: the next release knows the old"
            " name no more.",
            spec.name,
            ", ".join(names),
        )
        found = [importlib.import_module(name) for name in names]
        if len(found) == 1:
            spec.loader_state = found[0].__spec__
            return found[0]

        def register() -> None:
            for each in found:
                each.register()

        several = ModuleType(spec.name)
        vars(several)["register"] = register
        return several

    def exec_module(self, module: ModuleType) -> None:
        """It has been executed under its name, and is known by that to whoever reloads it."""
        if module.__spec__ and module.__spec__.loader_state:
            module.__spec__ = module.__spec__.loader_state
