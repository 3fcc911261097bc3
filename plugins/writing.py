"""Writing: a build changes in the site what has changed in the blog, all at once, and nothing else.

Pages are written into a folder beside the site (`<output>.next`). When the last one is there they are
compared with what the site has: a page that says the same is not touched and keeps its time, so that
rsync and S3 send only what is new; the others are moved over the old ones, each in one step. Nothing
of a build that fails gets that far, and the site stays as it was. What an earlier build wrote and this
one did not, such as the page of a deleted article, is taken away; what somebody else put there stays.

All of that happens while `bake` holds the folder's lock: pages that the comment service has baked
anew are compared like any others. Stands first in PLUGINS, so that the plugins after it find the site
complete when it is their turn at the end.

Settings: CACHE_PATH (where is kept what the last build wrote), WRITE_ONLY_CHANGES (True).
"""

import contextlib
import filecmp
import fnmatch
import gc
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from blinker import ANY
from pelican import signals
from pelican.writers import Writer as PelicanWriter

from . import changes, files, memory
from .manifest import Article, Generator, Pelican

logger = logging.getLogger(__name__)

SHARED = "images/share"
VERSION = 2  # of the record: another one is not understood
# Above this many, one order to write everything to the disk costs less than one for each file.
SYNC_EACH = 32


