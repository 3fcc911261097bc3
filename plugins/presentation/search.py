"""Search: an index of articles and of the comments baked into them, as files that a browser reads.

Runs pagefind over what the build has written: of each published article and page, what the theme
marks with `data-pagefind-body`. A page for each language of the blog (template `search.html`) asks
the index; nothing of it is loaded anywhere else.

Chinese and Japanese write no spaces, and pagefind finds their words only in an index of that kind.
So there are two: `pagefind/` knows word stems in the blog's own language and has every page;
`pagefind/cjk/` has the pages in which Chinese or Japanese stands, be it in one comment.

Stands before `compress` in PLUGINS. Where pagefind is not installed, or the theme has no `search.html`,
the build says so and leaves search out. Settings: SEARCH (True). Templates get `search_pages`: the page's address for each
language, or nothing.
"""

import contextlib
import importlib.util
import json
import logging
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import unquote

from pelican import signals
from pelican.generators import Generator as PelicanGenerator
from pelican.generators import PelicanTemplateNotFound

from plugins import files
from plugins.incremental import build_cache, saved_page
from plugins.site import Article, Generator, Pelican, by_kind, published

from .reading import IDEOGRAPH

logger = logging.getLogger(__name__)

# Where a browser finds both; a server's policy for them names these paths too (docs/operating.md).
PAGE = "search/"
INDEX = "pagefind/"
BODY = "data-pagefind-body"
# A language's name for itself is no word of the article that it leads away from.
TRANSLATION = re.compile(r"<a [^>]*hreflang=[^>]*>[^<]*</a>")
# What surrounds words rather than being them: who wrote when, numbers of notes, buttons.
LEFT_OUT = [
    *(".meta", ".headerlink", ".footnote-ref", ".footnote-backref", ".linenos"),
    *(".postil-heading", ".postil-meta", ".postil-context", ".postil-actions", ".postil-feed"),
    *(".postil-pages", ".postil-closed", ".postil-missing"),
]
# Pagefind brings interfaces of its own, which a strict policy refuses and this one does not need.
USED = re.compile(
    r"pagefind\.js|pagefind-worker\.js|pagefind-entry\.json|wasm\.[\w-]+\.pagefind"
    r"|pagefind\.[\w-]+\.pf_meta|(fragment|index)/[\w-]+\.pf_(fragment|index)"
)

# How often it is asked, while the index is made, whether the build is still wanted.
LOOK_SECONDS = 0.02

# What is to be indexed once it is written: by output folder.
_waiting: dict[str, list[Article]] = {}


class SearchError(Exception):
    """What stops the build: an index that could not be made."""


class Page(NamedTuple):
    """A built page, as the index is told of it."""

    url: str
    html: str


def installed() -> bool:
    """Whether pagefind and its program are here; it is made for most machines, not for all."""
    if importlib.util.find_spec("pagefind") is None:
        return False
    from pagefind.service import get_executable

    return get_executable() is not None


def find(generators: Iterable[Generator]) -> None:
    """What will be searched, and in which languages there is a page for it."""
    articles, pages = by_kind(generators)
    settings = articles.settings
    articles.context["search_pages"] = {}
    if not settings.get("SEARCH", True):
        return
    if not installed():
        logger.warning(
            "pagefind is not installed here, so the blog is built without search."
            " Where your machine has it: pip install 'pagefind[extended]'."
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


def told(content: Article, output: Path) -> Page | None:
    """The page as it was written, with what a result says of it; None if nothing is to be found."""
    path = output / content.save_as
    html = path.read_text(encoding="utf-8") if path.is_file() else ""
    if BODY not in html:
        return None
    meta = {"lang": content.lang.lower()}
    if hasattr(content, "date"):
        meta["date"] = f"{content.date:%Y-%m-%d}"
    values = "".join(f' data-{name}="{value}"' for name, value in meta.items())
    named = ", ".join(f"{name}[data-{name}]" for name in meta)
    return Page(
        content.url.removesuffix("index.html"),
        html.replace(BODY, f'{BODY} data-pagefind-meta="{named}"{values}', 1),
    )


def build(folder: Path, lang: str, pages: list[Page]) -> None:
    """Write an index of these pages into a folder, in the language given.

    By pagefind's program: its Python interface takes a tenth of a second for every page.
    """
    from pagefind.service import get_executable

    with tempfile.TemporaryDirectory() as site:
        for page in pages:
            path = Path(site, unquote(page.url).lstrip("/"))
            path = path / "index.html" if page.url.endswith("/") or not page.url else path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page.html, encoding="utf-8")
        command = [str(get_executable()), "--silent", "--site", site]
        command += ["--output-path", str(folder), "--force-language", lang]
        command += ["--exclude-selectors", ", ".join(LEFT_OUT)]
        if fault := run(command):
            raise SearchError(
                f"pagefind could not make the index:\n{fault}\n"
                "SEARCH = False builds the blog without it."
            )


