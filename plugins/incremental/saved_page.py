"""Saved page: shows one text at once after its file was saved, by what the last build has in memory.

Whoever writes waits for one page, and not for the thousand others. While PREVIEW is on, the last build
of this process that came to its end is kept; `page` reads one of its articles or pages again and writes
that page into the site, within milliseconds. What only a whole build can tell, such as another address,
another date, or who else links to it, is left to that build: `page` then answers None and changes nothing.

Plugins that work on the texts of a whole blog, once all of them are known, do the same for this one
where they hear `again` (the text, and the build's generators); what they find wrong they raise, and the
page stays as it was.
"""

import copy
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from blinker import Signal
from filelock import FileLock
from pelican import signals
from pelican.contents import Article as PelicanArticle
from pelican.contents import Content
from pelican.contents import Page as PelicanPage
from pelican.writers import Writer

from formats.files import lock_of
from plugins import files
from plugins.site import Article, Generator, Pelican

again = Signal("A text has been read again, and is about to be shown.")

# The lists of Pelican's generators, and what is written of each.
LISTS = {
    "ArticlesGenerator": (
        *("articles", "translations", "hidden_articles", "hidden_translations"),
        *("drafts", "drafts_translations"),
    ),
    "PagesGenerator": (
        *("pages", "translations", "hidden_pages", "hidden_translations"),
        *("draft_pages", "draft_translations"),
    ),
}
# What may be changed without any other page having to know at once.
OWN = {"title", "summary", "modified"}
OF_ITS_TEXT = {"_summary", "get_content", "get_summary", "locale_modified"}
# A comment that is just being baked holds the lock for milliseconds.
LOCK_SECONDS = 2

_building: dict[str, list[Generator]] = {}
_built: dict[str, list[Generator]] = {}


def keep(generators: Iterable[Generator]) -> None:
    generators = list(generators)
    _building[generators[0].settings["OUTPUT_PATH"]] = generators


def finish(pelican: Pelican) -> None:
    """The build has come to its end: what it knows is what the site shows."""
    output = pelican.settings["OUTPUT_PATH"]
    generators = _building.pop(output, None)
    if generators and pelican.settings.get("PREVIEW", False):
        _built[output] = generators


def give_up(pelican: Pelican) -> None:
    """The build has been given up: what it had read by then is of no use."""
    _building.pop(pelican.settings["OUTPUT_PATH"], None)


def texts() -> list[dict[str, Any]]:
    """The texts, by their files, of the builds that are kept."""
    return [generators[0].context["generated_content"] for generators in _built.values()]


def page(output: str, source: Path) -> Path | None:
    """Write the page of a file that was saved; answers with the page's path in the site.

    None where the file is not known, or has changed in more than its text; whatever reading it
    raises is raised, with the site as it was.
    """
    for generator in _built.get(output, ()):
        for name in LISTS.get(type(generator).__name__, ()):
            for place, old in enumerate(getattr(generator, name)):
                if old.source_path == str(source):
                    return _write(generator, name, place, old)
    return None


def _write(generator: Generator, name: str, place: int, old: Article) -> Path | None:
    new = _read(generator, old)
    if new is None:
        return None
    settings = generator.settings
    # What the plugins of a build have found out about it stays true.
    for key in vars(old).keys() - vars(new).keys() - old.metadata.keys() - OF_ITS_TEXT:
        setattr(new, key, getattr(old, key))
    again.send(new, generators=_built[settings["OUTPUT_PATH"]])
    new.refresh_metadata_intersite_links()
    site = Path(settings["OUTPUT_PATH"])
    with tempfile.TemporaryDirectory(prefix="postil-saved-") as folder:
        _only(generator, name, new, Writer(folder, settings=settings))
        with FileLock(lock_of(site), timeout=LOCK_SECONDS):
            files.update(site / new.save_as, Path(folder, new.save_as).read_bytes())
    getattr(generator, name)[place] = new
    generator.add_source_path(new)
    forget(old)
    return site / str(new.save_as)


def forget(content: Article) -> None:
    """Pelican remembers what each text was, for as long as the process lives."""
    for remembering in (Content.get_content, Content.get_summary):
        for asked in [asked for asked in remembering.cache if asked[0] is content]:
            del remembering.cache[asked]


def _read(generator: Generator, old: Article) -> Article | None:
    articles = type(generator).__name__ == "ArticlesGenerator"
    kind = "article" if articles else "page"
    new = generator.readers.read_file(
        base_path=generator.path,
        path=old.source_path,
        content_class=PelicanArticle if articles else PelicanPage,
        context=generator.context,
        preread_signal=getattr(signals, f"{kind}_generator_preread"),
        preread_sender=generator,
        context_signal=getattr(signals, f"{kind}_generator_context"),
        context_sender=generator,
    )
    same = new.is_valid() and _rest(new) == _rest(old) and new.save_as == old.save_as
    return new if same else None


def _rest(content: Article) -> dict[str, Any]:
    """The front matter that other pages depend on."""
    return {key: value for key, value in content.metadata.items() if key not in OWN}


def _only(generator: Generator, name: str, content: Article, writer: Writer) -> None:
    """Let Pelican's generator write this one page, as it does in a build."""
    one = copy.copy(generator)
    for other in LISTS[type(generator).__name__]:
        setattr(one, other, [content] if other == name else [])
    if type(generator).__name__ == "PagesGenerator":
        one.generate_output(writer)
        return

    def write(*given: Any, **more: Any) -> None:
        writer.write_file(*given, relative_urls=generator.settings["RELATIVE_URLS"], **more)

    one.generate_articles(write)
    one.generate_drafts(write)


def register() -> None:
    signals.all_generators_finalized.connect(keep)
    signals.finalized.connect(finish)