class Building:
    """What one build writes, from its first page until the site has it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.output = Path(settings["OUTPUT_PATH"])
        self.next = Path(f"{self.output}.next")
        self.record = files.record(settings, "build")
        self.context: dict[str, Any] | None = None
        self.generators: list[Generator] = []
        # What the last build wrote, and what each static file was when it was copied.
        self.earlier: list[str] = []
        self.copied: dict[str, list[int]] = {}
        # What was found out about each page: earlier, and in this build.
        self.pages: dict[str, dict[str, Any]] = {}
        self.done: dict[str, dict[str, Any]] = {}
        self.skipped: set[str] = set()
        self.site: changes.Site | None = None
        self.unknown = not settings.get("WRITE_ONLY_CHANGES", True) or settings["RELATIVE_URLS"]
        kept = files.read_record(self.record)
        if kept.get("version") == VERSION:
            self.earlier, self.copied = kept["written"], kept["copied"]
            # What pages show besides texts, and which the templates make, has to be there too.
            if all((self.output / name).exists() for name in kept["beside"]):
                self.pages = kept["pages"]

    def site_of(self, context: dict[str, Any]) -> changes.Site | None:
        """What pages depend on; None where that cannot be told."""
        if self.site is None and not self.unknown:
            try:
                self.site = changes.Site(context, self.settings)
            except memory.Unsayable as unsayable:
                self.unknown = True
                logger.info("Every page is rendered: nothing can be told of %s.", unsayable)
        return self.site

    def stands(self, page: dict[str, Any], site: changes.Site) -> bool:
        """Whether the texts that a page shows, and its files, are still those of the last build."""
        return bool(page["texts"] == site.texts(page["shown"])) and all(
            as_it_was(self.output / name, stat) for name, stat in page["files"].items()
        )

    def skip(self, what: str, page: dict[str, Any]) -> None:
        self.done[what] = page
        self.skipped |= page["files"].keys()
        files.partial.add(str(self.output))

    def beside(self) -> list[str]:
        """Scripts, styles and pictures that templates make while they are rendered."""
        folders = (self.settings["THEME_STATIC_DIR"], self.settings.get("SHARE_FOLDER", SHARED))
        return sorted(
            path.relative_to(self.output).as_posix()
            for folder in folders
            for path in (self.output / folder).glob("*.*")
            if path.suffix not in (".gz", ".br") and not path.name.startswith(".")
        )

    def theirs(self) -> Iterator[tuple[Path, str]]:
        """Each static file of the blog and of its theme, and its name in the site."""
        if self.context is None:
            return
        ignored = self.settings["IGNORE_FILES"]
        for entry in self.settings["THEME_STATIC_PATHS"]:
            source = Path(self.settings["THEME"], entry)
            base = source.parent if source.is_file() else source
            for path in [source] if source.is_file() else sorted(source.rglob("*")):
                name = path.relative_to(base)
                if path.is_file() and not any(
                    fnmatch.fnmatch(part, pattern) for part in name.parts for pattern in ignored
                ):
                    yield path, f"{self.settings['THEME_STATIC_DIR']}/{name.as_posix()}"
        for static in self.context["staticfiles"]:
            yield Path(self.settings["PATH"], static.source_path), Path(static.save_as).as_posix()

    def copy(self) -> dict[str, list[int]]:
        """Put the static files that are not in the site yet beside the pages."""
        seen = {}
        for source, name in self.theirs():
            if self.settings["STATIC_CREATE_LINKS"]:
                files.claim(self.output, name)  # Pelican has written it.
                continue
            target = self.output / name
            was = as_it_is(source)
            if not (target.is_file() and self.copied.get(name) == was + as_it_is(target)) and not (
                target.is_file() and filecmp.cmp(source, target, shallow=False)
            ):
                (self.next / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, self.next / name)
            seen[name] = was
        return seen

    def made(self) -> list[str]:
        """Everything that lies in the folder beside the site."""
        return [
            Path(folder, name).relative_to(self.next).as_posix()
            for folder, _, names in os.walk(self.next)
            for name in names
        ]

    def publish(self) -> None:
        """Bring the site up to date with the build; from here on nothing can be wrong but a disk."""
        seen = self.copy()
        made = self.made()
        claimed = {*made, *self.skipped, *seen, *files.claimed.pop(str(self.output), ())}
        changed = [name for name in made if not same(self.next / name, self.output / name)]
        gone = [name for name in self.earlier if name not in claimed]
        sync([self.next / name for name in changed])
        # A file may stand where there is to be a folder now, or a folder where there is to be a file.
        folders = {parent.as_posix() for name in changed for parent in Path(name).parents}
        new = set(changed)
        for name in gone:
            if name in folders or new & {parent.as_posix() for parent in Path(name).parents}:
                self.remove(name)
        for name in changed:
            target = self.output / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.next / name).replace(target)
        for name in gone:
            self.remove(name)
        shutil.rmtree(self.next, ignore_errors=True)
        copied = {name: was + as_it_is(self.output / name) for name, was in seen.items()}
        for page in self.done.values():
            for name in page["files"]:
                page["files"][name] = as_it_is(self.output / name)
        kept = {
            "version": VERSION,
            "written": sorted(claimed),
            "copied": copied,
            "pages": self.done,
            "beside": self.beside(),
        }
        files.update(self.record, json.dumps(kept, ensure_ascii=False).encode())

    def remove(self, name: str) -> None:
        """Take away what this build did not write again, with its copies and the empty folders."""
        path = self.output / name
        for one in (path, *files.siblings(path)):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                one.unlink()
        for folder in path.parents:
            if folder == self.output:
                return
            try:
                folder.rmdir()
            except OSError:
                return


_building: dict[str, Building] = {}


def as_it_is(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def as_it_was(path: Path, stat: list[int]) -> bool:
    return path.is_file() and as_it_is(path) == stat


def listeners() -> list[Any]:
    """Whoever wants to hear of each page; those that change it cannot be spared any."""
    return list(signals.content_written.receivers_for(ANY))


def same(new: Path, old: Path) -> bool:
    return old.is_file() and filecmp.cmp(new, old, shallow=False)


def sync(paths: list[Path]) -> None:
    """See that the files are on the disk before they take the place of others."""
    if len(paths) > SYNC_EACH and hasattr(os, "sync"):
        os.sync()
        return
    for path in paths:
        with path.open("rb+") as file:
            os.fsync(file.fileno())


class Writer(PelicanWriter):  # type: ignore[misc]  # Pelican is untyped
    """Pelican's own, which writes beside the site."""

    def __init__(self, output_path: str, settings: dict[str, Any]) -> None:
        building = _building[output_path]
        shutil.rmtree(building.next, ignore_errors=True)
        building.next.mkdir(parents=True)
        super().__init__(str(building.next), settings=settings)
        self.building = building

    def write_file(self, name: str, template: Any, context: Any, *rest: Any, **more: Any) -> None:
        """A page, or several of a list, unless the site has them already as they would become."""

        def render() -> None:
            write(name, template, context, *rest, **more)

        write = super().write_file
        if not name or not all(getattr(r, "only_names", False) for r in listeners()):
            render()
            return
        self.unless_same(f"page {name}", context, render, [name, template, *rest], more)

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
        self, what: str, context: Any, render: Callable[[], None], given: list[Any], more: Any
    ) -> None:
        building = self.building
        site = building.site_of(context)
        if site is None:
            render()
            return
        try:
            key = site.key(what, {**more, "": given})
        except memory.Unsayable as unsayable:
            logger.info("%s is always rendered: it has %s.", what, unsayable)
            render()
            return
        page = building.pages.get(what)
        if what in building.done:
            # Two that want one file: which of them gets it is Pelican's to say, in every build.
            key = ""
        elif page and page["key"] == key and building.stands(page, site):
            building.skip(what, page)
            for each in page["files"] if what.startswith("page") else ():
                names = {"OUTPUT_PATH": self.settings["OUTPUT_PATH"], "output_file": each}
                for receiver in listeners():
                    receiver(str(building.output / each), context=names)
            return
        before = set(self._written_files | self._overridden_files)
        site.shown = set()
        try:
            render()
        finally:
            shown, site.shown = sorted(site.shown), None
        made = (self._written_files | self._overridden_files) - before
        building.done[what] = {
            "key": key,
            "shown": shown,
            "texts": site.texts(shown),
            "files": {
                Path(each).relative_to(building.next).as_posix(): []
                for each in made
                if Path(each).is_relative_to(building.next)
            },
        }


