"""Reader: Markdown that has been read once is not read again, and what is new is read by all cores.

Takes the place of Pelican's own reader of Markdown. `frontmatter` takes off what a file says of
itself; its text, and those fields that are Markdown too, go to the parser that the site has chosen:
the native one (`commonmark`), or Python-Markdown with the site's `MARKDOWN`, which gives what
Pelican's own reader gives. What a text became is kept in the site's memory, under a key of the text,
the parser and its version, and the settings it depends on. What front matter means is worked out in
every build: nothing stale can come out of it. (Pelican's own cache knows nothing of settings, and
loads what it finds by `pickle`.) One parser serves all files instead of one for each, and plugins that
finish its HTML, such as `markup`, do so before it is kept.

Where a site has an extension of Python-Markdown that looks at more than the text, such as one that
includes other files, it has to say `MARKDOWN_CACHE = False`. Extensions given as objects switch it
off by themselves.

Settings: MARKDOWN_READER ("commonmark", or "python-markdown"), MARKDOWN_CACHE (True),
READING_PROCESSES (as many as the machine has cores; 1: no others).
"""

import contextlib
import hashlib
import json
import logging
import os
import platform
import re
from functools import cached_property, partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol

import markdown
from pelican import signals
from pelican.readers import DUPLICATES_DEFINITIONS_ALLOWED, ensure_metadata_list
from pelican.readers import MarkdownReader as PelicanReader
from pelican.utils import SafeDatetime

from plugins.incremental import build_cache, workers
from plugins.site import Generator, Pelican, Problem, as_typed, unreadable

from . import commonmark, frontmatter

logger = logging.getLogger(__name__)

Settings = dict[str, Any]
Stat = tuple[int, int]

PARSERS = ("commonmark", "python-markdown")
# Below this many new texts another process costs more than it saves.
WORTH_A_PROCESS = 16
# How many texts a process holds before it writes them down: of thousands, that is what counts.
TEXTS_AT_ONCE = 64

# Of these Pelican makes objects, or a moment; the same words always mean the same.
NAMES = ("tags", "authors")
DATES = ("date", "modified")
MEANT_ONCE = ("author", "category", *DATES)
# How nearly everybody writes a date; Pelican's parser, which takes any, takes thirty times as long.
DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?")


class Finisher(Protocol):
    """What goes on with the HTML of a text as long as nothing but the text and the settings matters.

    Its answer is kept with the text, and with it what there is to say to the author, which is said in
    every build, whether the text was read anew or not.
    """

    def facts(self, settings: Settings) -> list[Any]:
        """All that the answer depends on, besides the HTML and our own programs."""

    def finished(self, html: str, settings: Settings) -> tuple[str, list[Any]]:
        """The HTML, and what to say of it, in whatever way JSON can hold."""

    def tell(self, source: str, settings: Settings, remarks: list[Any]) -> None:
        """Say that to the author of this file."""


# Plugins that come after this one in PLUGINS put theirs here.
finishers: list[Finisher] = []


class Finished(str):
    """HTML that has been through all finishers."""

    __slots__ = ()


class Unreadable(Exception):
    """Front matter that says nothing, with file, line and remedy; Pelican leaves the file out."""


class Text(NamedTuple):
    """A file as it was read: its HTML, and its front matter before anybody said what it means."""

    html: str
    fields: dict[str, list[str]]
    formatted: dict[str, str]
    # Lines of front matter that cannot be read, with what is wrong: then there is nothing else.
    wrong: list[tuple[int, str]] = []  # noqa: RUF012 - never changed
    # What each finisher has to say of it.
    remarks: list[list[Any]] = []  # noqa: RUF012 - never changed


def chosen(settings: dict[str, Any]) -> str:
    """The parser that a site has chosen; raises ValueError for one that there is not."""
    name = settings.get("MARKDOWN_READER", PARSERS[0])
    if name not in PARSERS:
        raise ValueError(
            f'MARKDOWN_READER is "{name}". Write "commonmark" for the native parser, or'
            ' "python-markdown", in pelicanconf.py.'
        )
    return str(name)


