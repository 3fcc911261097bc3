"""Output: a build changes in the site what has changed in the blog, all at once, and nothing else.

Pages are written into a folder beside the site (`<output>.next`). When the last one is there they are
compared with what the site has: a page that says the same is not touched and keeps its time, so that
rsync and S3 send only what is new; the others are moved over the old ones, each in one step. Nothing
of a build that fails gets that far, and the site stays as it was. What an earlier build wrote and this
one did not, such as the page of a deleted article, is taken away; what somebody else put there stays.

All of that happens while `bake` holds the folder's lock: pages that the comment service has baked
anew are compared like any others. Stands first in PLUGINS, so that the plugins after it find the site
complete when it is their turn at the end.

What is rendered at all, `render_pages` tells. Settings: CACHE_PATH (where is kept what the last build wrote),
ROOT_FILES (a folder whose files stand at the site's root as they are, such as CNAME or .well-known/).
"""

import contextlib
import filecmp
import fnmatch
import logging
import os
import shutil
from collections.abc import Iterable, Iterator, KeysView
from itertools import chain, filterfalse
from pathlib import Path
from typing import Any

from pelican import signals
from pelican.contents import Static

import formats.files
from plugins import built, files, problems, setting_places
from plugins.site import (
    Article,
    Generator,
    Pelican,
    Problem,
    as_typed,
    by_kind,
    drafts,
    hidden,
    published,
)

from . import earlier_builds, groups, reads, render_pages, template_code

logger = logging.getLogger(__name__)

SHARED = "images/share"
OUTSIDE = (
    "This file is in the site by its path, which would lead out of the site. Move it into the folder of the"
    " texts (PATH), and write its place there into the link."
)
UNREADABLE = (
    "The name of this file is not written in UTF-8, so that no page can name it. Give it another one"
    " (`mv`, or `convmv -f latin1 -t utf8` where there are many)."
)
VERSION = 3  # of the record: another one is not understood


