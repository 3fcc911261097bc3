"""Render pages: each page that would not be as it was in the build before, by all cores at once.

`skip_pages` tells whether a page has to be rendered. One that has to be and shows nothing that Pelican
finds out while it writes, which is all of them but lists of several pages, is put off until everything
else is written; then all of these are divided among the cores. Everything is written into a folder
beside the site, from where `output` brings it in.

Settings: WRITE_ONLY_CHANGES (True; False renders everything), RENDERING_PROCESSES (as many as the
machine has cores; 1: no others).
"""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blinker import ANY
from pelican import signals
from pelican.writers import Writer as PelicanWriter

from plugins import files

from . import build_cache, skip_pages, workers
from .skip_pages import Page

logger = logging.getLogger(__name__)

# Below this many pages another process costs more than it saves.
WORTH_A_PROCESS = 48

Render = Callable[[], None]


class Rendering:
    """The pages of one build: as they were in the build before, and as they are now."""

    def __init__(self, settings: dict[str, Any], folder: Path, before: dict[str, Page]) -> None:
        self.settings = settings
        self.output = Path(settings["OUTPUT_PATH"])
        # Pelican's own OUTPUT_PATH is no whole path, but what it says of a file that it opens is.
        self.folder = folder.absolute()
        self.before = before
        self.done: dict[str, Page] = {}
        self.skipped: set[str] = set()
        self.later: dict[str, tuple[str, Render]] = {}
        self.writer: Writer | None = None
        self.unknown = not settings.get("WRITE_ONLY_CHANGES", True) or settings["RELATIVE_URLS"]
        self.site: skip_pages.Site | None = None
        self.cores = workers.at_hand(settings.get("RENDERING_PROCESSES"))

    def site_of(self, context: dict[str, Any]) -> skip_pages.Site | None:
        """What pages depend on; None where that cannot be told."""
        if self.site is None and not self.unknown:
            try:
                self.site = skip_pages.Site(context, self.settings)
            except build_cache.Unhashable as unhashable:
                self.unknown = True
                logger.info("Every page is rendered: nothing can be told of %s.", unhashable)
        return self.site

    def skip(self, what: str, page: Page) -> None:
        self.done[what] = page
        self.skipped |= page["files"].keys()
        files.partial.add(str(self.output))
        self.announce(what, page)

    def announce(self, what: str, page: Page) -> None:
        """Tell those who only want to know which pages there are of one that Pelican does not write."""
        for each in page["files"] if what.startswith("page") else ():
            names = {"OUTPUT_PATH": self.settings["OUTPUT_PATH"], "output_file": each}
            for receiver in listeners():
                receiver(str(self.output / each), context=names)

    def finish(self) -> None:
        """Render what was put off."""
        later, self.later = list(self.later), self.later
        if many := min(self.cores, len(later) // WORTH_A_PROCESS):
            # Here, so that the templates are read once.
            self.render(later.pop(0))
            answers, later = workers.divided(later, many, self.render_all)
            for told in answers[1:]:
                self.take(told)
        for what in later:
            self.render(what)
        self.later = {}

    def render(self, what: str) -> None:
        key, render = self.later[what]
        self.note(what, key, render)

    def render_all(self, share: list[str]) -> dict[str, Any]:
        """The work of one process, and all that others have to know of it."""
        for what in share:
            self.render(what)
        return {
            "pages": {what: self.done[what] for what in share},
            "asked": sorted(files.asked.get(str(self.output), ())),
        }

    def take(self, told: dict[str, Any]) -> None:
        self.done |= told["pages"]
        for what, page in told["pages"].items():
            self.announce(what, page)
        for name in told["asked"]:
            files.ask(self.output, name)

    def note(self, what: str, key: str, render: Render) -> None:
        """Render a page and see what it shows and which files come of it."""
        assert self.site is not None and self.writer is not None  # noqa: S101, PT018 - both are asked first
        self.writer.opened.clear()
        self.site.shown = set()
        try:
            render()
        finally:
            shown, self.site.shown = sorted(self.site.shown), None
        self.done[what] = {
            "key": key,
            "shown": shown,
            "texts": self.site.texts(shown),
            "files": {
                Path(each).relative_to(self.folder).as_posix(): []
                for each in self.writer.opened
                if Path(each).is_relative_to(self.folder)
            },
        }


_rendering: dict[str, Rendering] = {}


def begin(settings: dict[str, Any], folder: Path, before: dict[str, Page]) -> Rendering:
    """The rendering of a build into this folder, of which a `Writer` is to be made then."""
    made = _rendering[settings["OUTPUT_PATH"]] = Rendering(settings, folder, before)
    return made


def listeners() -> list[Any]:
    """Whoever wants to hear of each page; those that change it cannot be spared any."""
    return list(signals.content_written.receivers_for(ANY))


class Writer(PelicanWriter):  # type: ignore[misc]  # Pelican is untyped
    """Pelican's own, which writes beside the site, and only what it has to."""

    def __init__(self, output_path: str, settings: dict[str, Any]) -> None:
        self.rendering = _rendering.pop(output_path)
        self.rendering.writer = self
        self.opened: list[str] = []
        shutil.rmtree(self.rendering.folder, ignore_errors=True)
        self.rendering.folder.mkdir(parents=True)
        super().__init__(str(self.rendering.folder), settings=settings)

    def _open_w(self, filename: str, encoding: str, override: bool = False) -> Any:
        file = super()._open_w(filename, encoding, override)
        if file.name == filename:  # Not where Pelican leaves an overridden page as it is.
            self.opened.append(filename)
        return file

    def write_file(self, name: str, template: Any, context: Any, *rest: Any, **more: Any) -> None:
        """A page, or several of a list, unless the site has them already as they would become."""

        def render() -> None:
            write(name, template, context, *rest, **more)

        write = super().write_file
        if not name or not all(getattr(r, "only_names", False) for r in listeners()):
            render()
            return
        alone = not more.get("override_output") and (
            more.get("template_name") not in self.settings["PAGINATED_TEMPLATES"]
        )
        self.unless_same(f"page {name}", context, render, [name, template, *rest], more, alone)

    def write_feed(
        self, elements: Any, context: Any, path: Any = None, *rest: Any, **more: Any
    ) -> Any:
        write = super().write_feed
        if not path or signals.feed_written.receivers:
            return write(elements, context, path, *rest, **more)

        def render() -> None:
            write(elements, context, path, *rest, **more)

        self.unless_same(f"feed {path}", context, render, [elements, path, *rest], more)
        return None

    def unless_same(
        self,
        what: str,
        context: Any,
        render: Render,
        given: list[Any],
        more: Any,
        alone: bool = False,
    ) -> None:
        """`alone` says that it may be rendered at any time, and by any process."""
        rendering = self.rendering
        site = rendering.site_of(context)
        if site is None:
            render()
            return
        try:
            key = site.key(what, {**more, "": given})
        except build_cache.Unhashable as unhashable:
            logger.info("%s is always rendered: it has %s.", what, unhashable)
            render()
            return
        page = rendering.before.get(what)
        if what in rendering.done or what in rendering.later:
            # Two that want one file: which of them gets it is Pelican's to say, in every build.
            if what in rendering.later:
                rendering.render(what)
                rendering.later.pop(what)
            key = ""
        elif page and site.stands(page, key, rendering.output):
            rendering.skip(what, page)
            return
        if alone and key and rendering.cores > 1:
            rendering.later[what] = (key, render)
        else:
            rendering.note(what, key, render)