class PythonMarkdown:
    """Python-Markdown with a site's settings; made when the first text needs it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self._made: markdown.Markdown | None = None
        self._first = 0

    def html(self, text: str) -> str:
        if self._made is None:
            self._made = markdown.Markdown(**self.settings["MARKDOWN"])
            if "meta" in self._made.preprocessors:
                # What stands before the text has been taken off already.
                self._made.preprocessors.deregister("meta")
            for extension in self._made.registeredExtensions:
                self._first = getattr(extension, "unique_prefix", self._first)
        self._made.reset()
        for extension in self._made.registeredExtensions:
            # Footnotes count the texts that they have seen, and may name themselves by that.
            if hasattr(extension, "unique_prefix"):
                extension.unique_prefix = self._first
        return self._made.convert(text)


class Parser:
    """Front matter, and the parser of a site."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        native = chosen(settings) == PARSERS[0]
        self.html = commonmark.html if native else PythonMarkdown(settings).html

    def parse(self, source: str) -> Text:
        try:
            fields, body = frontmatter.split(source)
        except frontmatter.Unreadable as error:
            return Text("", {}, {}, error.problems)
        html = self.html(body)
        formatted = {
            name: self.html("\n".join(fields[name]))
            for name in fields.keys() & set(self.settings["FORMATTED_FIELDS"])
        }
        remarks = []
        for finisher in finishers:
            html, said = finisher.finished(html, self.settings)
            for name, value in formatted.items():
                formatted[name], more = finisher.finished(value, self.settings)
                said += more
            remarks.append(said)
        return Text(html, fields, formatted, remarks=remarks)


def base(settings: dict[str, Any]) -> str | None:
    """The part of the key that all texts share; None where nothing can be kept."""
    if not settings.get("MARKDOWN_CACHE", True):
        return None
    try:
        name = chosen(settings)
        return build_cache.key(
            "reader 3",
            name,
            platform.python_version(),
            sorted(settings["FORMATTED_FIELDS"]),
            build_cache.program(__name__),
            [commonmark.version()] if name == PARSERS[0] else python_markdown(settings["MARKDOWN"]),
            [finisher.facts(settings) for finisher in finishers],
        )
    except build_cache.Unsayable as unsayable:
        logger.info("What was read is not kept: MARKDOWN has %s in it.", unsayable)
        return None


def python_markdown(given: dict[str, Any]) -> list[Any]:
    """All that Python-Markdown's answer depends on; raises Unsayable."""
    extensions = [*given.get("extensions", ()), *given.get("extension_configs", ())]
    return [
        markdown.__version__,
        {name: value for name, value in given.items() if name != "extensions"},
        [str(each) if isinstance(each, str) else build_cache.said(each) for each in extensions],
        [build_cache.program(top) for top in sorted({tops(each) for each in extensions})],
    ]


def tops(extension: str) -> str:
    """The package of an extension; those of one word are Python-Markdown's own or an entry point's."""
    name = extension.partition(":")[0].partition(".")[0]
    if name == extension.partition(":")[0]:
        for point in entry_points(group="markdown.extensions", name=name):
            return str(point.value.partition(":")[0].partition(".")[0])
    return name


def as_it_is(path: str) -> Stat:
    stat = os.stat(path)  # noqa: PTH116 - asked of each file of a blog
    return stat.st_size, stat.st_mtime_ns


def source_of(path: str | Path) -> str:
    return Path(path).read_text(encoding="utf-8").removeprefix("\ufeff")