class Building:
    """What one build writes, from its first page until the site has it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.output = Path(settings["OUTPUT_PATH"])
        self.next = Path(f"{self.output}.next")
        self.record = files.record(settings, "build")
        self.code = template_code.Code(settings)
        self.context: dict[str, Any] | None = None
        self.generators: list[Generator] = []
        # What the last build wrote, and what each static file was when it was copied.
        self.earlier: list[str] = []
        self.copied: dict[str, list[int]] = {}
        pages: dict[str, Any] = {}
        kept = files.read_record(self.record)
        if kept.get("version") == VERSION:
            self.earlier, self.copied = kept["written"], kept["copied"]
            # What pages show besides texts, and which the templates make, has to be there too.
            if all((self.output / name).exists() for name in kept["beside"]):
                pages = kept["pages"]
        self.rendering = render_pages.begin(settings, self.next, pages)

    def beside(self, names: Iterable[str]) -> list[str]:
        """Scripts, styles and pictures that templates make while they are rendered."""
        folders = (self.settings["THEME_STATIC_DIR"], self.settings.get("SHARE_FOLDER", SHARED))
        within = {Path(folder).as_posix() for folder in folders}

        def meant(name: str) -> bool:
            folder, _, file = name.rpartition("/")
            return folder in within and "." in file and not file.startswith(".")

        return sorted(name for name in names if meant(name) and not name.endswith((".gz", ".br")))

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
                left_out = any(
                    fnmatch.fnmatch(part, pattern) for part in name.parts for pattern in ignored
                )
                if path.is_file() and files.belongs(name) and not left_out:
                    yield path, f"{self.settings['THEME_STATIC_DIR']}/{name.as_posix()}"
        for static in self.context["staticfiles"]:
            yield Path(self.settings["PATH"], static.source_path), Path(static.save_as).as_posix()

    def own(self, taken: set[str]) -> Iterator[tuple[Path, str]]:
        """Each of the author's files for the site's root, but for those whose place is `taken`."""
        folder = Path(self.settings.get("ROOT_FILES") or "")
        for path in sorted(folder.rglob("*")) if self.settings.get("ROOT_FILES") else ():
            name = path.relative_to(folder).as_posix()
            if not path.is_file() or not files.belongs(name, hidden=True):
                continue
            if not is_readable(name):
                logger.warning("%s is not used. %s", as_typed(path), UNREADABLE)
                continue
            if name in taken:
                logger.warning(
                    "%s is not used: the blog itself makes a file of that name. Give it another one.",
                    path,
                )
                continue
            yield path, name

    def copy(self, taken: set[str]) -> dict[str, list[int]]:
        """Put the static files that are not in the site yet beside the pages."""
        seen = {}
        for source, name in chain(self.theirs(), self.own(taken)):
            if self.settings["STATIC_CREATE_LINKS"]:
                files.claim(self.output, name)  # Pelican has written it.
                continue
            target = self.output / name
            try:
                was = as_it_is(source)
            except FileNotFoundError:
                logger.warning(
                    "There is no file %s, to which a text of the blog links. Put it there, or correct"
                    " the link; `check` tells who has it.",
                    source,
                )
                continue
            if not (target.is_file() and self.copied.get(name) == was + as_it_is(target)) and not (
                target.is_file() and filecmp.cmp(source, target, shallow=False)
            ):
                (self.next / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, self.next / name)
            seen[name] = was
        return seen

    def made(self) -> list[str]:
        """Everything that lies in the folder beside the site."""
        return list(formats.files.stamps(self.next))

    def publish(self, pelican: Pelican) -> None:
        """Bring the site up to date with the build; from here on nothing can be wrong but a disk."""
        skipped, key = self.rendering.skipped, str(self.output)
        seen = self.copy({*self.made(), *skipped, *files.claimed.get(key, ())})
        made, ours = self.made(), files.claimed.pop(key, ())
        claimed = {*made, *skipped, *seen, *ours}
        changed = {name for name in made if not same(self.next / name, self.output / name)}
        gone = [name for name in self.earlier if name not in claimed]
        asked = [self.output / name for name in files.asked.get(key, ())]
        shown = [path for path in asked if path.is_file()]
        formats.files.sync([*(self.next / name for name in changed), *shown])
        # A file may stand where there is to be a folder now, or a folder where there is to be a file.
        folders = {parent.as_posix() for name in changed for parent in Path(name).parents}
        for name in gone:
            if name in folders or changed & {parent.as_posix() for parent in Path(name).parents}:
                self.remove(name)
        self.output.mkdir(parents=True, exist_ok=True)
        if claimed - set(self.earlier):
            # Known as a build's before it is there: what one that is killed leaves, the next one finds.
            self.remember({*self.earlier, *claimed})
        bring(self.next, self.output, changed)
        for name in gone:
            self.remove(name)
        shutil.rmtree(self.next, ignore_errors=True)
        site = built.look(pelican)
        copied = {name: was + site.files.get(name, []) for name, was in seen.items()}
        for page in self.rendering.done.values():
            page["files"] = {name: site.files.get(name, []) for name in page["files"]}
        pages = self.rendering.record()
        self.remember(claimed, copied=copied, pages=pages, beside=self.beside(site.files))

    def remember(self, written: set[str], **more: Any) -> None:
        """Keep what the next build is to know of the site."""
        kept = {"version": VERSION, "copied": {}, "pages": {}, "beside": [], **more}
        kept["written"] = sorted(written)
        files.write_record(self.record, kept)

    def remove(self, name: str) -> None:
        """Take away what this build did not write again, with its copies and the empty folders."""
        if setting_places.leaves(name):
            return  # Some release wrote there: it may be an author's own.
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


def bring(made: Path, site: Path, changed: set[str], below: str = "") -> None:
    """Move what changed into the site; a folder that the site does not have goes there as a whole."""
    for entry in os.scandir(made / below):
        name = f"{below}{entry.name}"
        if entry.is_dir() and (site / name).is_dir():
            bring(made, site, changed, f"{name}/")
        elif entry.is_dir() or name in changed:
            Path(entry.path).replace(site / name)


def same(new: Path, old: Path) -> bool:
    return old.is_file() and filecmp.cmp(new, old, shallow=False)


def spare(content: Article) -> None:
    """Most texts link to no file of the blog, and need not be searched for such links. And where a file lies
    below the blog's folder Pelican works out again for each address that it makes, a dozen times for each text.
    """
    own, relative = content.get_static_links, content.get_relative_source_path
    known: dict[str | None, str | None] = {}

    def get_static_links() -> set[str]:
        return set(own()) if reads.has_links(content) else set()

    def get_relative_source_path(source_path: str | None = None) -> str | None:
        asked = source_path or content.source_path
        if asked not in known:
            known[asked] = relative(source_path)
        return known[asked]

    content.get_static_links = get_static_links
    content.get_relative_source_path = get_relative_source_path


def begin(pelican: Pelican) -> None:
    _building[pelican.settings["OUTPUT_PATH"]] = Building(pelican.settings)
    built.forget(pelican)
    files.claimed.pop(str(Path(pelican.settings["OUTPUT_PATH"])), None)
    files.partial.discard(str(Path(pelican.settings["OUTPUT_PATH"])))
    files.asked.pop(str(Path(pelican.settings["OUTPUT_PATH"])), None)


def keep_code(generator: Generator) -> None:
    # A template is the same until the build ends; each page would ask for the time of each file of it.
    generator.env.auto_reload = False
    generator.env.bytecode_cache = _building[generator.settings["OUTPUT_PATH"]].code


def look_through(generator: Generator) -> None:
    """Read the files that belong to the blog, and in one order in every build: Pelican's is that of a set,
    and decides which of two articles of one day comes first. Its IGNORE_FILES takes no `.*` by itself.

    A hidden file or folder that the settings name, such as `.well-known`, was meant.
    """
    found = generator.get_files
    known: dict[str, KeysView[str]] = {}

    def get_files(paths: list[str] | str, *given: Any, **more: Any) -> KeysView[str]:
        """Asked the same once more, it says the same: a build is of the files that there were at its beginning."""
        asked = repr((paths, given, more))
        if asked not in known:
            known[asked] = looked_for(paths, *given, **more)
        return known[asked]

    def looked_for(paths: list[str] | str, *given: Any, **more: Any) -> KeysView[str]:
        listed = [Path(each).as_posix() for each in ([paths] if isinstance(paths, str) else paths)]
        # As what is below them begins; the folder itself is named "." here.
        named = ["" if each == "." else f"{each}/" for each in listed]

        def meant(name: str) -> bool:
            path = name.replace(os.sep, "/")
            if path in listed:
                return True
            return any(files.belongs(path[len(at) :]) for at in named if path.startswith(at))

        names = sorted(filter(meant, found(paths, *given, **more)))
        for name in filterfalse(is_readable, names):
            path = Path(generator.settings["PATH"], name)
            if not problems.is_refused(generator.settings, path):
                problems.refuse(generator.settings, Problem(as_typed(path), 1, UNREADABLE))
        # In order, and a set all the same.
        return dict.fromkeys(filter(is_readable, names)).keys()

    generator.get_files = get_files


def is_readable(name: str) -> bool:
    """Whether a file's name is one that can stand in a page, or in an address."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def take_over(generator: Generator) -> None:
    """Leave Pelican nothing to copy: it would write every file anew, in place. Links it may make."""
    _building[generator.settings["OUTPUT_PATH"]].context = generator.context
    for static in generator.context["staticfiles"]:
        # Asked for past Pelican's own property, after which no article could attach the file any more.
        if setting_places.leaves(str(super(Static, static).save_as)):
            path = as_typed(Path(generator.settings["PATH"], static.source_path))
            problems.refuse(generator.settings, Problem(path, 1, OUTSIDE))
    if generator.settings["STATIC_CREATE_LINKS"]:
        return
    generator.context = {**generator.context, "staticfiles": []}
    generator.settings = {**generator.settings, "THEME_STATIC_PATHS": []}


