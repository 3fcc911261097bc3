"""Search: an index of articles and of the comments baked into them, as files that a browser reads.

Runs pagefind over what the build has written: of each published article and page, what the theme
marks with `data-pagefind-body`. A page for each language of the blog (template `search.html`) asks
the index; nothing of it is loaded anywhere else.

The index knows word stems in the blog's own language. Chinese and Japanese write no spaces: of them it
knows each character, and the search page asks for those that stand together. It is kept by difference
(`search_indexes`).

Stands before `compress` in PLUGINS. Where pagefind is not installed, or the theme has no `search.html`,
the build says so and leaves search out. In a preview the index follows when nobody saves (`catch_up`).
Settings: SEARCH (True). Templates get `search_pages`: the page's address for each language, or nothing.
"""

import importlib.util
import logging
import shutil
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from filelock import FileLock, Timeout
from pelican import signals
from pelican.generators import Generator as PelicanGenerator
from pelican.generators import PelicanTemplateNotFound

from formats.files import lock_of
from plugins import built, files
from plugins.incremental import build_cache
from plugins.site import Article, Generator, Pelican, by_kind, published

from . import search_indexes, search_pages

logger = logging.getLogger(__name__)

# Where a browser finds them; a server's policy for them names these paths too (docs/operating.md).
PAGE = "search/"
INDEX = "pagefind/"
# A comment that is just being baked holds the lock for milliseconds.
LOCK_SECONDS = 2
VERSION = "search 3"  # of the record, and of what the index is told

# What is to be indexed once it is written: by output folder. In a preview, it is when there is time.
_waiting: dict[str, list[Article]] = {}
_later: dict[str, tuple[dict[str, Any], list[Article]]] = {}


def installed() -> bool:
    """Whether pagefind and its program are here; it is made for most machines, not for all."""
    return importlib.util.find_spec("pagefind") is not None and bool(search_indexes.program())


def find(generators: Iterable[Generator]) -> None:
    """What will be searched, and in which languages there is a page for it."""
    articles, pages = by_kind(generators)
    settings = articles.settings
    articles.context["search_pages"] = {}
    # Of the build before this one, whose texts go.
    _later.pop(settings["OUTPUT_PATH"], None)
    if not settings.get("SEARCH", True):
        return
    if not installed():
        logger.warning(
            "pagefind is not installed here, so the blog is built without search."
            " Where your machine has it: pip install 'pagefind[bin]'."
        )
        return
    try:
        articles.get_template("search")
    except PelicanTemplateNotFound:
        logger.warning(
            "The theme has no template search.html, so the blog is built without search."
            " Write one, or SEARCH = False in pelicanconf.py."
        )
        return
    own = settings["DEFAULT_LANG"].lower()
    langs = {own, *(one.lang.lower() for one in published(articles))}
    articles.context["search_pages"] = {
        lang: PAGE if lang == own else f"{lang}/{PAGE}" for lang in sorted(langs)
    }
    _waiting[settings["OUTPUT_PATH"]] = published(articles, pages)


class SearchGenerator(PelicanGenerator):  # type: ignore[misc]  # Pelican is untyped
    """Writes the pages that ask the index."""

    def generate_output(self, writer: Any) -> None:
        pages = self.context["search_pages"].items()
        shown = [SimpleNamespace(lang=lang, url=url) for lang, url in pages]
        for page in shown:
            page.translations = [other for other in shown if other is not page]
            # The base template takes the language from the page that it shows.
            writer.write_file(
                f"{page.url}index.html",
                self.get_template("search"),
                self.context,
                relative_urls=self.settings["RELATIVE_URLS"],
                override_output=True,
                url=page.url,
                page=page,
                page_name="search",
                search_index=INDEX,
            )


def write(pelican: Pelican) -> None:
    """Index what this build wrote; without search, take away what an earlier one left."""
    settings = pelican.settings
    waiting = _waiting.pop(settings["OUTPUT_PATH"], [])
    if settings.get("PREVIEW") and waiting:
        _later[settings["OUTPUT_PATH"]] = (settings, waiting)
    else:
        index(settings, waiting)


def catch_up(output: str) -> None:
    """Index what the last build of a preview wrote. May be given up, and is then asked for again.

    Holds the site's lock as a build does; where another has it, the next quiet moment will do.
    """
    if output not in _later:
        return
    try:
        with FileLock(lock_of(Path(output)), timeout=LOCK_SECONDS):
            index(*_later[output])
    except Timeout:
        return
    _later.pop(output, None)


def index(settings: dict[str, Any], waiting: list[Article]) -> None:
    """Bring the index of a site up to date with its pages."""
    output = Path(settings["OUTPUT_PATH"])
    folder = output / INDEX
    began = time.monotonic()
    own = settings["DEFAULT_LANG"].lower().partition("-")[0]
    record = files.record(settings, "search")
    work = record.with_suffix("")
    known = files.read_record(record) if waiting else {}
    made_by = build_cache.key(VERSION, version("pagefind"), own) if waiting else ""
    if known.get("made_by") != made_by:
        known = {}
    seen: dict[str, Any] = known.get("pages", {})
    pages = {}
    for content in filter(lambda each: each.save_as, waiting):
        address = search_pages.address(content)
        if page := search_pages.page(content, output, seen.get(address)):
            pages[address] = page
    now: dict[str, Any] = {
        "made_by": made_by,
        "pages": {at: [page.stamp, page.meta, *page[3:]] for at, page in pages.items()},
    }
    if told := {address: page for address, page in pages.items() if page.digest}:
        # Neither has stems, but what stands in English among them has; pagefind would look for words itself.
        lang, before = "en" if own in ("zh", "ja") else own, known.get("index", {})
        now["index"] = search_indexes.bring_up_to_date(folder, work, lang, told, before)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(work, ignore_errors=True)
    built.look_again(folder)
    if waiting:
        files.write_record(record, now)
        seconds = time.monotonic() - began
        logger.info("Search knows %d pages; the index took %.1f s.", len(pages), seconds)


def generators(pelican: Pelican) -> type[SearchGenerator]:
    return SearchGenerator


def register() -> None:
    signals.get_generators.connect(generators)
    signals.all_generators_finalized.connect(find)
    signals.finalized.connect(write)