def spare(content: Article) -> None:
    """Most texts link to no file of the blog, and need not be searched for such links."""
    own = content.get_static_links

    def get_static_links() -> set[str]:
        return set(own()) if changes.has_links(content) else set()

    content.get_static_links = get_static_links


def begin(pelican: Pelican) -> None:
    # Articles are made to stay. Looking through all of them for what could go, as Python does after
    # each 700 new objects, is a sixth of a build's time.
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    _building[pelican.settings["OUTPUT_PATH"]] = Building(pelican.settings)
    files.claimed.pop(str(Path(pelican.settings["OUTPUT_PATH"])), None)
    files.partial.discard(str(Path(pelican.settings["OUTPUT_PATH"])))


def in_order(generator: Generator) -> None:
    """Read files in one order, in every build: Pelican's is that of a set, and decides which of two
    articles of one day comes first.
    """
    found = generator.get_files
    generator.get_files = lambda *given, **more: sorted(found(*given, **more))


def take_over(generator: Generator) -> None:
    """Leave Pelican nothing to copy: it would write every file anew, in place. Links it may make."""
    _building[generator.settings["OUTPUT_PATH"]].context = generator.context
    if generator.settings["STATIC_CREATE_LINKS"]:
        return
    generator.context = {**generator.context, "staticfiles": []}
    generator.settings = {**generator.settings, "THEME_STATIC_PATHS": []}


def texts(generators: Iterable[Generator]) -> Iterator[Article]:
    for generator in generators:
        for name in (
            *("articles", "translations", "drafts", "drafts_translations"),
            *("hidden_articles", "hidden_translations", "pages", "hidden_pages"),
            *("draft_pages", "draft_translations"),
        ):
            yield from getattr(generator, name, ())


def collect(generators: Iterable[Generator]) -> None:
    generators = list(generators)
    _building[generators[0].settings["OUTPUT_PATH"]].generators = generators


def writer(pelican: Pelican) -> type[Writer]:
    """Every address is settled by now. Pelican would work it out anew each time a page links to it."""
    for content in texts(_building[pelican.settings["OUTPUT_PATH"]].generators):
        content.override_url = content.url
        # Such a link moves the file that it leads to, whether its page is rendered or not.
        if "attach" in str(content._content):
            content.get_content(content.get_siteurl())
    return Writer


def finish(pelican: Pelican) -> None:
    _building.pop(pelican.settings["OUTPUT_PATH"]).publish()


def register() -> None:
    signals.get_generators.connect(begin)
    signals.content_object_init.connect(spare)
    signals.article_generator_init.connect(in_order)
    signals.page_generator_init.connect(in_order)
    signals.static_generator_finalized.connect(take_over)
    signals.all_generators_finalized.connect(collect)
    signals.get_writer.connect(writer)
    signals.finalized.connect(finish)