def run(command: list[str]) -> str:
    """What a program complains of before it fails, or nothing; ended when the build is given up."""
    with subprocess.Popen(  # noqa: S603 - pagefind's own
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as program:
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    said, _ = program.communicate(timeout=LOOK_SECONDS)
                    return (said or f"exit status {program.returncode}") * bool(program.returncode)
                saved_page.patience.send()
        except BaseException:
            program.kill()
            raise


def take_over(made: Path, folder: Path) -> None:
    """Put a new index in the place of the old; a file that says the same keeps its time."""
    kept = set()
    for path in sorted(made.rglob("*")):
        name = path.relative_to(made).as_posix()
        if path.is_file() and USED.fullmatch(name):
            kept.add(folder / name)
            files.update(folder / name, path.read_bytes())
    for path in sorted(folder.rglob("*")):
        original = path.with_suffix("") if path.suffix in (".gz", ".br") else path
        if path.is_file() and original not in kept and "cjk" not in path.relative_to(folder).parts:
            path.unlink()


def sizes(folder: Path) -> dict[str, int]:
    """The files of the index; compressed copies are not of our making."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".gz", ".br")
    }


def write(pelican: Pelican) -> None:
    """Index what this build wrote; without search, take away what an earlier one left."""
    output = Path(pelican.settings["OUTPUT_PATH"])
    folder = output / INDEX
    waiting = _waiting.pop(pelican.settings["OUTPUT_PATH"], [])
    pages = [page for content in waiting if (page := told(content, output))]
    unspaced = [
        page
        for page in pages
        if IDEOGRAPH.search(TRANSLATION.sub("", page.html.partition(BODY)[2]))
    ]
    if not unspaced:
        shutil.rmtree(folder / "cjk", ignore_errors=True)
    if not pages:
        shutil.rmtree(folder, ignore_errors=True)
        return
    own = pelican.settings["DEFAULT_LANG"].lower().partition("-")[0]
    began = time.monotonic()
    made_of = build_cache.key("search 1", version("pagefind"), own, [list(page) for page in pages])
    record = files.record(pelican.settings, "search")
    if made_of in (kept := files.read_record(record)) and kept[made_of] == sizes(folder):
        logger.info("Search knows %d pages, all of them as they were.", len(pages))
        return
    with tempfile.TemporaryDirectory() as made:
        # The other index has what this one would not find: here their language has no stems.
        build(Path(made, "stems"), "en" if own in ("zh", "ja") else own, pages)
        take_over(Path(made, "stems"), folder)
        if unspaced:
            build(Path(made, "cjk"), "ja" if own == "ja" else "zh", unspaced)
            take_over(Path(made, "cjk"), folder / "cjk")
    files.update(record, json.dumps({made_of: sizes(folder)}).encode())
    seconds = time.monotonic() - began
    logger.info("Search knows %d pages; the index took %.1f s.", len(pages), seconds)


def generators(pelican: Pelican) -> type[SearchGenerator]:
    return SearchGenerator


def register() -> None:
    signals.get_generators.connect(generators)
    signals.all_generators_finalized.connect(find)
    signals.finalized.connect(write)