def collect(generators: Iterable[Generator]) -> None:
    generators = list(generators)
    _building[generators[0].settings["OUTPUT_PATH"]].generators = generators
    groups.group(by_kind(generators)[0])


def writer(pelican: Pelican) -> type[render_pages.Writer]:
    """Every address is settled by now. Pelican would work it out anew each time a page links to it."""
    generators = _building[pelican.settings["OUTPUT_PATH"]].generators
    for content in chain(*(kind(*generators) for kind in (published, hidden, drafts))):
        content.override_url = content.url
        # Not its `override_save_as`, by which Pelican knows a page that may take another one's place.
        content.settled_save_as = content.save_as
        # Such a link moves the file that it leads to, whether its page is rendered or not.
        if reads.has_links(content) and "attach" in str(content._content):
            content.get_content(content.get_siteurl())
    return render_pages.Writer


def finish(pelican: Pelican) -> None:
    building = _building.pop(pelican.settings["OUTPUT_PATH"])
    building.rendering.finish()
    building.publish(pelican)


def register() -> None:
    problems.listen()
    signals.initialized.connect(earlier_builds.let_go)
    signals.get_generators.connect(begin)
    signals.generator_init.connect(keep_code)
    signals.content_object_init.connect(spare)
    signals.article_generator_init.connect(earlier_builds.note)
    signals.article_generator_init.connect(look_through)
    signals.article_generator_pretaxonomy.connect(groups.take_periods)
    signals.page_generator_init.connect(look_through)
    signals.static_generator_init.connect(look_through)
    signals.static_generator_finalized.connect(take_over)
    signals.all_generators_finalized.connect(collect)
    signals.get_writer.connect(writer)
    signals.finalized.connect(finish)
