"""Render pages: each page that would not be as it was in the build before, by all cores at once.

`skip_pages` tells whether a page has to be rendered. One that has to be is put off until everything
else is written, or very many wait, unless two pages want its file; then all of these are divided among the
cores. A list of several pages is as many of them, each of which is rendered or not. Everything is written
into a folder beside the site, from where `output` brings it in.

Settings: WRITE_ONLY_CHANGES (True; False renders everything), RENDERING_PROCESSES (as many as the
machine has cores; 1: no others).
"""

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from blinker import ANY
from pelican import signals
from pelican.writers import Writer as PelicanWriter

from plugins import files

from . import build_cache, groups, reads, skip_pages, workers
from .list_pages import Pages
from .skip_pages import Page

logger = logging.getLogger(__name__)

# Below this many pages another process costs more than it saves.
WORTH_A_PROCESS = 48
# What has to be known of each page that is put off takes 8 KB, and more in every process.
AT_ONCE = 2_000

Render = Callable[[], None]
# What has to be known to render a page that is put off: its key, what was handed to it alone, and how.
Waiting = tuple[str, dict[str, Any], Render]


class Rendering:
    """The pages of one build: as they were in the build before, and as they are now."""

    def __init__(self, settings: dict[str, Any], folder: Path, before: dict[str, Any]) -> None:
        self.settings = settings
        self.output = Path(settings["OUTPUT_PATH"])
        # Pelican's own OUTPUT_PATH is no whole path, but what it says of a file that it opens is.
        self.folder = folder.absolute()
        self.before: dict[str, Page] = before.get("pages", {})
        self.record_before = before
        self.done: dict[str, Page] = {}
        self.skipped: set[str] = set()
        self.later: dict[str, Waiting] = {}
        self.writer: Writer | None = None
        self.listeners: list[Any] = []
        self.unknown = not settings.get("WRITE_ONLY_CHANGES", True) or settings["RELATIVE_URLS"]
        self.site: skip_pages.Site | None = None
        self.cores = workers.at_hand(settings.get("RENDERING_PROCESSES"))

    def site_of(self, context: dict[str, Any]) -> skip_pages.Site | None:
        """What pages depend on; None where that cannot be told."""
        if self.site is None and not self.unknown:
            try:
                self.site = skip_pages.Site(context, self.settings, self.record_before)
            except build_cache.Unhashable as unhashable:
                self.unknown = True
                logger.info("Every page is rendered: nothing can be told of %s.", unhashable)
        return self.site

    def record(self) -> dict[str, Any]:
        """What the next build is to know of the pages of this one."""
        return self.site.record(self.done) if self.site else {}

    def skip(self, what: str, page: Page) -> None:
        self.done[what] = page
        self.skipped.update(page["files"])
        files.partial.add(str(self.output))
        self.announce(what, page)

    def announce(self, what: str, page: Page) -> None:
        """Tell those who only want to know which pages there are of one that is not written here."""
        if self.writer is not None:
            self.writer.knows_of(page["files"])
        for each in page["files"] if what.startswith("page") else ():
            names = {"OUTPUT_PATH": self.settings["OUTPUT_PATH"], "output_file": each}
            for receiver in self.listeners:
                receiver(f"{self.output}/{each}", context=names)

    def put_off(self, what: str, waiting: Waiting) -> None:
        self.later[what] = waiting
        if len(self.later) == AT_ONCE:
            self.finish()

    def finish(self) -> None:
        """Render what was put off."""
        later, self.later = list(self.later), self.later
        if many := min(self.cores, len(later) // WORTH_A_PROCESS):
            # Here, so that the templates are read once.
            self.render(later.pop(0))
            answers, later = workers.divided(later, many, self.render_all)
            for told in answers:
                self.take(told)
        for what in later:
            self.render(what)
        self.later = {}

    def render(self, what: str) -> None:
        key, given, render = self.later[what]
        self.keep(what, key, *self.seen(given, render))

    def render_all(self, share: list[str]) -> dict[str, Any]:
        """The work of one process, and all that others have to know of it."""
        return {
            "pages": {what: self.seen(*self.later[what][1:]) for what in share},
            "asked": sorted(files.asked.get(str(self.output), ())),
        }

    def take(self, told: dict[str, Any]) -> None:
        for what, seen in told["pages"].items():
            self.keep(what, self.later[what][0], *seen)
            self.announce(what, self.done[what])
        for name in told["asked"]:
            files.ask(self.output, name)

    def seen(self, given: dict[str, Any], render: Render) -> tuple[dict[str, Any], list[str]]:
        """Render a page and see what it asks for, and which files come of it."""
        assert self.site is not None and self.writer is not None  # noqa: S101, PT018 - both are asked first
        self.writer.opened.clear()
        with reads.noting(self.site.lists(given)) as notes:
            render()
        made = [Path(each) for each in self.writer.opened if Path(each).is_relative_to(self.folder)]
        return self.site.read(notes, given), [
            each.relative_to(self.folder).as_posix() for each in made
        ]

    def keep(self, what: str, key: str, told: dict[str, Any], made: list[str]) -> None:
        assert self.site is not None  # noqa: S101 - what was seen was seen by it
        self.done[what] = self.site.page(key, told, made)


_rendering: dict[str, Rendering] = {}


def begin(settings: dict[str, Any], folder: Path, before: dict[str, Any]) -> Rendering:
    """The rendering of a build into this folder, of which a `Writer` is to be made then."""
    made = _rendering[settings["OUTPUT_PATH"]] = Rendering(settings, folder, before)
    return made


class Writer(PelicanWriter):  # type: ignore[misc]  # Pelican is untyped
    """Pelican's own, which writes beside the site, and only what it has to."""

    def __init__(self, output_path: str, settings: dict[str, Any]) -> None:
        self.rendering = _rendering.pop(output_path)
        self.rendering.writer = self
        # Whoever wants to hear of each page; those that change it cannot be spared any.
        self.rendering.listeners = list(signals.content_written.receivers_for(ANY))
        self.spares = all(getattr(each, "only_names", False) for each in self.rendering.listeners)
        self.opened: list[str] = []
        shutil.rmtree(self.rendering.folder, ignore_errors=True)
        self.rendering.folder.mkdir(parents=True)
        super().__init__(str(self.rendering.folder), settings=settings)

    def _open_w(self, filename: str, encoding: str, override: bool = False) -> Any:
        file = super()._open_w(filename, encoding, override)
        if file.name == filename:  # Not where Pelican leaves an overridden page as it is.
            self.opened.append(filename)
        return file

    def knows_of(self, names: Iterable[str]) -> None:
        """Count these as written, so that Pelican refuses whatever else is to have their place."""
        self._written_files.update(f"{self.output_path}/{name}" for name in names)

    def write_file(
        self,
        name: str,
        template: Any,
        context: Any,
        relative_urls: bool = False,
        paginated: Any = None,
        template_name: str | None = None,
        override_output: bool = False,
        url: str | None = None,
        **more: Any,
    ) -> None:
        """A page, or several of a list, unless the site has them already as they would become."""
        if not name:
            return
        more = {key: groups.plain(value) for key, value in more.items()}
        write = super().write_file
        how: dict[str, Any] = {"override_output": override_output, "url": url}
        how["template_name"] = template_name
        if paginated is None:
            paginated = {key: more[key] for key in ("articles", "dates") if key in more}
        pages = [(name, more)]
        if paginated and template_name in self.settings["PAGINATED_TEMPLATES"]:
            pages = list(self.parted(name, url, context, paginated, template_name, more))
        for save_as, given in pages:

            def render(save_as: str = save_as, given: dict[str, Any] = given) -> None:
                if reads.extended(template.environment):
                    reads.note(*reads.EVERYTHING)
                # Told to be of one page, which it is by now.
                write(save_as, template, context, relative_urls, {}, **how, **given)

            if not self.spares:
                render()
                continue
            told = {**given, "": (save_as, relative_urls, override_output, url, template)}
            self.unless_same(
                *(f"page {save_as}", context, render, told),
                *(template.environment, not override_output),
            )

    def parted(
        self,
        name: str,
        url: str | None,
        context: Any,
        paginated: dict[str, list[Any]],
        template_name: str | None,
        more: dict[str, Any],
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The pages of a list, each with what Pelican hands to it."""
        most = self.settings["PAGINATED_TEMPLATES"][template_name]
        most = most or self.settings["DEFAULT_PAGINATION"]
        site = self.rendering.site_of(context)
        labels = site.lists(site.given(context, more)) if site else {}
        lists = {
            key: Pages(
                *(name, url, reads.Watched(value, labels.get(id(value), reads.EVERYTHING[0]))),
                *(self.settings, most),
            )
            for key, value in paginated.items()
        }
        many = next(iter(lists.values())).num_pages
        for number in range(1, many + 1):
            given = dict(more)
            for key, pages in lists.items():
                given[f"{key}_paginator"] = pages
                for place, which in enumerate(("previous_page", "page", "next_page"), number - 1):
                    page = pages.page(place) if 0 < place <= pages.num_pages else None
                    given[f"{key}_{which}"] = page
                    if page:
                        label = f"{skip_pages.GIVEN}{key}_{which}"
                        page.object_list = reads.Watched(page.object_list, label)
            yield next(iter(lists.values())).page(number).save_as, given

    def write_feed(
        self, elements: Any, context: Any, path: Any = None, *rest: Any, **more: Any
    ) -> Any:
        write, elements = super().write_feed, groups.plain(elements)
        if not path or signals.feed_written.receivers:
            return write(elements, context, path, *rest, **more)
        known = all(map(reads.known, signals.feed_generated.receivers_for(ANY)))

        def render() -> None:
            if not known:
                reads.note(*reads.EVERYTHING)
            write(reads.watched(elements), reads.Looked(context), path, *rest, **more)

        given = {**more, "elements": elements, "": (path, *rest)}
        self.unless_same(f"feed {path}", context, render, given)
        return None

    def unless_same(
        self,
        what: str,
        context: Any,
        render: Render,
        more: dict[str, Any],
        environment: Any = None,
        alone: bool = False,
    ) -> None:
        """`alone` says that it may be rendered at any time, and by any process."""
        rendering = self.rendering
        site = rendering.site_of(context)
        if site is None:
            render()
            return
        try:
            given = site.given(context, more)
            key = site.key(what, given, environment)
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
        elif page and site.stands(page, key, given, rendering.output):
            rendering.skip(what, page)
            return
        if alone and key and rendering.cores > 1:
            rendering.put_off(what, (key, given, render))
        else:
            rendering.keep(what, key, *rendering.seen(given, render))