class MarkdownReader(PelicanReader):  # type: ignore[misc]  # Pelican is untyped
    """Pelican's reader with a memory; of the same name, which articles have as their `reader`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parser = Parser(self.settings)
        # The keys of files as they were a moment ago, so that these need not be opened again.
        self.keys: dict[str, tuple[Stat, str]] = {}
        self.meant: dict[tuple[str, str], Any] = {}

    @cached_property
    def base(self) -> str | None:
        return base(self.settings)

    def key(self, source: str) -> str | None:
        if not self.base:
            return None
        text = f"{self.base}{source}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(text).hexdigest()

    def kept(self, key: str | None) -> Text | None:
        found = build_cache.of(self.settings).get(key) if key else None
        return Text(*json.loads(found)) if found else None

    def text(self, source: str) -> Text:
        key = self.key(source)
        if (found := self.kept(key)) is not None:
            return found
        text = self.parser.parse(source)
        if key:
            build_cache.of(self.settings).put(key, json.dumps(text, ensure_ascii=False))
        return text

    def text_of(self, path: str) -> Text:
        if path in self.keys:
            seen, key = self.keys.pop(path)
            if seen == as_it_is(path) and (found := self.kept(key)) is not None:
                return found
        return self.text(source_of(path))

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        text = self.text_of(source_path)
        if text.wrong:
            refuse(source_path, text.wrong)
        html = Finished if finishers else str
        for finisher, remarks in zip(finishers, text.remarks, strict=True):
            if remarks:
                finisher.tell(source_path, self.settings, remarks)
        metadata = {}
        for name, value in text.fields.items():
            if name in text.formatted:
                metadata[name] = self.process_metadata(name, html(text.formatted[name]))
                continue
            if not DUPLICATES_DEFINITIONS_ALLOWED.get(name, True) and len(value) > 1:
                logger.warning(
                    "Duplicate definition of `%s` for %s. Using first one.", name, source_path
                )
                value = value[:1]
            metadata[name] = self.process_metadata(name, value if len(value) > 1 else value[0])
        return html(text.html), metadata

    def process_metadata(self, name: str, value: Any) -> Any:
        """As Pelican does it, but each name and each date once for all articles that have it."""
        if name in NAMES and (words := ensure_metadata_list(value)):
            return [self.once(name, word, [word])[0] for word in words]
        if name in MEANT_ONCE and isinstance(value, str):
            return self.once(name, value, value)
        return super().process_metadata(name, value)

    def once(self, name: str, words: str, value: Any) -> Any:
        if (name, words) not in self.meant:
            if name in DATES and DATE.fullmatch(words):
                with contextlib.suppress(
                    ValueError
                ):  # No such day: Pelican says so in its own words.
                    self.meant[name, words] = SafeDatetime.fromisoformat(words)
                    return self.meant[name, words]
            self.meant[name, words] = super().process_metadata(name, value)
        return self.meant[name, words]


def refuse(source_path: str, wrong: list[tuple[int, str]]) -> NoReturn:
    """Leave a file out as Pelican does, and tell `manifest`, which stops the build, of each line."""
    path = Path(source_path)
    unreadable[str(path)] = [(line, text) for line, text in wrong]
    problems = [Problem(as_typed(path), line, text) for line, text in wrong]
    raise Unreadable("\n".join(map(str, problems)))


# --- All cores ------------------------------------------------------------------------------------


def read_ahead(generator: Generator) -> None:
    """Before Pelican asks for the first article, read what is new in as many processes as help."""
    reader = generator.readers.readers.get("md")
    kept = build_cache.of(generator.settings)
    if not isinstance(reader, MarkdownReader) or not reader.base or kept.path is None:
        return
    for name in generator.get_files(
        generator.settings["ARTICLE_PATHS"],
        exclude=generator.settings["ARTICLE_EXCLUDES"],
        extensions=["md"],
    ):
        path = os.path.abspath(os.path.join(generator.path, name))  # noqa: PTH100, PTH118 - as Pelican names it
        with contextlib.suppress(
            OSError, UnicodeDecodeError
        ):  # Told by whoever reads it in its turn.
            reader.keys[path] = as_it_is(path), str(reader.key(source_of(path)))
    known = kept.among([key for _, key in reader.keys.values()])
    new = sorted(path for path, (_, key) in reader.keys.items() if key not in known)
    most = workers.at_hand(generator.settings.get("READING_PROCESSES"))
    if (many := min(most, len(new) // WORTH_A_PROCESS)) > 1:
        kept.close()
        # Made once, before the others are.
        reader.parser.parse("")
        # A text whose process failed is read again in its turn, where what is wrong can be said.
        workers.divided(new, many, partial(work, reader))


def work(reader: MarkdownReader, paths: list[str]) -> None:
    """Read these texts for those who ask the memory for them later."""
    kept = build_cache.of(reader.settings)
    for number, path in enumerate(paths, 1):
        reader.text(source_of(path))
        if number % TEXTS_AT_ONCE == 0 or number == len(paths):
            kept.save()


def give(readers: Any) -> None:
    # A site that has chosen a reader of its own keeps it.
    for name, its in list(readers.reader_classes.items()):
        if its is PelicanReader:
            readers.reader_classes[name] = MarkdownReader


def finish(pelican: Pelican) -> None:
    build_cache.save(pelican.settings)


def register() -> None:
    finishers.clear()
    signals.readers_init.connect(give)
    signals.article_generator_init.connect(read_ahead)
    signals.finalized.connect(finish)
